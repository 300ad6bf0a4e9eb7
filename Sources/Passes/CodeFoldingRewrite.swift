import Analysis
import IR
import Support

// The rewrites of `code-folding`.

extension FoldingWalk {
  // MARK: if

  /// `(if c (then A T) (else B T))` -> `(if c (then A) (else B)) T`.
  mutating func foldArms(of id: NodeID, handler: NodeID, in body: inout Body) -> NodeID {
    guard case .if(let node) = body[id], !node.elseArm.isNone, mayEndAlike(node, in: body) else { return id }
    let (first, second) = (items(ofArm: node.thenArm, in: body), items(ofArm: node.elseArm, in: body))
    var count = 0
    var size = 0
    // A block that had the label of the `if` for its own, and no bytes, gets three.
    let cost = isAloneInBlock(in: body) ? 3 : 0
    while count < min(first.count, second.count) {
      let statement = first[first.count - 1 - count]
      var isThrowing = false
      guard comparison.isSame(statement, second[second.count - 1 - count], in: body),
        isMovable(statement, throwing: &isThrowing, in: &body)
      else { break }
      count += 1
      size += body.byteCount(of: statement)
    }
    if count == 0 || size <= cost { return id }
    for statement in second.suffix(count) { forget(statement, in: body) }
    let type = body.type(of: id)
    let rest = keepArms(of: id, first.dropLast(count), second.dropLast(count), in: &body)
    let sequence = body.makeBlock([rest] + first.suffix(count), type: type)
    noteTail(of: sequence, handler: handler, in: &body)
    return sequence
  }

  /// Whether both arms end with the same instruction.
  private func mayEndAlike(_ node: IfNode, in body: borrowing Body) -> Bool {
    let (first, second) = (lastItem(ofArm: node.thenArm, in: body), lastItem(ofArm: node.elseArm, in: body))
    return !first.isNone && !second.isNone && body.opcode(of: first) == body.opcode(of: second)
  }

  /// `none` if there is nothing in the arm.
  private func lastItem(ofArm arm: NodeID, in body: borrowing Body) -> NodeID {
    if !body.isSequence(arm) { return arm }
    let count = body.operandCount(of: arm)
    return count == 0 ? .none : body.operand(count - 1, of: arm)
  }

  private func items(ofArm arm: NodeID, in body: borrowing Body) -> [NodeID] {
    guard body.isSequence(arm), case .block(let block) = body[arm] else { return [arm] }
    return body.nodes(in: block.items)
  }

  /// What is left of an `if` whose arms have these items and no value.
  private mutating func keepArms(
    of id: NodeID, _ first: ArraySlice<NodeID>, _ second: ArraySlice<NodeID>, in body: inout Body
  ) -> NodeID {
    guard case .if(let node) = body[id] else { preconditionFailure() }
    // What has been noted of arms that are no longer there does not hold any more.
    if first.isEmpty { setGone(node.thenArm, in: body) }
    if second.isEmpty { setGone(node.elseArm, in: body) }
    if first.isEmpty && second.isEmpty {
      setGone(id, in: body)
      return body.makeDropIfNeeded(node.condition)
    }
    body.setType(of: id, to: .none)
    if first.isEmpty { body.setOperand(0, of: id, to: body.makeInverse(of: node.condition)) }
    if first.isEmpty { body.moveBranchHint(from: id, to: id, negated: true) }
    let arms = first.isEmpty ? (second, first) : (first, second)
    setArm(1, of: id, to: arms.0, insteadOf: first.isEmpty ? node.elseArm : node.thenArm, in: &body)
    if arms.1.isEmpty {
      body.setOperand(2, of: id, to: .none)
    } else {
      setArm(2, of: id, to: arms.1, insteadOf: node.elseArm, in: &body)
    }
    return id
  }

  private mutating func setArm(
    _ position: Int, of id: NodeID, to items: ArraySlice<NodeID>, insteadOf arm: NodeID, in body: inout Body
  ) {
    body.truncateItems(of: arm, to: items.count)
    body.setType(of: arm, to: .none)
    body.setOperand(position, of: id, to: arm)
  }

  // MARK: Tails

  /// Folds what goes to the end of `list`, a few times.
  mutating func foldTails(of list: NodeID, _ target: TailTarget, handler: NodeID, in body: inout Body) {
    if !maySeveralGo(to: target, endOf: list, in: body) { return }
    // With the new labels that are around the list.
    var pending = [(list: list, target: target, labels: [LabelID]())]
    var newLabels: [LabelID] = []
    for _ in 0..<8 {
      guard let (list, target, labels) = pending.popLast() else { break }
      for label in newLabels { isOpen[label.index] = labels.contains(label) }
      let tails = foldableTails(target, endOf: list, in: body)
      guard tails.count > 1, let group = bestGroup(of: tails, target, endOf: list, handler: handler, in: &body) else {
        continue
      }
      let label = fold(group, target, into: list, handler: handler, in: &body)
      // Without a label of its own the list is one that nothing branches to the end of.
      if group.needsLabel {
        newLabels.append(label)
        pending.append((list, target, labels))
      }
      pending.append((body.operand(0, of: list), .end(label), labels + [label]))
    }
    for label in newLabels { isOpen[label.index] = false }
  }

  /// Whether more than one tail goes to `target`, as far as is seen at once.
  private func maySeveralGo(to target: TailTarget, endOf list: NodeID, in body: borrowing Body) -> Bool {
    let last = lastTail(target)
    if last < 0 { return false }
    if tails[Int(last)].next >= 0 { return true }
    if case .end = target { return fallingEnd(of: list, in: body) != nil }
    return false
  }

  /// Puts what the tails have in common behind a block around all that was in the list so far; returns its label.
  private mutating func fold(
    _ group: TailGroup, _ target: TailTarget, into list: NodeID, handler: NodeID, in body: inout Body
  ) -> LabelID {
    let survivor = group.members.firstIndex { $0.isEnd(of: list) } ?? 0
    let statements = (0..<group.depth).reversed().map { group.members[survivor].statement($0, in: body) }
    if !group.members[survivor].isEnd(of: list) { guardEnd(of: list, target, in: &body) }
    var label = LabelID.none
    if case .end(let old) = target { label = old }
    if group.needsLabel { label = makeLabel(in: &body) }
    for (index, member) in group.members.enumerated() {
      if index != survivor {
        for depth in 0..<group.depth { forget(member.statement(depth, in: body), in: body) }
      }
      cut(member, to: member.count - group.depth, target, label, endOf: list, in: &body)
    }
    guard case .block(let block) = body[list] else { preconditionFailure() }
    let inner = body.makeBlock(block.items, label: label, type: .none)
    body.setItems(of: list, to: body.makeList([inner] + statements))
    noteTail(of: inner, handler: handler, in: &body)
    if !group.needsLabel { body.setLabel(of: list, to: .none) }
    return label
  }

  /// Cuts a tail off, and has its list branch to `label` instead.
  private mutating func cut(
    _ member: FoldableTail, to count: Int, _ target: TailTarget, _ label: LabelID, endOf list: NodeID,
    in body: inout Body
  ) {
    if let tail = member.tail, !target.includesBranch { body.forEachLabel(of: tail.last) { uses[$0] -= 1 } }
    if member.isEnd(of: list) { return body.truncateItems(of: list, to: count) }
    guard let tail = member.tail else { return }
    let branch = body.makeBr(label)
    body.movePosition(from: tail.last, to: branch)
    uses[label] += 1
    if tail.position >= 0 {
      body.setOperand(Int(tail.position), of: tail.container, to: branch)
      note(branch, in: tail.container, tail.position, handler: tail.handler, &body)
    } else {
      body.setOperand(count, of: tail.container, to: branch)
      body.truncateItems(of: tail.container, to: count + 1)
      note(branch, in: tail.container, -1, handler: tail.handler, &body)
    }
  }

  /// Control that falls out at the end of the list does not come to what will stand there.
  private mutating func guardEnd(of list: NodeID, _ target: TailTarget, in body: inout Body) {
    guard let end = fallingEnd(of: list, in: body) else { return }
    let last = end.statement(0, in: body)
    let value = body.type(of: last).isConcrete ? last : .none
    let branch: NodeID
    switch target {
    case .end(let label) where label != .function:
      branch = body.makeBr(label, value: value)
      uses[label] += 1
    default: branch = body.makeReturn(value)
    }
    let items = body.nodes(in: end.items)
    body.setItems(of: list, to: body.makeList((value.isNone ? items : items.dropLast()) + [branch]))
  }

  // MARK: What may move

  /// Whether the code may stand where the walk is: what it names is there, and it does not begin a handler.
  /// - Parameter throwing: gets whether it may throw.
  mutating func isMovable(_ top: NodeID, throwing: inout Bool, in body: inout Body) -> Bool {
    var (mayMove, mayThrow, tryCount) = (true, false, 0)
    body.walk(from: top) { id in
      switch body.opcode(of: id) {
      case .block, .loop: define(body.label(ofBranch: id), top)
      case .try:
        if case .try(let node) = body[id] { define(node.label, top) }
        tryCount += 1
      case .payload: mayMove = mayMove && tryCount > 0
      case .localGet: mayMove = mayMove && !readsNonNullable(id, in: body)
      case .call, .callIndirect, .callRef, .throw, .throwRef, .rethrow: mayThrow = true
      default: break
      }
      body.forEachLabel(of: id) { label in
        let isDefined = label.index < definitions.count && definitions[label.index] == top
        if !isDefined && !isOpen[label.index] { mayMove = false }
      }
      return mayMove
    } exit: { _ in }
    if mayThrow { throwing = true }
    return mayMove
  }

  private mutating func define(_ label: LabelID, _ top: NodeID) {
    if label.isNone { return }
    if label.index >= definitions.count { definitions.resize(to: label.index + 1, filling: .none) }
    definitions[label.index] = top
  }

  private func readsNonNullable(_ id: NodeID, in body: borrowing Body) -> Bool {
    guard hasNonNullableLocals, case .localGet(let local) = body[id] else { return false }
    return local.index >= body.parameterCount && !body.type(of: local).isDefaultable
  }
}

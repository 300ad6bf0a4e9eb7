import Analysis
import IR
import Support

// Rules of `remove-unused-brs` for the items of a block, last item first.

extension BranchFlow {
  /// - Parameter exit: where control goes from the end of the block.
  mutating func simplifyList(of id: NodeID, exit: Exit, in body: inout Body) {
    removeEmptyEnd(of: id, in: &body)
    flatten(id, in: &body)
    guard case .block(let old) = body[id], containsBranch(old.items, in: body) else { return }
    makeTables(in: id, in: &body)
    guard case .block(let block) = body[id] else { return }
    var items = Column<NodeID>()
    swap(&items, &listItems)
    var list = ListRewrite(label: block.label, exit: exit, type: body.type(of: id), items)
    rewrite(block, id, &list, in: &body)
    listItems = list.takeItems()
  }

  private mutating func rewrite(_ block: BlockNode, _ id: NodeID, _ list: inout ListRewrite, in body: inout Body) {
    if list.type == .unreachable && !list.exit.isNone { list.type = type(at: list.exit) }
    for index in (0..<block.items.count).reversed() {
      let item = body[block.items, index]
      if !rewrite(item, before: &list, in: &body) { list.rest.append(item) }
    }
    if !list.isChanged { return }
    let count = list.rest.count
    body.truncateItems(of: id, to: count)
    for index in 0..<count { body.setOperand(index, of: id, to: list.rest[count - 1 - index]) }
    if list.label != block.label { body.setLabel(of: id, to: list.label) }
  }

  private mutating func flatten(_ id: NodeID, in body: inout Body) {
    if flatteningBudget > 0 { flatteningBudget -= body.flattenItems(of: id, &cursors) }
  }

  /// A branch at the end of the block may just have gone.
  private func removeEmptyEnd(of id: NodeID, in body: inout Body) {
    let last = body.operandCount(of: id) - 1
    if last >= 0 && body.isEmpty(body.operand(last, of: id)) { body.truncateItems(of: id, to: last) }
  }

  /// Whether an item but the last is one that a rule could apply to.
  private func containsBranch(_ items: NodeList, in body: borrowing Body) -> Bool {
    (0..<max(items.count - 1, 0)).contains { index in
      let item = body[items, index]
      switch body.opcode(of: item) {
      case .brIf: return true
      case .if: return body.operand(2, of: item).isNone
      case .drop: return body.opcode(of: body.operand(0, of: item)) == .brIf
      default: return false
      }
    }
  }

  /// Tries the rules for one item, given those after it; returns whether one applied.
  private mutating func rewrite(_ item: NodeID, before list: inout ListRewrite, in body: inout Body) -> Bool {
    if list.rest.isEmpty { return false }
    switch body[item] {
    case .brIf(let branch) where branch.value.isNone:
      return turnAround(item, branch, before: &list, in: &body) || mergeTests(item, branch, before: &list, in: &body)
        || makeIf(item, branch, before: &list, in: &body)
    case .if(let node) where node.elseArm.isNone: return makeElse(item, node, before: &list, in: &body)
    case .drop(let value):
      if case .brIf(let branch) = body[value] { return makeIfElse(value, branch, before: &list, in: &body) }
      return false
    default: return false
    }
  }

  /// `(br_if $out c) (br $in)` at the end of $out -> `(br_if $in (i32.eqz c))`.
  private mutating func turnAround(
    _ item: NodeID, _ branch: BrIfNode, before list: inout ListRewrite, in body: inout Body
  ) -> Bool {
    guard list.rest.count == 1, !list.exit.isNone, exit(of: branch.label) == list.exit else { return false }
    let target: LabelID
    switch body[list.rest[0]] {
    case .br(let next) where next.value.isNone: target = next.label
    case .return(let node) where node.value.isNone:
      target = .function
      uses[.function] += 1
    default: return false
    }
    uses[branch.label] -= 1
    body.setLabel(of: item, to: target)
    body.setOperand(1, of: item, to: body.makeInverse(of: branch.condition))
    body.moveBranchHint(from: item, to: item, negated: true)
    list.replaceRest(with: item)
    return true
  }

  /// `(br_if $l a) (br_if $l b)` -> `(br_if $l (i32.or a b))`, if b is cheap.
  private mutating func mergeTests(
    _ item: NodeID, _ branch: BrIfNode, before list: inout ListRewrite, in body: inout Body
  ) -> Bool {
    let next = list.rest[list.rest.count - 1]
    guard case .brIf(let second) = body[next], second.value.isNone, exit(of: second.label) == exit(of: branch.label),
      isCheap(second.condition, in: body), body.branchHints[item] == nil, body.branchHints[next] == nil
    else { return false }
    uses[branch.label] -= 1
    body.setOperand(1, of: next, to: body.makeBinary(.i32Or, branch.condition, second.condition))
    list.isChanged = true
    return true
  }

  /// `(block $l ... (br_if $l c) X)` -> `... (if (i32.eqz c) (then X))`, if nothing else branches to $l.
  private mutating func makeIf(
    _ item: NodeID, _ branch: BrIfNode, before list: inout ListRewrite, in body: inout Body
  ) -> Bool {
    guard list.isOwnLabel(branch.label), uses[branch.label] == 1, list.type == .none else { return false }
    uses[branch.label] = 0
    let arm = list.takeRest(in: &body)
    let node = body.makeIf(body.makeInverse(of: branch.condition), then: arm, else: .none, type: .none)
    body.moveBranchHint(from: item, to: node, negated: true)
    body.movePosition(from: item, to: node)
    list.label = .none
    finish(node, of: &list, in: &body)
    return true
  }

  /// `(block $l (result t) ... (drop (br_if $l v c)) X)` -> `... (if (result t) c (then v) (else X))`, if nothing else
  /// branches to $l.
  private mutating func makeIfElse(
    _ item: NodeID, _ branch: BrIfNode, before list: inout ListRewrite, in body: inout Body
  ) -> Bool {
    guard list.isOwnLabel(branch.label), uses[branch.label] == 1, list.type.isValue, !branch.value.isNone,
      isMovable(branch.value, past: branch.condition, in: body)
    else { return false }
    uses[branch.label] = 0
    let arm = list.takeRest(in: &body)
    let node = body.makeIf(branch.condition, then: branch.value, else: arm, type: list.type)
    body.moveBranchHint(from: item, to: node)
    body.movePosition(from: item, to: node)
    list.label = .none
    finish(node, of: &list, in: &body)
    return true
  }

  /// `(if c (then X (br $l))) Y` at the end of $l -> `(if c (then X) (else Y))`.
  private mutating func makeElse(
    _ item: NodeID, _ node: IfNode, before list: inout ListRewrite, in body: inout Body
  ) -> Bool {
    guard !list.exit.isNone, let end = lastItem(of: node.thenArm, in: body) else { return false }
    let value: NodeID
    switch body[end.id] {
    case .br(let branch) where exit(of: branch.label) == list.exit:
      value = branch.value
      uses[branch.label] -= 1
    case .return(let node) where list.exit == .function: value = node.value
    default: return false
    }
    if value.isNone && !end.parent.isNone && body.isSequence(end.parent) {
      body.truncateItems(of: end.parent, to: end.position)
    } else {
      let replacement = value.isNone ? body.makeEmptySequence() : value
      body.setOperand(end.position, of: end.parent.isNone ? item : end.parent, to: replacement)
    }
    retype(node.thenArm, downTo: end.parent, as: list.type, in: &body)
    body.setOperand(2, of: item, to: list.takeRest(in: &body))
    body.setType(of: item, to: list.type)
    finish(item, of: &list, in: &body)
    return true
  }

  /// Puts an `if` that took over the rest of the list at its end.
  private mutating func finish(_ node: NodeID, of list: inout ListRewrite, in body: inout Body) {
    guard case .if(let view) = body[node] else { return }
    list.replaceRest(with: simplifyIf(view, node, exit: list.exit, in: &body))
  }

  /// The last item of an arm, through a few sequences and loops, and the operand that it is: of one of these, or of the
  /// `if`.
  private func lastItem(of arm: NodeID, in body: borrowing Body) -> (id: NodeID, parent: NodeID, position: Int)? {
    var (id, parent, position) = (arm, NodeID.none, 1)
    for _ in 0..<4 where body.isSequence(id) || body.opcode(of: id) == .loop {
      let count = body.operandCount(of: id)
      if count == 0 { return nil }
      (parent, position) = (id, count - 1)
      id = body.operand(position, of: parent)
    }
    return (id, parent, position)
  }

  /// Control comes out of the sequences and loops that the branch stood at the end of.
  private func retype(_ arm: NodeID, downTo last: NodeID, as type: ResultType, in body: inout Body) {
    if last.isNone { return }
    var id = arm
    while true {
      body.setType(of: id, to: type)
      if id == last { return }
      // Those down to `last` end with one another.
      id = body.operand(body.operandCount(of: id) - 1, of: id)
    }
  }
}

/// The items of a block on the way to their new form.
struct ListRewrite: ~Copyable {
  var label: LabelID
  let exit: Exit
  /// What arrives at the end.
  var type: ResultType
  /// The items after the one at hand, last first.
  var rest: Column<NodeID>
  var isChanged = false

  /// - Parameter memory: for the items.
  init(label: LabelID, exit: Exit, type: ResultType, _ memory: consuming Column<NodeID>) {
    self.label = label
    self.exit = exit
    self.type = type
    rest = memory
    rest.removeAll()
  }

  /// Gives the memory back.
  consuming func takeItems() -> Column<NodeID> { rest }

  func isOwnLabel(_ label: LabelID) -> Bool { label == self.label && label != .function }

  mutating func replaceRest(with item: NodeID) {
    rest.removeAll()
    rest.append(item)
    isChanged = true
  }

  /// The rest as one node, an arm of an `if`.
  func takeRest(in body: inout Body) -> NodeID {
    if rest.count == 1 { return rest[0] }
    let start = body.pool.count
    for index in (0..<rest.count).reversed() { body.pool.append(rest[index].rawValue) }
    let items = NodeList(start: start, count: rest.count)
    return body.makeBlock(items, label: .none, type: body.diverges(rest[0]) ? .unreachable : type)
  }
}

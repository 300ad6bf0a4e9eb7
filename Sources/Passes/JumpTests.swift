import Analysis
import IR
import Support

// Tests that branches lead to, and what becomes of both.

/// How many ways there are to a test on which its condition holds, and on which it fails.
private struct TestWays {
  var areKnown = true
  var holding = 0
  var failing = 0
  /// Bytes to branch there.
  var holdingSize = 0
  var failingSize = 0
}

extension JumpWalk {
  /// The `br_if` or `if` without value that control comes to at a place; `none` if it comes to something else.
  func test(at place: JumpPlace, in body: borrowing Body) -> NodeID {
    guard place.frame >= 0 else { return .none }
    let frame = frames[Int(place.frame)]
    guard place.index < frame.count else { return .none }
    var id = body.operand(Int(place.index), of: frame.node)
    // At the start of a loop.
    for _ in 0..<4 where body.opcode(of: id) == .block || body.opcode(of: id) == .loop {
      if body.operandCount(of: id) == 0 { return .none }
      id = body.operand(0, of: id)
    }
    switch body[id] {
    case .brIf(let branch): return branch.value.isNone ? id : .none
    case .if: return body.type(of: id) == .none || body.type(of: id) == .unreachable ? id : .none
    default: return .none
    }
  }

  func condition(of test: NodeID, in body: borrowing Body) -> NodeID {
    body.operand(body.opcode(of: test) == .if ? 0 : 1, of: test)
  }

  /// What the test at a place comes to from here.
  mutating func outcome(at place: JumpPlace, in body: borrowing Body) -> Bool? {
    let test = test(at: place, in: body)
    return test.isNone ? nil : known.outcome(of: condition(of: test, in: body), in: body)
  }

  // MARK: Branches

  mutating func leaveBranch(_ id: NodeID, in body: inout Body) {
    switch body[id] {
    case .br(let branch) where branch.value.isNone: thread(id, in: &body)
    case .brIf(let branch) where branch.value.isNone: threadConditional(branch, id, in: &body)
    case .br, .brIf: noteBranch(to: body.label(ofBranch: id))
    case .brTable: threadTable(id, in: &body)
    default: break
    }
  }

  private mutating func threadConditional(_ branch: BrIfNode, _ id: NodeID, in body: inout Body) {
    if let holds = known.outcome(of: branch.condition, in: body) { return decideBrIf(id, branch, holds, in: &body) }
    if test(at: exit(of: branch.label), in: body).isNone {
      noteBranch(to: branch.label)
    } else {
      let start = known.times.now
      known.assume(branch.condition, true, in: body)
      thread(id, in: &body)
      known.times.forget(since: start)
    }
    known.assume(branch.condition, false, in: body)
  }

  private mutating func decideBrIf(_ id: NodeID, _ branch: BrIfNode, _ holds: Bool, in body: inout Body) {
    let replacement = holds ? body.makeBr(branch.label) : body.makeEmptySequence()
    body.replace(id, with: body.nodes[replacement.index])
    if holds { return thread(id, in: &body) }
    let exit = frames.last.exit
    note(JumpEdge(node: id, kind: .endOfList, outcome: outcome(at: exit, in: body)), to: exit, in: body)
  }

  /// Gives an `if` a constant for its condition if what that comes to is known.
  mutating func decideIf(_ id: NodeID, in body: inout Body) -> Bool {
    guard let holds = known.outcome(of: body.operand(0, of: id), in: body) else { return false }
    setCondition(of: id, to: holds, in: &body)
    return true
  }

  /// Gives a branch the label that leads where it goes in the end.
  private mutating func thread(_ id: NodeID, in body: inout Body) {
    let old = body.label(ofBranch: id)
    let (label, outcome) = follow(old, in: body)
    if label != old { body.setLabel(of: id, to: label) }
    noteBranch(to: label)
    note(JumpEdge(node: id, kind: .branch, outcome: outcome), to: exit(of: label), in: body)
  }

  private mutating func threadTable(_ id: NodeID, in body: inout Body) {
    guard case .brTable(let table) = body[id] else { return }
    let old = (0..<table.labelCount).map { body.label($0, of: table) }
    var labels = old
    if table.value.isNone && old.contains(where: { !test(at: exit(of: $0), in: body).isNone }) {
      for index in old.indices {
        let start = known.times.now
        if case .localGet(let local) = body[table.index] {
          known.narrow(local, by: index == old.count - 1 ? .i32GeU : .i32Eq, Int32(index))
        }
        labels[index] = follow(old[index], in: body).label
        if known.times.now > start { known.times.forget(since: start) }
      }
      var index = 0
      if labels != old {
        body.mapBranchLabels(of: id) { _ in
          index += 1
          return labels[index - 1]
        }
      }
    }
    for label in labels {
      noteBranch(to: label)
      note(JumpEdge(node: id, kind: .other, outcome: nil), to: exit(of: label), in: body)
    }
  }

  /// Goes from the end of a label through tests whose outcome is known, as far as labels lead; returns the last label,
  /// and the outcome of the test there.
  private mutating func follow(_ label: LabelID, in body: borrowing Body) -> (label: LabelID, outcome: Bool?) {
    var label = label
    for _ in 0..<8 {
      let place = exit(of: label)
      let test = test(at: place, in: body)
      guard !test.isNone, let outcome = known.outcome(of: condition(of: test, in: body), in: body) else {
        return (label, nil)
      }
      let next = outcome ? self.target(of: test, in: body) : labelBehind(test, at: place, in: body)
      guard let next, next == .function || isOpen(next) else { return (label, outcome) }
      label = next
    }
    return (label, outcome(at: exit(of: label), in: body))
  }

  private func isOpen(_ label: LabelID) -> Bool { label.index < isOpen.count && isOpen[label.index] }

  private func target(of test: NodeID, in body: borrowing Body) -> LabelID? {
    body.opcode(of: test) == .brIf ? body.label(ofBranch: test) : nil
  }

  /// A label that leads where control goes behind the test at a place.
  private func labelBehind(_ test: NodeID, at place: JumpPlace, in body: borrowing Body) -> LabelID? {
    if body.opcode(of: test) == .if && !body.operand(2, of: test).isNone { return nil }
    let frame = frames[Int(place.frame)]
    guard frame.isList, body.operand(Int(place.index), of: frame.node) == test else { return nil }
    let index = following(place.index, in: frame, body)
    if index == frame.count {
      if case .block(let block) = body[frame.node], !block.label.isNone { return block.label }
      return label(for: frame.exit)
    }
    switch body[body.operand(Int(index), of: frame.node)] {
    case .br(let branch) where branch.value.isNone: return branch.label
    default: return nil
    }
  }

  private func label(for place: JumpPlace) -> LabelID? {
    if place == .end { return .function }
    if place.frame < 0 || frames[Int(place.frame)].label.isNone { return nil }
    return frames[Int(place.frame)].label
  }

  // MARK: Tests

  /// Removes the test that comes next in the list at the top if its outcome is known on all ways to it; if only on
  /// some, lets branches go past it. Returns whether some now go behind it.
  mutating func decideTest(at index: Int, in body: inout Body) -> Bool {
    let frame = frames.last
    if frame.edges < 0 { return false }
    let test = body.operand(index, of: frame.node)
    let isIf = body.opcode(of: test) == .if
    guard isIf || body.opcode(of: test) == .brIf else { return false }
    let ways = countWays(of: frame)
    if ways.areKnown && (ways.holding == 0 || ways.failing == 0) {
      setCondition(of: test, to: ways.holding > 0, in: &body)
      return false
    }
    if isIf && !body.operand(2, of: test).isNone { return false }
    // What an exception brings is on the stack where its handler begins, and not in a block there.
    let mayMakeBlock = !startsWithPayload(frame.node, in: body)
    if ways.areKnown && (mayMakeBlock || !isIf) && (!favorsSize || isSmaller(without: test, ways, in: body)) {
      let condition = condition(of: test, in: body)
      if isIf {
        // That the condition holds is true in the arm only, and not where the other ways come back.
        replaceIf(test, at: index, in: &body)
        return true
      }
      replaceBrIf(test, at: index, in: &body)
      known.assume(condition, false, in: body)
      return false
    }
    if favorsSize || ways.failing == 0 || !mayMakeBlock { return false }
    return bypass(test, at: index, includingEnds: false, in: &body)
  }

  /// Whether what the list evaluates first is the payload of an exception, as far as is looked for.
  private func startsWithPayload(_ list: NodeID, in body: borrowing Body) -> Bool {
    var id = list
    for _ in 0..<64 {
      if body.opcode(of: id) == .payload { return true }
      guard let first = (0..<body.operandCount(of: id)).first(where: { !body.operand($0, of: id).isNone }) else {
        return false
      }
      id = body.operand(first, of: id)
    }
    return true
  }

  /// Whether branches on all ways take no more bytes than the test. A block for an `if` has as many as the `if` itself.
  private func isSmaller(without test: NodeID, _ ways: TestWays, in body: borrowing Body) -> Bool {
    if body.opcode(of: test) == .brIf { return ways.holdingSize <= body.byteCount(of: test) }
    return ways.failingSize <= body.byteCount(of: condition(of: test, in: body))
  }

  /// The ways to the test that comes next.
  private func countWays(of frame: JumpFrame) -> TestWays {
    var ways = TestWays()
    var next = frame.edges
    while next >= 0 {
      let edge = edges[Int(next)]
      switch edge.outcome {
      case true?:
        ways.holding += 1
        ways.holdingSize += edge.redirectionSize
      case false?:
        ways.failing += 1
        ways.failingSize += edge.redirectionSize
      case nil: ways.areKnown = false
      }
      next = edge.next
    }
    return ways
  }

  private func setCondition(of test: NodeID, to holds: Bool, in body: inout Body) {
    let condition = condition(of: test, in: body)
    if body.opcode(of: condition) == .i32Const { return }
    body.setOperand(body.opcode(of: test) == .if ? 0 : 1, of: test, to: body.makeI32Const(holds ? 1 : 0))
  }

  /// Branches where the condition holds, and falls past the test where not.
  private mutating func replaceBrIf(_ test: NodeID, at index: Int, in body: inout Body) {
    let frame = frames.last
    let label = body.label(ofBranch: test)
    var next = frame.edges
    while next >= 0 {
      let edge = edges[Int(next)]
      if edge.outcome == true { redirect(edge, to: label, in: &body) }
      next = edge.next
    }
    noteBranch(to: label)
    note(JumpEdge(node: test, kind: .other, outcome: nil), to: exit(of: label), in: body)
    body.setOperand(index, of: frame.node, to: body.makeEmptySequence())
  }

  /// Falls into the arm where the condition holds, and branches past it where not.
  private mutating func replaceIf(_ test: NodeID, at index: Int, in body: inout Body) {
    bypass(test, at: index, includingEnds: true, in: &body)
    body.setOperand(index, of: frames.last.node, to: body.operand(1, of: test))
  }

  /// Branches behind the test where the condition does not hold; returns whether there was such a way.
  @discardableResult
  private mutating func bypass(_ test: NodeID, at index: Int, includingEnds: Bool, in body: inout Body) -> Bool {
    let frame = frames.last
    var label = LabelID.none
    var next = frame.edges
    while next >= 0 {
      let edge = edges[Int(next)]
      next = edge.next
      guard edge.outcome == false, edge.kind == .branch || includingEnds else { continue }
      if label.isNone { label = makeLabel(before: Int32(index + 1), of: frame.node, in: &body) }
      redirect(edge, to: label, in: &body)
    }
    return !label.isNone
  }

  private mutating func redirect(_ edge: JumpEdge, to label: LabelID, in body: inout Body) {
    switch edge.kind {
    case .branch: body.setLabel(of: edge.node, to: label)
    case .other: preconditionFailure("nothing is known of this way")
    case .endOfList:
      guard case .block(let block) = body[edge.node] else { preconditionFailure() }
      body.setItems(of: edge.node, to: body.makeList(body.nodes(in: block.items) + [body.makeBr(label)]))
    case .endOfOperand:
      let arm = body.operand(Int(edge.position), of: edge.node)
      let sequence = body.makeBlock([arm, body.makeBr(label)], type: .none)
      body.setOperand(Int(edge.position), of: edge.node, to: sequence)
    case .noElse: body.setOperand(2, of: edge.node, to: body.makeBr(label))
    }
  }
}

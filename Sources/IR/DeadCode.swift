import Support

extension Body {
  /// Removes code that cannot run, because something before it never lets control through; what never does so gets the
  /// type `unreachable`.
  ///
  /// One walk in the order of evaluation: what is dead is not entered, so its branches do not count.
  package mutating func removeDeadCode() {
    var walk = ReachableWalk(labelCount: Int(labelCount))
    walk.run(on: &self)
  }
}

/// An `if` or `try` that the walk is in.
private struct OpenConstruct: BitwiseCopyable {
  /// Where the walk has it.
  let place: UInt32
  /// Whether its first operand is a condition.
  let isIf: Bool
  /// Arms that control leaves.
  var openArms: Int32 = 0
}

/// An operand that control does not leave.
private struct DeadEnd: BitwiseCopyable {
  /// Where the walk has the node whose operand it is.
  let place: UInt32
  let position: Int32
}

private struct ReachableWalk: ~Copyable {
  /// By label: whether code that can run names it.
  private var isTargeted = Column<Bool>()
  private var constructs = Column<OpenConstruct>()
  private var ends = Column<DeadEnd>()

  init(labelCount: Int) { isTargeted.resize(to: labelCount, filling: false) }

  mutating func run(on body: inout Body) {
    var walk = TreeWalk(from: body.root)
    while true {
      let step = walk.next()
      let id = step.node
      if !step.isLast, walk.enter(id, in: body) {
        if body.opcode(of: id) == .if || body.opcode(of: id) == .try {
          constructs.append(
            OpenConstruct(place: walk.parentPlace, isIf: body.opcode(of: id) == .if))
        }
        continue
      }
      var end: Int32 = -1
      if step.isLast, !ends.isEmpty, ends.last.place == walk.parentPlace { end = ends.popLast().position }
      let (result, diverges) = finish(id, end: end, in: &body)
      walk.leave(step)
      if walk.isDone { return }
      if result != id { body.replaceOperand(of: walk.parent, before: walk.remainingCount, by: result) }
      if leavesArm(walk, diverges: diverges) || !diverges { continue }
      let position = body.operandCount(of: walk.parent) - 1 - walk.remainingCount
      ends.append(DeadEnd(place: walk.parentPlace, position: Int32(position)))
      walk.skipRemaining()
    }
  }

  /// Whether the operand that was left last is an arm: what is behind the construct may be reached through another.
  @inline(__always)
  private mutating func leavesArm(_ walk: borrowing TreeWalk, diverges: Bool) -> Bool {
    if constructs.isEmpty || constructs.last.place != walk.parentPlace { return false }
    let construct = constructs.last
    if construct.isIf && walk.remainingCount == 2 { return false }
    if !diverges { constructs.last.openArms += 1 }
    return true
  }

  /// Cuts off what is dead in a node whose operands are done; returns what takes its place.
  /// - Parameter end: the position of the operand that control does not leave; -1 if there is none.
  private mutating func finish(_ id: NodeID, end: Int32, in body: inout Body) -> (NodeID, diverges: Bool) {
    switch body.opcode(of: id) {
    case .block, .loop, .if, .try, .tryTable: return finishConstruct(id, end: end, in: &body)
    default:
      if end >= 0 { return (makeSequence(of: id, through: Int(end), in: &body), true) }
      noteLabels(of: id, in: body)
      return (id, body.type(of: id) == .unreachable)
    }
  }

  private mutating func finishConstruct(_ id: NodeID, end: Int32, in body: inout Body) -> (NodeID, diverges: Bool) {
    let hasEnd = end >= 0
    switch body[id] {
    case .block(let block):
      if hasEnd && Int(end) + 1 < block.items.count { body.truncateItems(of: id, to: Int(end) + 1) }
      if id == body.root || block.label == .function { return (id, hasEnd) }
      return finish(id, diverges: hasEnd && (block.label.isNone || !isTargeted[block.label.index]), in: &body)
    case .loop: return finish(id, diverges: hasEnd, in: &body)
    case .if(let node):
      let construct = constructs.popLast()
      if hasEnd { return (node.condition, true) }
      return finish(id, diverges: construct.openArms == 0 && !node.elseArm.isNone, in: &body)
    case .try:
      noteLabels(of: id, in: body)
      return finish(id, diverges: constructs.popLast().openArms == 0, in: &body)
    case .tryTable:
      noteLabels(of: id, in: body)
      return finish(id, diverges: hasEnd, in: &body)
    default: preconditionFailure()
    }
  }

  private mutating func noteLabels(of id: NodeID, in body: borrowing Body) {
    body.forEachLabel(of: id) { isTargeted[$0.index] = true }
  }

  /// A construct that control does not leave says so, so that it fits wherever a value is expected. If it says so
  /// already, whoever found out looked further than this walk does.
  private func finish(_ id: NodeID, diverges: Bool, in body: inout Body) -> (NodeID, diverges: Bool) {
    if diverges { body.refineType(of: id, to: .unreachable) }
    return (id, body.type(of: id) == .unreachable)
  }

  /// The operands through the one that control does not leave, without the node.
  private func makeSequence(of id: NodeID, through end: Int, in body: inout Body) -> NodeID {
    var items: [NodeID] = []
    for position in 0..<end {
      let operand = body.operand(position, of: id)
      if !operand.isNone { items.append(body.makeDropIfNeeded(operand)) }
    }
    items.append(body.operand(end, of: id))
    body.changeCount += 1
    return body.makeSequence(items, type: .unreachable)
  }
}

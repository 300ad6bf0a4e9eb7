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

private struct ReachableWalk: ~Copyable {
  /// An operand that control does not leave: those after it are dead.
  private struct End: BitwiseCopyable {
    let parent: NodeID
    let position: Int32
  }

  /// By label: whether code that can run names it.
  private var isTargeted = Column<Bool>()
  /// Of the nodes that the walk is in, the innermost last.
  private var ends = Column<End>()

  init(labelCount: Int) { isTargeted.resize(to: labelCount, filling: false) }

  mutating func run(on body: inout Body) {
    var walk = TreeWalk(from: body.root)
    while true {
      let step = walk.next()
      if !step.isLast, walk.enterPassingLeaves(step.node, in: body) { continue }
      let id = step.node
      let result = finish(id, in: &body)
      walk.leave(step)
      if walk.isDone { return }
      if body.type(of: result) != .unreachable && result == id { continue }
      deliver(result, insteadOf: id, to: &walk, in: &body)
    }
  }

  /// Tells the parent of a finished node what became of it.
  private mutating func deliver(
    _ result: NodeID, insteadOf id: NodeID, to walk: inout TreeWalk, in body: inout Body
  ) {
    let parent = walk.parent
    let position = body.position(ofOperand: id, of: parent, before: walk.remainingCount)
    if result != id { body.setOperand(position, of: parent, to: result) }
    let opcode = body.opcode(of: parent)
    if body.type(of: result) != .unreachable || opcode == .try || opcode == .if && position > 0 { return }
    ends.append(End(parent: parent, position: Int32(position)))
    walk.skipRemaining()
  }

  /// Cuts off what is dead in a node whose operands are done; returns what takes its place. Control leaves it unless its
  /// type says otherwise.
  private mutating func finish(_ id: NodeID, in body: inout Body) -> NodeID {
    var end: Int?
    if !ends.isEmpty && ends.last.parent == id { end = Int(ends.popLast().position) }
    switch body.opcode(of: id) {
    case .block, .loop, .if, .try, .tryTable: return finishConstruct(id, end, in: &body)
    default:
      if let end { return makeSequence(of: id, through: end, in: &body) }
      body.forEachLabel(of: id) { isTargeted[$0.index] = true }
      return id
    }
  }

  private mutating func finishConstruct(_ id: NodeID, _ end: Int?, in body: inout Body) -> NodeID {
    switch body[id] {
    case .block(let block):
      if let end, end + 1 < block.items.count { body.truncateItems(of: id, to: end + 1) }
      if id == body.root || block.label == .function { return id }
      if end != nil && (block.label.isNone || !isTargeted[block.label.index]) { close(id, in: &body) }
    case .loop: if end != nil { close(id, in: &body) }
    case .if(let node):
      if end != nil { return node.condition }
      if !node.elseArm.isNone && isClosed(node.thenArm, in: body) && isClosed(node.elseArm, in: body) {
        close(id, in: &body)
      }
    case .try(let node):
      body.forEachLabel(of: id) { isTargeted[$0.index] = true }
      if (0..<node.arms.count).allSatisfy({ isClosed(body[node.arms, $0], in: body) }) { close(id, in: &body) }
    case .tryTable:
      body.forEachLabel(of: id) { isTargeted[$0.index] = true }
      if end != nil { close(id, in: &body) }
    default: preconditionFailure()
    }
    return id
  }

  private func isClosed(_ id: NodeID, in body: borrowing Body) -> Bool { body.type(of: id) == .unreachable }

  /// A construct that control does not leave says so, so that it fits wherever a value is expected. If it says so
  /// already, whoever found out looked further than this walk does.
  private func close(_ id: NodeID, in body: inout Body) { body.refineType(of: id, to: .unreachable) }

  /// The operands up to the one that control does not leave, without the node.
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

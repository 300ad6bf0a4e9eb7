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

/// Where the walk stands in a node.
private struct ReachableFrame: BitwiseCopyable {
  let node: NodeID
  var next: Int32 = 0
  let count: Int32
  /// Position of the operand that control does not leave; -1 if there is none.
  var end: Int32 = -1
  /// Arms of an `if` or `try` that control leaves.
  var openArms: Int32 = 0

  init(_ node: NodeID, in body: borrowing Body) {
    self.node = node
    count = Int32(body.operandCount(of: node))
  }
}

private struct ReachableWalk: ~Copyable {
  /// By label: whether code that can run names it.
  private var isTargeted = Column<Bool>()
  private var frames = Column<ReachableFrame>()

  init(labelCount: Int) { isTargeted.resize(to: labelCount, filling: false) }

  mutating func run(on body: inout Body) {
    frames.append(ReachableFrame(body.root, in: body))
    while !frames.isEmpty {
      let frame = frames.last
      if frame.next < frame.count {
        frames.last.next += 1
        let operand = body.operand(Int(frame.next), of: frame.node)
        if !operand.isNone { frames.append(ReachableFrame(operand, in: body)) }
        continue
      }
      let (result, diverges) = finish(frame, in: &body)
      frames.removeLast(1)
      if !frames.isEmpty { deliver(result, diverges: diverges, in: &body) }
    }
  }

  /// Tells the parent of a finished node what became of it.
  private mutating func deliver(_ result: NodeID, diverges: Bool, in body: inout Body) {
    let parent = frames.last
    let position = parent.next - 1
    if body.operand(Int(position), of: parent.node) != result {
      body.setOperand(Int(position), of: parent.node, to: result)
    }
    let opcode = body.opcode(of: parent.node)
    if opcode == .try || opcode == .if && position > 0 {
      if !diverges { frames.last.openArms += 1 }
    } else if diverges {
      frames.last.end = position
      frames.last.next = parent.count
    }
  }

  /// Cuts off what is dead in a node whose operands are done; returns what takes its place.
  private mutating func finish(_ frame: ReachableFrame, in body: inout Body) -> (NodeID, diverges: Bool) {
    let id = frame.node
    let hasEnd = frame.end >= 0
    switch body.opcode(of: id) {
    case .block, .loop, .if, .try, .tryTable: return finishConstruct(frame, in: &body)
    default:
      if hasEnd { return (makeSequence(of: frame, in: &body), true) }
      noteLabels(of: id, in: body)
      return (id, body.type(of: id) == .unreachable)
    }
  }

  private mutating func finishConstruct(_ frame: ReachableFrame, in body: inout Body) -> (NodeID, diverges: Bool) {
    let id = frame.node
    let hasEnd = frame.end >= 0
    switch body[id] {
    case .block(let block):
      if hasEnd && frame.end + 1 < frame.count { body.truncateItems(of: id, to: Int(frame.end) + 1) }
      if id == body.root || block.label == .function { return (id, hasEnd) }
      return construct(id, diverges: hasEnd && (block.label.isNone || !isTargeted[block.label.index]), in: &body)
    case .loop: return construct(id, diverges: hasEnd, in: &body)
    case .if(let node):
      if hasEnd { return (node.condition, true) }
      return construct(id, diverges: frame.openArms == 0 && !node.elseArm.isNone, in: &body)
    case .try:
      noteLabels(of: id, in: body)
      return construct(id, diverges: frame.openArms == 0, in: &body)
    case .tryTable:
      noteLabels(of: id, in: body)
      return construct(id, diverges: hasEnd, in: &body)
    default: preconditionFailure()
    }
  }

  private mutating func noteLabels(of id: NodeID, in body: borrowing Body) {
    body.forEachLabel(of: id) { isTargeted[$0.index] = true }
  }

  /// A construct that control does not leave says so, so that it fits wherever a value is expected. If it says so
  /// already, whoever found out looked further than this walk does.
  private func construct(_ id: NodeID, diverges: Bool, in body: inout Body) -> (NodeID, diverges: Bool) {
    if diverges { body.refineType(of: id, to: .unreachable) }
    return (id, body.type(of: id) == .unreachable)
  }

  /// The operands up to the one that control does not leave, without the node.
  private func makeSequence(of frame: ReachableFrame, in body: inout Body) -> NodeID {
    var items: [NodeID] = []
    for position in 0..<Int(frame.end) {
      let operand = body.operand(position, of: frame.node)
      if !operand.isNone { items.append(body.makeDropIfNeeded(operand)) }
    }
    items.append(body.operand(Int(frame.end), of: frame.node))
    body.changeCount += 1
    return body.makeSequence(items, type: .unreachable)
  }
}

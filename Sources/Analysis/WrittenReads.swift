import IR
import Support

extension Body {
  /// By local: whether it is read where no assignment that stays stands before it in the construct or in one around it,
  /// which is what validation asks of locals that have no default (specification 3.4.9). Only of locals that have none;
  /// empty if there are no others. Linear.
  ///
  /// - Parameter deadWrites: by access of the graph: whether it will go.
  package func localsThatNeedDeadWrites(
    _ deadWrites: borrowing Column<Bool>, of graph: borrowing ControlFlowGraph
  ) -> Column<Bool> {
    var isConcerned = false
    for position in 0..<graph.accesses.count where deadWrites[position] {
      isConcerned = isConcerned || !type(of: graph.accesses[position].local).isDefaultable
    }
    if !isConcerned { return Column() }
    var walk = InitializationWalk(of: self)
    walk.run(over: self, deadWrites, graph)
    return walk.missed
  }
}

private struct InitializationWalk: ~Copyable {
  private struct Frame: BitwiseCopyable {
    let node: NodeID
    var next: Int32 = 0
    let count: Int32
    /// Position of the first operand that is in the construct; -1 if the node is none.
    let firstInside: Int32
    /// How many locals had been set before the construct.
    var height = 0
  }

  /// By local.
  private(set) var missed = Column<Bool>()
  private var isSet = Column<Bool>()
  /// Locals in the order in which they were set.
  private var set = Column<LocalID>()
  private var frames = Column<Frame>()
  /// The next access of the graph: they are in the order of the walk.
  private var position = 0

  init(of body: borrowing Body) {
    missed.resize(to: body.localCount, filling: false)
    for index in 0..<body.localCount {
      isSet.append(index < body.parameterCount || body.localTypes[index].isDefaultable)
    }
  }

  mutating func run(over body: borrowing Body, _ deadWrites: borrowing Column<Bool>, _ graph: borrowing ControlFlowGraph) {
    enter(body.root, in: body)
    while !frames.isEmpty {
      let frame = frames.last
      if frame.next == frame.count {
        if frame.firstInside >= 0 { undo(to: frame.height) }
        note(frame.node, deadWrites, graph)
        frames.removeLast(1)
        continue
      }
      frames.last.next += 1
      let operand = body.operand(Int(frame.next), of: frame.node)
      if frame.next == frame.firstInside {
        frames.last.height = set.count
      } else if frame.next > frame.firstInside && frame.firstInside >= 0 && hasArms(frame.node, in: body) {
        // The arms of a construct know nothing of each other.
        undo(to: frame.height)
      }
      if !operand.isNone { enter(operand, in: body) }
    }
  }

  private mutating func enter(_ node: NodeID, in body: borrowing Body) {
    var firstInside: Int32 = -1
    switch body.opcode(of: node) {
    case .block: firstInside = body.isSequence(node) ? -1 : 0
    case .loop, .try, .tryTable: firstInside = 0
    case .if: firstInside = 1
    default: break
    }
    frames.append(Frame(node: node, count: Int32(body.operandCount(of: node)), firstInside: firstInside))
  }

  private func hasArms(_ node: NodeID, in body: borrowing Body) -> Bool {
    body.opcode(of: node) == .if || body.opcode(of: node) == .try
  }

  /// Notes the accesses that the node makes itself.
  private mutating func note(
    _ node: NodeID, _ deadWrites: borrowing Column<Bool>, _ graph: borrowing ControlFlowGraph
  ) {
    while position < graph.accesses.count && graph.accesses[position].node == node {
      let local = graph.accesses[position].local
      if !graph.accesses[position].isWrite {
        if !isSet[local.index] { missed[local.index] = true }
      } else if !deadWrites[position] && !isSet[local.index] {
        isSet[local.index] = true
        set.append(local)
      }
      position += 1
    }
  }

  private mutating func undo(to height: Int) {
    while set.count > height {
      let local = set.popLast()
      isSet[local.index] = false
    }
  }
}

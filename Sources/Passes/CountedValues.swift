import Analysis
import IR
import Support

/// What is known of values that go round loops.
struct CountedValues: ~Copyable {
  let graph: LocalGraph
  /// By node: the access that it is; -1 if it is none.
  private var accesses = Column<Int32>()
  /// By value: how many reads see it, and how many phis that are used.
  private(set) var readCounts = Column<UInt32>()
  private(set) var phiCounts = Column<UInt32>()

  init(in body: borrowing Body, _ flow: borrowing ControlFlowGraph) {
    graph = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    accesses.resize(to: body.nodes.count, filling: -1)
    readCounts.resize(to: graph.valueCount, filling: 0)
    phiCounts.resize(to: graph.valueCount, filling: 0)
    for index in 0..<flow.accesses.count {
      accesses[flow.accesses[index].node.index] = Int32(index)
      if flow.accesses[index].isWrite || graph.value(readBy: index).isNone { continue }
      readCounts[graph.value(readBy: index).index] += 1
    }
    for phi in 0..<graph.phiCount where graph.isUsed(phi: phi) {
      for index in 0..<graph.operandCount(ofPhi: phi) where !graph.operand(index, ofPhi: phi).isNone {
        phiCounts[graph.operand(index, ofPhi: phi).index] += 1
      }
    }
  }

  /// What a `local.get` reads, or a `local.tee` or `local.set` assigns.
  func value(at node: NodeID, in body: borrowing Body) -> LocalValue {
    let access = Int(accesses[node.index])
    return body.opcode(of: node) == .localGet ? graph.value(readBy: access) : graph.value(writtenBy: access)
  }

  /// The `local.set` or `local.tee` that assigns the value; nil if it comes otherwise.
  func assignment(
    of value: LocalValue, _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) -> NodeID? {
    guard !value.isNone, let write = graph.write(value) else { return nil }
    let node = flow.accesses[write].node
    return body.opcode(of: node) == .tupleSet ? nil : node
  }

  /// Whether a value that a loop reads is there when the loop begins, in the local that it is read from.
  func isThere(_ value: LocalValue, before header: BlockID, _ flow: borrowing ControlFlowGraph) -> Bool {
    if value.isNone { return false }
    if let phi = graph.phi(value) { return graph.block(ofPhi: phi) < header }
    return graph.write(value).map { $0 < flow.accessRange(of: header).lowerBound } ?? true
  }

  /// The number of the access that a `local.get`, `local.set` or `local.tee` is.
  func access(at node: NodeID) -> Int { Int(accesses[node.index]) }

  /// The phi of a counter that only its decrement reads: an assignment that only a test and the phi see.
  func counter(countedBy assignment: NodeID, _ flow: borrowing ControlFlowGraph) -> Int? {
    let write = Int(accesses[assignment.index])
    guard write > 0, !graph.value(readBy: write - 1).isNone, let phi = graph.phi(graph.value(readBy: write - 1)),
      back(ofPhi: phi, flow) == graph.value(writtenBy: write), readCounts[graph.value(ofPhi: phi).index] == 1,
      phiCounts[graph.value(ofPhi: phi).index] == 0, readCounts[graph.value(writtenBy: write).index] == 0,
      phiCounts[graph.value(writtenBy: write).index] == 1
    else { return nil }
    return phi
  }

  /// What comes to the phi by the only way back to the loop that it begins.
  func back(ofPhi phi: Int, _ flow: borrowing ControlFlowGraph) -> LocalValue {
    let block = graph.block(ofPhi: phi)
    let count = flow.predecessorCount(of: block)
    guard count > 1, flow.predecessor(count - 1, of: block) >= block, flow.predecessor(count - 2, of: block) < block
    else { return .none }
    return graph.operand(count - 1, ofPhi: phi)
  }

  /// What each round adds to the value, and the access that does; nil if a round does something else.
  func step(
    ofPhi phi: Int, _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) -> (step: Int32, write: Int)? {
    let back = back(ofPhi: phi, flow)
    guard !back.isNone, let write = graph.write(back), write > 0,
      graph.value(readBy: write - 1) == graph.value(ofPhi: phi), !flow.accesses[write - 1].isWrite
    else { return nil }
    let node = flow.accesses[write].node
    switch body[node] {
    case .localSet(let set), .localTee(let set):
      guard case .binary(let sum) = body[set.value], sum.opcode == .i32Add, sum.left == flow.accesses[write - 1].node,
        case .i32Const(let step) = body[sum.right]
      else { return nil }
      return (step, write)
    default: return nil
    }
  }

  /// Whether nothing else goes round the loop.
  func isOnly(_ phi: Int, besides counter: Int, in header: BlockID) -> Bool {
    graph.phis(in: header).allSatisfy { $0 == phi || $0 == counter || !graph.isUsed(phi: $0) }
  }

  /// The local that the value is copied from in front of the loop; nil if it is something else.
  func source(ofPhi phi: Int, _ flow: borrowing ControlFlowGraph, in body: borrowing Body) -> LocalID? {
    guard graph.operandCount(ofPhi: phi) == 2, let write = graph.write(graph.operand(0, ofPhi: phi)),
      case .localSet(let set) = body[flow.accesses[write].node], case .localGet(let local) = body[set.value],
      body.type(of: local) == .i32
    else { return nil }
    return local
  }

  // MARK: Sizes

  /// How many bits the value that comes into the loop has at most.
  func startWidth(ofPhi phi: Int, _ flow: borrowing ControlFlowGraph, in body: borrowing Body) -> Int {
    (0..<graph.operandCount(ofPhi: phi) - 1).map { width(of: graph.operand($0, ofPhi: phi), flow, in: body, depth: 6) }
      .max() ?? 32
  }

  /// How many bits the value has at most.
  func width(
    of value: LocalValue, _ flow: borrowing ControlFlowGraph, in body: borrowing Body, depth: Int = 6
  ) -> Int {
    guard !value.isNone, let write = graph.write(value) else { return 32 }
    switch body[flow.accesses[write].node] {
    case .localSet(let set), .localTee(let set): return width(of: set.value, flow, in: body, depth: depth - 1)
    default: return 32
    }
  }

  private func width(of id: NodeID, _ flow: borrowing ControlFlowGraph, in body: borrowing Body, depth: Int) -> Int {
    if depth <= 0 { return 32 }
    switch body[id] {
    case .i32Const(let value): return 32 - value.leadingZeroBitCount
    case .localGet: return width(of: graph.value(readBy: Int(accesses[id.index])), flow, in: body, depth: depth)
    case .localTee(let tee): return width(of: tee.value, flow, in: body, depth: depth)
    case .load(let load):
      switch load.opcode {
      case .i32Load8U: return 8
      case .i32Load16U: return 16
      default: return 32
      }
    case .binary(let node) where node.opcode == .i32And:
      return min(
        width(of: node.left, flow, in: body, depth: depth - 1), width(of: node.right, flow, in: body, depth: depth - 1))
    case .binary(let node) where node.opcode == .i32ShrU:
      guard case .i32Const(let count) = body[node.right] else { return 32 }
      return max(0, width(of: node.left, flow, in: body, depth: depth - 1) - Int(count & 31))
    default: return 32
    }
  }
}

import IR
import Support

/// A basic block of a `ControlFlowGraph`.
@frozen public struct BlockID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Where the function begins.
  @inlinable public static var entry: BlockID { BlockID(rawValue: 0) }
}

/// One reading or writing of a local.
@frozen public struct LocalAccess: BitwiseCopyable, Sendable {
  /// A `local.get`, `local.set`, `local.tee` or `tuple.set`.
  public let node: NodeID
  @usableFromInline let bits: UInt32

  @inlinable init(_ node: NodeID, _ local: LocalID, isWrite: Bool) {
    self.node = node
    bits = local.rawValue << 1 | (isWrite ? 1 : 0)
  }

  @inlinable public var local: LocalID { LocalID(rawValue: bits >> 1) }
  @inlinable public var isWrite: Bool { bits & 1 != 0 }
}

/// The basic blocks of a body with the accesses to locals in each, and the ways between them.
///
/// Ids are in the order of evaluation, and so a reverse postorder: an edge to the same block or an earlier one is the
/// back edge of a loop, and going through the ids upwards visits all other predecessors of a block before it. The graph
/// of structured control flow is reducible.
///
/// An instruction that may throw ends its block where a handler of the function can receive the exception. All that
/// throw to the same `try` or `try_table` go to one block, which goes on to the handlers, and to that of the `try`
/// around it if no handler takes everything: edges stay linear in the code. A trap leaves the function.
///
/// Code that cannot run has its accesses in blocks without edges; all others can be reached from the entry as far as
/// the graph knows.
///
/// Linear to make, in nodes and named labels. 8 bytes for each access, about 50 for each block.
@frozen public struct ControlFlowGraph: ~Copyable {
  /// The accesses of all blocks, in their order.
  public internal(set) var accesses = Column<LocalAccess>()
  /// By block, and one more.
  @usableFromInline var accessStarts = Column<UInt32>()
  @usableFromInline var loopDepths = Column<UInt32>()
  @usableFromInline var successorStarts = Column<UInt32>()
  @usableFromInline var successorList = Column<BlockID>()
  @usableFromInline var predecessorStarts = Column<UInt32>()
  @usableFromInline var predecessorList = Column<BlockID>()

  /// - Parameter selection: by local: whether the graph has its accesses; all if it is empty.
  public init(of body: borrowing Body, selection: consuming Column<Bool> = Column()) {
    var walk = ControlFlowWalk(of: body, selection: selection)
    self.init(taking: &walk.builder)
  }

  @inlinable public var blockCount: Int { loopDepths.count }
  @inlinable public var edgeCount: Int { successorList.count }

  /// The block's part of `accesses`.
  @inlinable public func accessRange(of block: BlockID) -> Range<Int> {
    Int(accessStarts[block.index])..<Int(accessStarts[block.index + 1])
  }

  /// How many loops the block is in; those that nothing branches to count, too.
  @inlinable public func loopDepth(of block: BlockID) -> Int { Int(loopDepths[block.index]) }

  @inlinable public func successorCount(of block: BlockID) -> Int {
    Int(successorStarts[block.index + 1] - successorStarts[block.index])
  }

  @inlinable public func successor(_ index: Int, of block: BlockID) -> BlockID {
    successorList[Int(successorStarts[block.index]) + index]
  }

  @inlinable public func predecessorCount(of block: BlockID) -> Int {
    Int(predecessorStarts[block.index + 1] - predecessorStarts[block.index])
  }

  /// The blocks that control comes from, ascending.
  @inlinable public func predecessor(_ index: Int, of block: BlockID) -> BlockID {
    predecessorList[Int(predecessorStarts[block.index]) + index]
  }

  @inlinable public func isReachable(_ block: BlockID) -> Bool {
    block == .entry || predecessorCount(of: block) > 0
  }

  /// Whether control comes back to the block: it begins a loop that is repeated.
  @inlinable public func isLoopHeader(_ block: BlockID) -> Bool {
    let count = predecessorCount(of: block)
    return count > 0 && predecessor(count - 1, of: block) >= block
  }
}

/// From one block to another.
struct FlowEdge: BitwiseCopyable {
  let source: BlockID
  let target: BlockID
}

extension ControlFlowGraph {
  init(taking builder: inout ControlFlowBuilder) {
    swap(&accesses, &builder.accesses)
    swap(&accessStarts, &builder.accessStarts)
    swap(&loopDepths, &builder.loopDepths)
    connect(builder.edges)
  }

  private mutating func connect(_ edges: borrowing Column<FlowEdge>) {
    let blockCount = loopDepths.count
    // The edges of a block are put in place from the end of those before it: what is counted two places behind has
    // become the start of the next block when all are.
    successorStarts.resize(to: blockCount + 2, filling: 0)
    predecessorStarts.resize(to: blockCount + 2, filling: 0)
    for index in 0..<edges.count {
      successorStarts[edges[index].source.index + 2] += 1
      predecessorStarts[edges[index].target.index + 2] += 1
    }
    for index in 2..<blockCount + 2 {
      successorStarts[index] += successorStarts[index - 1]
      predecessorStarts[index] += predecessorStarts[index - 1]
    }
    // By source, edges come in the order in which they were made; by target, sorted by source.
    successorList.resize(to: edges.count, filling: .none)
    for index in 0..<edges.count {
      let next = edges[index].source.index + 1
      successorList[Int(successorStarts[next])] = edges[index].target
      successorStarts[next] += 1
    }
    predecessorList.resize(to: edges.count, filling: .none)
    for block in 0..<blockCount {
      for index in Int(successorStarts[block])..<Int(successorStarts[block + 1]) {
        let next = successorList[index].index + 1
        predecessorList[Int(predecessorStarts[next])] = BlockID(block)
        predecessorStarts[next] += 1
      }
    }
    successorStarts.removeLast(1)
    predecessorStarts.removeLast(1)
  }
}

import IR
import Support

/// Where values of a local meet that different assignments gave it: the iterated dominance frontier of the blocks that
/// write it (Cytron et al., "Efficiently computing static single assignment form and the control dependence graph",
/// 1991).
///
/// Frontiers are never listed. Blocks are gone through from the end of the order of `Dominators`, so that each comes
/// after those it dominates and before the blocks where what leaves it meets; the edges that leave it are then those of
/// its range without the ranges done before, and of these only the ones that go up far enough are looked at (an idea of
/// Sreedhar and Gao, "A linear time algorithm for placing phi-nodes", 1995, but with ranges instead of walks over
/// subtrees, whose cost is that of the blocks without assignments). For each local that takes a logarithmic step for
/// each block that writes it and for each edge into a block where values meet.
struct PhiPlacement: ~Copyable {
  private(set) var phis = Column<LocalPhi>()
  /// How many more edges into blocks where values meet may be looked at.
  private var budget: Int
  private let edges: MeetingEdges
  /// By block: the block that begins the outermost loop that it may be in; itself outside of loops.
  private var loopTops = Column<BlockID>()
  /// By block: the last local that has been found to meet there, or to be written or to meet there, plus one.
  private var isPhi = Column<UInt32>()
  private var isQueued = Column<UInt32>()
  private var queue = PlaceQueue()
  /// Ranges of edges that have been looked at: disjoint, the lowest last.
  private var done = Column<EdgeSpan>()

  init(in graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators, budget: Int) {
    self.budget = budget
    edges = MeetingEdges(of: graph, dominators)
    isPhi.resize(to: graph.blockCount, filling: 0)
    isQueued.resize(to: graph.blockCount, filling: 0)
    findLoopTops(graph)
  }

  private mutating func findLoopTops(_ graph: borrowing ControlFlowGraph) {
    loopTops.resize(to: graph.blockCount, filling: .entry)
    var (top, end) = (0, -1)
    for index in 0..<graph.blockCount {
      let block = BlockID(index)
      if index > end { top = index }
      // Every way back goes to the beginning of a loop, from no later than its last predecessor.
      if graph.isLoopHeader(block) {
        end = max(end, graph.predecessor(graph.predecessorCount(of: block) - 1, of: block).index)
      }
      loopTops[index] = BlockID(top)
    }
  }

  /// Adds the phis of a local to `phis`; false, and no phis, if that takes more than the budget.
  ///
  /// - Parameters:
  ///   - blocks: those that write the local.
  ///   - lastUse: the highest block that uses what the local has at its beginning; there is no phi that can't reach it.
  mutating func place(
    _ local: LocalID, writtenIn blocks: borrowing Column<BlockID>, _ range: Range<Int>, lastUse: BlockID,
    in graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators
  ) -> Bool {
    let mark = local.rawValue + 1
    let count = phis.count
    for index in range {
      isQueued[blocks[index].index] = mark
      queue.insert(UInt32(dominators.range(of: blocks[index]).lowerBound))
    }
    done.removeAll()
    while let place = queue.popLargest() {
      let block = dominators.order[Int(place)]
      let limit = UInt32(dominators.depth(of: block))
      let span = edges.range(of: dominators.range(of: block))
      var start = span.lowerBound
      while !done.isEmpty && Int(done.last.start) < span.upperBound {
        let known = done.popLast()
        follow(start..<Int(known.start), depthLimit: limit, mark, lastUse, graph, dominators)
        start = Int(known.end)
      }
      follow(start..<span.upperBound, depthLimit: limit, mark, lastUse, graph, dominators)
      done.append(EdgeSpan(start: UInt32(span.lowerBound), end: UInt32(span.upperBound)))
      if budget < 0 {
        queue.removeAll()
        phis.truncate(to: count)
        return false
      }
    }
    return true
  }

  private mutating func follow(
    _ range: Range<Int>, depthLimit: UInt32, _ mark: UInt32, _ lastUse: BlockID,
    _ graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators
  ) {
    if range.isEmpty { return }
    var index = edges.next(from: range.lowerBound, depthLimit: depthLimit)
    while index < range.upperBound {
      let target = edges.targets[index]
      if isPhi[target.index] != mark && loopTops[target.index] <= lastUse {
        isPhi[target.index] = mark
        phis.append(LocalPhi(block: target, local: LocalID(rawValue: mark - 1)))
        budget -= graph.predecessorCount(of: target)
        if isQueued[target.index] != mark {
          isQueued[target.index] = mark
          queue.insert(UInt32(dominators.range(of: target).lowerBound))
        }
      }
      budget -= 1
      if budget < 0 { return }
      index = edges.next(from: index + 1, depthLimit: depthLimit)
    }
  }
}

/// Where values of a local meet.
@frozen @usableFromInline struct LocalPhi: BitwiseCopyable {
  @usableFromInline let block: BlockID
  @usableFromInline let local: LocalID
}

private struct EdgeSpan: BitwiseCopyable {
  let start: UInt32
  let end: UInt32
}

/// Numbers, largest first: a binary heap.
private struct PlaceQueue: ~Copyable {
  private var heap = Column<UInt32>()

  mutating func removeAll() { heap.removeAll() }

  mutating func insert(_ place: UInt32) {
    heap.append(place)
    var index = heap.count - 1
    while index > 0, heap[(index - 1) / 2] < place {
      heap[index] = heap[(index - 1) / 2]
      index = (index - 1) / 2
    }
    heap[index] = place
  }

  mutating func popLargest() -> UInt32? {
    if heap.isEmpty { return nil }
    let largest = heap[0]
    let last = heap.popLast()
    if heap.isEmpty { return largest }
    var index = 0
    while 2 * index + 1 < heap.count {
      var child = 2 * index + 1
      if child + 1 < heap.count && heap[child + 1] > heap[child] { child += 1 }
      if heap[child] <= last { break }
      heap[index] = heap[child]
      index = child
    }
    heap[index] = last
    return largest
  }
}

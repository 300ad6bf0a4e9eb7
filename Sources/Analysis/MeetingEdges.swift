import Support

/// The edges whose source does not dominate their target directly: what comes from different places meets there.
///
/// They are sorted by the place of their source in the order of `Dominators`, so that those which leave what a block
/// dominates stand together. Finding the next one that goes to a block of at most some depth takes logarithmic time.
struct MeetingEdges: ~Copyable {
  private(set) var targets = Column<BlockID>()
  /// By place in the order of `Dominators`, and one more.
  private var starts = Column<UInt32>()
  /// A segment tree over the depths of the targets; each node is the minimum of its two children, the root is 1.
  private var minima = Column<UInt32>()
  private var width = 1

  init(of graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators) {
    for place in 0..<dominators.order.count {
      starts.append(UInt32(targets.count))
      let block = dominators.order[place]
      for number in 0..<graph.successorCount(of: block) {
        let target = graph.successor(number, of: block)
        if dominators.immediateDominator(of: target) != block { targets.append(target) }
      }
    }
    starts.append(UInt32(targets.count))
    while width < targets.count { width *= 2 }
    minima.resize(to: 2 * width, filling: .max)
    for index in 0..<targets.count { minima[width + index] = UInt32(dominators.depth(of: targets[index])) }
    for index in stride(from: width - 1, to: 0, by: -1) {
      minima[index] = min(minima[2 * index], minima[2 * index + 1])
    }
  }

  /// The edges that leave a range of places.
  func range(of places: Range<Int>) -> Range<Int> { Int(starts[places.lowerBound])..<Int(starts[places.upperBound]) }

  /// The first edge from `index` on that goes to a block of depth `limit` or less; `Int.max` if there is none.
  func next(from index: Int, depthLimit limit: UInt32) -> Int {
    if index >= targets.count { return .max }
    var node = width + index
    while minima[node] > limit {
      // Up from right children, then to the subtree on the right.
      while node & 1 == 1 { node >>= 1 }
      if node == 0 { return .max }
      node += 1
    }
    while node < width {
      node *= 2
      if minima[node] > limit { node += 1 }
    }
    return node - width
  }
}

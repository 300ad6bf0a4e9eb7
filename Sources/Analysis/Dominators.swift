import Support

/// Which blocks control has to go through on the way to a block.
///
/// The graph is reducible and its ids are a reverse postorder, so one sweep over the forward edges finds the immediate
/// dominators (Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", 2001, needs more on other graphs). The
/// step that intersects two paths goes up by ancestors at distances that grow (Myers, "An applicative random-access
/// stack", 1983): logarithmic in the depth, so that a chain of blocks with many ways out is not quadratic.
///
/// Whether one block dominates another takes constant time. About 24 bytes for each block.
@frozen public struct Dominators: ~Copyable {
  /// The blocks that can be reached, each followed by all that it dominates. Where one dominates several, the one with
  /// the highest id comes first: so a block where edges meet stands before the blocks that they come from.
  public private(set) var order = Column<BlockID>()
  @usableFromInline var parents = Column<BlockID>()
  @usableFromInline var depths = Column<UInt32>()
  /// By block: where it is in `order`.
  @usableFromInline var firsts = Column<UInt32>()
  /// By block: where what it dominates ends in `order`.
  @usableFromInline var ends = Column<UInt32>()

  public init(of graph: borrowing ControlFlowGraph) {
    let count = graph.blockCount
    parents.resize(to: count, filling: .none)
    depths.resize(to: count, filling: 0)
    var jumps = Column<BlockID>()
    jumps.resize(to: count, filling: .entry)
    for index in 1..<max(1, count) {
      let block = BlockID(index)
      guard graph.isReachable(block) else { continue }
      // The edge to the lowest block is no back edge.
      var parent = graph.predecessor(0, of: block)
      for number in 1..<graph.predecessorCount(of: block) {
        let source = graph.predecessor(number, of: block)
        if source >= block { break }
        parent = nearestAncestor(of: parent, source, jumps)
      }
      parents[index] = parent
      depths[index] = depths[parent.index] + 1
      let jump = jumps[parent.index]
      let evenly = depths[parent.index] - depths[jump.index] == depths[jump.index] - depths[jumps[jump.index].index]
      jumps[index] = evenly ? jumps[jump.index] : parent
    }
    number(graph)
  }

  /// The block that dominates both and is the nearest to them.
  private func nearestAncestor(of first: BlockID, _ second: BlockID, _ jumps: borrowing Column<BlockID>) -> BlockID {
    if first == second { return first }
    var (low, high) = depths[first.index] > depths[second.index] ? (first, second) : (second, first)
    let depth = depths[high.index]
    while depths[low.index] > depth {
      let jump = jumps[low.index]
      low = depths[jump.index] >= depth ? jump : parents[low.index]
    }
    // At equal depths, ancestors are at equal distances.
    while low != high {
      if jumps[low.index] != jumps[high.index] {
        (low, high) = (jumps[low.index], jumps[high.index])
      } else {
        (low, high) = (parents[low.index], parents[high.index])
      }
    }
    return low
  }

  /// Gives each block its place in a preorder where the last of the children comes first.
  private mutating func number(_ graph: borrowing ControlFlowGraph) {
    let count = parents.count
    var sizes = Column<UInt32>()
    sizes.resize(to: count, filling: 1)
    var total = 1
    for index in stride(from: count - 1, to: 0, by: -1) where !parents[index].isNone {
      sizes[parents[index].index] += sizes[index]
      total += 1
    }
    firsts.resize(to: count, filling: 0)
    ends.resize(to: count, filling: 0)
    order.resize(to: total, filling: .entry)
    // By block that has been numbered: where the subtrees of the children that follow end.
    var free = Column<UInt32>()
    free.resize(to: count, filling: UInt32(total))
    ends[0] = UInt32(total)
    for index in 1..<max(1, count) where !parents[index].isNone {
      let parent = parents[index].index
      ends[index] = free[parent]
      firsts[index] = free[parent] - sizes[index]
      free[index] = free[parent]
      free[parent] = firsts[index]
      order[Int(firsts[index])] = BlockID(index)
    }
  }

  /// The nearest block that control comes through on the way to `block`; `none` for the entry and for what cannot run.
  @inlinable public func immediateDominator(of block: BlockID) -> BlockID { parents[block.index] }

  /// Number of blocks that dominate `block`, itself not counted.
  @inlinable public func depth(of block: BlockID) -> Int { Int(depths[block.index]) }

  /// Where `block` and all that it dominates are in `order`. Empty if it cannot run.
  @inlinable public func range(of block: BlockID) -> Range<Int> { Int(firsts[block.index])..<Int(ends[block.index]) }

  /// Whether control comes to `lower` only through `upper`; a block that can be reached dominates itself.
  @inlinable public func dominates(_ upper: BlockID, _ lower: BlockID) -> Bool {
    firsts[upper.index] <= firsts[lower.index] && ends[lower.index] <= ends[upper.index]
      && ends[lower.index] > firsts[lower.index]
  }
}

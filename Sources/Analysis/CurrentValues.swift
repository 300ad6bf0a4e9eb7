import IR
import Support

/// What each local has at a place of the body, for walks down the dominator tree: through the blocks of
/// `Dominators.order`, `enter` at each, and through the accesses of each, `write` at those that write.
///
/// All that takes time linear in blocks, accesses and phis. A local is right where it is read, and up to
/// the last query for it.
@frozen public struct CurrentValues: ~Copyable {
  @usableFromInline var values = Column<LocalValue>()
  /// What was written over since the function began on the way down to here.
  @usableFromInline var undo = Column<OverwrittenValue>()
  /// By depth: how long `undo` is at the beginning of the block there.
  @usableFromInline var heights = Column<UInt32>()

  @inlinable public init(of graph: borrowing LocalGraph) {
    for index in 0..<graph.localCount {
      let local = LocalID(index)
      values.append(graph.isKnown(local) ? graph.initialValue(of: local) : .none)
    }
  }

  @inlinable public subscript(local: LocalID) -> LocalValue { values[local.index] }

  /// Goes to the beginning of a block. The one that dominates it directly has been gone through.
  @inlinable public mutating func enter(
    _ block: BlockID, of graph: borrowing LocalGraph, _ dominators: borrowing Dominators
  ) {
    let depth = dominators.depth(of: block)
    if depth < heights.count {
      restore(to: Int(heights[depth]))
      heights.truncate(to: depth)
    }
    heights.append(UInt32(undo.count))
    for phi in graph.phis(in: block) { set(graph.local(ofPhi: phi), to: graph.value(ofPhi: phi)) }
  }

  @inlinable public mutating func write(_ local: LocalID, _ access: Int, of graph: borrowing LocalGraph) {
    if graph.isKnown(local) { set(local, to: graph.value(writtenBy: access)) }
  }

  @inlinable mutating func set(_ local: LocalID, to value: LocalValue) {
    undo.append(OverwrittenValue(local: local, value: values[local.index]))
    values[local.index] = value
  }

  @inlinable mutating func restore(to height: Int) {
    while undo.count > height {
      let last = undo.popLast()
      values[last.local.index] = last.value
    }
  }
}

@frozen @usableFromInline struct OverwrittenValue: BitwiseCopyable {
  @usableFromInline let local: LocalID
  @usableFromInline let value: LocalValue

  @inlinable init(local: LocalID, value: LocalValue) {
    self.local = local
    self.value = value
  }
}

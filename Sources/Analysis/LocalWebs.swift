import Support

/// The values of a `LocalGraph` in webs: two are in the same if they meet in a phi that is used. Values of different
/// webs need not share a local. Near-linear.
@frozen public struct LocalWebs: ~Copyable {
  /// By value: one of the same web with a lower number; itself if it is the lowest.
  @usableFromInline var parents = Column<LocalValue>()

  public init(of graph: borrowing LocalGraph) {
    for index in 0..<graph.valueCount { parents.append(LocalValue(index)) }
    for phi in 0..<graph.phiCount where graph.isUsed(phi: phi) {
      for index in 0..<graph.operandCount(ofPhi: phi) {
        unite(graph.value(ofPhi: phi), graph.operand(index, ofPhi: phi))
      }
    }
    for index in 0..<parents.count { parents[index] = parents[parents[index].index] }
  }

  /// The lowest value of the web: an initial value if there is one in it. Constant time.
  @inlinable public func lowest(of value: LocalValue) -> LocalValue { parents[value.index] }

  private mutating func unite(_ first: LocalValue, _ second: LocalValue) {
    let (one, other) = (find(first), find(second))
    if one < other { parents[other.index] = one } else { parents[one.index] = other }
  }

  private mutating func find(_ value: LocalValue) -> LocalValue {
    var value = value
    while parents[value.index] != value {
      parents[value.index] = parents[parents[value.index].index]
      value = parents[value.index]
    }
    return value
  }
}

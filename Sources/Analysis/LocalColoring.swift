import IR
import Support

/// What is known of the locals of a body that are to share indices.
package struct ColoringProblem: ~Copyable {
  package let interference: Interference
  package let localCount: Int
  package let parameterCount: Int
  /// By local: whether it begins with a zero that may be read.
  package private(set) var needsZero = Column<Bool>()
  /// By local: whether it is accessed other than by writes that are dead.
  package private(set) var isUsed = Column<Bool>()
  /// By local: number of neighbours.
  package private(set) var degrees = Column<UInt32>()
  package private(set) var degreeSum = 0
  /// Indices of copies, those worth most first, else in order.
  package private(set) var sortedCopies = Column<UInt32>()

  package init(
    _ interference: consuming Interference, of body: borrowing Body, _ graph: borrowing ControlFlowGraph,
    _ liveness: borrowing Liveness
  ) {
    localCount = body.localCount
    parameterCount = body.parameterCount
    isUsed.resize(to: localCount, filling: false)
    for index in 0..<graph.accesses.count where !interference.deadWrites[index] {
      isUsed[graph.accesses[index].local.index] = true
    }
    for index in 0..<localCount {
      needsZero.append(index >= parameterCount && liveness.isLiveAtEntry(LocalID(index)))
    }
    self.interference = interference
    if self.interference.isComplete {
      countNeighbors()
      sortCopies()
    }
  }

  package func isParameter(_ local: LocalID) -> Bool { local.index < parameterCount }

  private mutating func countNeighbors() {
    for index in 0..<localCount {
      var degree: UInt32 = 0
      let local = LocalID(index)
      interference.edges.forEachNeighbor(of: local, kind: interference.kinds[local]) { _ in degree += 1 }
      degrees.append(degree)
      degreeSum += Int(degree)
    }
  }

  /// By weight, which is one of 1, 2 and 4.
  private mutating func sortCopies() {
    for weight in [4, 2, 1] as [UInt32] {
      for index in 0..<interference.copies.count where interference.copies[index].weight == weight {
        sortedCopies.append(UInt32(index))
      }
    }
  }
}

/// New indices of locals.
package struct LocalColoring: ~Copyable {
  /// By local; `none` for those that are not used.
  package var colors = Column<LocalID>()
  /// By color: its type.
  package var types = Column<ValueType>()

  package init() {}

  package var colorCount: Int { types.count }

  /// Sum of the weights of copies that become nothing.
  package func removedWeight(of copies: borrowing Column<LocalCopy>) -> Int {
    var weight = 0
    for index in 0..<copies.count where colors[copies[index].source.index] == colors[copies[index].target.index] {
      weight += Int(copies[index].weight)
    }
    return weight
  }
}

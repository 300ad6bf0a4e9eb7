import IR
import Support

/// Gives bundles of locals the first color that no neighbour has, one after the other.
///
/// Looks at the neighbours of each local once for each order, and at no more colors than a bundle has neighbours.
package struct GreedyColoring: ~Copyable {
  /// Colors of a kind are in a list; those of parameters come first.
  private struct KindColors: BitwiseCopyable {
    var first = LocalID.none
    var firstDeclared = LocalID.none
    var last = LocalID.none
  }

  /// Leaders of the bundles that are used, in the order of their first locals.
  package private(set) var leaders = Column<LocalID>()
  private var bundles: LocalBundles
  /// By local: where its bundle is in `leaders`, `.max` if it is not used.
  private var numbers = Column<UInt32>()

  // Of the order at hand.

  package private(set) var colorCount = 0
  /// By bundle.
  private var colors = Column<LocalID>()
  /// By color: the next of the same kind, and the bundle that it was last found to be forbidden for.
  private var nextColors = Column<LocalID>()
  private var forbidden = Column<UInt32>()
  private var kinds = Column<KindColors>()

  package init(_ bundles: consuming LocalBundles, of problem: borrowing ColoringProblem) {
    self.bundles = bundles
    numbers.resize(to: problem.localCount, filling: .max)
    for index in 0..<problem.localCount {
      // Parameters are there, used or not; their bundles are colored first.
      guard problem.isUsed[index] || index < problem.parameterCount else { continue }
      let leader = self.bundles.leader(of: LocalID(index))
      if numbers[leader.index] == .max {
        numbers[leader.index] = UInt32(leaders.count)
        leaders.append(leader)
      }
      numbers[index] = numbers[leader.index]
    }
  }

  package var bundleCount: Int { leaders.count }
  /// The color that the last order gave a bundle.
  package func color(ofBundle bundle: Int) -> LocalID { colors[bundle] }
  /// The color that the last order gave a local; `none` if it is not used.
  package func color(of local: LocalID) -> LocalID {
    let number = numbers[local.index]
    return number == .max ? .none : colors[Int(number)]
  }

  /// Colors in the order of the bundles and in reverse, and keeps what takes fewer colors.
  package mutating func colorBest(of problem: borrowing ColoringProblem) {
    var order = Column<UInt32>(capacity: bundleCount)
    var reverse = Column<UInt32>(capacity: bundleCount)
    for index in 0..<bundleCount {
      order.append(UInt32(index))
      reverse.append(UInt32(bundleCount - 1 - index))
    }
    _ = color(order, of: problem)
    let count = colorCount
    var first = Column<LocalID>()
    swap(&first, &colors)
    if color(reverse, of: problem, limit: count - 1) { return }
    swap(&first, &colors)
    colorCount = count
  }

  /// Colors all bundles, those of parameters first, then the others in `order`. Stops when there are more than `limit`
  /// colors and returns false.
  package mutating func color(
    _ order: borrowing Column<UInt32>, of problem: borrowing ColoringProblem, limit: Int = .max
  ) -> Bool {
    colorCount = 0
    colors.removeAll()
    colors.resize(to: leaders.count, filling: .none)
    nextColors.removeAll()
    forbidden.removeAll()
    kinds.removeAll()
    kinds.resize(to: problem.interference.kinds.kindCount, filling: KindColors())
    for index in 0..<problem.parameterCount {
      colors[Int(numbers[index])] = makeColor(problem.interference.kinds[LocalID(index)], isParameter: true)
    }
    for index in 0..<order.count {
      let bundle = Int(order[index])
      if !colors[bundle].isNone { continue }
      forbidNeighbors(of: bundle, in: problem)
      colors[bundle] = firstColor(for: bundle, in: problem)
      if colorCount > limit { return false }
    }
    return true
  }

  private mutating func makeColor(_ kind: Int, isParameter: Bool) -> LocalID {
    let color = LocalID(colorCount)
    colorCount += 1
    nextColors.append(.none)
    forbidden.append(.max)
    if kinds[kind].first.isNone { kinds[kind].first = color }
    if !isParameter && kinds[kind].firstDeclared.isNone { kinds[kind].firstDeclared = color }
    if !kinds[kind].last.isNone { nextColors[kinds[kind].last.index] = color }
    kinds[kind].last = color
    return color
  }

  private mutating func forbidNeighbors(of bundle: Int, in problem: borrowing ColoringProblem) {
    let leader = leaders[bundle]
    let kind = problem.interference.kinds[leader]
    var member = leader
    repeat {
      problem.interference.edges.forEachNeighbor(of: member, kind: kind) { neighbor in
        let number = numbers[neighbor.index]
        if number == .max || colors[Int(number)].isNone { return }
        forbidden[colors[Int(number)].index] = UInt32(bundle)
      }
      member = bundles.nextMember(after: member)
    } while member != leader
  }

  private mutating func firstColor(for bundle: Int, in problem: borrowing ColoringProblem) -> LocalID {
    let leader = leaders[bundle]
    let kind = problem.interference.kinds[leader]
    // A parameter begins with what was passed.
    var color = bundles.needsZero(leader) ? kinds[kind].firstDeclared : kinds[kind].first
    while !color.isNone && forbidden[color.index] == UInt32(bundle) { color = nextColors[color.index] }
    return color.isNone ? makeColor(kind, isParameter: false) : color
  }

  /// The last order's colors by local; `none` for those that are not used.
  package func coloring(of problem: borrowing ColoringProblem, _ body: borrowing Body) -> LocalColoring {
    var result = LocalColoring()
    result.types.resize(to: colorCount, filling: .i32)
    for index in 0..<problem.localCount {
      let color = color(of: LocalID(index))
      result.colors.append(color)
      if !color.isNone { result.types[color.index] = body.type(of: LocalID(index)) }
    }
    return result
  }
}

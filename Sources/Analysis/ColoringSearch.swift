import IR
import Support

/// Looks for a coloring with fewer copies, and then with fewer colors, than the first one found has.
///
/// Copies that could not be removed come first next time (Joslin and Clements, "Squeaky wheel optimization", 1999). When
/// the locals have been joined, bundles are colored color by color of the last coloring, the colors in another order:
/// that never takes more of them (Culberson, "Iterated greedy graph coloring", 1992).
///
/// Follows from the seed alone. A limited number of rounds, each linear in edges, and n log n in copies.
package struct ColoringSearch: ~Copyable {
  private struct Score: Comparable {
    /// Of the copies that go.
    let weight: Int
    let colorCount: Int

    static func < (left: Score, right: Score) -> Bool {
      left.weight != right.weight ? left.weight < right.weight : left.colorCount > right.colorCount
    }
  }

  private static let joinRounds = 16
  private static let colorRounds = 64
  /// Rounds without a better coloring after which there will be none.
  private static let patience = 12

  private var randomState: UInt64
  /// The last coloring that was better than all before.
  private var greedy: GreedyColoring
  private var best: LocalColoring
  private var bestScore: Score

  package static func coloring(
    of problem: borrowing ColoringProblem, _ body: borrowing Body, seed: UInt64
  ) -> LocalColoring {
    var search = ColoringSearch(of: problem, body, seed: seed)
    search.tryJoins(of: problem, body)
    search.tryColors(of: problem, body)
    return search.best
  }

  private init(of problem: borrowing ColoringProblem, _ body: borrowing Body, seed: UInt64) {
    randomState = seed
    greedy = GreedyColoring(LocalBundles(of: problem, copies: problem.sortedCopies), of: problem)
    greedy.colorBest(of: problem)
    best = greedy.coloring(of: problem, body)
    bestScore = Self.score(of: greedy, problem)
  }

  private static func score(of coloring: borrowing GreedyColoring, _ problem: borrowing ColoringProblem) -> Score {
    var weight = 0
    for index in 0..<problem.interference.copies.count {
      let copy = problem.interference.copies[index]
      if coloring.color(of: copy.source) == coloring.color(of: copy.target) { weight += Int(copy.weight) }
    }
    return Score(weight: weight, colorCount: coloring.colorCount)
  }

  /// A number below `count`, from a linear congruential generator.
  private mutating func random(below count: Int) -> Int {
    randomState = randomState &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678_9abc_def1
    return Int((randomState >> 33) % UInt64(count))
  }

  // MARK: Joins

  private mutating func tryJoins(of problem: borrowing ColoringProblem, _ body: borrowing Body) {
    let count = problem.interference.copies.count
    var urgency = Column<UInt32>()
    for index in 0..<count { urgency.append(4 * problem.interference.copies[index].weight) }
    var fruitless = 0
    for _ in 0..<Self.joinRounds where fruitless < Self.patience / 2 {
      if raise(&urgency, of: problem) == 0 { return }
      var candidate = GreedyColoring(LocalBundles(of: problem, copies: sorted(urgency)), of: problem)
      candidate.colorBest(of: problem)
      let score = Self.score(of: candidate, problem)
      fruitless += 1
      if score > bestScore {
        best = candidate.coloring(of: problem, body)
        greedy = candidate
        bestScore = score
        fruitless = 0
      }
    }
  }

  /// Makes the copies that the best coloring leaves more urgent; returns how many there are.
  private mutating func raise(_ urgency: inout Column<UInt32>, of problem: borrowing ColoringProblem) -> Int {
    var left = 0
    for index in 0..<urgency.count {
      let copy = problem.interference.copies[index]
      if best.colors[copy.source.index] == best.colors[copy.target.index] { continue }
      left += 1
      urgency[index] += copy.weight + UInt32(random(below: 4))
    }
    return left
  }

  private func sorted(_ urgency: borrowing Column<UInt32>) -> Column<UInt32> {
    var keys: [UInt64] = []
    for index in 0..<urgency.count { keys.append(UInt64(UInt32.max - urgency[index]) << 32 | UInt64(index)) }
    keys.sort()
    var order = Column<UInt32>(capacity: keys.count)
    for key in keys { order.append(UInt32(truncatingIfNeeded: key)) }
    return order
  }

  // MARK: Colors

  private mutating func tryColors(of problem: borrowing ColoringProblem, _ body: borrowing Body) {
    var fruitless = 0
    for round in 0..<Self.colorRounds where fruitless < Self.patience {
      let order = orderByColors(round: round)
      _ = greedy.color(order, of: problem)
      let score = Self.score(of: greedy, problem)
      fruitless += 1
      if score > bestScore {
        best = greedy.coloring(of: problem, body)
        bestScore = score
        fruitless = 0
      }
    }
  }

  /// The bundles, those of one color together.
  private mutating func orderByColors(round: Int) -> Column<UInt32> {
    var ranks: [Int] = Array(repeating: 0, count: greedy.colorCount)
    var sizes: [Int] = ranks
    for bundle in 0..<greedy.bundleCount { sizes[greedy.color(ofBundle: bundle).index] += 1 }
    var colors = Array(ranks.indices)
    switch round % 3 {
    case 0: colors.reverse()
    case 1: colors.sort { sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1 }
    default: for index in colors.indices.dropFirst() { colors.swapAt(index, random(below: index + 1)) }
    }
    for (rank, color) in colors.enumerated() { ranks[color] = rank }
    var starts = Array(repeating: 0, count: colors.count + 1)
    for color in colors { starts[ranks[color] + 1] = sizes[color] }
    for rank in colors.indices { starts[rank + 1] += starts[rank] }
    var order = Column<UInt32>()
    order.resize(to: greedy.bundleCount, filling: 0)
    for bundle in 0..<greedy.bundleCount {
      let rank = ranks[greedy.color(ofBundle: bundle).index]
      order[starts[rank]] = UInt32(bundle)
      starts[rank] += 1
    }
    return order
  }
}

import Analysis
import IR
import Oracle
import Support
import Testing

/// Colorings are right if whatever is read under its color is what would have been read before.
@Suite struct ColoringTests {
  private enum Way: CaseIterable {
    case greedy, lists, search, intervals, looseIntervals
  }

  @Test func readsAreWhatTheyWere() throws {
    try forEachFlow(seeds: 0..<150) { body in
      let graph = ControlFlowGraph(of: body)
      for way in Way.allCases {
        var deadWrites = Column<Bool>()
        let coloring = color(body, graph, way, &deadWrites)
        for index in 0..<body.localCount where !coloring.colors[index].isNone {
          let color = coloring.colors[index]
          let isSameType = coloring.types[color.index] == body.localTypes[index]
          #expect(isSameType)
          if index < body.parameterCount { #expect(color.index == index) }
        }
        for seed in 0..<3 { follow(graph, body, coloring, deadWrites, seed: UInt64(seed), way) }
      }
    }
  }

  private func color(
    _ body: borrowing Body, _ graph: borrowing ControlFlowGraph, _ way: Way, _ deadWrites: inout Column<Bool>
  ) -> LocalColoring {
    var limits = LivenessLimits()
    if way == .lists { limits.rowWords = .init(0, least: -1) }
    if way == .looseIntervals { limits.visits = .init(0, least: 10) }
    let liveness = Liveness(of: graph, localCount: body.localCount, limits: limits)
    guard liveness.isExact else {
      deadWrites.resize(to: graph.accesses.count, filling: false)
      return IntervalColoring.coloring(
        of: body, graph, liveness, LocalKinds(of: body), deadWrites: deadWrites, copies: Column())
    }
    let problem = ColoringProblem(
      Interference(of: body, graph, liveness, keepsDeadWrites: Column(), limits: limits), of: body, graph, liveness)
    for index in 0..<graph.accesses.count { deadWrites.append(problem.interference.deadWrites[index]) }
    switch way {
    case .intervals, .looseIntervals:
      return IntervalColoring.coloring(
        of: body, graph, liveness, problem.interference.kinds, deadWrites: deadWrites,
        copies: problem.interference.copies)
    case .search: return ColoringSearch.coloring(of: problem, body, seed: 7)
    case .greedy, .lists: return greedyColoring(of: problem, body)
    }
  }

  private func greedyColoring(of problem: borrowing ColoringProblem, _ body: borrowing Body) -> LocalColoring {
    var greedy = GreedyColoring(LocalBundles(of: problem, copies: problem.sortedCopies), of: problem)
    greedy.colorBest(of: problem)
    return greedy.coloring(of: problem, body)
  }

  /// Runs through the graph at random, with locals and with colors.
  private func follow(
    _ graph: borrowing ControlFlowGraph, _ body: borrowing Body, _ coloring: borrowing LocalColoring,
    _ deadWrites: borrowing Column<Bool>, seed: UInt64, _ way: Way
  ) {
    var run = SymbolicRun(seed: seed, body)
    var colors = (0..<coloring.colorCount).map { $0 < body.parameterCount ? 500 + $0 : 0 }
    var block = BlockID.entry
    for _ in 0..<60 {
      for position in graph.accessRange(of: block) {
        let access = graph.accesses[position]
        let color = coloring.colors[access.local.index]
        if access.isWrite {
          run.values[access.local.index] = run.value(of: access, in: body)
          if !deadWrites[position] { colors[color.index] = run.values[access.local.index] }
        } else {
          #expect(colors[color.index] == run.values[access.local.index], "\(way), block \(block)")
        }
      }
      let count = graph.successorCount(of: block)
      if count == 0 { break }
      block = graph.successor(run.random.below(count), of: block)
    }
  }

  /// The search is never worse than what it begins with, and the same each time.
  @Test func searchingDoesNotHarm() throws {
    try forEachFlow(seeds: 500..<600) { body in
      let graph = ControlFlowGraph(of: body)
      let liveness = Liveness(of: graph, localCount: body.localCount)
      let problem = ColoringProblem(
        Interference(of: body, graph, liveness, keepsDeadWrites: Column()), of: body, graph, liveness)
      let first = greedyColoring(of: problem, body)
      let found = ColoringSearch.coloring(of: problem, body, seed: 1)
      let again = ColoringSearch.coloring(of: problem, body, seed: 1)
      let (before, after) = (weight(first, problem), weight(found, problem))
      #expect(after > before || after == before && found.colorCount <= first.colorCount)
      #expect(found.colors.toArray() == again.colors.toArray())
    }
  }

  private func weight(_ coloring: borrowing LocalColoring, _ problem: borrowing ColoringProblem) -> Int {
    coloring.removedWeight(of: problem.interference.copies)
  }
}

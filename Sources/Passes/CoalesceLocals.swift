import Analysis
import IR
import PassManager
import Support

/// Gives one index to locals that are not needed at the same time, or that hold the same value, so that copies between
/// them go, and assignments that nobody reads.
///
///     (local.set $x (call $f))           (local.set $x (call $f))
///     (call $g (local.get $x))     ->    (call $g (local.get $x))
///     (local.set $y (call $f))           (local.set $x (call $f))
///     (call $g (local.get $y))           (call $g (local.get $x))
///
/// Locals are first joined along copies, those that are worth most first; then the bundles are colored in several
/// orders, and the best is taken. Where there are more edges between locals than a multiple of the body's size, locals
/// are colored by intervals instead.
struct CoalesceLocals: FunctionPass {
  /// Beyond, bodies are colored by intervals.
  var limits = LivenessLimits()

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    let graph = ControlFlowGraph(of: body)
    if graph.accesses.isEmpty && body.localCount == body.parameterCount { return }
    let liveness = Liveness(of: graph, localCount: body.localCount, limits: limits)
    guard liveness.isExact else {
      context.remark("colored by intervals: too many locals live through too many blocks to look at each")
      let coloring = IntervalColoring.coloring(
        of: body, graph, liveness, LocalKinds(of: body), deadWrites: Column(), copies: Column())
      return apply(coloring, removedWeight: 0, graph, to: &body)
    }
    let interference = interference(of: body, graph, liveness)
    if interference.isComplete {
      let problem = ColoringProblem(interference, of: body, graph, liveness)
      apply(bestColoring(of: problem, body), problem.interference, graph, to: &body)
    } else {
      context.remark("colored by intervals: too many locals live at once to look at each pair")
      let coloring = IntervalColoring.coloring(
        of: body, graph, liveness, interference.kinds, deadWrites: interference.deadWrites,
        copies: interference.copies)
      apply(coloring, interference, graph, to: &body)
    }
  }

  private func interference(
    of body: borrowing Body, _ graph: borrowing ControlFlowGraph, _ liveness: borrowing Liveness
  ) -> Interference {
    let interference = Interference(of: body, graph, liveness, keepsDeadWrites: Column(), limits: limits)
    let needed = body.localsThatNeedDeadWrites(interference.deadWrites, of: graph)
    if needed.isEmpty { return interference }
    return Interference(of: body, graph, liveness, keepsDeadWrites: needed, limits: limits)
  }

  private func bestColoring(of problem: borrowing ColoringProblem, _ body: borrowing Body) -> LocalColoring {
    var greedy = GreedyColoring(LocalBundles(of: problem, copies: problem.sortedCopies), of: problem)
    var natural = Column<UInt32>()
    var reverse = Column<UInt32>()
    for index in 0..<greedy.bundleCount {
      natural.append(UInt32(index))
      reverse.append(UInt32(greedy.bundleCount - 1 - index))
    }
    _ = greedy.color(natural, of: problem)
    if !greedy.color(reverse, of: problem, limit: greedy.colorCount - 1) { _ = greedy.color(natural, of: problem) }
    return greedy.coloring(of: problem, body)
  }

  private func apply(
    _ coloring: consuming LocalColoring, _ interference: borrowing Interference, _ graph: borrowing ControlFlowGraph,
    to body: inout Body
  ) {
    body.removeDeadWrites(interference.deadWrites, of: graph)
    let weight = coloring.removedWeight(of: interference.copies)
    apply(coloring, removedWeight: weight, graph, to: &body)
  }

  /// Leaves the indices alone if others are no better.
  private func apply(
    _ coloring: consuming LocalColoring, removedWeight: Int, _ graph: borrowing ControlFlowGraph, to body: inout Body
  ) {
    if removedWeight > 0 || coloring.colorCount < body.localCount { body.renumberLocals(to: coloring, of: graph) }
    body.removeSelfCopies(graph)
  }
}

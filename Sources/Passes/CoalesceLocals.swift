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
  /// Whether better colorings than the first are looked for (`coalesce-locals-learning`), and how that begins.
  var searches = false
  var seed: UInt64 = 0

  /// The pass that looks for better colorings; `--pass-arg coalesce-locals-learning@N` says how it begins.
  static func learning(with options: PassOptions) throws -> CoalesceLocals {
    let argument = options.arguments["coalesce-locals-learning"] ?? "0"
    guard let seed = UInt64(argument) else {
      throw WasmError(.request, "--coalesce-locals-learning takes a number, not \(argument)")
    }
    return CoalesceLocals(searches: true, seed: seed)
  }

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    if body.hasOnlyArguments { return }
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
    if !interference.hasDeadWrites { return interference }
    let needed = body.localsThatNeedDeadWrites(interference.deadWrites, of: graph)
    if needed.isEmpty { return interference }
    return Interference(of: body, graph, liveness, keepsDeadWrites: needed, limits: limits)
  }

  private func bestColoring(of problem: borrowing ColoringProblem, _ body: borrowing Body) -> LocalColoring {
    if searches { return ColoringSearch.coloring(of: problem, body, seed: seed) }
    var greedy = GreedyColoring(LocalBundles(of: problem, copies: problem.sortedCopies), of: problem)
    greedy.colorBest(of: problem)
    return greedy.coloring(of: problem, body)
  }

  private func apply(
    _ coloring: consuming LocalColoring, _ interference: borrowing Interference, _ graph: borrowing ControlFlowGraph,
    to body: inout Body
  ) {
    if interference.hasDeadWrites { body.removeDeadWrites(interference.deadWrites, of: graph) }
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

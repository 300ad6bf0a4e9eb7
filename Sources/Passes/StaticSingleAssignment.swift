import Analysis
import IR
import PassManager
import Support

/// Gives a local of its own to each value that never meets others of its local, and to each web of values that meet.
///
///     (local.set $x (call $a))        (local.set $x (call $a))
///     (call $f (local.get $x))        (call $f (local.get $x))
///     (local.set $x (call $b))   ->   (local.set $y (call $b))
///     (call $f (local.get $x))        (call $f (local.get $y))
///
/// Values that nobody reads are dropped, and reads of the zero or null that a declared local begins with become
/// constants. No code is added unless `separatesMerges`: then values that also meet others are in two locals, their own
/// and that of the web, and what a parameter begins with is copied to the local of its web.
///
/// After Binaryen's SSAify, which leaves all values that meet in the local that they have, or gives each read of such
/// values a local, which is many more.
struct StaticSingleAssignment: FunctionPass {
  var separatesMerges = false

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    if body.hasOnlyArguments { return }
    let flow = ControlFlowGraph(of: body)
    if flow.accesses.isEmpty { return }
    let values = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    LocalSplit(of: body, flow, values, separatesMerges: separatesMerges).apply(to: &body, flow, values)
  }
}

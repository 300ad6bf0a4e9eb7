import IR
import PassManager

/// Removes code that cannot run, because something before it never lets control through.
///
///     (call $h                        (drop
///       (call $f)          ->           (call $f))
///       (unreachable)                 (unreachable)
///       (call $g))
///
/// Passes that leave dead code need not care: the encoder does the same before it writes a body that has any.
struct DeadCodeElimination: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.removeDeadCode()
  }
}

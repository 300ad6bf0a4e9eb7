import Analysis
import IR
import PassManager
import Support

/// Computes what is known, with the functions by which the interpreter executes the same instructions.
///
///     (i32.mul (i32.add (i32.const 1) (i32.const 2)) (i32.const 4))          ->   (i32.const 12)
///
///     (i32.eqz (select (i32.const 5) (i32.const 0) (local.get $x)))          ->   (select (i32.const 0) (i32.const 1)
///                                                                                   (local.get $x))
///     (br_if $out (i32.const 1))                                             ->   (br $out)
///
/// A constant takes the place of an expression only if it takes no more bytes. An instruction that would trap stays. A
/// NaN becomes the canonical one, which is among those that the specification allows. Linear.
///
/// If it `propagates`, what is known is known of locals that hold it, too:
///
///     (local.set $x (i32.const 1))
///     (call $f (i32.shl (local.get $x) (i32.const 4)))                       ->   (call $f (i32.const 16))
///
/// (see `ConstantPropagation`; near-linear).
struct Precompute: FunctionPass {
  var propagates = false

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var folding = ConstantFolding(with: context.declarations)
    if propagates && body.localCount > 0 {
      let candidates = ConstantCandidates(in: body, context.declarations)
      if candidates.hasAny {
        ConstantPropagation(of: body, candidates: candidates.takeLocals(), context.declarations)
          .apply(to: &body, context.declarations, &folding)
      }
    }
    body.rewriteBottomUp { body, id in folding.rewrite(id, in: &body) }
  }
}

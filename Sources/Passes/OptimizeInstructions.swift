import Analysis
import IR
import PassManager
import Support

/// Rewrites small groups of instructions by algebra.
///
///     (i32.xor                           (i32.eqz
///       (i32.lt_s                          (local.get $x))
///         (i32.and                  ->
///           (local.get $x)
///           (i32.const 255)) ...
///
/// The rules are in `RuleTable`, a file for each family (after what Binaryen's pass of this name does). One walk from
/// the operands up asks at each node the few rules that listen to its opcode, again as long as one has an answer; what
/// a rule has made is simplified with it. Facts are looked up within bounds, so the pass is linear.
struct OptimizeInstructions: FunctionPass {
  private let dispatch: RuleDispatch

  /// - Parameter rules: names of rules not to be applied.
  init(skipping rules: Set<String> = []) { dispatch = RuleDispatch(skipping: rules) }

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var simplifier = Simplifier(of: body, in: context, dispatch)
    body.rewriteInnerNodes { body, id in
      simplifier.isInterested(in: body.opcode(of: id)) ? simplifier.simplify(id, in: &body) : id
    }
    guard let tally = context.tally else { return }
    for (number, rule) in dispatch.rules.enumerated() where simplifier.hits[number] > 0 {
      tally.add(Int(simplifier.hits[number]), to: rule.name)
    }
  }
}

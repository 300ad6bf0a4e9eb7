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
    if propagates && mayPropagate(in: body, context.declarations) {
      ConstantPropagation(of: body, context.declarations).apply(to: &body, context.declarations, &folding)
    }
    body.rewriteBottomUp { body, id in folding.rewrite(id, in: &body) }
  }

  private struct Found: Error {}

  /// Whether a local is assigned what looks known, or may be read before it is assigned. One scan.
  private func mayPropagate(in body: borrowing Body, _ declarations: Declarations) -> Bool {
    if body.localCount == 0 { return false }
    var isAssigned = Column<Bool>()
    isAssigned.resize(to: body.localCount, filling: false)
    for index in 0..<body.parameterCount { isAssigned[index] = true }
    do {
      try body.forEachNode { id in
        switch body.opcode(of: id) {
        case .localGet: if !isAssigned[body.local(of: id).index] { throw Found() }
        case .localSet, .localTee:
          isAssigned[body.local(of: id).index] = true
          if isKnown(body.localValue(of: id), in: body, declarations, depth: 3) { throw Found() }
        case .tupleSet: body.forEachLocal(of: id) { isAssigned[$0.index] = true }
        default: break
        }
      }
      return false
    } catch {
      return true
    }
  }

  /// Whether the node computes its value of constants, as far as a look at a few nodes tells.
  private func isKnown(_ id: NodeID, in body: borrowing Body, _ declarations: Declarations, depth: Int) -> Bool {
    let shape = body.info(of: id).shape
    switch shape {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc, .structNewDefault: return true
    case .globalGet:
      guard case .globalGet(let global) = body[id] else { return false }
      return declarations.globals[global.index].constantBits != nil
    case .select, .selectTyped: return true
    default:
      if depth == 0 || !shape.isComputation { return false }
      let count = min(4, body.operandCount(of: id))
      return (0..<count).allSatisfy { isKnown(body.operand($0, of: id), in: body, declarations, depth: depth - 1) }
    }
  }
}

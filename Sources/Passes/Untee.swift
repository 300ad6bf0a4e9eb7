import IR
import PassManager

/// Takes `local.tee` apart.
///
///     (call $f                         (local.set $x (i32.const 1))
///       (local.tee $x         ->       (call $f
///         (i32.const 1)))                (local.get $x))
///
/// The statement stands where the operand is evaluated; `merge-blocks` moves it in front of the instruction.
struct Untee: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard (0..<body.nodes.count).contains(where: { body.nodes[$0].opcode == .localTee }) else { return }
    body.rewriteBottomUp { body, id in
      guard case .localTee(let tee) = body[id] else { return id }
      // Nothing is assigned where control does not come out.
      if !body.type(of: tee.value).isConcrete { return tee.value }
      let set = body.makeLocalSet(tee.local, tee.value)
      let get = body.makeLocalGet(tee.local)
      return body.makeBlock([set, get], type: body.type(of: get))
    }
  }
}

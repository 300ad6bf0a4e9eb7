import IR
import PassManager
import Support

/// Calls for good what was called through an intrinsic, a function whose import tells optimizers something.
///
///     (import "binaryen-intrinsics" "call.without.effects" (func $pure (param i32 funcref) (result i32)))
///     (call $pure (local.get $x) (ref.func $f))    ->    (call $f (local.get $x))
///
/// After Binaryen's pass of this name. Linear in the code of the modules that import one.
struct IntrinsicLowering: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let name = ImportName(module: Name("binaryen-intrinsics"), name: Name("call.without.effects"))
    var found: Set<FunctionID> = []
    for id in module.functions.ids where module.functions[id].importName == name { found.insert(id) }
    if found.isEmpty { return }
    let intrinsics = found
    try context.rewriteBodies(of: &module) { body, _ in
      body.rewriteBottomUp { body, id in
        guard case .call(let call) = body[id], intrinsics.contains(call.function) else { return id }
        return Self.lowered(id, in: &body) ?? id
      }
    }
  }

  /// Nil if the last argument does not say what to call.
  private static func lowered(_ id: NodeID, in body: inout Body) -> NodeID? {
    let record = body.nodes[id.index]
    guard record.c > 0 else { return nil }
    let target = body.operand(Int(record.c) - 1, of: id)
    let isReturn = record.opcode == .returnCall
    if case .refFunc(let function) = body[target] {
      let opcode: Opcode = isReturn ? .returnCall : .call
      return body.append(NodeRecord(opcode, record.type, a: function.rawValue, b: record.b, c: record.c - 1))
    }
    guard body.type(of: target).isValue, let type = body.type(of: target).valueType.heapType.definedType
    else { return nil }
    // The type stands in the pool before the arguments.
    let arguments = (0..<Int(record.c) - 1).map { body.operand($0, of: id) }
    let list = body.makeList([NodeID(rawValue: type.rawValue)] + arguments)
    return body.append(
      NodeRecord(
        isReturn ? .returnCallRef : .callRef, record.type, a: target.rawValue, b: UInt32(list.range.lowerBound + 1),
        c: record.c - 1))
  }
}

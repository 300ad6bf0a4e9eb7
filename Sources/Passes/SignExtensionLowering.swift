import IR
import PassManager

/// Extends signs by shifts, for engines without the instructions that do.
///
///     (i32.extend8_s (local.get $x))    ->    (i32.shr_s (i32.shl (local.get $x) (i32.const 24)) (i32.const 24))
///
/// Linear.
struct SignExtensionLowering: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.rewriteBottomUp { body, id in
      guard let (left, right, count) = Self.shifts(for: body.opcode(of: id)) else { return id }
      let first = Self.constant(count, for: left, in: &body)
      let shifted = body.makeBinary(left, body.operand(0, of: id), first)
      let second = Self.constant(count, for: right, in: &body)
      return body.makeBinary(right, shifted, second)
    }
  }

  private static func shifts(for opcode: Opcode) -> (left: Opcode, right: Opcode, count: Int32)? {
    switch opcode {
    case .i32Extend8S: (.i32Shl, .i32ShrS, 24)
    case .i32Extend16S: (.i32Shl, .i32ShrS, 16)
    case .i64Extend8S: (.i64Shl, .i64ShrS, 56)
    case .i64Extend16S: (.i64Shl, .i64ShrS, 48)
    case .i64Extend32S: (.i64Shl, .i64ShrS, 32)
    default: nil
    }
  }

  private static func constant(_ count: Int32, for opcode: Opcode, in body: inout Body) -> NodeID {
    opcode == .i32Shl || opcode == .i32ShrS ? body.makeI32Const(count) : body.makeI64Const(Int64(count))
  }
}

import IR

/// Scalar numeric instructions as pure functions (specification 4.3, "Numerics").
///
/// Where the specification leaves a choice, this makes that of its deterministic profile: a NaN that arithmetic
/// gives is the positive canonical one.
package enum Numeric {
  /// The result of a scalar instruction without immediates: comparison, arithmetic, conversion.
  ///
  /// Operands and result are the bits of the values, zero-extended. `b` is ignored where there is one operand. An
  /// opcode of another kind is a mistake of the caller.
  package static func evaluate(_ opcode: Opcode, _ a: UInt64, _ b: UInt64) throws(Trap) -> UInt64 {
    switch opcode.rawValue {
    case span(.i32Eqz, .i32GeU), span(.i32Clz, .i32Rotr): return try integer(opcode, Int32.self, a, b)
    case span(.i64Eqz, .i64GeU), span(.i64Clz, .i64Rotr): return try integer(opcode, Int64.self, a, b)
    case span(.f64Eq, .f64Ge), span(.f64Abs, .f64Copysign): return float(opcode, Double.self, a, b)
    case span(.f32Eq, .f32Ge), span(.f32Abs, .f32Copysign): return float(opcode, Float.self, a, b)
    default: return try conversion(opcode, a)
    }
  }

  /// `i64.add128`: the low and high halves of the sum.
  @inline(__always)
  package static func add128(
    _ lowA: UInt64, _ highA: UInt64, _ lowB: UInt64, _ highB: UInt64
  ) -> (low: UInt64, high: UInt64) {
    let (low, carry) = lowA.addingReportingOverflow(lowB)
    return (low, highA &+ highB &+ word(carry))
  }

  /// `i64.sub128`: the low and high halves of the difference.
  @inline(__always)
  package static func sub128(
    _ lowA: UInt64, _ highA: UInt64, _ lowB: UInt64, _ highB: UInt64
  ) -> (low: UInt64, high: UInt64) {
    let (low, borrow) = lowA.subtractingReportingOverflow(lowB)
    return (low, highA &- highB &- word(borrow))
  }

  /// `i64.mul_wide_s`: the low and high halves of the product.
  @inline(__always)
  package static func mulWideS(_ a: UInt64, _ b: UInt64) -> (low: UInt64, high: UInt64) {
    let product = Int64(bitPattern: a).multipliedFullWidth(by: Int64(bitPattern: b))
    return (product.low, UInt64(bitPattern: product.high))
  }

  /// `i64.mul_wide_u`: the low and high halves of the product.
  @inline(__always)
  package static func mulWideU(_ a: UInt64, _ b: UInt64) -> (low: UInt64, high: UInt64) {
    let product = a.multipliedFullWidth(by: b)
    return (product.low, product.high)
  }

  /// The i32 that a test or comparison gives.
  @inline(__always) static func word(_ condition: Bool) -> UInt64 { condition ? 1 : 0 }

  /// The numbers of the opcodes from `first` to `last`, which stand together in the opcode table.
  @inline(__always)
  private static func span(_ first: Opcode, _ last: Opcode) -> ClosedRange<UInt16> {
    first.rawValue...last.rawValue
  }
}

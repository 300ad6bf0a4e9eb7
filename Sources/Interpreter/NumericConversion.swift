import IR

extension Numeric {
  /// An instruction from one number type to another, or that extends the sign within one.
  ///
  /// Long because it is a table: a row for each instruction.
  @inline(__always)
  static func conversion(_ opcode: Opcode, _ a: UInt64) throws(Trap) -> UInt64 {
    switch opcode {
    case .i32WrapI64, .i64ExtendI32U: return UInt32(word: a).word
    case .i64ExtendI32S, .i64Extend32S: return Int64(Int32(word: a)).word
    case .i32Extend8S: return Int32(Int8(word: a)).word
    case .i32Extend16S: return Int32(Int16(word: a)).word
    case .i64Extend8S: return Int64(Int8(word: a)).word
    case .i64Extend16S: return Int64(Int16(word: a)).word
    case .i32ReinterpretF32, .i64ReinterpretF64, .f32ReinterpretI32, .f64ReinterpretI64: return a

    case .i32TruncF32S: return try truncate(Float(word: a), to: Int32.self).word
    case .i32TruncF32U: return try truncate(Float(word: a), to: UInt32.self).word
    case .i32TruncF64S: return try truncate(Double(word: a), to: Int32.self).word
    case .i32TruncF64U: return try truncate(Double(word: a), to: UInt32.self).word
    case .i64TruncF32S: return try truncate(Float(word: a), to: Int64.self).word
    case .i64TruncF32U: return try truncate(Float(word: a), to: UInt64.self).word
    case .i64TruncF64S: return try truncate(Double(word: a), to: Int64.self).word
    case .i64TruncF64U: return try truncate(Double(word: a), to: UInt64.self).word

    case .i32TruncSatF32S: return saturate(Float(word: a), to: Int32.self).word
    case .i32TruncSatF32U: return saturate(Float(word: a), to: UInt32.self).word
    case .i32TruncSatF64S: return saturate(Double(word: a), to: Int32.self).word
    case .i32TruncSatF64U: return saturate(Double(word: a), to: UInt32.self).word
    case .i64TruncSatF32S: return saturate(Float(word: a), to: Int64.self).word
    case .i64TruncSatF32U: return saturate(Float(word: a), to: UInt64.self).word
    case .i64TruncSatF64S: return saturate(Double(word: a), to: Int64.self).word
    case .i64TruncSatF64U: return saturate(Double(word: a), to: UInt64.self).word

    case .f32ConvertI32S: return Float(Int32(word: a)).word
    case .f32ConvertI32U: return Float(UInt32(word: a)).word
    case .f32ConvertI64S: return Float(Int64(word: a)).word
    case .f32ConvertI64U: return Float(a).word
    case .f64ConvertI32S: return Double(Int32(word: a)).word
    case .f64ConvertI32U: return Double(UInt32(word: a)).word
    case .f64ConvertI64S: return Double(Int64(word: a)).word
    case .f64ConvertI64U: return Double(a).word
    case .f32DemoteF64: return demote(Double(word: a)).word
    case .f64PromoteF32: return promote(Float(word: a)).word
    default: preconditionFailure("\(opcode) is no scalar numeric instruction")
    }
  }

  /// The float without its fraction, as a signed or unsigned integer.
  @inline(__always)
  static func truncate<Value: FloatType, Integer: FixedWidthInteger>(
    _ x: Value, to _: Integer.Type
  ) throws(Trap) -> Integer {
    guard isInRange(x, of: Integer.self) else { throw x == x ? .integerOverflow : .invalidConversionToInteger }
    return truncateInRange(x)
  }

  /// The float without its fraction; the nearest integer of the type where that is out of its range; 0 for NaN.
  @inline(__always)
  static func saturate<Value: FloatType, Integer: FixedWidthInteger>(_ x: Value, to _: Integer.Type) -> Integer {
    if isInRange(x, of: Integer.self) { return truncateInRange(x) }
    if x < 0 { return .min }
    return x == x ? .max : 0
  }

  /// The nearest f32.
  @inline(__always)
  static func demote(_ x: Double) -> Float { canonical(Float(x)) }

  /// The same number as an f64.
  @inline(__always)
  static func promote(_ x: Float) -> Double { canonical(Double(x)) }

  /// Whether the float without its fraction is an integer of the type; not so for NaN.
  @inline(__always)
  private static func isInRange<Value: FloatType, Integer: FixedWidthInteger>(
    _ x: Value, of _: Integer.Type
  ) -> Bool {
    // Either way of rounding `max` and `max + 1` gives the power of two above the range. `min` is exact; where
    // `min - 1` is not, it becomes `min`, and no float lies between the two.
    let aboveRange = Value(Integer.max) + 1
    let least = Value(Integer.min)
    return x < aboveRange && (x >= least || x > least - 1)
  }

  /// The float without its fraction, which is known to be in range.
  @inline(__always)
  private static func truncateInRange<Value: FloatType, Integer: FixedWidthInteger>(_ x: Value) -> Integer {
    // Signed conversion is one machine instruction, and its range holds that of u32.
    Integer.isSigned || Integer.bitWidth < 64
      ? Integer(truncatingIfNeeded: x.truncatedSigned) : Integer(truncatingIfNeeded: x.truncatedUnsigned)
  }
}

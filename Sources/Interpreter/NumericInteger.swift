import IR

extension Numeric {
  /// An instruction on two i32 or two i64; `Signed` is Int32 or Int64 accordingly.
  ///
  /// Long because it is a table: a row for each operation.
  @inline(__always)
  static func integer<Signed: LaneType & FixedWidthInteger & SignedInteger>(
    _ opcode: Opcode, _: Signed.Type, _ a: UInt64, _ b: UInt64
  ) throws(Trap) -> UInt64 {
    let s = Signed(word: a)
    let t = Signed(word: b)
    let x = s.bits
    let y = t.bits
    switch opcode {
    case .i32Add, .i64Add: return (x &+ y).word
    case .i32Sub, .i64Sub: return (x &- y).word
    case .i32Mul, .i64Mul: return (x &* y).word
    case .i32DivS, .i64DivS: return try divide(s, t).word
    case .i32DivU, .i64DivU: return try divide(x, y).word
    case .i32RemS, .i64RemS: return try remainder(s, t).word
    case .i32RemU, .i64RemU: return try remainder(x, y).word
    case .i32And, .i64And: return (x & y).word
    case .i32Or, .i64Or: return (x | y).word
    case .i32Xor, .i64Xor: return (x ^ y).word
    case .i32Shl, .i64Shl: return (x &<< y).word
    case .i32ShrS, .i64ShrS: return (s &>> t).word
    case .i32ShrU, .i64ShrU: return (x &>> y).word
    case .i32Rotl, .i64Rotl: return rotateLeft(x, by: y).word
    case .i32Rotr, .i64Rotr: return rotateRight(x, by: y).word
    case .i32Clz, .i64Clz: return UInt64(x.leadingZeroBitCount)
    case .i32Ctz, .i64Ctz: return UInt64(x.trailingZeroBitCount)
    case .i32Popcnt, .i64Popcnt: return UInt64(x.nonzeroBitCount)
    case .i32Eqz, .i64Eqz: return word(x == 0)
    case .i32Eq, .i64Eq: return word(x == y)
    case .i32Ne, .i64Ne: return word(x != y)
    case .i32LtS, .i64LtS: return word(s < t)
    case .i32LtU, .i64LtU: return word(x < y)
    case .i32GtS, .i64GtS: return word(s > t)
    case .i32GtU, .i64GtU: return word(x > y)
    case .i32LeS, .i64LeS: return word(s <= t)
    case .i32LeU, .i64LeU: return word(x <= y)
    case .i32GeS, .i64GeS: return word(s >= t)
    case .i32GeU, .i64GeU: return word(x >= y)
    default: preconditionFailure("\(opcode) is no integer instruction")
    }
  }

  /// The quotient, rounded towards zero, of two signed or two unsigned integers.
  @inline(__always)
  static func divide<Integer: FixedWidthInteger>(_ x: Integer, _ y: Integer) throws(Trap) -> Integer {
    if y == 0 { throw .integerDivideByZero }
    let (quotient, overflow) = x.dividedReportingOverflow(by: y)
    if overflow { throw .integerOverflow }
    return quotient
  }

  /// The remainder, with the sign of `x`, of two signed or two unsigned integers.
  @inline(__always)
  static func remainder<Integer: FixedWidthInteger>(_ x: Integer, _ y: Integer) throws(Trap) -> Integer {
    if y == 0 { throw .integerDivideByZero }
    // The least integer by -1 leaves nothing, though its quotient overflows.
    let (remainder, overflow) = x.remainderReportingOverflow(dividingBy: y)
    return overflow ? 0 : remainder
  }

  @inline(__always)
  static func rotateLeft<Bits: FixedWidthInteger & UnsignedInteger>(_ x: Bits, by count: Bits) -> Bits {
    x &<< count | x &>> (0 &- count)
  }

  @inline(__always)
  static func rotateRight<Bits: FixedWidthInteger & UnsignedInteger>(_ x: Bits, by count: Bits) -> Bits {
    x &>> count | x &<< (0 &- count)
  }
}

import IR

extension Vector {
  /// Instructions on the whole vector; nil for others.
  static func bitwise(_ opcode: Opcode, _ a: V128, _ b: V128, _ c: V128) -> V128? {
    switch opcode {
    case .v128Not: return map(a) { (x: UInt64) in ~x }
    case .v128And: return map(a, b) { (x: UInt64, y) in x & y }
    case .v128Andnot: return map(a, b) { (x: UInt64, y) in x & ~y }
    case .v128Or: return map(a, b) { (x: UInt64, y) in x | y }
    case .v128Xor: return map(a, b) { (x: UInt64, y) in x ^ y }
    case .v128Bitselect: return select(a, b, mask: c)
    case .v128AnyTrue: return V128(a.low | a.high != 0)
    default: return nil
    }
  }

  /// The bits of `a` where the mask has ones, those of `b` where it has zeros.
  static func select(_ a: V128, _ b: V128, mask: V128) -> V128 {
    map(a, b, mask) { (x: UInt64, y, z) in x & z | y & ~z }
  }

  /// Comparisons of integer lanes, for which `Signed` is the signed type; nil for others.
  static func comparison<Signed: LaneType & FixedWidthInteger & SignedInteger>(
    _ opcode: Opcode, _: Signed.Type, _ a: V128, _ b: V128
  ) -> V128? {
    switch opcode {
    case .i8x16Eq, .i16x8Eq, .i32x4Eq, .i64x2Eq: return compare(a, b) { (x: Signed, y) in x == y }
    case .i8x16Ne, .i16x8Ne, .i32x4Ne, .i64x2Ne: return compare(a, b) { (x: Signed, y) in x != y }
    case .i8x16LtS, .i16x8LtS, .i32x4LtS, .i64x2LtS: return compare(a, b) { (x: Signed, y) in x < y }
    case .i8x16GtS, .i16x8GtS, .i32x4GtS, .i64x2GtS: return compare(a, b) { (x: Signed, y) in x > y }
    case .i8x16LeS, .i16x8LeS, .i32x4LeS, .i64x2LeS: return compare(a, b) { (x: Signed, y) in x <= y }
    case .i8x16GeS, .i16x8GeS, .i32x4GeS, .i64x2GeS: return compare(a, b) { (x: Signed, y) in x >= y }
    case .i8x16LtU, .i16x8LtU, .i32x4LtU: return compare(a, b) { (x: Signed.Bits, y) in x < y }
    case .i8x16GtU, .i16x8GtU, .i32x4GtU: return compare(a, b) { (x: Signed.Bits, y) in x > y }
    case .i8x16LeU, .i16x8LeU, .i32x4LeU: return compare(a, b) { (x: Signed.Bits, y) in x <= y }
    case .i8x16GeU, .i16x8GeU, .i32x4GeU: return compare(a, b) { (x: Signed.Bits, y) in x >= y }
    default: return nil
    }
  }

  /// Other instructions from integer lanes to the same, for which `Signed` is the signed type; nil for others.
  ///
  /// Long because it is a table: a row for each operation.
  static func integer<Signed: LaneType & FixedWidthInteger & SignedInteger>(
    _ opcode: Opcode, _: Signed.Type, _ a: V128, _ b: V128, _ c: V128
  ) -> V128? {
    switch opcode {
    case .i8x16Add, .i16x8Add, .i32x4Add, .i64x2Add: return map(a, b) { (x: Signed, y) in x &+ y }
    case .i8x16Sub, .i16x8Sub, .i32x4Sub, .i64x2Sub: return map(a, b) { (x: Signed, y) in x &- y }
    case .i16x8Mul, .i32x4Mul, .i64x2Mul: return map(a, b) { (x: Signed, y) in x &* y }
    case .i8x16AddSatS, .i16x8AddSatS: return map(a, b) { (x: Signed, y) in addSaturating(x, y) }
    case .i8x16AddSatU, .i16x8AddSatU: return map(a, b) { (x: Signed.Bits, y) in addSaturating(x, y) }
    case .i8x16SubSatS, .i16x8SubSatS: return map(a, b) { (x: Signed, y) in subtractSaturating(x, y) }
    case .i8x16SubSatU, .i16x8SubSatU: return map(a, b) { (x: Signed.Bits, y) in subtractSaturating(x, y) }
    case .i8x16MinS, .i16x8MinS, .i32x4MinS: return map(a, b) { (x: Signed, y) in min(x, y) }
    case .i8x16MinU, .i16x8MinU, .i32x4MinU: return map(a, b) { (x: Signed.Bits, y) in min(x, y) }
    case .i8x16MaxS, .i16x8MaxS, .i32x4MaxS: return map(a, b) { (x: Signed, y) in max(x, y) }
    case .i8x16MaxU, .i16x8MaxU, .i32x4MaxU: return map(a, b) { (x: Signed.Bits, y) in max(x, y) }
    case .i8x16AvgrU, .i16x8AvgrU: return map(a, b) { (x: Signed.Bits, y) in (x | y) &- (x ^ y) &>> 1 }
    case .i8x16Abs, .i16x8Abs, .i32x4Abs, .i64x2Abs: return map(a) { (x: Signed) in x < 0 ? 0 &- x : x }
    case .i8x16Neg, .i16x8Neg, .i32x4Neg, .i64x2Neg: return map(a) { (x: Signed) in 0 &- x }
    case .i8x16Popcnt: return map(a) { (x: Signed) in Signed(truncatingIfNeeded: x.nonzeroBitCount) }
    case .i8x16Shl, .i16x8Shl, .i32x4Shl, .i64x2Shl:
      let count = Signed(word: b.low)
      return map(a) { (x: Signed) in x &<< count }
    case .i8x16ShrS, .i16x8ShrS, .i32x4ShrS, .i64x2ShrS:
      let count = Signed(word: b.low)
      return map(a) { (x: Signed) in x &>> count }
    case .i8x16ShrU, .i16x8ShrU, .i32x4ShrU, .i64x2ShrU:
      let count = Signed.Bits(word: b.low)
      return map(a) { (x: Signed.Bits) in x &>> count }
    case .i8x16Splat, .i16x8Splat, .i32x4Splat, .i64x2Splat: return splat(Signed(word: a.low))
    case .i8x16AllTrue, .i16x8AllTrue, .i32x4AllTrue, .i64x2AllTrue: return V128(allTrue(a.lanes(Signed.self)))
    case .i8x16Bitmask, .i16x8Bitmask, .i32x4Bitmask, .i64x2Bitmask: return V128(word: bitmask(a.lanes(Signed.self)))
    case .i8x16RelaxedLaneselect, .i16x8RelaxedLaneselect, .i32x4RelaxedLaneselect, .i64x2RelaxedLaneselect:
      return select(a, b, mask: c)
    default: return nil
    }
  }

  @inline(__always)
  static func addSaturating<Integer: FixedWidthInteger>(_ x: Integer, _ y: Integer) -> Integer {
    let (sum, overflow) = x.addingReportingOverflow(y)
    return overflow ? (y < 0 ? .min : .max) : sum
  }

  @inline(__always)
  private static func subtractSaturating<Integer: FixedWidthInteger>(_ x: Integer, _ y: Integer) -> Integer {
    let (difference, overflow) = x.subtractingReportingOverflow(y)
    return overflow ? (y < 0 ? .max : .min) : difference
  }

  private static func allTrue<Lanes: SIMD>(_ lanes: Lanes) -> Bool where Lanes.Scalar: FixedWidthInteger {
    lanes.indices.allSatisfy { lanes[$0] != 0 }
  }

  /// A bit for each lane, set where that is negative.
  private static func bitmask<Lanes: SIMD>(_ lanes: Lanes) -> UInt64 where Lanes.Scalar: FixedWidthInteger {
    lanes.indices.reduce(0) { $0 | Numeric.word(lanes[$1] < 0) << UInt64($1) }
  }
}

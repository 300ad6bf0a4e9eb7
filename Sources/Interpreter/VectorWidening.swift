import IR

extension Vector {
  /// Instructions from integer lanes to those of twice or half the width; nil for others.
  ///
  /// Long because it is a table: a row for each instruction.
  static func widening(_ opcode: Opcode, _ a: V128, _ b: V128, _ c: V128) -> V128? {
    switch opcode {
    case .i16x8ExtendLowI8x16S: return extend(a, Int8.self, Int16.self)
    case .i16x8ExtendLowI8x16U: return extend(a, UInt8.self, UInt16.self)
    case .i16x8ExtendHighI8x16S: return extend(a.upperHalf, Int8.self, Int16.self)
    case .i16x8ExtendHighI8x16U: return extend(a.upperHalf, UInt8.self, UInt16.self)
    case .i32x4ExtendLowI16x8S: return extend(a, Int16.self, Int32.self)
    case .i32x4ExtendLowI16x8U: return extend(a, UInt16.self, UInt32.self)
    case .i32x4ExtendHighI16x8S: return extend(a.upperHalf, Int16.self, Int32.self)
    case .i32x4ExtendHighI16x8U: return extend(a.upperHalf, UInt16.self, UInt32.self)
    case .i64x2ExtendLowI32x4S: return extend(a, Int32.self, Int64.self)
    case .i64x2ExtendLowI32x4U: return extend(a, UInt32.self, UInt64.self)
    case .i64x2ExtendHighI32x4S: return extend(a.upperHalf, Int32.self, Int64.self)
    case .i64x2ExtendHighI32x4U: return extend(a.upperHalf, UInt32.self, UInt64.self)

    case .i16x8ExtmulLowI8x16S: return multiply(a, b, Int8.self, Int16.self)
    case .i16x8ExtmulLowI8x16U: return multiply(a, b, UInt8.self, UInt16.self)
    case .i16x8ExtmulHighI8x16S: return multiply(a.upperHalf, b.upperHalf, Int8.self, Int16.self)
    case .i16x8ExtmulHighI8x16U: return multiply(a.upperHalf, b.upperHalf, UInt8.self, UInt16.self)
    case .i32x4ExtmulLowI16x8S: return multiply(a, b, Int16.self, Int32.self)
    case .i32x4ExtmulLowI16x8U: return multiply(a, b, UInt16.self, UInt32.self)
    case .i32x4ExtmulHighI16x8S: return multiply(a.upperHalf, b.upperHalf, Int16.self, Int32.self)
    case .i32x4ExtmulHighI16x8U: return multiply(a.upperHalf, b.upperHalf, UInt16.self, UInt32.self)
    case .i64x2ExtmulLowI32x4S: return multiply(a, b, Int32.self, Int64.self)
    case .i64x2ExtmulLowI32x4U: return multiply(a, b, UInt32.self, UInt64.self)
    case .i64x2ExtmulHighI32x4S: return multiply(a.upperHalf, b.upperHalf, Int32.self, Int64.self)
    case .i64x2ExtmulHighI32x4U: return multiply(a.upperHalf, b.upperHalf, UInt32.self, UInt64.self)

    case .i16x8ExtaddPairwiseI8x16S: return addPairs(a, Int8.self, Int16.self)
    case .i16x8ExtaddPairwiseI8x16U: return addPairs(a, UInt8.self, UInt16.self)
    case .i32x4ExtaddPairwiseI16x8S: return addPairs(a, Int16.self, Int32.self)
    case .i32x4ExtaddPairwiseI16x8U: return addPairs(a, UInt16.self, UInt32.self)

    case .i8x16NarrowI16x8S: return narrow(a, b, Int16.self, Int8.self)
    case .i8x16NarrowI16x8U: return narrow(a, b, Int16.self, UInt8.self)
    case .i16x8NarrowI32x4S: return narrow(a, b, Int32.self, Int16.self)
    case .i16x8NarrowI32x4U: return narrow(a, b, Int32.self, UInt16.self)

    case .i16x8Q15mulrSatS, .i16x8RelaxedQ15mulrS:
      return map(a, b) { (x: Int16, y) in Int16(clamping: (Int32(x) &* Int32(y) &+ 0x4000) &>> 15) }
    case .i32x4DotI16x8S: return dot(a, b, Int16.self, Int32.self) { $0 &+ $1 }
    case .i16x8RelaxedDotI8x16I7x16S: return relaxedDot(a, b)
    case .i32x4RelaxedDotI8x16I7x16AddS:
      return map(addPairs(relaxedDot(a, b), Int16.self, Int32.self), c) { (x: Int32, y) in x &+ y }
    default: return nil
    }
  }

  /// The lower half of the lanes, extended.
  @inline(__always)
  static func extend<Narrow: LaneType & FixedWidthInteger, Wide: LaneType & FixedWidthInteger>(
    _ a: V128, _: Narrow.Type, _: Wide.Type
  ) -> V128 {
    convert(a) { (x: Narrow) in Wide(truncatingIfNeeded: x) }
  }

  /// The products of the lower halves of the lanes, which no wide lane is too small for.
  @inline(__always)
  private static func multiply<Narrow: LaneType & FixedWidthInteger, Wide: LaneType & FixedWidthInteger>(
    _ a: V128, _ b: V128, _ narrow: Narrow.Type, _ wide: Wide.Type
  ) -> V128 {
    map(extend(a, narrow, wide), extend(b, narrow, wide)) { (x: Wide, y) in x &* y }
  }

  /// The sum of each two neighbours.
  @inline(__always)
  private static func addPairs<Narrow: LaneType & FixedWidthInteger, Wide: LaneType & FixedWidthInteger>(
    _ a: V128, _: Narrow.Type, _: Wide.Type
  ) -> V128 {
    let x = a.lanes(Narrow.self)
    return V128(Wide.self) {
      Wide(truncatingIfNeeded: x[2 * $0]) &+ Wide(truncatingIfNeeded: x[2 * $0 + 1])
    }
  }

  /// The lanes of both vectors, each as the nearest narrow number.
  @inline(__always)
  private static func narrow<Wide: LaneType & FixedWidthInteger, Narrow: LaneType & FixedWidthInteger>(
    _ a: V128, _ b: V128, _: Wide.Type, _: Narrow.Type
  ) -> V128 {
    let x = a.lanes(Wide.self)
    let y = b.lanes(Wide.self)
    let count = Wide.Lanes.scalarCount
    return V128(Narrow.self) { Narrow(clamping: $0 < count ? x[$0] : y[$0 - count]) }
  }

  /// The products of the lanes, each two neighbours added by `add`.
  @inline(__always)
  private static func dot<Narrow: LaneType & FixedWidthInteger, Wide: LaneType & FixedWidthInteger>(
    _ a: V128, _ b: V128, _: Narrow.Type, _: Wide.Type, add: (Wide, Wide) -> Wide
  ) -> V128 {
    let x = a.lanes(Narrow.self)
    let y = b.lanes(Narrow.self)
    func product(_ index: Int) -> Wide { Wide(truncatingIfNeeded: x[index]) &* Wide(truncatingIfNeeded: y[index]) }
    return V128(Wide.self) { add(product(2 * $0), product(2 * $0 + 1)) }
  }

  /// Of the dot products of bytes allowed, the one of signed by signed bytes, with saturating sums.
  private static func relaxedDot(_ a: V128, _ b: V128) -> V128 {
    dot(a, b, Int8.self, Int16.self, add: addSaturating)
  }
}

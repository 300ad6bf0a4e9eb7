import IR

/// What instructions compute with: a number type, which fills an operand's 64-bit word from below, or the lanes of a
/// vector (the specification's lane types).
protocol LaneType: SIMDScalar, Hashable, Codable {
  /// The unsigned integer of the same width.
  associatedtype Bits: LaneType & FixedWidthInteger & UnsignedInteger where Bits.Bits == Bits
  /// As many lanes as a vector has.
  associatedtype Lanes: SIMD where Lanes.Scalar == Self

  init(bits: Bits)
  var bits: Bits { get }
}

extension LaneType {
  /// The value in the low bits of an operand's word.
  @inline(__always) init(word: UInt64) { self.init(bits: Bits(truncatingIfNeeded: word)) }
  /// The value's bits, zero-extended.
  @inline(__always) var word: UInt64 { UInt64(truncatingIfNeeded: bits) }
}

extension LaneType where Self: FixedWidthInteger {
  @inline(__always) init(bits: Bits) { self.init(truncatingIfNeeded: bits) }
  @inline(__always) var bits: Bits { Bits(truncatingIfNeeded: self) }
}

/// f32 and f64.
protocol FloatType: LaneType, BinaryFloatingPoint {
  /// The number without its fraction, which must be in the range of the result.
  var truncatedSigned: Int64 { get }
  /// The number without its fraction, which must be in the range of the result.
  var truncatedUnsigned: UInt64 { get }
}

extension Int8: LaneType {
  typealias Bits = UInt8
  typealias Lanes = SIMD16<Int8>
}

extension UInt8: LaneType {
  typealias Bits = UInt8
  typealias Lanes = SIMD16<UInt8>
}

extension Int16: LaneType {
  typealias Bits = UInt16
  typealias Lanes = SIMD8<Int16>
}

extension UInt16: LaneType {
  typealias Bits = UInt16
  typealias Lanes = SIMD8<UInt16>
}

extension Int32: LaneType {
  typealias Bits = UInt32
  typealias Lanes = SIMD4<Int32>
}

extension UInt32: LaneType {
  typealias Bits = UInt32
  typealias Lanes = SIMD4<UInt32>
}

extension Int64: LaneType {
  typealias Bits = UInt64
  typealias Lanes = SIMD2<Int64>
}

extension UInt64: LaneType {
  typealias Bits = UInt64
  typealias Lanes = SIMD2<UInt64>
}

extension Float: FloatType {
  typealias Lanes = SIMD4<Float>
  @inline(__always) init(bits: UInt32) { self.init(bitPattern: bits) }
  @inline(__always) var bits: UInt32 { bitPattern }
  @inline(__always) var truncatedSigned: Int64 { Int64(self) }
  @inline(__always) var truncatedUnsigned: UInt64 { UInt64(self) }
}

extension Double: FloatType {
  typealias Lanes = SIMD2<Double>
  @inline(__always) init(bits: UInt64) { self.init(bitPattern: bits) }
  @inline(__always) var bits: UInt64 { bitPattern }
  @inline(__always) var truncatedSigned: Int64 { Int64(self) }
  @inline(__always) var truncatedUnsigned: UInt64 { UInt64(self) }
}

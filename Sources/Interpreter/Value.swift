import IR

/// A value as it goes into and comes out of executed functions.
package enum Value: Hashable, Sendable {
  case i32(UInt32)
  case i64(UInt64)
  /// Bits.
  case f32(UInt32)
  /// Bits.
  case f64(UInt64)
  case v128(V128)
  case reference(Reference)
}

/// A reference in a store. References to the same object are equal; those of different stores mean nothing to each
/// other.
///
/// The word is 0 for null; else the low three bits tell the kind and the others are an index or the number itself.
@frozen public struct Reference: Hashable, BitwiseCopyable, Sendable {
  public var bits: UInt64

  @frozen public enum Kind: UInt8, Sendable {
    case null, i31, object, function, exception, host
  }

  @inlinable public init(bits: UInt64) { self.bits = bits }

  @inlinable public init(_ kind: Kind, _ payload: UInt64) { bits = payload << 3 | UInt64(kind.rawValue) }

  @inlinable public static var null: Reference { Reference(bits: 0) }
  @inlinable public var isNull: Bool { bits == 0 }
  @inlinable public var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: bits & 7))! }
  /// The index of the object, function or exception in its store; the 31 bits of an i31; the host's number.
  @inlinable public var payload: UInt64 { bits >> 3 }
}

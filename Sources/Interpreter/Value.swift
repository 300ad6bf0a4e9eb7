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

extension Value {
  /// The type of a number or vector; of a reference that all its values are `(ref null any)`, which says no more than
  /// how many words it takes.
  var type: ValueType {
    switch self {
    case .i32: return .i32
    case .i64: return .i64
    case .f32: return .f32
    case .f64: return .f64
    case .v128: return .v128
    case .reference: return .reference(to: .any, isNullable: true)
    }
  }

  /// Zero or null.
  package static func zero(of type: ValueType) -> Value {
    switch type {
    case .i32: return .i32(0)
    case .i64: return .i64(0)
    case .f32: return .f32(0)
    case .f64: return .f64(0)
    case .v128: return .v128(V128(low: 0, high: 0))
    default: return .reference(.null)
    }
  }

  func write(to words: UnsafeMutablePointer<UInt64>) {
    switch self {
    case .i32(let bits), .f32(let bits): words[0] = UInt64(bits)
    case .i64(let bits), .f64(let bits): words[0] = bits
    case .v128(let vector): words.set(0, vector)
    case .reference(let reference): words[0] = reference.bits
    }
  }

  static func read(_ type: ValueType, from words: UnsafeMutablePointer<UInt64>) -> Value {
    switch type {
    case .i32: return .i32(words.u32(0))
    case .i64: return .i64(words[0])
    case .f32: return .f32(words.u32(0))
    case .f64: return .f64(words[0])
    case .v128: return .v128(words.vector(0))
    default: return .reference(Reference(bits: words[0]))
    }
  }

  static func read(_ types: [ValueType], from words: UnsafeMutablePointer<UInt64>) -> [Value] {
    var words = words
    return types.map { type in
      defer { words += type.slotCount }
      return read(type, from: words)
    }
  }

  static func write(_ values: [Value], to words: UnsafeMutablePointer<UInt64>) {
    var words = words
    for value in values {
      value.write(to: words)
      words += value.type.slotCount
    }
  }
}

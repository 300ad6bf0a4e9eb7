/// A heap type (specification 2.3.4): an abstract one or a defined type.
@frozen public struct HeapType: Hashable, BitwiseCopyable, Sendable {
  /// Below 32: abstract; else 32 + the type's id. At most 20 bits.
  public let bits: UInt32

  @inlinable public init(bits: UInt32) { self.bits = bits }
  @inlinable public init(_ type: TypeID) { bits = type.rawValue + 32 }

  /// The most types a module may have: what 20 bits leave beside the abstract ones, and above the 1,000,000 that
  /// the JavaScript interface allows.
  public static let typeLimit = (1 << 20) - 32

  @inlinable public static var any: HeapType { HeapType(bits: 0) }
  @inlinable public static var eq: HeapType { HeapType(bits: 1) }
  @inlinable public static var i31: HeapType { HeapType(bits: 2) }
  @inlinable public static var `struct`: HeapType { HeapType(bits: 3) }
  @inlinable public static var array: HeapType { HeapType(bits: 4) }
  @inlinable public static var none: HeapType { HeapType(bits: 5) }
  @inlinable public static var `func`: HeapType { HeapType(bits: 6) }
  @inlinable public static var nofunc: HeapType { HeapType(bits: 7) }
  @inlinable public static var extern: HeapType { HeapType(bits: 8) }
  @inlinable public static var noextern: HeapType { HeapType(bits: 9) }
  @inlinable public static var exn: HeapType { HeapType(bits: 10) }
  @inlinable public static var noexn: HeapType { HeapType(bits: 11) }

  /// The defined type, or nil if abstract.
  @inlinable public var definedType: TypeID? { bits >= 32 ? TypeID(rawValue: bits - 32) : nil }
  @inlinable public var isAbstract: Bool { bits < 32 }

  /// The abstract heap types: name, code in the binary format (one byte), shorthand for `(ref null X)`.
  public static let abstractTypes: [(type: HeapType, name: String, code: UInt8, shorthand: String)] = [
    (.any, "any", 0x6e, "anyref"), (.eq, "eq", 0x6d, "eqref"), (.i31, "i31", 0x6c, "i31ref"),
    (.struct, "struct", 0x6b, "structref"), (.array, "array", 0x6a, "arrayref"), (.none, "none", 0x71, "nullref"),
    (.func, "func", 0x70, "funcref"), (.nofunc, "nofunc", 0x73, "nullfuncref"),
    (.extern, "extern", 0x6f, "externref"), (.noextern, "noextern", 0x72, "nullexternref"),
    (.exn, "exn", 0x69, "exnref"), (.noexn, "noexn", 0x74, "nullexnref"),
  ]
}

/// A value type (specification 2.3.5), in 22 bits: two of tag, twenty of payload.
@frozen public struct ValueType: Hashable, BitwiseCopyable, Sendable {
  public let bits: UInt32

  @inlinable public init(bits: UInt32) { self.bits = bits }

  @inlinable public static var i32: ValueType { ValueType(bits: 2) }
  @inlinable public static var i64: ValueType { ValueType(bits: 3) }
  @inlinable public static var f32: ValueType { ValueType(bits: 4) }
  @inlinable public static var f64: ValueType { ValueType(bits: 5) }
  @inlinable public static var v128: ValueType { ValueType(bits: 6) }
  /// The type of a value in unreachable code: subtype of all (specification 3.1.1, "bot"). No value has it.
  @inlinable public static var bottom: ValueType { ValueType(bits: 1) }

  @inlinable public static var funcref: ValueType { ValueType.reference(to: .func, isNullable: true) }
  @inlinable public static var externref: ValueType { ValueType.reference(to: .extern, isNullable: true) }
  @inlinable public static var exnref: ValueType { ValueType.reference(to: .exn, isNullable: true) }

  @inlinable public static func reference(to heapType: HeapType, isNullable: Bool) -> ValueType {
    ValueType(bits: heapType.bits | (isNullable ? 2 << 20 : 1 << 20))
  }

  @inlinable public var isReference: Bool { bits >> 20 == 1 || bits >> 20 == 2 }
  /// Meaningful for references only.
  @inlinable public var isNullable: Bool { bits >> 20 == 2 }
  /// Meaningful for references only.
  @inlinable public var heapType: HeapType { HeapType(bits: bits & 0xf_ffff) }
  @inlinable public var isNumeric: Bool { bits >= 2 && bits <= 5 }
  @inlinable public var isNumericOrVector: Bool { bits >= 2 && bits <= 6 }
  /// Has a default value: zero or null. A non-nullable reference has none.
  @inlinable public var isDefaultable: Bool { bits >> 20 != 1 }
  /// Meaningful for references only.
  @inlinable public var asNullable: ValueType { .reference(to: heapType, isNullable: true) }
  @inlinable public var asNonNull: ValueType { .reference(to: heapType, isNullable: false) }

  /// Size in bytes of a number or vector; 0 of a reference.
  public var byteCount: Int {
    switch self {
    case .i32, .f32: return 4
    case .i64, .f64: return 8
    case .v128: return 16
    default: return 0
    }
  }
}

/// The type of a node: a value type, no value, several values (a tuple of the body), or `unreachable` if control
/// never comes out of the node.
@frozen public struct ResultType: Hashable, BitwiseCopyable, Sendable {
  public let bits: UInt32

  @inlinable public init(bits: UInt32) { self.bits = bits }
  @inlinable public init(_ type: ValueType) { bits = type.bits }
  @inlinable init(tuple: Int) { bits = 3 << 20 | UInt32(tuple) }

  @inlinable public static var none: ResultType { ResultType(bits: 0) }
  @inlinable public static var unreachable: ResultType { ResultType(bits: 1) }
  @inlinable public static var i32: ResultType { ResultType(.i32) }
  @inlinable public static var i64: ResultType { ResultType(.i64) }
  @inlinable public static var f32: ResultType { ResultType(.f32) }
  @inlinable public static var f64: ResultType { ResultType(.f64) }
  @inlinable public static var v128: ResultType { ResultType(.v128) }

  @inlinable public var isValue: Bool { bits > 1 && bits >> 20 != 3 }
  @inlinable public var isTuple: Bool { bits >> 20 == 3 }
  /// Has one value or several.
  @inlinable public var isConcrete: Bool { bits > 1 }
  /// The value type; `bottom` if unreachable. Not for `none` and tuples.
  @inlinable public var valueType: ValueType { ValueType(bits: bits) }
  @inlinable var tupleIndex: Int { Int(bits & 0xf_ffff) }
}

/// The type of a field or array element: a value type or a packed integer.
@frozen public struct StorageType: Hashable, BitwiseCopyable, Sendable {
  public let bits: UInt32

  @inlinable public init(bits: UInt32) { self.bits = bits }
  @inlinable public init(_ type: ValueType) { bits = type.bits }

  @inlinable public static var i8: StorageType { StorageType(bits: 7) }
  @inlinable public static var i16: StorageType { StorageType(bits: 8) }

  @inlinable public var isPacked: Bool { bits == 7 || bits == 8 }
  /// The type of the value on the stack: packed integers widen to i32.
  @inlinable public var unpacked: ValueType { isPacked ? .i32 : ValueType(bits: bits) }
  /// Size in bytes of a packed, number or vector type; 0 of a reference.
  public var byteCount: Int { self == .i8 ? 1 : self == .i16 ? 2 : unpacked.byteCount }
}

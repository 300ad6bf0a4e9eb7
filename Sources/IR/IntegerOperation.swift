/// The width of an integer type.
@frozen public enum Width: UInt8, BitwiseCopyable, Sendable {
  case w32, w64

  /// Number of bits.
  @inlinable public var bitCount: Int { self == .w32 ? 32 : 64 }
  /// All ones.
  @inlinable public var mask: UInt64 { self == .w32 ? 0xffff_ffff : .max }
  /// The bit that makes a value negative.
  @inlinable public var signBit: UInt64 { self == .w32 ? 1 << 31 : 1 << 63 }
  @inlinable public var type: ResultType { self == .w32 ? .i32 : .i64 }

  /// The bits, zero-extended, as the signed number they are.
  @inlinable public func signed(_ bits: UInt64) -> Int64 {
    self == .w32 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
  }
}

/// An operation that both integer types have: `add` is `i32.add` and `i64.add`. The operands have the width of the
/// operation; tests and comparisons give an i32, all others what their operands are.
@frozen public enum IntegerOperation: UInt16, CaseIterable, BitwiseCopyable, Sendable {
  // In the order of `Opcode`, which has first these of either width, then those.
  case eqz, eq, ne, ltS, ltU, gtS, gtU, leS, leU, geS, geU
  case clz, ctz, popcnt, add, sub, mul, divS, divU, remS, remU, and, or, xor, shl, shrS, shrU, rotl, rotr

  @inlinable public init?(_ opcode: Opcode) {
    let number = opcode.rawValue
    let tests = number &- Opcode.i32Eqz.rawValue
    let arithmetic = number &- Opcode.i32Clz.rawValue
    if tests < 22 {
      self = IntegerOperation(number: tests < 11 ? tests : tests - 11)
    } else if arithmetic < 36 {
      self = IntegerOperation(number: 11 + (arithmetic < 18 ? arithmetic : arithmetic - 18))
    } else {
      return nil
    }
  }

  @inlinable init(number: UInt16) {
    precondition(number <= IntegerOperation.rotr.rawValue)
    // Stored as the ordinal of its case, in one byte.
    self = unsafeBitCast(UInt8(truncatingIfNeeded: number), to: IntegerOperation.self)
  }

  @inlinable public func opcode(_ width: Width) -> Opcode {
    let number = rawValue
    return number < 11
      ? Opcode(number: Opcode.i32Eqz.rawValue + number + (width == .w32 ? 0 : 11))
      : Opcode(number: Opcode.i32Clz.rawValue + number - 11 + (width == .w32 ? 0 : 18))
  }

  /// Compares its operands.
  @inlinable public var isComparison: Bool { rawValue >= 1 && rawValue < 11 }

  /// What gives the same with the operands the other way round; nil if nothing does.
  @inlinable public var reversed: IntegerOperation? {
    switch self {
    case .eq, .ne, .add, .mul, .and, .or, .xor: return self
    case .ltS: return .gtS
    case .ltU: return .gtU
    case .gtS: return .ltS
    case .gtU: return .ltU
    case .leS: return .geS
    case .leU: return .geU
    case .geS: return .leS
    case .geU: return .leU
    default: return nil
    }
  }
}

extension Opcode {
  /// The width of an operation on integers; that of the first operand.
  @inlinable public var width: Width {
    let isWide = rawValue >= Opcode.i64Eqz.rawValue && rawValue <= Opcode.i64GeU.rawValue
      || rawValue >= Opcode.i64Clz.rawValue && rawValue <= Opcode.i64Rotr.rawValue
    return isWide ? .w64 : .w32
  }
}

import IR

/// What is known of an integer value, bit by bit, whatever the values that it is computed from.
package struct KnownBits: BitwiseCopyable, Equatable, Sendable {
  package let width: Width
  /// Bits that are 0; within the width.
  package private(set) var zeros: UInt64
  /// Bits that are 1.
  package private(set) var ones: UInt64
  /// How many bits from the top down are the same as the topmost: at least 1.
  package private(set) var signBits: Int

  /// What follows from the two masks for the sign and the other way round is filled in.
  package init(_ width: Width, zeros: UInt64, ones: UInt64, signBits: Int = 1) {
    self.width = width
    let shift = UInt64(64 - width.bitCount)
    self.zeros = zeros & width.mask
    self.ones = ones & width.mask
    let leadingZeros = (~(self.zeros << shift)).leadingZeroBitCount
    let leadingOnes = (~(self.ones << shift)).leadingZeroBitCount
    self.signBits = min(width.bitCount, max(1, signBits, leadingZeros, leadingOnes))
    let top = width.mask & ~(width.mask >> UInt64(self.signBits))
    if zeros & width.signBit != 0 { self.zeros |= top }
    if ones & width.signBit != 0 { self.ones |= top }
  }

  package static func unknown(_ width: Width) -> KnownBits { KnownBits(width, zeros: 0, ones: 0) }

  package static func constant(_ bits: UInt64, _ width: Width) -> KnownBits {
    KnownBits(width, zeros: ~bits, ones: bits)
  }

  /// A number of which nothing is known but that it is not above `maximum`.
  package static func atMost(_ maximum: UInt64, _ width: Width) -> KnownBits {
    let unknownCount = 64 - maximum.leadingZeroBitCount
    return KnownBits(width, zeros: unknownCount == 64 ? 0 : ~0 << UInt64(unknownCount), ones: 0)
  }

  /// What holds of a value that is one of two.
  package func union(_ other: KnownBits) -> KnownBits {
    KnownBits(width, zeros: zeros & other.zeros, ones: ones & other.ones, signBits: min(signBits, other.signBits))
  }

  package var isUnknown: Bool { zeros == 0 && ones == 0 && signBits == 1 }

  // MARK: As numbers

  /// Bits that may be 1.
  package var possible: UInt64 { width.mask & ~zeros }
  package var isConstant: Bool { possible == ones }
  /// Is 0 or 1.
  package var isBoolean: Bool { possible <= 1 }
  package var isNonNegative: Bool { zeros & width.signBit != 0 }
  package var isNegative: Bool { ones & width.signBit != 0 }
  package var isNonZero: Bool { ones != 0 }

  package var unsignedRange: ClosedRange<UInt64> { ones...possible }

  package var signedRange: ClosedRange<Int64> {
    if isNonNegative || isNegative { return width.signed(ones)...width.signed(possible) }
    let most = Int64(bitPattern: width.mask >> UInt64(signBits))
    let byMasks = width.signed(ones | width.signBit)...width.signed(possible & ~width.signBit)
    return max(byMasks.lowerBound, -1 - most)...min(byMasks.upperBound, most)
  }
}

/// How operations on integers carry over to what is known of them.
extension KnownBits {
  /// - Parameter carry: added too, 0 or 1.
  private func adding(_ other: KnownBits, carry: UInt64) -> KnownBits {
    // The sums of the least and of the greatest numbers; where they show the same carry, it is the one there is.
    let least = ones &+ other.ones &+ carry
    let most = possible &+ other.possible &+ carry
    let carryIsOne = least ^ ones ^ other.ones
    let carryIsZero = ~(most ^ possible ^ other.possible)
    let isKnown = (zeros | ones) & (other.zeros | other.ones) & (carryIsZero | carryIsOne)
    return KnownBits(
      width, zeros: ~most & isKnown, ones: most & isKnown, signBits: min(signBits, other.signBits) - 1)
  }

  private var complement: KnownBits { KnownBits(width, zeros: ones, ones: zeros, signBits: signBits) }

  private func shifted(_ operation: IntegerOperation, by count: Int) -> KnownBits {
    let count64 = UInt64(count)
    switch operation {
    case .shl:
      return KnownBits(
        width, zeros: zeros << count64 | (1 << count64 - 1), ones: ones << count64, signBits: signBits - count)
    case .shrU:
      return KnownBits(width, zeros: zeros >> count64 | ~(width.mask >> count64), ones: ones >> count64)
    default:
      return KnownBits(width, zeros: zeros >> count64, ones: ones >> count64, signBits: signBits + count)
        .withoutTop(count, of: self)
    }
  }

  /// For an arithmetic shift by `count`, which fills the top with the sign of `source`.
  private func withoutTop(_ count: Int, of source: KnownBits) -> KnownBits {
    let top = width.mask & ~(width.mask >> UInt64(count))
    return KnownBits(
      width, zeros: zeros & ~top | (source.isNonNegative ? top : 0), ones: ones & ~top | (source.isNegative ? top : 0),
      signBits: signBits)
  }

  private func multiplied(by other: KnownBits) -> KnownBits {
    let trailing = zeros.trailingOnes + other.zeros.trailingOnes
    let (most, overflow) = possible.multipliedReportingOverflow(by: other.possible)
    let high = overflow || most > width.mask ? 0 : KnownBits.atMost(most, width).zeros
    return KnownBits(width, zeros: high | (trailing >= 64 ? ~0 : 1 << UInt64(trailing) - 1), ones: 0)
  }

  /// What `self operation other` gives, both being of the width of the operation.
  package func applying(_ operation: IntegerOperation, _ other: KnownBits) -> KnownBits {
    let fewestSignBits = min(signBits, other.signBits)
    switch operation {
    case .and:
      return KnownBits(width, zeros: zeros | other.zeros, ones: ones & other.ones, signBits: fewestSignBits)
    case .or: return KnownBits(width, zeros: zeros & other.zeros, ones: ones | other.ones, signBits: fewestSignBits)
    case .xor:
      return KnownBits(
        width, zeros: zeros & other.zeros | ones & other.ones, ones: zeros & other.ones | ones & other.zeros,
        signBits: fewestSignBits)
    case .add: return adding(other, carry: 0)
    case .sub: return adding(other.complement, carry: 1)
    case .mul: return multiplied(by: other)
    case .shl, .shrS, .shrU:
      if other.isConstant { return shifted(operation, by: Int(truncatingIfNeeded: other.ones) & (width.bitCount - 1)) }
      if operation == .shrS { return KnownBits(width, zeros: 0, ones: 0, signBits: signBits).keepingSign(of: self) }
      return operation == .shrU ? .atMost(possible, width) : KnownBits(width, zeros: trailingZeros, ones: 0)
    case .divU: return other.ones > 1 ? .atMost(possible / other.ones, width) : .atMost(possible, width)
    case .remU:
      return .atMost(other.possible == 0 ? 0 : min(possible, other.possible - 1), width)
    case .divS where isNonNegative && other.isNonNegative: return .atMost(possible, width)
    case .remS where isNonNegative:
      return .atMost(other.isNonNegative && other.possible > 0 ? min(possible, other.possible - 1) : possible, width)
    case .eq, .ne, .ltS, .ltU, .gtS, .gtU, .leS, .leU, .geS, .geU: return .atMost(1, .w32)
    default: return .unknown(width)
    }
  }

  private var trailingZeros: UInt64 { 1 << UInt64(min(zeros.trailingOnes, 63)) - 1 }

  private func keepingSign(of source: KnownBits) -> KnownBits {
    KnownBits(
      width, zeros: source.zeros & width.signBit, ones: source.ones & width.signBit, signBits: source.signBits)
  }

  /// What the operation gives of one operand.
  package func applying(_ operation: IntegerOperation) -> KnownBits {
    switch operation {
    case .eqz: return .atMost(1, .w32)
    case .clz, .ctz, .popcnt: return .atMost(UInt64(width.bitCount), width)
    default: return .unknown(width)
    }
  }

  /// The low `count` bits, the sign extended from the highest of them.
  package func extendingSign(from count: Int) -> KnownBits {
    shifted(.shl, by: width.bitCount - count).shifted(.shrS, by: width.bitCount - count)
  }

  /// `i32.wrap_i64`.
  package var wrapped: KnownBits {
    KnownBits(.w32, zeros: zeros, ones: ones, signBits: signBits - 32)
  }

  /// `i64.extend_i32_u`, `i64.extend_i32_s`.
  package func widened(signed: Bool) -> KnownBits {
    guard signed else { return KnownBits(.w64, zeros: zeros | ~0 << 32, ones: ones) }
    let high: UInt64 = ~0 << 32
    return KnownBits(
      .w64, zeros: zeros | (isNonNegative ? high : 0), ones: ones | (isNegative ? high : 0), signBits: signBits + 32)
  }
}

extension UInt64 {
  fileprivate var trailingOnes: Int { (~self).trailingZeroBitCount }
}

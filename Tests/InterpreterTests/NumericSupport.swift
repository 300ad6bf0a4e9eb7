import IR

/// Operands for tests: the same on each run, with many that lie on the borders of something.
struct OperandSource {
  private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// Zeros, ones, extremes and NaNs of every lane width.
  private static let borders: [UInt64] = [
    0, 1, .max, 0x8000_0000_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_7fff_ffff, 0x0000_0001_ffff_ffff,
    0x8000_7fff_0001_ffff, 0x807f_00ff_017f_8081, 0x7f80_0000_ff80_0000, 0x7fc0_0000_7f80_0001, 0x7ff0_0000_0000_0000,
    0x7ff8_0000_0000_0000, 0xfff0_0000_0000_0001, 0x3f80_0000_bf80_0000, 0x3ff0_0000_0000_0000,
    0x4f00_0000_cf00_0000, 0x41e0_0000_0000_0000, 0xc1e0_0000_0020_0000, 0x43e0_0000_0000_0000, 0x3fe0_0000_0000_0000,
    0x3f00_0000_4020_0000, 0x0000_0001_8000_0001, 0x4b00_0001_cb80_0000,
  ]

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    let word = state &* 0x2545_f491_4f6c_dd1d
    return word >> 62 == 0 ? word << 2 | state >> 60 : Self.borders[Int(word % UInt64(Self.borders.count))]
  }

  mutating func vector() -> V128 { V128(low: next(), high: next()) }
}

/// Vectors as lists of exact integers, for computing what instructions must give in the plainest way.
struct ExactLanes {
  let bits: Int
  var lanes: [Int128]

  /// Lanes of `bits` bits each, with sign or without.
  init(_ vector: V128, bits: Int, signed: Bool) {
    self.bits = bits
    lanes = (0..<128 / bits).map { index in
      let position = index * bits
      let word = position < 64 ? vector.low : vector.high
      let lane = Int128(word >> UInt64(position % 64)) & ((1 << Int128(bits)) - 1)
      return signed && lane >> Int128(bits - 1) != 0 ? lane - 1 << Int128(bits) : lane
    }
  }

  init(_ lanes: [Int128], bits: Int) {
    self.bits = bits
    self.lanes = lanes
  }

  /// The lanes modulo 2^bits.
  var vector: V128 {
    var words: [UInt64] = [0, 0]
    for (index, lane) in lanes.enumerated() {
      let bitPattern = UInt64(truncatingIfNeeded: lane & ((1 << Int128(bits)) - 1))
      words[index * bits / 64] |= bitPattern << UInt64(index * bits % 64)
    }
    return V128(low: words[0], high: words[1])
  }

  static func range(bits: Int, signed: Bool) -> ClosedRange<Int128> {
    signed ? -(1 << Int128(bits - 1))...(1 << Int128(bits - 1)) - 1 : 0...(1 << Int128(bits)) - 1
  }

  static func clamp(_ value: Int128, bits: Int, signed: Bool) -> Int128 {
    let range = range(bits: bits, signed: signed)
    return min(max(value, range.lowerBound), range.upperBound)
  }
}

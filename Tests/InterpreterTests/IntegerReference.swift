import IR
import Testing

/// What an instruction on integer lanes must give, by the words of its mnemonic and exact arithmetic.
struct IntegerReference {
  private let mnemonic: String
  /// The mnemonic without lanes, sign and the name of the narrow lanes.
  private let operation: String
  private let bits: Int
  private let signed: Bool
  /// The width of the lanes that the mnemonic names at its end, or `bits`.
  private let sourceBits: Int

  init(_ mnemonic: String, bits: Int) {
    self.mnemonic = mnemonic
    self.bits = bits
    signed = !mnemonic.hasSuffix("_u")
    var words = mnemonic.split(separator: ".")[1].split(separator: "_").map(String.init)
    if words.last == "s" || words.last == "u" { words.removeLast() }
    let lanes = ["i8x16": 8, "i16x8": 16, "i32x4": 32]
    sourceBits = words.last.flatMap { lanes[$0] } ?? bits
    if lanes[words.last!] != nil { words.removeLast() }
    operation = words.joined(separator: "_")
  }

  func result(_ a: V128, _ b: V128) -> V128 {
    // Narrowing reads signed lanes, whatever it makes of them.
    let readsSigned = signed || operation == "narrow"
    let x = ExactLanes(a, bits: sourceBits, signed: readsSigned).lanes
    let y = ExactLanes(b, bits: sourceBits, signed: readsSigned).lanes
    if let lane = laneOperation(y: b) { return ExactLanes(zip(x, y).map(lane), bits: bits).vector }
    let high = 64 / sourceBits
    switch operation {
    case "all_true": return V128(low: x.contains(0) ? 0 : 1, high: 0)
    case "bitmask": return V128(low: x.indices.reduce(0) { $0 | (x[$1] < 0 ? 1 << UInt64($1) : 0) }, high: 0)
    case "splat": return ExactLanes(Array(repeating: Int128(a.low), count: 128 / bits), bits: bits).vector
    case "swizzle", "relaxed_swizzle":
      let indices = ExactLanes(b, bits: 8, signed: false).lanes
      return ExactLanes(indices.map { $0 < 16 ? x[Int($0)] : 0 }, bits: 8).vector
    case "narrow":
      return ExactLanes((x + y).map { ExactLanes.clamp($0, bits: bits, signed: signed) }, bits: bits).vector
    case "extend_low": return ExactLanes(Array(x[..<high]), bits: bits).vector
    case "extend_high": return ExactLanes(Array(x[high...]), bits: bits).vector
    case "extmul_low": return ExactLanes((0..<high).map { x[$0] * y[$0] }, bits: bits).vector
    case "extmul_high": return ExactLanes((0..<high).map { x[high + $0] * y[high + $0] }, bits: bits).vector
    case "extadd_pairwise": return ExactLanes((0..<high).map { x[2 * $0] + x[2 * $0 + 1] }, bits: bits).vector
    case "dot":
      return ExactLanes(dotProducts(x, y), bits: bits).vector
    case "relaxed_dot_i8x16_i7x16":
      let x = ExactLanes(a, bits: 8, signed: true).lanes
      let y = ExactLanes(b, bits: 8, signed: true).lanes
      let sums = dotProducts(x, y).map { ExactLanes.clamp($0, bits: 16, signed: true) }
      return ExactLanes(sums, bits: bits).vector
    default:
      Issue.record("\(mnemonic) is not expected")
      return a
    }
  }

  private func dotProducts(_ x: [Int128], _ y: [Int128]) -> [Int128] {
    stride(from: 0, to: x.count, by: 2).map { index in
      let first: Int128 = x[index] * y[index]
      return first + x[index + 1] * y[index + 1]
    }
  }

  /// Of an instruction that computes each lane from those at its place.
  private func laneOperation(y vector: V128) -> ((Int128, Int128) -> Int128)? {
    let (bits, signed) = (bits, signed)
    let count = Int128(vector.low % UInt64(bits))
    func clamp(_ value: Int128) -> Int128 { ExactLanes.clamp(value, bits: bits, signed: signed) }
    switch operation {
    case "add": return { $0 + $1 }
    case "sub": return { $0 - $1 }
    case "mul": return { Int128(truncatingIfNeeded: $0.multipliedFullWidth(by: $1).low) }
    case "add_sat": return { clamp($0 + $1) }
    case "sub_sat": return { clamp($0 - $1) }
    case "min": return { min($0, $1) }
    case "max": return { max($0, $1) }
    case "avgr": return { ($0 + $1 + 1) / 2 }
    case "abs": return { x, _ in abs(x) }
    case "neg": return { x, _ in -x }
    case "popcnt": return { x, _ in Int128((x & 0xff).nonzeroBitCount) }
    case "shl": return { x, _ in x << count }
    case "shr": return { x, _ in x >> count }
    case "q15mulr_sat", "relaxed_q15mulr": return { clamp(($0 * $1 + 0x4000) >> 15) }
    case "eq": return { $0 == $1 ? -1 : 0 }
    case "ne": return { $0 != $1 ? -1 : 0 }
    case "lt": return { $0 < $1 ? -1 : 0 }
    case "gt": return { $0 > $1 ? -1 : 0 }
    case "le": return { $0 <= $1 ? -1 : 0 }
    case "ge": return { $0 >= $1 ? -1 : 0 }
    default: return nil
    }
  }
}

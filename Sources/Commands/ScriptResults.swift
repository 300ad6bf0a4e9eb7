import IR
import Interpreter
import Support
import TextFormat

// Values of scripts, and what results must be.

extension ScriptValue {
  var value: Value {
    switch self {
    case .i32(let bits): return .i32(bits)
    case .i64(let bits): return .i64(bits)
    case .f32(let bits): return .f32(bits)
    case .f64(let bits): return .f64(bits)
    case .v128(let low, let high): return .v128(V128(low: low, high: high))
    case .null: return .reference(.null)
    case .externReference(let number), .hostReference(let number):
      return .reference(Reference(.host, UInt64(number)))
    }
  }
}

extension NumberPattern {
  /// Whether the low `width` bits of `bits` are as they must be.
  func matches(_ bits: UInt64, width: Int) -> Bool {
    switch self {
    case .bits(let expected): return bits == expected
    case .canonicalNaN: return bits & ~NumberPattern.sign(width) == NumberPattern.quietNaN(width)
    case .arithmeticNaN: return bits & NumberPattern.quietNaN(width) == NumberPattern.quietNaN(width)
    }
  }

  private static func sign(_ width: Int) -> UInt64 { 1 << UInt64(width - 1) }
  private static func quietNaN(_ width: Int) -> UInt64 { width == 32 ? 0x7fc0_0000 : 0x7ff8_0000_0000_0000 }
}

extension ResultPattern {
  func matches(_ value: Value, in store: Store) -> Bool {
    switch (self, value) {
    case (.i32(let expected), .i32(let bits)): return bits == expected
    case (.i64(let expected), .i64(let bits)): return bits == expected
    case (.f32(let expected), .f32(let bits)): return expected.matches(UInt64(bits), width: 32)
    case (.f64(let expected), .f64(let bits)): return expected.matches(bits, width: 64)
    case (.v128(let lanes), .v128(let vector)): return ResultPattern.match(lanes, vector)
    case (.null, .reference(let reference)): return reference.isNull
    case (.reference(let type), .reference(let reference)): return store.isReference(reference, of: type)
    case (.externReference(let number), .reference(let reference)),
      (.hostReference(let number), .reference(let reference)):
      return reference == Reference(.host, UInt64(number))
    case (.either(let patterns), _): return patterns.contains { $0.matches(value, in: store) }
    default: return false
    }
  }

  private static func match(_ lanes: [NumberPattern], _ vector: V128) -> Bool {
    let width = 128 / lanes.count
    let mask = width == 64 ? .max : (UInt64(1) << UInt64(width)) - 1
    return lanes.enumerated().allSatisfy { index, lane in
      let position = index * width
      let word = position < 64 ? vector.low : vector.high
      return lane.matches(word >> UInt64(position % 64) & mask, width: width)
    }
  }
}

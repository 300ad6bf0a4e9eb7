import IR
import Testing

@testable import Interpreter

@Suite struct NumericTests {
  private func result(_ mnemonic: String, _ a: UInt64, _ b: UInt64 = 0) throws(Trap) -> UInt64 {
    try Numeric.evaluate(OpcodeTable.byMnemonic[mnemonic]!, a, b)
  }

  private func i32(_ value: Int32) -> UInt64 { UInt64(UInt32(bitPattern: value)) }
  private func i64(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }
  private func f32(_ value: Float) -> UInt64 { UInt64(value.bitPattern) }
  private func f64(_ value: Double) -> UInt64 { value.bitPattern }

  /// Every scalar and vector instruction without immediates is known, and i32 and f32 results are zero-extended.
  @Test func everyInstructionOfTheTable() {
    var operands = OperandSource()
    for row in OpcodeTable.rows where [.unary, .binary, .ternary].contains(row.shape) {
      #expect(!row.signature.isEmpty, "\(row.mnemonic)")
      let result = row.signature.last!
      for _ in 0..<200 {
        if row.signature.contains("v") {
          let vector = Vector.evaluate(row.opcode, operands.vector(), operands.vector(), operands.vector())
          #expect(result == "v" || vector.high == 0 && vector.low >> 32 == 0, "\(row.mnemonic)")
        } else {
          let narrow = row.signature.prefix { $0 != ":" }.allSatisfy { "if".contains($0) }
          let mask: UInt64 = narrow ? 0xffff_ffff : .max
          let word = (try? Numeric.evaluate(row.opcode, operands.next() & mask, operands.next() & mask)) ?? 0
          #expect("ld".contains(result) || word >> 32 == 0, "\(row.mnemonic)")
        }
      }
    }
  }

  /// Integer instructions against exact arithmetic on both widths.
  @Test func integersAgreeWithExactArithmetic() {
    var operands = OperandSource()
    for bits in [32, 64] {
      for row in OpcodeTable.rows where ["ii:i", "ll:l", "ll:i"].contains(row.signature) && row.shape == .binary {
        guard row.mnemonic.hasPrefix("i\(bits).") else { continue }
        for _ in 0..<1000 {
          let a = bits == 32 ? operands.next() & 0xffff_ffff : operands.next()
          let b = bits == 32 ? operands.next() & 0xffff_ffff : operands.next()
          let (expected, trap) = exact(row.mnemonic, bits: bits, a, b)
          do {
            let word = try Numeric.evaluate(row.opcode, a, b)
            #expect(trap == nil && word == expected, "\(row.mnemonic) \(a) \(b)")
          } catch {
            #expect(error == trap, "\(row.mnemonic) \(a) \(b)")
          }
        }
      }
    }
  }

  private func exact(_ mnemonic: String, bits: Int, _ a: UInt64, _ b: UInt64) -> (UInt64, Trap?) {
    let signed = mnemonic.hasSuffix("_s")
    func value(_ word: UInt64) -> Int128 { ExactLanes(V128(low: word, high: 0), bits: bits, signed: signed).lanes[0] }
    let (x, y) = (value(a), value(b))
    let count = b % UInt64(bits)
    let left = UInt128(a) << UInt128(count)
    let right = (UInt128(a) << UInt128(bits)) >> UInt128(count)
    var result: Int128 = 0
    switch mnemonic.dropFirst(4).prefix(while: { $0 != "_" }) {
    case "add": result = x + y
    case "sub": result = x - y
    case "mul": result = Int128(truncatingIfNeeded: x.multipliedFullWidth(by: y).low)
    case "div", "rem":
      if y == 0 { return (0, .integerDivideByZero) }
      if mnemonic.contains("rem") {
        result = x % y
      } else {
        if x / y > ExactLanes.range(bits: bits, signed: signed).upperBound { return (0, .integerOverflow) }
        result = x / y
      }
    case "and": result = x & y
    case "or": result = x | y
    case "xor": result = x ^ y
    case "shl": result = Int128(truncatingIfNeeded: left)
    case "shr": result = x >> Int128(count)
    case "rotl": result = Int128(truncatingIfNeeded: left | left >> UInt128(bits))
    case "rotr": result = Int128(truncatingIfNeeded: right | right >> UInt128(bits))
    case "eq": result = x == y ? 1 : 0
    case "ne": result = x != y ? 1 : 0
    case "lt": result = x < y ? 1 : 0
    case "gt": result = x > y ? 1 : 0
    case "le": result = x <= y ? 1 : 0
    case "ge": result = x >= y ? 1 : 0
    default: Issue.record("\(mnemonic) is not expected")
    }
    return (ExactLanes([result], bits: bits).vector.low, nil)
  }

  @Test func bitCounts() throws {
    #expect(try result("i32.clz", 0) == 32 && result("i32.ctz", 0) == 32 && result("i32.clz", 1) == 31)
    #expect(try result("i64.clz", 0) == 64 && result("i64.ctz", 0) == 64 && result("i64.ctz", 1 << 40) == 40)
    #expect(try result("i32.popcnt", 0xffff_ffff) == 32 && result("i64.popcnt", .max) == 64)
    #expect(try result("i32.eqz", 0) == 1 && result("i64.eqz", 1 << 32) == 0)
  }

  @Test func extensionsOfSign() throws {
    #expect(try result("i32.extend8_s", 0x80) == i32(-128) && result("i32.extend16_s", 0x1_7fff) == 0x7fff)
    #expect(try result("i64.extend8_s", 0xff) == .max && result("i64.extend16_s", 0x8000) == i64(-0x8000))
    #expect(try result("i64.extend32_s", 0x8000_0000) == i64(-0x8000_0000))
    #expect(
      try result("i64.extend_i32_s", 0xffff_ffff) == .max && result("i64.extend_i32_u", 0xffff_ffff) == 0xffff_ffff)
    #expect(try result("i32.wrap_i64", 0x1234_5678_9abc_def0) == 0x9abc_def0)
  }

  // MARK: Floats

  /// NaNs that arithmetic gives are the positive canonical one, whatever goes in.
  @Test func arithmeticGivesCanonicalNaN() throws {
    let nans32: [UInt64] = [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xffff_ffff, 0x7fa0_0000]
    let nans64: [UInt64] = [0x7ff8 << 48, 0xfff8 << 48, 0x7ff0 << 48 | 1, .max]
    let binary = ["add", "sub", "mul", "div", "min", "max"]
    let unary = ["sqrt", "ceil", "floor", "trunc", "nearest"]
    for (type, nans, one, canonical) in [
      ("f32", nans32, f32(1), 0x7fc0_0000), ("f64", nans64, f64(1), UInt64(0x7ff8 << 48)),
    ] {
      for nan in nans {
        for name in binary {
          #expect(try result("\(type).\(name)", nan, one) == canonical, "\(name)")
          #expect(try result("\(type).\(name)", one, nan) == canonical, "\(name)")
        }
        for name in unary { #expect(try result("\(type).\(name)", nan) == canonical, "\(name)") }
      }
    }
    #expect(try result("f32.div", 0, 0) == 0x7fc0_0000)
    #expect(try result("f64.sub", f64(.infinity), f64(.infinity)) == 0x7ff8 << 48)
    #expect(try result("f64.sqrt", f64(-1)) == 0x7ff8 << 48)
    for nan in nans32 { #expect(try result("f64.promote_f32", nan) == 0x7ff8 << 48) }
    for nan in nans64 { #expect(try result("f32.demote_f64", nan) == 0x7fc0_0000) }
  }

  @Test func signOperationsKeepPayloads() throws {
    #expect(try result("f32.neg", 0x7f80_0001) == 0xff80_0001 && result("f32.abs", 0xffa0_0003) == 0x7fa0_0003)
    #expect(try result("f32.copysign", 0x7f80_0001, 0x8000_0000) == 0xff80_0001)
    #expect(try result("f64.neg", 0xfff0 << 48 | 1) == 0x7ff0 << 48 | 1 && result("f64.abs", 1 << 63) == 0)
    #expect(try result("f64.copysign", .max, 0) == .max >> 1)
    #expect(try result("f32.reinterpret_i32", 0x7f80_0001) == 0x7f80_0001)
  }

  @Test func minimumAndMaximumOfZeros() throws {
    for (type, negative) in [("f32", UInt64(0x8000_0000)), ("f64", 1 << 63)] {
      #expect(try result("\(type).min", 0, negative) == negative && result("\(type).min", negative, 0) == negative)
      #expect(try result("\(type).max", 0, negative) == 0 && result("\(type).max", negative, 0) == 0)
      #expect(try result("\(type).min", negative, negative) == negative)
      #expect(try result("\(type).max", negative, negative) == negative)
    }
    #expect(try result("f32.min", f32(-3), f32(2)) == f32(-3) && result("f32.max", f32(-3), f32(2)) == f32(2))
    #expect(try result("f64.max", f64(-.infinity), f64(-1)) == f64(-1))
  }

  @Test func rounding() throws {
    let cases: [(Double, ceil: Double, floor: Double, trunc: Double, nearest: Double)] = [
      (0.5, 1, 0, 0, 0), (-0.5, -0.0, -1, -0.0, -0.0), (1.5, 2, 1, 1, 2), (2.5, 3, 2, 2, 2), (-2.5, -2, -3, -2, -2),
      (0.49999997, 1, 0, 0, 0), (8_388_609, 8_388_609, 8_388_609, 8_388_609, 8_388_609), (-0.0, -0.0, -0.0, -0.0, -0.0),
      (-.infinity, -.infinity, -.infinity, -.infinity, -.infinity),
    ]
    for row in cases {
      for (name, expected) in [
        ("ceil", row.ceil), ("floor", row.floor), ("trunc", row.trunc), ("nearest", row.nearest),
      ] {
        #expect(try result("f64.\(name)", f64(row.0)) == f64(expected), "\(name) \(row.0)")
        #expect(try result("f32.\(name)", f32(Float(row.0))) == f32(Float(expected)), "\(name) \(row.0)")
      }
    }
  }

  @Test func comparisonsWithNaN() throws {
    for type in ["f32", "f64"] {
      let nan: UInt64 = type == "f32" ? 0x7fc0_0000 : 0x7ff8 << 48
      for name in ["eq", "lt", "gt", "le", "ge"] { #expect(try result("\(type).\(name)", nan, nan) == 0) }
      #expect(try result("\(type).ne", nan, nan) == 1)
    }
    #expect(try result("f64.eq", 0, 1 << 63) == 1 && result("f64.lt", 1 << 63, 0) == 0)
  }

  // MARK: Conversions

  /// The last numbers inside and the first outside of each range.
  @Test func truncationsTrapOutsideTheirRange() throws {
    try expectRange(
      "i32.trunc_f32_s", f32, least: -2_147_483_648, below: -2_147_483_904, most: 2_147_483_520, above: 2_147_483_648)
    try expectRange("i32.trunc_f32_u", f32, least: -0.99999994, below: -1, most: 4_294_967_040, above: 4_294_967_296)
    try expectRange("i64.trunc_f32_s", f32, least: -0x1p63, below: -0x1.000002p63, most: 0x1.fffffep62, above: 0x1p63)
    try expectRange("i64.trunc_f32_u", f32, least: -0.99999994, below: -1, most: 0x1.fffffep63, above: 0x1p64)
    try expectRange(
      "i32.trunc_f64_s", f64, least: -2147483648.9, below: -2_147_483_649, most: 2147483647.9, above: 2_147_483_648)
    try expectRange(
      "i32.trunc_f64_u", f64, least: -0.9999999999999999, below: -1, most: 4294967295.9, above: 4_294_967_296)
    try expectRange(
      "i64.trunc_f64_s", f64, least: -0x1p63, below: -0x1.0000000000001p63, most: 0x1.fffffffffffffp62, above: 0x1p63)
    try expectRange(
      "i64.trunc_f64_u", f64, least: -0.9999999999999999, below: -1, most: 0x1.fffffffffffffp63, above: 0x1p64)
  }

  private func expectRange<Value: BinaryFloatingPoint>(
    _ mnemonic: String, _ word: (Value) -> UInt64, least: Value, below: Value, most: Value, above: Value
  ) throws {
    let saturating = mnemonic.replacing("trunc_", with: "trunc_sat_")
    let bits = mnemonic.hasPrefix("i32") ? 32 : 64
    let range = ExactLanes.range(bits: bits, signed: mnemonic.hasSuffix("_s"))
    func integer(_ value: Int128) -> UInt64 { ExactLanes([value], bits: bits).vector.low }
    for value in [least, most, 0, 1.5, 77.9] {
      let expected = integer(Int128(value))
      #expect(try result(mnemonic, word(value)) == expected && result(saturating, word(value)) == expected)
    }
    for value in [below, above, .infinity, -.infinity] {
      #expect(throws: Trap.integerOverflow) { try result(mnemonic, word(value)) }
      #expect(try result(saturating, word(value)) == integer(value < 0 ? range.lowerBound : range.upperBound))
    }
    for nan in [Value.nan, -Value.nan, Value.signalingNaN] {
      #expect(throws: Trap.invalidConversionToInteger) { try result(mnemonic, word(nan)) }
      #expect(try result(saturating, word(nan)) == 0)
    }
  }

  @Test func integersToFloatsRoundOnce() throws {
    #expect(try result("f32.convert_i32_s", i32(-16_777_217)) == f32(-16_777_216))
    #expect(try result("f32.convert_i32_u", 0xffff_ffff) == f32(4_294_967_296))
    #expect(try result("f32.convert_i64_s", 0x7fff_ff40_0000_0001) == f32(0x1.fffffep62))
    #expect(try result("f32.convert_i64_u", 0x8000_0080_0000_0001) == f32(0x1.000002p63))
    #expect(try result("f64.convert_i64_s", i64(.min)) == f64(-0x1p63))
    #expect(try result("f64.convert_i64_u", 0xffff_ffff_ffff_fbff) == f64(0x1.fffffffffffffp63))
    #expect(
      try result("f64.convert_i32_s", 0xffff_ffff) == f64(-1)
        && result("f64.convert_i32_u", 0xffff_ffff) == f64(4_294_967_295))
    #expect(try result("f32.demote_f64", f64(0x1.fffffefffffffp127)) == f32(0x1.fffffep127))
    #expect(try result("f32.demote_f64", f64(0x1.ffffffp127)) == f32(.infinity))
  }

  // MARK: 128 bits

  @Test func wideArithmetic() {
    var operands = OperandSource()
    for _ in 0..<10000 {
      let (a, b, c, d) = (operands.next(), operands.next(), operands.next(), operands.next())
      let left = UInt128(b) << 64 | UInt128(a)
      let right = UInt128(d) << 64 | UInt128(c)
      #expect(Numeric.add128(a, b, c, d) == halves(left &+ right))
      #expect(Numeric.sub128(a, b, c, d) == halves(left &- right))
      #expect(Numeric.mulWideU(a, b) == halves(UInt128(a) * UInt128(b)))
      let product = Int128(Int64(bitPattern: a)) * Int128(Int64(bitPattern: b))
      #expect(Numeric.mulWideS(a, b) == halves(UInt128(truncatingIfNeeded: product)))
    }
  }

  private func halves(_ value: UInt128) -> (low: UInt64, high: UInt64) {
    (UInt64(truncatingIfNeeded: value), UInt64(value >> 64))
  }
}

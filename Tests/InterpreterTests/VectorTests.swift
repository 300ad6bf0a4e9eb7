import IR
import Testing

@testable import Interpreter

/// Each family of vector instructions against a loop over its lanes.
@Suite struct VectorTests {
  private func forEachOperands(_ check: (V128, V128, V128) -> Void) {
    var operands = OperandSource()
    for _ in 0..<500 { check(operands.vector(), operands.vector(), operands.vector()) }
  }

  private static let laneBits = ["i8x16": 8, "i16x8": 16, "i32x4": 32, "i64x2": 64]

  @Test func integerLanes() {
    var count = 0
    for row in OpcodeTable.rows where [.unary, .binary].contains(row.shape) {
      guard let bits = Self.laneBits[String(row.mnemonic.prefix { $0 != "." })], !row.mnemonic.contains("_f") else {
        continue
      }
      count += 1
      forEachOperands { a, b, _ in
        let expected = IntegerReference(row.mnemonic, bits: bits).result(a, b)
        #expect(Vector.evaluate(row.opcode, a, b, a) == expected, "\(row.mnemonic) \(a) \(b)")
      }
    }
    #expect(count == 140)
  }

  /// A lane of a float vector gives what the scalar instruction gives.
  @Test func floatLanes() {
    for (shape, scalar, bits) in [("f32x4", "f32", 32), ("f64x2", "f64", 64)] {
      for name in [
        "add", "sub", "mul", "div", "min", "max", "ceil", "floor", "trunc", "nearest", "abs", "neg", "sqrt", "eq", "ne",
        "lt", "gt", "le", "ge",
      ] {
        let vectorOpcode = OpcodeTable.byMnemonic["\(shape).\(name)"]!
        let scalarOpcode = OpcodeTable.byMnemonic["\(scalar).\(name)"]!
        let isComparison = ["eq", "ne", "lt", "gt", "le", "ge"].contains(name)
        forEachOperands { a, b, _ in
          let x = ExactLanes(a, bits: bits, signed: false).lanes
          let y = ExactLanes(b, bits: bits, signed: false).lanes
          let lanes = zip(x, y).map { x, y in
            let word = Int128(try! Numeric.evaluate(scalarOpcode, UInt64(x), UInt64(y)))
            return isComparison ? -word : word
          }
          #expect(Vector.evaluate(vectorOpcode, a, b, a) == ExactLanes(lanes, bits: bits).vector, "\(shape).\(name)")
        }
      }
    }
  }

  @Test func pseudoMinimumAndMaximum() {
    let nan = V128(low: 0xfff0_0000_0000_0001, high: 0x7ff0_0000_0000_0003)
    let one = V128(low: 0x3ff0 << 48, high: 0x3ff0 << 48)
    let zeros = V128(low: 0, high: 1 << 63)
    let opposite = V128(low: 1 << 63, high: 0)
    for opcode in [Opcode.f64x2Pmin, .f64x2Pmax] {
      #expect(Vector.evaluate(opcode, nan, one, one) == nan && Vector.evaluate(opcode, one, nan, one) == one)
      #expect(Vector.evaluate(opcode, zeros, opposite, one) == zeros)
    }
    #expect(
      Vector.evaluate(.f64x2Pmin, one, zeros, one) == zeros && Vector.evaluate(.f64x2Pmax, zeros, one, one) == one)
    let halves = V128(low: 0x3f00_0000_3f80_0000, high: 0xffc0_0001_7f80_0001)
    let others = V128(low: 0x3f80_0000_3f00_0000, high: 0)
    #expect(Vector.evaluate(.f32x4Pmin, halves, others, one) == V128(low: 0x3f00_0000_3f00_0000, high: halves.high))
    #expect(Vector.evaluate(.f32x4Pmax, halves, others, one) == V128(low: 0x3f80_0000_3f80_0000, high: halves.high))
  }

  /// Conversions give in each lane what the scalar instruction gives, and zeros where no lane is left.
  @Test func conversions() {
    for (vector, scalar, from, to) in [
      ("i32x4.trunc_sat_f32x4_s", "i32.trunc_sat_f32_s", 32, 32),
      ("i32x4.trunc_sat_f32x4_u", "i32.trunc_sat_f32_u", 32, 32),
      ("i32x4.trunc_sat_f64x2_s_zero", "i32.trunc_sat_f64_s", 64, 32),
      ("i32x4.trunc_sat_f64x2_u_zero", "i32.trunc_sat_f64_u", 64, 32),
      ("i32x4.relaxed_trunc_f32x4_s", "i32.trunc_sat_f32_s", 32, 32),
      ("i32x4.relaxed_trunc_f32x4_u", "i32.trunc_sat_f32_u", 32, 32),
      ("i32x4.relaxed_trunc_f64x2_s_zero", "i32.trunc_sat_f64_s", 64, 32),
      ("i32x4.relaxed_trunc_f64x2_u_zero", "i32.trunc_sat_f64_u", 64, 32),
      ("f32x4.convert_i32x4_s", "f32.convert_i32_s", 32, 32), ("f32x4.convert_i32x4_u", "f32.convert_i32_u", 32, 32),
      ("f64x2.convert_low_i32x4_s", "f64.convert_i32_s", 32, 64),
      ("f64x2.convert_low_i32x4_u", "f64.convert_i32_u", 32, 64),
      ("f32x4.demote_f64x2_zero", "f32.demote_f64", 64, 32), ("f64x2.promote_low_f32x4", "f64.promote_f32", 32, 64),
    ] {
      forEachOperands { a, b, c in
        let operands = ExactLanes(a, bits: from, signed: false).lanes.prefix(128 / to)
        let lanes = operands.map { Int128(try! Numeric.evaluate(OpcodeTable.byMnemonic[scalar]!, UInt64($0), 0)) }
        let expected = ExactLanes(lanes, bits: to).vector
        #expect(Vector.evaluate(OpcodeTable.byMnemonic[vector]!, a, b, c) == expected, "\(vector) \(a)")
      }
    }
  }

  @Test func bitwise() {
    forEachOperands { a, b, c in
      func expect(_ opcode: Opcode, _ operation: (UInt64, UInt64, UInt64) -> UInt64) {
        let expected = V128(low: operation(a.low, b.low, c.low), high: operation(a.high, b.high, c.high))
        #expect(Vector.evaluate(opcode, a, b, c) == expected, "\(opcode)")
      }
      expect(.v128Not) { x, _, _ in ~x }
      expect(.v128And) { x, y, _ in x & y }
      expect(.v128Andnot) { x, y, _ in x & ~y }
      expect(.v128Or) { x, y, _ in x | y }
      expect(.v128Xor) { x, y, _ in x ^ y }
      for opcode in [
        Opcode.v128Bitselect, .i8x16RelaxedLaneselect, .i16x8RelaxedLaneselect, .i32x4RelaxedLaneselect,
        .i64x2RelaxedLaneselect,
      ] { expect(opcode) { x, y, z in (x & z) | (y & ~z) } }
      #expect(Vector.evaluate(.v128AnyTrue, a, b, c).low == (a == V128(low: 0, high: 0) ? 0 : 1))
    }
  }

  @Test func relaxedMultiplyAddRoundsOnce() {
    func splat(_ x: Float) -> V128 { Vector.splat(x) }
    func splat(_ x: Double) -> V128 { Vector.splat(x) }
    let x: Float = 0x1.000004p+0
    let y: Float = 0x1.0002p+0
    let z: Float = -0x1.000204p+0
    #expect(Vector.evaluate(.f32x4RelaxedMadd, splat(x), splat(y), splat(z)) == splat(Float(0x1p-37)))
    #expect(Vector.evaluate(.f32x4RelaxedNmadd, splat(-x), splat(y), splat(z)) == splat(Float(0x1p-37)))
    let large = Double.greatestFiniteMagnitude
    #expect(Vector.evaluate(.f64x2RelaxedMadd, splat(large), splat(2.0), splat(-large)) == splat(large))
    #expect(Vector.evaluate(.f64x2RelaxedNmadd, splat(large), splat(2.0), splat(large)) == splat(-large))
    #expect(Vector.evaluate(.f64x2RelaxedMadd, splat(-Double.nan), splat(2.0), splat(2.0)) == splat(Double.nan))
  }

  @Test func relaxedInstructionsDoWhatTheirStrictOnesDo() {
    forEachOperands { a, b, c in
      for (relaxed, strict) in [
        (Opcode.f32x4RelaxedMin, Opcode.f32x4Min), (.f32x4RelaxedMax, .f32x4Max), (.f64x2RelaxedMin, .f64x2Min),
        (.f64x2RelaxedMax, .f64x2Max),
      ] { #expect(Vector.evaluate(relaxed, a, b, c) == Vector.evaluate(strict, a, b, c)) }
      let dot = Vector.evaluate(.i16x8RelaxedDotI8x16I7x16S, a, b, c)
      let pairs = Vector.evaluate(.i32x4ExtaddPairwiseI16x8S, dot, b, c)
      let sum = Vector.evaluate(.i32x4Add, pairs, c, c)
      #expect(Vector.evaluate(.i32x4RelaxedDotI8x16I7x16AddS, a, b, c) == sum)
    }
  }

  @Test func lanesOutAndIn() {
    forEachOperands { a, b, _ in
      for row in OpcodeTable.rows where [.extractLane, .replaceLane, .loadLane, .storeLane].contains(row.shape) {
        let shape = row.mnemonic.prefix { $0 != "." }
        let bits = shape == "v128" ? 8 << Int(row.alignment) : 128 / Int(shape.split(separator: "x")[1])!
        let signed = row.mnemonic.hasSuffix("_s")
        var lanes = ExactLanes(a, bits: bits, signed: signed)
        for index in lanes.lanes.indices {
          if row.shape == .extractLane || row.shape == .storeLane {
            let word = Vector.extractLane(row.opcode, a, lane: UInt8(index))
            let expected = ExactLanes([lanes.lanes[index]], bits: max(bits, 32)).vector.low
            #expect(word == expected, "\(row.mnemonic) \(index)")
          } else {
            let former = lanes.lanes[index]
            lanes.lanes[index] = Int128(b.low)
            let result = Vector.replaceLane(row.opcode, a, lane: UInt8(index), b.low)
            #expect(result == lanes.vector, "\(row.mnemonic) \(index)")
            lanes.lanes[index] = former
          }
        }
      }
    }
  }

  @Test func shuffle() {
    var operands = OperandSource()
    for _ in 0..<500 {
      let (a, b, c) = (operands.vector(), operands.vector(), operands.vector())
      let lanes = ExactLanes(c, bits: 8, signed: false).lanes.map { Int($0) % 32 }
      let bytes = ExactLanes(a, bits: 8, signed: false).lanes + ExactLanes(b, bits: 8, signed: false).lanes
      let result = Vector.shuffle(a, b, lanes: ExactLanes(lanes.map { Int128($0) }, bits: 8).vector)
      #expect(result == ExactLanes(lanes.map { bytes[$0] }, bits: 8).vector)
    }
  }

  @Test func loads() {
    var count = 0
    for row in OpcodeTable.rows where row.shape == .load && row.signature == "a:v" {
      count += 1
      forEachOperands { a, _, _ in
        let size = 1 << Int(row.alignment)
        let bytes = size == 16 ? a : V128(low: size == 8 ? a.low : a.low & ((1 << UInt64(size * 8)) - 1), high: 0)
        var expected = bytes
        let name = row.mnemonic.dropFirst("v128.load".count)
        if name.contains("x") {
          let bits = Int(name.prefix { $0 != "x" })!
          let lanes = ExactLanes(bytes, bits: bits, signed: name.hasSuffix("_s")).lanes.prefix(64 / bits)
          expected = ExactLanes(Array(lanes), bits: 2 * bits).vector
        } else if name.hasSuffix("splat") {
          expected = ExactLanes(Array(repeating: Int128(bytes.low), count: 16 / size), bits: size * 8).vector
        }
        #expect(Vector.loadResult(row.opcode, bytes) == expected, "\(row.mnemonic)")
      }
    }
    #expect(count == 13)
  }
}

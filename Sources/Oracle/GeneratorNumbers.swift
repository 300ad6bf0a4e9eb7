import BinaryFormat
import IR

// Instructions on numbers and vectors, and constants.

extension GeneratorState {
  // MARK: Constants

  mutating func constant(_ type: ValueType) {
    switch type {
    case .i32: i32(Int(Int32(truncatingIfNeeded: randomInteger(bits: 32))))
    case .i64: i64(randomInteger(bits: 64))
    case .f32:
      emit(.f32Const)
      out.appendLittleEndian(randomFloatBits(exponentBits: 8, fractionBits: 23), byteCount: 4)
    case .f64:
      emit(.f64Const)
      out.appendLittleEndian(randomFloatBits(exponentBits: 11, fractionBits: 52), byteCount: 8)
    default: vectorConstant()
    }
  }

  /// Mostly numbers near those where behaviour changes.
  private mutating func randomInteger(bits: Int) -> Int64 {
    switch random.below(8) {
    case 0...2: return Int64(random.number(-2...16))
    case 3: return Int64(truncatingIfNeeded: UInt64(1) << UInt64(random.below(bits)))
    case 4: return Int64(truncatingIfNeeded: UInt64(1) << UInt64(random.below(bits))) &- 1
    case 5: return random.oneIn(2) ? Int64.min >> Int64(64 - bits) : Int64.max >> Int64(64 - bits)
    case 6: return Int64(random.below(1 << 16))
    default: return Int64(truncatingIfNeeded: random.next()) >> Int64(64 - bits)
    }
  }

  private mutating func randomFloatBits(exponentBits: UInt64, fractionBits: UInt64) -> UInt64 {
    let sign = UInt64(random.below(2)) << (exponentBits + fractionBits)
    let highest = UInt64(1) << exponentBits - 1
    let bias = highest >> 1
    let fraction = random.next() & (1 << fractionBits - 1)
    switch random.below(10) {
    case 0: return sign
    case 1: return sign | highest << fractionBits
    case 2: return sign | highest << fractionBits | 1 << (fractionBits - 1)
    case 3: return sign | highest << fractionBits | max(fraction, 1)
    case 4: return sign | (random.oneIn(2) ? fraction : 1)
    case 5: return sign | (highest << fractionBits - 1)
    case 6: return sign | bias << fractionBits
    // Whole numbers and halves, and the powers of two at which integers end.
    case 7: return sign | (bias &+ random.pick([0, 1, 2, 30, 31, 32, 62, 63, 64, UInt64.max])) << fractionBits
    case 8: return sign | (bias + UInt64(random.below(8))) << fractionBits | fraction & ~(1 << (fractionBits - 4) - 1)
    default: return sign | (UInt64(random.below(Int(highest))) << fractionBits) | fraction
    }
  }

  private mutating func vectorConstant() {
    emit(.v128Const)
    if random.oneIn(2) {
      let lane = UInt64(bitPattern: randomInteger(bits: 64))
      for _ in 0..<2 { out.appendLittleEndian(lane, byteCount: 8) }
    } else {
      for _ in 0..<4 { out.appendLittleEndian(randomFloatBits(exponentBits: 8, fractionBits: 23), byteCount: 4) }
    }
  }

  // MARK: Instructions

  /// An instruction on numbers that gives a `type`.
  mutating func numericInstruction(_ type: ValueType) -> PlannedInstruction {
    let opcode = random.pick(catalog.plain[type.numberIndex])
    let info = opcode.info
    var operands = info.operandTypes.map { GeneratorOperand.value($0.valueType) }
    if info.attributes.contains(.mayTrap) {
      if info.shape == .binary {
        operands[1] = .divisor(operands[1].type)
      } else {
        operands[0] = .convertible(operands[0].type)
      }
    }
    return PlannedInstruction(opcode, operands, [type], immediates: lanes(of: opcode))
  }

  private mutating func lanes(of opcode: Opcode) -> [Int] {
    switch opcode.info.shape {
    case .extractLane, .replaceLane: return [random.below(opcode.laneCount)]
    case .shuffle: return (0..<16).map { _ in random.below(32) }
    default: return []
    }
  }

  mutating func wideInstruction() -> PlannedInstruction? {
    guard !catalog.wide.isEmpty else { return nil }
    let opcode = random.pick(catalog.wide)
    let operands = opcode.info.operandTypes.map { GeneratorOperand.value($0.valueType) }
    return PlannedInstruction(opcode, operands, [.i64, .i64])
  }

  /// A type of which there are instructions.
  mutating func randomCalculatedType() -> ValueType {
    features.contains(.simd) && random.oneIn(3) ? .v128 : randomNumberType()
  }

  // MARK: Chains

  /// A calculation of many steps: operators behind one another, or many values before the first operator.
  mutating func chain(_ type: ValueType) {
    let count = random.oneIn(4) ? random.number(20...200) : random.number(3...15)
    let opcodes = catalog.plain[type.numberIndex].filter { opcode in
      let info = opcode.info
      return info.shape == .binary && !info.attributes.contains(.mayTrap)
        && info.operandTypes.allSatisfy { $0.valueType == type }
    }
    guard !opcodes.isEmpty else { return leaf(type) }
    leaf(type)
    if random.oneIn(2) {
      for _ in 0..<count {
        leaf(type)
        emit(random.pick(opcodes))
      }
    } else {
      for _ in 0..<count { leaf(type) }
      for _ in 0..<count { emit(random.pick(opcodes)) }
    }
  }
}

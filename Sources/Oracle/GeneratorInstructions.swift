import BinaryFormat
import IR

/// An operand as an instruction wants it, so that it seldom traps.
enum GeneratorOperand {
  case value(ValueType)
  /// An address from which accesses of 16 bytes are within a memory. A power of two bounds it; it is aligned so far.
  case address(ValueType, below: Int, alignment: Int)
  /// A number from 0 on.
  case small(ValueType, below: Int)
  /// A size or a time: never more than this, lest memory or time run out.
  case count(ValueType, ClosedRange<Int>)
  /// This number.
  case exactly(ValueType, Int)
  /// Not zero.
  case divisor(ValueType)
  /// A floating-point number that any integer type can hold.
  case convertible(ValueType)

  var type: ValueType {
    switch self {
    case .value(let type), .address(let type, _, _), .small(let type, _), .count(let type, _), .exactly(let type, _),
      .divisor(let type), .convertible(let type):
      return type
    }
  }

  var isPlain: Bool {
    if case .value = self { return true }
    return false
  }
}

/// An instruction with its immediates, before its operands are there.
struct PlannedInstruction {
  let opcode: Opcode
  let operands: [GeneratorOperand]
  let results: [ValueType]
  /// Indices and the like, in the order of the binary format.
  var immediates: [Int] = []
  var memarg: Memarg?
  var heapType: HeapType?

  init(
    _ opcode: Opcode, _ operands: [GeneratorOperand], _ results: [ValueType] = [], immediates: [Int] = [],
    memarg: Memarg? = nil, heapType: HeapType? = nil
  ) {
    self.opcode = opcode
    self.operands = operands
    self.results = results
    self.immediates = immediates
    self.memarg = memarg
    self.heapType = heapType
  }
}

/// The opcodes that a module may use and whose operand and result types never change.
struct InstructionCatalog {
  /// By `numberIndex` of the result.
  private(set) var plain: [[Opcode]] = [[], [], [], [], []]
  /// Instructions that access memory and give a number, by `numberIndex` of it.
  private(set) var memory: [[Opcode]] = [[], [], [], [], []]
  private(set) var stores: [Opcode] = []
  /// Instructions with two results.
  private(set) var wide: [Opcode] = []

  init(features: FeatureSet) {
    for opcode in Opcode.allCases {
      let info = opcode.info
      guard info.code != .max && features.isSuperset(of: info.feature) else { continue }
      switch info.shape {
      case .unary, .binary, .ternary, .extractLane, .replaceLane, .shuffle:
        plain[info.result.valueType.numberIndex].append(opcode)
      case .load, .loadLane, .rmw, .cmpxchg, .atomicWait:
        memory[info.result.valueType.numberIndex].append(opcode)
      case .store, .storeLane: stores.append(opcode)
      case .wideAdd, .wideMultiply: wide.append(opcode)
      default: break
      }
    }
  }
}

extension ValueType {
  /// A dense number for the number and vector types.
  var numberIndex: Int { Int(bits) - 2 }

  static let numbers: [ValueType] = [.i32, .i64, .f32, .f64, .v128]
}

extension OpcodeInfo {
  var operandTypes: [ResultType] { Array([operands.0, operands.1, operands.2, operands.3].prefix(Int(operandCount))) }
}

// MARK: Emitting

extension GeneratorState {
  mutating func emit(_ instruction: PlannedInstruction) {
    let opcode = instruction.opcode
    emit(opcode)
    if let memarg = instruction.memarg { emit(memarg) }
    if let heapType = instruction.heapType { out.append(heapType) }
    for immediate in instruction.immediates {
      if allowsPadding(opcode) { index(immediate) } else { out.appendUnsigned(immediate) }
    }
    switch opcode.info.shape {
    case .atomicFence: out.append(0)
    case .memoryInit, .dataDrop, .arrayNewData, .arrayInitData: usesDataIndices = true
    default: break
    }
  }

  /// Whether immediates may be longer than they need be. Lanes are bytes; other zeros were bytes before the feature
  /// that made indices of them.
  private func allowsPadding(_ opcode: Opcode) -> Bool {
    switch opcode.info.shape {
    case .extractLane, .replaceLane, .shuffle, .loadLane, .storeLane: return false
    case .memorySize, .memoryGrow, .memoryFill, .memoryCopy, .memoryInit: return features.contains(.multimemory)
    case .callIndirect: return features.contains(.callIndirectOverlong)
    default: return true
    }
  }

  private mutating func emit(_ memarg: Memarg) {
    let namesMemory = memarg.memory.rawValue != 0 || features.contains(.multimemory) && random.oneIn(30)
    index(Int(memarg.alignment) | (namesMemory ? 0x40 : 0))
    if namesMemory { index(memarg.memory) }
    unsigned(memarg.offset, bits: module.memories[memarg.memory].limits.is64 ? 64 : 32)
  }

  /// Operands, then the instruction.
  mutating func perform(_ instruction: PlannedInstruction) {
    push(instruction.operands)
    emit(instruction)
  }

  mutating func push(_ operands: some Collection<GeneratorOperand>) {
    for operand in operands {
      if random.oneIn(25) { statement() }
      push(operand)
    }
  }

  private mutating func push(_ operand: GeneratorOperand) {
    switch operand {
    case .value(let type): expression(type)
    case .count(let type, let range): pushCount(type, range)
    case _ where random.oneIn(style.trapRate): expression(operand.type)
    case .exactly(let type, let value): pushExactly(value, type)
    case .address(let type, let limit, let alignment): pushAddress(type, below: limit, alignment: alignment)
    case .small(let type, let limit): pushSmall(type, below: limit)
    case .divisor(let type): pushDivisor(type)
    case .convertible(let type): pushConvertible(type)
    }
  }

  private mutating func pushExactly(_ value: Int, _ type: ValueType) {
    if !random.oneIn(6) { return number(value, type) }
    expression(type)
    number(0, type)
    emit(type == .i64 ? .i64And : .i32And)
    if value != 0 {
      number(value, type)
      emit(type == .i64 ? .i64Or : .i32Or)
    }
  }

  private mutating func pushAddress(_ type: ValueType, below limit: Int, alignment: Int) {
    if random.oneIn(4) { return number(random.below(limit) & ~(alignment - 1), type) }
    expression(type)
    let mask = random.oneIn(3) ? limit - 1 : min(limit - 1, random.pick([0xf, 0x3f, 0xff]))
    number(mask & ~(alignment - 1), type)
    emit(type == .i64 ? .i64And : .i32And)
  }

  private mutating func pushSmall(_ type: ValueType, below limit: Int) {
    if limit <= 1 || !random.oneIn(4) { return number(random.below(max(limit, 1)), type) }
    expression(type)
    number(limit, type)
    emit(type == .i64 ? .i64RemU : .i32RemU)
  }

  private mutating func pushCount(_ type: ValueType, _ range: ClosedRange<Int>) {
    pushSmall(type, below: range.count)
    if range.lowerBound == 0 { return }
    number(range.lowerBound, type)
    emit(type == .i64 ? .i64Add : .i32Add)
  }

  private mutating func pushDivisor(_ type: ValueType) {
    if random.oneIn(3) { return number(random.pick([1, 2, 3, 7, 8, 10, -1, -2, 64, 1 << 31, 1000]), type) }
    expression(type)
    number(random.oneIn(2) ? 1 : random.number(1...255), type)
    emit(type == .i64 ? .i64Or : .i32Or)
  }

  private mutating func pushConvertible(_ type: ValueType) {
    expression(.i32)
    i32(0x3fff)
    emit(.i32And)
    emit(type == .f64 ? .f64ConvertI32U : .f32ConvertI32U)
  }
}

/// What an instruction does besides computing its result.
public struct OpcodeAttributes: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Can trap by itself; calls count. Throwing an exception is not a trap.
  @inlinable public static var mayTrap: OpcodeAttributes { OpcodeAttributes(rawValue: 1) }
  /// No side effect and no read of mutable state, trapping aside.
  @inlinable public static var pure: OpcodeAttributes { OpcodeAttributes(rawValue: 2) }
  @inlinable public static var readsMemory: OpcodeAttributes { OpcodeAttributes(rawValue: 4) }
  @inlinable public static var writesMemory: OpcodeAttributes { OpcodeAttributes(rawValue: 8) }
  /// Two operands whose order does not matter.
  @inlinable public static var commutative: OpcodeAttributes { OpcodeAttributes(rawValue: 16) }
  /// Each run makes a new object: two equal instructions may not become one.
  @inlinable public static var generative: OpcodeAttributes { OpcodeAttributes(rawValue: 32) }
}

/// One instruction of the language.
public struct OpcodeRow: Sendable {
  public let opcode: Opcode
  /// Text-format name. `select`, `ref.test` and `ref.cast` have two rows each.
  public let mnemonic: String
  /// The opcode byte; with a prefix: prefix << 16 | the number after it.
  public let code: UInt32
  public let shape: Shape
  /// Operand and result types of instructions that always have the same: "operands:results" of i (i32), l (i64),
  /// f (f32), d (f64), v (v128) and a (address type of the memory). Empty for all others.
  public let signature: String
  public let attributes: OpcodeAttributes
  /// log2 of the natural alignment in bytes, of instructions with a memarg.
  public let alignment: UInt8
  /// The feature that brought the instruction.
  public let feature: FeatureSet

  init(
    _ opcode: Opcode, _ mnemonic: String, _ code: UInt32, _ shape: Shape, _ signature: String = "",
    _ attributes: OpcodeAttributes = [], align: UInt8 = 0, feature: FeatureSet = .mvp
  ) {
    self.opcode = opcode
    self.mnemonic = mnemonic
    self.code = code
    self.shape = shape
    self.signature = signature
    self.attributes = attributes
    alignment = align
    self.feature = feature
  }

  init(
    _ opcode: Opcode, _ mnemonic: String, _ code: UInt32, _ shape: Shape, _ attributes: OpcodeAttributes,
    align: UInt8 = 0, feature: FeatureSet = .mvp
  ) {
    self.init(opcode, mnemonic, code, shape, "", attributes, align: align, feature: feature)
  }
}

/// The row of an opcode in the form that hot loops read: fixed size, no strings.
@frozen public struct OpcodeInfo: BitwiseCopyable, Sendable {
  public let shape: Shape
  public let attributes: OpcodeAttributes
  public let alignment: UInt8
  /// Number of operands that the signature gives.
  public let operandCount: UInt8
  public let layout: OperandLayout
  public let code: UInt32
  public let feature: FeatureSet
  /// Types of the operands; an address is `.none`.
  public let operands: (ResultType, ResultType, ResultType, ResultType)
  /// `.none` if the signature gives no result; two results (wide arithmetic) count as none here.
  public let result: ResultType
}

/// The list of all instructions.
public enum OpcodeTable {
  /// In the order of `Opcode`; the pseudo instructions come last.
  public static let rows: [OpcodeRow] =
    controlRows + memoryRows + numericRows + gcRows + bulkRows + vectorRows + atomicRows + pseudoRows

  static let pseudoRows: [OpcodeRow] = [
    OpcodeRow(.tupleMake, "tuple.make", .max, .tupleMake),
    OpcodeRow(.tupleSet, "tuple.set", .max, .tupleSet),
    OpcodeRow(.keep, "keep", .max, .keep),
    OpcodeRow(.payload, "payload", .max, .payload),
  ]

  /// `rows` by opcode number, in memory that lives as long as the program: loops copy the pointer once.
  public static var infos: UnsafePointer<OpcodeInfo> { infoMemory.pointer }

  /// Mnemonic to opcode; of two opcodes with one mnemonic the first.
  public static let byMnemonic: [String: Opcode] = Dictionary(
    rows.filter { $0.code != .max }.map { ($0.mnemonic, $0.opcode) }, uniquingKeysWith: { first, _ in first })

  /// Opcodes by encoding, for the decoder: page 0 holds the one-byte opcodes, pages 1-4 those after 0xfb-0xfe. An
  /// entry is the opcode number or 0xffff.
  public static var decoding: UnsafePointer<UInt16> { decodingMemory.pointer }

  /// Entries of one page of `decoding`.
  public static let decodingPageSize = 0x120

  private struct Memory<Value>: @unchecked Sendable {
    // Unchecked: written once, before it is shared.
    let pointer: UnsafePointer<Value>
  }

  private static let infoMemory: Memory<OpcodeInfo> = {
    let memory = UnsafeMutablePointer<OpcodeInfo>.allocate(capacity: rows.count)
    for (index, row) in rows.enumerated() { (memory + index).initialize(to: OpcodeInfo(row)) }
    return Memory(pointer: UnsafePointer(memory))
  }()

  private static let decodingMemory: Memory<UInt16> = {
    let memory = UnsafeMutablePointer<UInt16>.allocate(capacity: 5 * decodingPageSize)
    memory.initialize(repeating: .max, count: 5 * decodingPageSize)
    for row in rows where row.code != .max {
      let page = row.code >> 16 == 0 ? 0 : Int(row.code >> 16) - 0xfa
      memory[page * decodingPageSize + Int(row.code & 0xffff)] = row.opcode.rawValue
    }
    return Memory(pointer: UnsafePointer(memory))
  }()
}

extension OpcodeInfo {
  init(_ row: OpcodeRow) {
    let halves = row.signature.split(separator: ":", omittingEmptySubsequences: false)
    let operandTypes = (halves.first ?? "").map(OpcodeInfo.type)
    let resultTypes = (halves.count > 1 ? halves[1] : "").map(OpcodeInfo.type)
    func operand(_ index: Int) -> ResultType { index < operandTypes.count ? operandTypes[index] : .none }
    shape = row.shape
    attributes = row.attributes
    alignment = row.alignment
    operandCount = UInt8(operandTypes.count)
    layout = row.shape.operandLayout
    code = row.code
    feature = row.feature
    operands = (operand(0), operand(1), operand(2), operand(3))
    result = resultTypes.count == 1 ? resultTypes[0] : .none
  }

  private static func type(_ letter: Character) -> ResultType {
    switch letter {
    case "i": return .i32
    case "l": return .i64
    case "f": return .f32
    case "d": return .f64
    case "v": return .v128
    default: return .none
    }
  }
}

extension Opcode {
  /// The row in the form for hot loops.
  @inlinable public var info: OpcodeInfo { OpcodeTable.infos[Int(rawValue)] }
  public var row: OpcodeRow { OpcodeTable.rows[Int(rawValue)] }
  public var mnemonic: String { row.mnemonic }
}

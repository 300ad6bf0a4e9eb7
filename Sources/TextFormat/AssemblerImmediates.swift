import IR
import Support

// Instructions without a body: their opcode and immediates, appended to `pending`.

extension Assembler {
  /// Consumes the immediates of an instruction whose mnemonic is consumed, and appends its encoding to `pending`.
  mutating func assemblePlain(_ opcode: UInt16, _ info: OpcodeInfo) throws {
    switch info.shape {
    case .select: return try assembleSelect()
    case .refTest, .refCast: return try assembleCast(info)
    case .localGet, .localSet, .localTee:
      pending.append(UInt8(info.code))
      return pending.appendUnsigned(try readIndex(.local))
    case .unary, .binary, .ternary, .drop, .nop, .return, .unreachable:
      return appendCode(info.code)
    default:
      appendCode(info.code)
      try assembleImmediates(info)
    }
  }

  private mutating func appendCode(_ code: UInt32) {
    if code >> 16 == 0 {
      pending.append(UInt8(code))
    } else {
      pending.append(UInt8(code >> 16))
      pending.appendUnsigned(code & 0xffff)
    }
  }

  private mutating func assembleImmediates(_ info: OpcodeInfo) throws {
    switch info.shape {
    case .i32Const:
      pending.appendSigned(Int64(Int32(truncatingIfNeeded: try tokens.readInteger(bits: 32))))
    case .i64Const: pending.appendSigned(Int64(bitPattern: try tokens.readInteger(bits: 64)))
    case .f32Const: pending.appendLittleEndian(try tokens.readFloat(.f32), byteCount: 4)
    case .f64Const: pending.appendLittleEndian(try tokens.readFloat(.f64), byteCount: 8)
    case .v128Const:
      let vector = try tokens.readVector()
      pending.appendLittleEndian(vector.low, byteCount: 8)
      pending.appendLittleEndian(vector.high, byteCount: 8)
    case .load, .store, .rmw, .cmpxchg, .atomicWait: try assembleMemoryArgument(info)
    case .loadLane, .storeLane: try assembleLaneAccess(info)
    case .call, .refFunc: pending.appendUnsigned(try readIndex(.function))
    case .globalGet, .globalSet: pending.appendUnsigned(try readIndex(.global))
    case .br, .brIf, .brOnNull, .rethrow: pending.appendUnsigned(try readLabel())
    case .brTable: try assembleBranchTable()
    case .callIndirect: try assembleCallIndirect()
    case .callRef: pending.appendUnsigned(try readIndex(.type))
    case .throw: pending.appendUnsigned(try readIndex(.tag))
    case .brOnCast: try assembleBranchOnCast()
    case .refNull: pending.append(try readHeapType())
    case .extractLane, .replaceLane: pending.append(try readLane())
    case .shuffle: for _ in 0..<16 { pending.append(try readLane()) }
    case .atomicFence: pending.append(0x00)
    default: try assembleIndices(info)
    }
  }

  /// Immediates that are indices of tables, memories, segments and aggregate types.
  private mutating func assembleIndices(_ info: OpcodeInfo) throws {
    switch info.shape {
    case .tableGet, .tableSet, .tableSize, .tableGrow, .tableFill:
      pending.appendUnsigned(try readOptionalIndex(.table) ?? 0)
    case .memorySize, .memoryGrow, .memoryFill:
      pending.appendUnsigned(try readOptionalIndex(.memory) ?? 0)
    case .tableCopy: try assembleIndexPair(.table)
    case .memoryCopy: try assembleIndexPair(.memory)
    case .tableInit: try assembleInit(container: .table, segment: .element)
    case .memoryInit:
      needsDataCount = true
      try assembleInit(container: .memory, segment: .data)
    case .elemDrop: pending.appendUnsigned(try readIndex(.element))
    case .dataDrop:
      needsDataCount = true
      pending.appendUnsigned(try readIndex(.data))
    default: try assembleAggregate(info)
    }
  }

  private mutating func assembleAggregate(_ info: OpcodeInfo) throws {
    switch info.shape {
    case .structNew, .structNewDefault, .arrayNew, .arrayNewDefault, .arrayGet, .arraySet, .arrayFill:
      pending.appendUnsigned(try readIndex(.type))
    case .structGet, .structSet:
      let type = try readIndex(.type)
      pending.appendUnsigned(type)
      pending.appendUnsigned(try readFieldIndex(of: type))
    case .arrayNewFixed:
      pending.appendUnsigned(try readIndex(.type))
      pending.appendUnsigned(try tokens.readU32("the number of elements"))
    case .arrayNewData, .arrayInitData:
      needsDataCount = true
      pending.appendUnsigned(try readIndex(.type))
      pending.appendUnsigned(try readIndex(.data))
    case .arrayNewElem, .arrayInitElem:
      pending.appendUnsigned(try readIndex(.type))
      pending.appendUnsigned(try readIndex(.element))
    case .arrayCopy:
      pending.appendUnsigned(try readIndex(.type))
      pending.appendUnsigned(try readIndex(.type))
    default: break  // no immediates
    }
  }

  // MARK: Control

  private mutating func assembleBranchTable() throws {
    branchTargets.removeAll()
    repeat { branchTargets.append(try readLabel()) } while nextIsIdentifier || tokens.token.kind == .number
    pending.appendUnsigned(branchTargets.count - 1)
    for index in 0..<branchTargets.count { pending.appendUnsigned(branchTargets[index]) }
  }

  private mutating func assembleCallIndirect() throws {
    let table = try readOptionalIndex(.table) ?? 0
    pending.appendUnsigned(try readTypeUse(bindsLocals: false))
    pending.appendUnsigned(table)
  }

  private mutating func assembleSelect() throws {
    guard tokens.token.isOpen(.result) else { return pending.append(0x1b) }
    signature.removeAll()
    try readResults()
    pending.append(0x1c)
    pending.appendUnsigned(signature.resultCount)
    signature.results.withUnsafeBuffer { pending.append(contentsOf: $0) }
  }

  // MARK: References

  /// `ref.test` and `ref.cast`: the opcode for a nullable type is the next after that for a non-null one.
  private mutating func assembleCast(_ info: OpcodeInfo) throws {
    let type = try readReferenceType()
    appendCode(info.code + (type.isNullable ? 1 : 0))
    pending.append(type.heapType)
  }

  private mutating func assembleBranchOnCast() throws {
    let label = try readLabel()
    let source = try readReferenceType()
    let target = try readReferenceType()
    pending.append((source.isNullable ? 0x01 : 0x00) | (target.isNullable ? 0x02 : 0x00))
    pending.appendUnsigned(label)
    pending.append(source.heapType)
    pending.append(target.heapType)
  }

  // MARK: Tables and memories

  /// Two indices or none.
  private mutating func assembleIndexPair(_ space: IndexSpace) throws {
    let first = try readOptionalIndex(space)
    pending.appendUnsigned(first ?? 0)
    pending.appendUnsigned(first == nil ? 0 : try readIndex(space))
  }

  /// The index of a table or memory, which may be missing, then that of a segment; the binary has them the other way.
  private mutating func assembleInit(container: IndexSpace, segment: IndexSpace) throws {
    let start = tokens.token.start
    try skipIndex(segment)
    if nextIsIdentifier || tokens.token.kind == .number {
      try tokens.seek(to: start)
      let containerIndex = try readIndex(container)
      pending.appendUnsigned(try readIndex(segment))
      pending.appendUnsigned(containerIndex)
    } else {
      try tokens.seek(to: start)
      pending.appendUnsigned(try readIndex(segment))
      pending.append(0x00)
    }
  }

  private mutating func skipIndex(_ space: IndexSpace) throws {
    guard nextIsIdentifier || tokens.token.kind == .number else {
      throw tokens.unexpectedToken(expecting: "a \(space.description)")
    }
    try tokens.advance()
  }

  private mutating func assembleMemoryArgument(_ info: OpcodeInfo) throws {
    let memory = try readOptionalIndex(.memory) ?? 0
    try assembleMemoryArgument(memory, info)
  }

  private mutating func assembleMemoryArgument(_ memory: UInt32, _ info: OpcodeInfo) throws {
    let offset = try tokens.readMemoryOption("offset=") ?? 0
    let alignStart = tokens.token.start
    var alignment = UInt32(info.alignment)
    if let bytes = try tokens.readMemoryOption("align=") {
      guard bytes.nonzeroBitCount == 1 else {
        throw tokens.error("alignment must be a power of two, found \(bytes)", at: alignStart)
      }
      alignment = UInt32(bytes.trailingZeroBitCount)
    }
    pending.appendUnsigned(alignment | (memory != 0 ? 0x40 : 0))
    if memory != 0 { pending.appendUnsigned(memory) }
    pending.appendUnsigned(offset)
  }

  /// A number alone is the lane; before another number or an option, it is the memory.
  private mutating func assembleLaneAccess(_ info: OpcodeInfo) throws {
    var memory: UInt32?
    if nextIsIdentifier {
      memory = try readIndex(.memory)
    } else if tokens.token.kind == .number {
      let start = tokens.token.start
      try tokens.advance()
      let isMemory = tokens.token.kind == .number || tokens.nextIsMemoryOption
      try tokens.seek(to: start)
      if isMemory { memory = try readIndex(.memory) }
    }
    try assembleMemoryArgument(memory ?? 0, info)
    pending.append(try readLane())
  }

  private mutating func readLane() throws -> UInt8 {
    UInt8(truncatingIfNeeded: try tokens.readUnsigned(bits: 8, "a lane"))
  }
}

extension TokenStream {
  /// Whether `offset=` or `align=` is next.
  var nextIsMemoryOption: Bool {
    token.kind == .word
      && (content(of: token).starts(with: "offset=".utf8) || content(of: token).starts(with: "align=".utf8))
  }

  /// Consumes `name` with a number glued to it, if it is next.
  mutating func readMemoryOption(_ name: StaticString) throws -> UInt64? {
    let count = name.utf8CodeUnitCount
    let text = content(of: token)
    guard token.kind == .word, text.count >= count, memcmp(text.baseAddress!, name.utf8Start, count) == 0 else {
      return nil
    }
    guard let literal = IntegerLiteral(UnsafeBufferPointer(rebasing: text[count...])), !literal.hasSign else {
      throw error("unknown operator \(excerpt(of: token))", at: token.start)
    }
    guard !literal.isTooLarge else {
      throw error("i64 constant out of range: \(excerpt(of: token))", at: token.start)
    }
    try advance()
    return literal.magnitude
  }

  /// Consumes shape and lanes of a `v128` constant.
  mutating func readVector() throws -> (low: UInt64, high: UInt64) {
    guard token.kind == .word, let shape = VectorShape(token.word.keyword) else {
      throw unexpectedToken(expecting: "the shape of a vector")
    }
    try advance()
    var halves: (UInt64, UInt64) = (0, 0)
    for lane in 0..<shape.laneCount {
      guard token.kind != .rightParen else {
        throw error("wrong number of lane literals: expected \(shape.laneCount), found \(lane)", at: token.start)
      }
      let bits = shape.format != nil ? try readFloat(shape.format!) : try readInteger(bits: shape.laneBits)
      let position = lane * shape.laneBits
      if position < 64 {
        halves.0 |= bits << UInt64(position)
      } else {
        halves.1 |= bits << UInt64(position - 64)
      }
    }
    if token.kind == .number {
      throw error("wrong number of lane literals: expected \(shape.laneCount), found more", at: token.start)
    }
    return halves
  }
}

/// The shape of a vector constant.
struct VectorShape {
  let laneBits: Int
  /// Of lanes that are floating-point numbers.
  let format: FloatFormat?

  var laneCount: Int { 128 / laneBits }

  init?(_ keyword: Keyword) {
    switch keyword {
    case .i8x16: (laneBits, format) = (8, nil)
    case .i16x8: (laneBits, format) = (16, nil)
    case .i32x4: (laneBits, format) = (32, nil)
    case .i64x2: (laneBits, format) = (64, nil)
    case .f32x4: (laneBits, format) = (32, .f32)
    case .f64x2: (laneBits, format) = (64, .f64)
    default: return nil
    }
  }
}

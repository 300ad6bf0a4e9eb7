import IR
import Support

// Memory and table instructions.

extension BodyDecoder {
  private mutating func readMemory() throws -> (MemoryID, address: ValueType) {
    let start = reader.position
    let memory = try reader.readU32()
    guard memory < UInt32(declarations.memories.count) else {
      throw reader.error("unknown memory \(memory)", at: start, kind: .invalid)
    }
    if memory != 0 { noteFeatures(.multimemory) }
    return (MemoryID(rawValue: memory), declarations.memories[Int(memory)].address)
  }

  private mutating func readMemarg(_ info: OpcodeInfo) throws -> (Memarg, address: ValueType) {
    let start = reader.position
    let flags = try reader.readU32()
    guard flags < 0x80 else { throw reader.error("malformed memop flags", at: start) }
    let alignment = UInt8(flags & 0x3f)
    var memory = MemoryID(rawValue: 0)
    var address = ValueType.i32
    if flags & 0x40 != 0 {
      (memory, address) = try readMemory()
    } else {
      guard !declarations.memories.isEmpty else { throw invalid("unknown memory 0") }
      address = declarations.memories[0].address
    }
    let offsetStart = reader.position
    let offset = try reader.readU64()
    guard address == .i64 || offset <= UInt64(UInt32.max) else {
      throw reader.error("offset out of range", at: offsetStart, kind: .invalid)
    }
    if info.feature == .threads {
      guard alignment == info.alignment else { throw invalid("alignment must be equal to natural") }
    } else if alignment > info.alignment {
      throw invalid("alignment must not be larger than natural")
    }
    return (Memarg(offset: offset, alignment: alignment, memory: memory), address)
  }

  mutating func decodeLoad(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    let (memarg, addressType) = try readMemarg(info)
    let address = try pop(addressType, in: &body)
    push(NodeRecord(opcode, info.result, a: address.rawValue, c: body.pack(memarg)), in: &body)
  }

  mutating func decodeStore(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    let (memarg, addressType) = try readMemarg(info)
    let value = try pop(info.operands.1.valueType, isFirst: false, in: &body)
    let address = try pop(addressType, in: &body)
    pushStatement(
      NodeRecord(opcode, .none, a: address.rawValue, b: value.rawValue, c: body.pack(memarg)), in: &body)
  }

  mutating func decodeMemory(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    switch info.shape {
    case .loadLane, .storeLane: try decodeLaneAccess(opcode, info, in: &body)
    case .rmw:
      let (memarg, addressType) = try readMemarg(info)
      let value = try pop(info.operands.1.valueType, isFirst: false, in: &body)
      let address = try pop(addressType, in: &body)
      push(NodeRecord(opcode, info.result, a: address.rawValue, b: value.rawValue, c: body.pack(memarg)), in: &body)
    case .cmpxchg, .atomicWait:
      let (memarg, addressType) = try readMemarg(info)
      let packed = body.pack(memarg)
      let types = [addressType, info.operands.1.valueType, info.operands.2.valueType]
      try pushWide(NodeRecord(opcode, info.result, a: packed), types, in: &body)
    case .atomicFence:
      guard try reader.readByte() == 0 else { throw reader.error("zero byte expected", at: reader.position - 1) }
      pushStatement(NodeRecord(.atomicFence, .none), in: &body)
    case .memorySize:
      let (memory, address) = try readMemory()
      push(NodeRecord(.memorySize, ResultType(address), a: memory.rawValue), in: &body)
    case .memoryGrow:
      let (memory, address) = try readMemory()
      let pages = try pop(address, in: &body)
      push(NodeRecord(.memoryGrow, ResultType(address), a: pages.rawValue, b: memory.rawValue), in: &body)
    case .memoryFill:
      let (memory, address) = try readMemory()
      try pushWide(NodeRecord(.memoryFill, .none, a: memory.rawValue), [address, .i32, address], in: &body)
    case .memoryCopy:
      let (destination, to) = try readMemory()
      let (source, from) = try readMemory()
      let count: ValueType = to == .i64 && from == .i64 ? .i64 : .i32
      body.pool.append(source.rawValue)
      try pushWide(NodeRecord(.memoryCopy, .none, a: destination.rawValue), [to, from, count], in: &body)
    case .memoryInit:
      let data = try readData()
      let (memory, address) = try readMemory()
      body.pool.append(memory.rawValue)
      try pushWide(NodeRecord(.memoryInit, .none, a: data.rawValue), [address, .i32, .i32], in: &body)
    default:
      let data = try readData()
      pushStatement(NodeRecord(.dataDrop, .none, a: data.rawValue), in: &body)
    }
  }

  private mutating func decodeLaneAccess(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    let (memarg, addressType) = try readMemarg(info)
    let lane = try readLane(limit: 16 >> info.alignment)
    let vector = try pop(.v128, isFirst: false, in: &body)
    let address = try pop(addressType, in: &body)
    let packed = body.pack(memarg, lane: lane)
    let record = NodeRecord(opcode, info.result, a: address.rawValue, b: vector.rawValue, c: packed)
    if info.result == .none { pushStatement(record, in: &body) } else { push(record, in: &body) }
  }

  mutating func readLane(limit: Int) throws -> UInt8 {
    let lane = try reader.readByte()
    guard lane < limit else { throw invalid("invalid lane index \(lane): the vector has \(limit) lanes") }
    return lane
  }

  mutating func readData() throws -> DataID {
    let start = reader.position
    let data = try reader.readU32()
    usesDataIndex = true
    if validates && !declarations.hasDataCount {
      throw reader.error("data count section required", at: opcodeOffset)
    }
    guard data < UInt32(declarations.dataCount) else {
      throw reader.error("unknown data segment \(data)", at: start, kind: .invalid)
    }
    return DataID(rawValue: data)
  }

  /// Pushes a node whose operands, of these types, are a range of the pool. Its header must have just been appended.
  mutating func pushWide(_ record: NodeRecord, _ types: [ValueType], in body: inout Body) throws {
    let list = try popList(types[...], in: &body)
    var record = record
    record.b = UInt32(list.range.lowerBound)
    record.c = UInt32(list.count)
    pushResult(make(record, in: &body), record.type, in: &body)
  }

  // MARK: Tables

  mutating func readTable() throws -> (TableID, element: ValueType, address: ValueType) {
    let start = reader.position
    let table = try reader.readU32()
    guard table < UInt32(declarations.tables.count) else {
      throw reader.error("unknown table \(table)", at: start, kind: .invalid)
    }
    let type = declarations.tables[Int(table)]
    return (TableID(rawValue: table), type.element, type.address)
  }

  mutating func readElement() throws -> (ElementID, ValueType) {
    let start = reader.position
    let element = try reader.readU32()
    guard element < UInt32(declarations.elementTypes.count) else {
      throw reader.error("unknown elem segment \(element)", at: start, kind: .invalid)
    }
    return (ElementID(rawValue: element), declarations.elementTypes[Int(element)])
  }

  mutating func decodeTable(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    switch info.shape {
    case .tableGet:
      let (table, element, address) = try readTable()
      let index = try pop(address, in: &body)
      push(NodeRecord(.tableGet, ResultType(element), a: index.rawValue, b: table.rawValue), in: &body)
    case .tableSet:
      let (table, element, address) = try readTable()
      let value = try pop(element, isFirst: false, in: &body)
      let index = try pop(address, in: &body)
      pushStatement(
        NodeRecord(.tableSet, .none, a: index.rawValue, b: value.rawValue, c: table.rawValue), in: &body)
    case .tableSize:
      let (table, _, address) = try readTable()
      push(NodeRecord(.tableSize, ResultType(address), a: table.rawValue), in: &body)
    case .tableGrow:
      let (table, element, address) = try readTable()
      let count = try pop(address, isFirst: false, in: &body)
      let value = try pop(element, in: &body)
      push(
        NodeRecord(.tableGrow, ResultType(address), a: value.rawValue, b: count.rawValue, c: table.rawValue),
        in: &body)
    case .tableFill:
      let (table, element, address) = try readTable()
      try pushWide(NodeRecord(.tableFill, .none, a: table.rawValue), [address, element, address], in: &body)
    case .tableCopy:
      let (destination, element, to) = try readTable()
      let (source, sourceElement, from) = try readTable()
      try check(sourceElement, matches: element)
      let count: ValueType = to == .i64 && from == .i64 ? .i64 : .i32
      body.pool.append(source.rawValue)
      try pushWide(NodeRecord(.tableCopy, .none, a: destination.rawValue), [to, from, count], in: &body)
    case .tableInit:
      let (segment, segmentType) = try readElement()
      let (table, element, address) = try readTable()
      try check(segmentType, matches: element)
      body.pool.append(table.rawValue)
      try pushWide(NodeRecord(.tableInit, .none, a: segment.rawValue), [address, .i32, .i32], in: &body)
    default:
      let (segment, _) = try readElement()
      pushStatement(NodeRecord(.elemDrop, .none, a: segment.rawValue), in: &body)
    }
  }
}

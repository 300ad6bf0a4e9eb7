import IR
import Support

// What stands between the mnemonic of an instruction and its operands (specification 6.5), each with a space in front.

extension TextPrinter {
  mutating func appendImmediates(of id: NodeID, of body: borrowing Body) {
    switch body[id] {
    case .localGet(let local): append(local, of: body)
    case .localSet(let node), .localTee(let node): append(node.local, of: body)
    case .globalGet(let global): append(global, in: identifiers.globals)
    case .globalSet(let node): append(node.global, in: identifiers.globals)
    case .i32Const(let value): appendSpaced { $0.appendDecimal(Int64(value)) }
    case .i64Const(let value): appendSpaced { $0.appendDecimal(value) }
    case .f32Const(let bits): appendSpaced { $0.appendF32(bits: bits) }
    case .f64Const(let bits): appendSpaced { $0.appendF64(bits: bits) }
    case .v128Const(let value): append(value)
    case .load(let node): append(node.memarg, of: node.opcode)
    case .store(let node): append(node.memarg, of: node.opcode)
    case .loadLane(let node), .storeLane(let node):
      append(node.memarg, of: node.opcode)
      appendSpaced { $0.appendDecimal(UInt32(node.lane)) }
    case .rmw(let node): append(node.memarg, of: node.opcode)
    case .cmpxchg(let node): append(node.memarg, of: node.opcode)
    case .atomicWait(let node): append(node.memarg, of: node.opcode)
    case .call(let node): append(node.function, in: identifiers.functions)
    case .callIndirect(let node):
      if !identifiers.tables.isFirst(node.table) { append(node.table, in: identifiers.tables) }
      appendTypeReference(node.type)
    case .callRef(let node): append(node.type, in: identifiers.types)
    case .throw(let node): append(node.tag, in: identifiers.tags)
    case .br(let node): labels.append(node.label, to: &text)
    case .brIf(let node): labels.append(node.label, to: &text)
    case .brTable(let node):
      for index in 0..<node.labelCount { labels.append(body.label(index, of: node), to: &text) }
    case .rethrow(let label): labels.append(label, to: &text)
    case .select: appendSelectType(of: id, of: body)
    case .extractLane(let node): appendSpaced { $0.appendDecimal(UInt32(node.lane)) }
    case .replaceLane(let node): appendSpaced { $0.appendDecimal(UInt32(node.lane)) }
    case .shuffle(let node):
      for index in 0..<16 { appendSpaced { $0.appendDecimal(UInt32(node.lanes[index])) } }
    default: appendRareImmediates(of: id, of: body)
    }
  }

  private mutating func appendRareImmediates(of id: NodeID, of body: borrowing Body) {
    switch body[id] {
    case .brOnNull(let node): labels.append(node.label, to: &text)
    case .brOnCast(let node):
      labels.append(node.label, to: &text)
      appendSpaced(node.source)
      appendSpaced(node.target)
    case .tableGet(let node): append(node.table, in: identifiers.tables)
    case .tableSet(let node): append(node.table, in: identifiers.tables)
    case .tableSize(let table): append(table, in: identifiers.tables)
    case .tableGrow(let node): append(node.table, in: identifiers.tables)
    case .tableFill(let node): append(node.table, in: identifiers.tables)
    case .tableCopy(let node):
      append(node.destination, in: identifiers.tables)
      append(node.source, in: identifiers.tables)
    case .tableInit(let node):
      append(node.table, in: identifiers.tables)
      append(node.element, in: identifiers.elements)
    case .elemDrop(let element): append(element, in: identifiers.elements)
    case .memorySize(let memory): append(memory)
    case .memoryGrow(let node): append(node.memory)
    case .memoryFill(let node): append(node.memory)
    case .memoryCopy(let node):
      if !identifiers.memories.isFirst(node.destination) || !identifiers.memories.isFirst(node.source) {
        append(node.destination, in: identifiers.memories)
        append(node.source, in: identifiers.memories)
      }
    case .memoryInit(let node):
      append(node.memory)
      append(node.data, in: identifiers.datas)
    case .dataDrop(let data): append(data, in: identifiers.datas)
    case .refNull(let type): appendSpaced(type)
    case .refFunc(let function): append(function, in: identifiers.functions)
    case .refTest(let node), .refCast(let node): appendSpaced(node.target)
    default: appendAggregateImmediates(of: id, of: body)
    }
  }

  private mutating func appendAggregateImmediates(of id: NodeID, of body: borrowing Body) {
    let types = identifiers.types
    switch body[id] {
    case .structNew(let node): append(node.type, in: types)
    case .structNewDefault(let type): append(type, in: types)
    case .structGet(let node): append(node.type, field: node.field)
    case .structSet(let node): append(node.type, field: node.field)
    case .arrayNew(let node): append(node.type, in: types)
    case .arrayNewDefault(let node): append(node.type, in: types)
    case .arrayNewFixed(let node):
      append(node.type, in: types)
      appendSpaced { $0.appendDecimal(UInt64(node.values.count)) }
    case .arrayNewData(let node):
      append(node.type, in: types)
      append(node.data, in: identifiers.datas)
    case .arrayNewElem(let node):
      append(node.type, in: types)
      append(node.element, in: identifiers.elements)
    case .arrayGet(let node): append(node.type, in: types)
    case .arraySet(let node): append(node.type, in: types)
    case .arrayFill(let node): append(node.type, in: types)
    case .arrayCopy(let node):
      append(node.destinationType, in: types)
      append(node.sourceType, in: types)
    case .arrayInitData(let node):
      append(node.type, in: types)
      append(node.data, in: identifiers.datas)
    case .arrayInitElem(let node):
      append(node.type, in: types)
      append(node.element, in: identifiers.elements)
    default: break
    }
  }

  // MARK: Kinds of immediates

  @inline(__always)
  private mutating func appendSpaced(_ append: (inout Column<UInt8>) -> Void) {
    text.append(0x20)
    append(&text)
  }

  private mutating func appendSpaced(_ type: ValueType) {
    text.append(0x20)
    append(type)
  }

  private mutating func appendSpaced(_ type: HeapType) {
    text.append(0x20)
    append(type)
  }

  @inline(__always)
  mutating func append<ID>(_ id: ID, in table: borrowing ReferenceTable<ID>) {
    text.append(0x20)
    table.append(id, to: &text)
  }

  mutating func append(_ local: LocalID, of body: borrowing Body) {
    text.append(0x20)
    if hasLocalNames {
      locals.append(local, to: &text)
    } else if local.index < body.localCount {
      text.appendDecimal(local.rawValue)
    } else {
      text.appendText("(;no such local;)")
    }
  }

  /// The memory, if it is not the first.
  private mutating func append(_ memory: MemoryID) {
    if !identifiers.memories.isFirst(memory) { append(memory, in: identifiers.memories) }
  }

  private mutating func append(_ memarg: Memarg, of opcode: Opcode) {
    append(memarg.memory)
    if memarg.offset != 0 {
      text.appendText(" offset=")
      text.appendDecimal(memarg.offset)
    }
    if memarg.alignment != infos[Int(opcode.rawValue)].alignment && memarg.alignment < 64 {
      text.appendText(" align=")
      text.appendDecimal(UInt64(1) << UInt64(memarg.alignment))
    }
  }

  private mutating func append(_ value: V128) {
    text.appendText(" i32x4")
    for half in [value.low, value.high] {
      for shift in [0, 32] as [UInt64] {
        text.appendText(" 0x")
        text.appendHex(half >> shift, digitCount: 8)
      }
    }
  }

  private mutating func append(_ type: TypeID, field: UInt32) {
    append(type, in: identifiers.types)
    text.append(0x20)
    if let names = identifiers.fields[type], names.isNamed(FieldID(rawValue: field)) {
      names.append(FieldID(rawValue: field), to: &text)
    } else {
      text.appendDecimal(field)
    }
  }

  /// The type, where the instruction has to have it: on references.
  private mutating func appendSelectType(of id: NodeID, of body: borrowing Body) {
    let type = body.type(of: id)
    guard type.isValue, type.valueType.isReference else { return }
    append("result", CollectionOfOne(type.valueType))
  }
}

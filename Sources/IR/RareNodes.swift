import Support

extension Body {
  /// The views that `subscript(id:)` leaves out of line.
  @usableFromInline func rareView(_ record: NodeRecord) -> Node {
    let opcode = record.opcode
    let (a, b) = (NodeID(rawValue: record.a), NodeID(rawValue: record.b))
    switch opcode.info.shape {
    case .extractLane:
      return .extractLane(ExtractLaneNode(opcode: opcode, vector: a, lane: UInt8(truncatingIfNeeded: record.c)))
    case .replaceLane:
      return .replaceLane(
        ReplaceLaneNode(opcode: opcode, vector: a, value: b, lane: UInt8(truncatingIfNeeded: record.c)))
    case .shuffle: return .shuffle(ShuffleNode(left: a, right: b, lanes: vector(at: record.c)))
    case .wideAdd: return .wideAdd(WideAddNode(opcode: opcode, operands: list(record)))
    case .wideMultiply: return .wideMultiply(BinaryNode(opcode: opcode, left: a, right: b))
    case .refNull: return .refNull(HeapType(bits: record.a))
    case .refIsNull: return .refIsNull(a)
    case .refFunc: return .refFunc(FunctionID(rawValue: record.a))
    case .refEq: return .refEq(BinaryNode(opcode: opcode, left: a, right: b))
    case .refAsNonNull: return .refAsNonNull(a)
    case .refTest: return .refTest(RefTestNode(reference: a, target: ValueType(bits: record.b)))
    case .refCast: return .refCast(RefTestNode(reference: a, target: ValueType(bits: record.b)))
    case .refConvert: return .refConvert(UnaryNode(opcode: opcode, operand: a))
    case .refI31: return .refI31(a)
    case .i31Get: return .i31Get(UnaryNode(opcode: opcode, operand: a))
    case .tableGet, .tableSet, .tableSize, .tableGrow, .tableFill, .tableCopy, .tableInit, .elemDrop:
      return tableView(record)
    case .loadLane, .storeLane, .memorySize, .memoryGrow, .memoryFill, .memoryCopy, .memoryInit, .dataDrop, .rmw,
      .cmpxchg, .atomicWait, .atomicFence:
      return memoryView(record)
    default: return aggregateView(record)
    }
  }

  /// The operand at `index` of a pool range.
  private func item(_ record: NodeRecord, _ index: Int) -> NodeID {
    NodeID(rawValue: pool[Int(record.b) + index])
  }

  /// The immediate `distance` words below the pool range.
  private func header(_ record: NodeRecord, _ distance: Int = 1) -> UInt32 { pool[Int(record.b) - distance] }

  private func tableView(_ record: NodeRecord) -> Node {
    let (a, b) = (NodeID(rawValue: record.a), NodeID(rawValue: record.b))
    switch record.opcode.info.shape {
    case .tableGet: return .tableGet(TableGetNode(table: TableID(rawValue: record.b), index: a))
    case .tableSet: return .tableSet(TableSetNode(table: TableID(rawValue: record.c), index: a, value: b))
    case .tableSize: return .tableSize(TableID(rawValue: record.a))
    case .tableGrow: return .tableGrow(TableGrowNode(table: TableID(rawValue: record.c), value: a, count: b))
    case .tableFill:
      return .tableFill(
        TableFillNode(
          table: TableID(rawValue: record.a), index: item(record, 0), value: item(record, 1), count: item(record, 2)))
    case .tableCopy:
      return .tableCopy(
        TableCopyNode(
          destination: TableID(rawValue: record.a), source: TableID(rawValue: header(record)), to: item(record, 0),
          from: item(record, 1), count: item(record, 2)))
    case .tableInit:
      return .tableInit(
        TableInitNode(
          table: TableID(rawValue: header(record)), element: ElementID(rawValue: record.a), to: item(record, 0),
          from: item(record, 1), count: item(record, 2)))
    default: return .elemDrop(ElementID(rawValue: record.a))
    }
  }

  private func memoryView(_ record: NodeRecord) -> Node {
    let opcode = record.opcode
    let (a, b) = (NodeID(rawValue: record.a), NodeID(rawValue: record.b))
    switch opcode.info.shape {
    case .loadLane:
      return .loadLane(
        LaneAccessNode(opcode: opcode, address: a, vector: b, memarg: memarg(record.c), lane: lane(record.c)))
    case .storeLane:
      return .storeLane(
        LaneAccessNode(opcode: opcode, address: a, vector: b, memarg: memarg(record.c), lane: lane(record.c)))
    case .memorySize: return .memorySize(MemoryID(rawValue: record.a))
    case .memoryGrow: return .memoryGrow(MemoryGrowNode(memory: MemoryID(rawValue: record.b), pages: a))
    case .memoryFill:
      return .memoryFill(
        MemoryFillNode(
          memory: MemoryID(rawValue: record.a), address: item(record, 0), value: item(record, 1),
          count: item(record, 2)))
    case .memoryCopy:
      return .memoryCopy(
        MemoryCopyNode(
          destination: MemoryID(rawValue: record.a), source: MemoryID(rawValue: header(record)), to: item(record, 0),
          from: item(record, 1), count: item(record, 2)))
    case .memoryInit:
      return .memoryInit(
        MemoryInitNode(
          memory: MemoryID(rawValue: header(record)), data: DataID(rawValue: record.a), to: item(record, 0),
          from: item(record, 1), count: item(record, 2)))
    case .dataDrop: return .dataDrop(DataID(rawValue: record.a))
    case .rmw: return .rmw(RMWNode(opcode: opcode, address: a, value: b, memarg: memarg(record.c)))
    case .cmpxchg:
      return .cmpxchg(
        CmpxchgNode(
          opcode: opcode, address: item(record, 0), expected: item(record, 1), replacement: item(record, 2),
          memarg: memarg(record.a)))
    case .atomicWait:
      return .atomicWait(
        AtomicWaitNode(
          opcode: opcode, address: item(record, 0), expected: item(record, 1), timeout: item(record, 2),
          memarg: memarg(record.a)))
    default: return .atomicFence
    }
  }

  private func aggregateView(_ record: NodeRecord) -> Node {
    let opcode = record.opcode
    let (a, b) = (NodeID(rawValue: record.a), NodeID(rawValue: record.b))
    let type = TypeID(rawValue: record.a)
    switch opcode.info.shape {
    case .structNew: return .structNew(StructNewNode(type: type, fields: list(record)))
    case .structNewDefault: return .structNewDefault(type)
    case .structGet:
      return .structGet(
        StructGetNode(opcode: opcode, type: TypeID(rawValue: record.b), field: record.c, reference: a))
    case .structSet:
      return .structSet(
        StructSetNode(type: type, field: header(record), reference: item(record, 0), value: item(record, 1)))
    case .arrayNew: return .arrayNew(ArrayNewNode(type: TypeID(rawValue: record.c), value: a, count: b))
    case .arrayNewDefault: return .arrayNewDefault(ArrayNewDefaultNode(type: TypeID(rawValue: record.b), count: a))
    case .arrayNewFixed: return .arrayNewFixed(ArrayNewFixedNode(type: type, values: list(record)))
    case .arrayNewData:
      return .arrayNewData(
        ArrayNewDataNode(
          type: type, data: DataID(rawValue: header(record)), offset: item(record, 0), count: item(record, 1)))
    case .arrayNewElem:
      return .arrayNewElem(
        ArrayNewElemNode(
          type: type, element: ElementID(rawValue: header(record)), offset: item(record, 0), count: item(record, 1)))
    case .arrayGet:
      return .arrayGet(ArrayGetNode(opcode: opcode, type: TypeID(rawValue: record.c), reference: a, index: b))
    case .arraySet:
      return .arraySet(
        ArraySetNode(type: type, reference: item(record, 0), index: item(record, 1), value: item(record, 2)))
    case .arrayLen: return .arrayLen(a)
    case .arrayFill:
      return .arrayFill(
        ArrayFillNode(
          type: type, reference: item(record, 0), index: item(record, 1), value: item(record, 2),
          count: item(record, 3)))
    case .arrayCopy:
      return .arrayCopy(
        ArrayCopyNode(
          destinationType: type, sourceType: TypeID(rawValue: header(record)), destination: item(record, 0),
          to: item(record, 1), source: item(record, 2), from: item(record, 3), count: item(record, 4)))
    case .arrayInitData:
      return .arrayInitData(
        ArrayInitDataNode(
          type: type, data: DataID(rawValue: header(record)), reference: item(record, 0), to: item(record, 1),
          from: item(record, 2), count: item(record, 3)))
    case .arrayInitElem:
      return .arrayInitElem(
        ArrayInitElemNode(
          type: type, element: ElementID(rawValue: header(record)), reference: item(record, 0), to: item(record, 1),
          from: item(record, 2), count: item(record, 3)))
    default: preconditionFailure("no view for \(opcode)")
    }
  }
}

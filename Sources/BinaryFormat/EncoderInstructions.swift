import IR
import Support

// The instructions that are not structured control: opcode and immediates. Operands are out already.

extension BodyEncoder {
  mutating func emit(_ node: NodeID, of body: borrowing Body) {
    let record = body.nodes[node.index]
    let info = infos[Int(record.opcode.rawValue)]
    notePosition(of: node, in: body)
    isDead = record.type == .unreachable
    switch info.shape {
    case .localGet, .localSet, .localTee:
      append(info.code)
      output.appendUnsigned(record.a)
      initialization.note(record)
    case .globalGet, .globalSet, .call, .throw, .refFunc, .structNewDefault, .structNew, .tableSize, .elemDrop,
      .dataDrop, .memorySize, .memoryFill, .tableFill, .arraySet, .arrayFill:
      append(info.code)
      output.appendUnsigned(record.a)
    case .i32Const:
      output.append(0x41)
      output.appendSigned(Int64(Int32(bitPattern: record.a)))
    case .i64Const:
      output.append(0x42)
      output.appendSigned(Int64(bitPattern: UInt64(record.a) | UInt64(record.b) << 32))
    case .f32Const:
      output.append(0x43)
      output.appendLittleEndian(UInt64(record.a), byteCount: 4)
    case .f64Const:
      output.append(0x44)
      output.appendLittleEndian(UInt64(record.a) | UInt64(record.b) << 32, byteCount: 8)
    case .load, .store, .rmw:
      append(info.code)
      append(body.memarg(record.c))
    case .drop: for _ in 0..<max(1, body.arity(of: body.type(of: NodeID(rawValue: record.a)))) { output.append(0x1a) }
    case .unary, .binary, .ternary, .unreachable, .nop, .return, .throwRef, .refIsNull, .refEq, .refAsNonNull,
      .refConvert, .refI31, .i31Get, .arrayLen, .wideAdd, .wideMultiply:
      append(info.code)
    case .tupleMake, .keep, .payload: break
    case .tupleSet: emitTupleSet(record, of: body)
    case .select, .selectTyped:
      if record.type.isValue && record.type.valueType.isReference {
        output.append(0x1c)
        output.append(1)
        output.append(record.type.valueType)
      } else {
        output.append(0x1b)
      }
    case .br, .brIf, .brTable, .brOnNull, .brOnCast, .rethrow: emitBranch(node, record, info, of: body)
    default: emitRare(node, info, of: body)
    }
  }

  private mutating func append(_ code: UInt32) {
    if code < 0x100 {
      output.append(UInt8(code))
    } else {
      output.append(UInt8(code >> 16))
      output.appendUnsigned(code & 0xffff)
    }
  }

  private mutating func append(_ memarg: Memarg) {
    let namesMemory = memarg.memory.rawValue != 0
    output.append(memarg.alignment | (namesMemory ? 0x40 : 0))
    if namesMemory { output.appendUnsigned(memarg.memory.rawValue) }
    output.appendUnsigned(memarg.offset)
  }

  private mutating func emitTupleSet(_ record: NodeRecord, of body: borrowing Body) {
    for index in (0..<Int(record.c)).reversed() {
      let local = body.pool[Int(record.b) + index]
      if local == LocalID.none.rawValue {
        output.append(0x1a)
      } else {
        output.append(0x21)
        output.appendUnsigned(local)
        initialization.locals.set(LocalID(rawValue: local))
      }
    }
  }

  private mutating func emitBranch(_ node: NodeID, _ record: NodeRecord, _ info: OpcodeInfo, of body: borrowing Body) {
    if info.shape == .brIf { noteHint(of: node, in: body) }
    append(info.code)
    switch body[node] {
    case .brTable(let table):
      output.appendUnsigned(table.labelCount - 1)
      for index in 0..<table.labelCount { append(body.label(index, of: table)) }
    case .brOnCast(let cast):
      output.append((cast.source.isNullable ? 1 : 0) | (cast.target.isNullable ? 2 : 0))
      append(cast.label)
      output.append(cast.source.heapType)
      output.append(cast.target.heapType)
    default: append(LabelID(rawValue: record.a))
    }
  }

  private mutating func emitRare(_ node: NodeID, _ info: OpcodeInfo, of body: borrowing Body) {
    let view = body[node]
    switch view {
    case .refTest(let test), .refCast(let test):
      let isTest = info.shape == .refTest
      let opcode: Opcode =
        test.target.isNullable ? (isTest ? .refTestNull : .refCastNull) : (isTest ? .refTest : .refCast)
      append(opcode.info.code)
      output.append(test.target.heapType)
      return
    default: append(info.code)
    }
    switch view {
    case .callIndirect(let call): append(call.type.rawValue, call.table.rawValue)
    case .callRef(let call): output.appendUnsigned(call.type.rawValue)
    case .tableGet(let node): output.appendUnsigned(node.table.rawValue)
    case .tableSet(let node): output.appendUnsigned(node.table.rawValue)
    case .tableGrow(let node): output.appendUnsigned(node.table.rawValue)
    case .tableCopy(let node): append(node.destination.rawValue, node.source.rawValue)
    case .tableInit(let node): append(node.element.rawValue, node.table.rawValue)
    case .memoryGrow(let node): output.appendUnsigned(node.memory.rawValue)
    case .memoryCopy(let node): append(node.destination.rawValue, node.source.rawValue)
    case .memoryInit(let node): append(node.data.rawValue, node.memory.rawValue)
    case .loadLane(let node), .storeLane(let node):
      append(node.memarg)
      output.append(node.lane)
    case .cmpxchg(let node): append(node.memarg)
    case .atomicWait(let node): append(node.memarg)
    case .atomicFence: output.append(0)
    case .v128Const(let value): append(value)
    case .extractLane(let node): output.append(node.lane)
    case .replaceLane(let node): output.append(node.lane)
    case .shuffle(let node): append(node.lanes)
    case .refNull(let type): output.append(type)
    case .structGet(let node): append(node.type.rawValue, node.field)
    case .structSet(let node): append(node.type.rawValue, node.field)
    case .arrayNew(let node): output.appendUnsigned(node.type.rawValue)
    case .arrayNewDefault(let node): output.appendUnsigned(node.type.rawValue)
    case .arrayNewFixed(let node): append(node.type.rawValue, UInt32(node.values.count))
    case .arrayNewData(let node): append(node.type.rawValue, node.data.rawValue)
    case .arrayNewElem(let node): append(node.type.rawValue, node.element.rawValue)
    case .arrayGet(let node): output.appendUnsigned(node.type.rawValue)
    case .arrayCopy(let node): append(node.destinationType.rawValue, node.sourceType.rawValue)
    case .arrayInitData(let node): append(node.type.rawValue, node.data.rawValue)
    case .arrayInitElem(let node): append(node.type.rawValue, node.element.rawValue)
    default: preconditionFailure("no encoding for \(info.shape)")
    }
  }

  private mutating func append(_ first: UInt32, _ second: UInt32) {
    output.appendUnsigned(first)
    output.appendUnsigned(second)
  }

  private mutating func append(_ value: V128) {
    output.appendLittleEndian(value.low, byteCount: 8)
    output.appendLittleEndian(value.high, byteCount: 8)
  }

  // MARK: Source positions

  /// Takes note of where the instruction of `node`, which is written next, comes from. A node of which nothing is known
  /// counts to what stands before it.
  @inline(__always)
  mutating func notePosition(of node: NodeID, in body: borrowing Body) {
    if hasPositions { appendMark(of: node, in: body) }
  }

  @inline(never)
  private mutating func appendMark(of node: NodeID, in body: borrowing Body) {
    movePosition(to: body.position(of: node))
  }

  mutating func movePosition(to new: PositionID) {
    guard !new.isNone && new != position else { return }
    let offset = UInt32(output.count)
    // A node without bytes may have left a mark here.
    if positionMarks.last?.offset == offset { positionMarks.removeLast() }
    position = new
    if positionMarks.last?.position ?? .nowhere != new {
      positionMarks.append(PositionMark(offset: offset, position: new))
    }
  }
}

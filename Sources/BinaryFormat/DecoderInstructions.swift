import IR
import Support

// The instructions that are not structured control, by shape.

extension BodyDecoder {
  mutating func decodeInstruction(_ opcode: Opcode, _ info: OpcodeInfo, into body: inout Body) throws {
    switch info.shape {
    case .localGet:
      let (local, type) = try readLocal(in: body)
      if localIsSet.isTracking && !localIsSet.isSet(local) { throw invalid("uninitialized local \(local)") }
      push(NodeRecord(.localGet, ResultType(type), a: local.rawValue), in: &body)
    case .i32Const:
      push(NodeRecord(.i32Const, .i32, a: UInt32(bitPattern: try reader.readS32())), in: &body)
    case .binary:
      let right = try pop(info.operands.1.valueType, isFirst: false, in: &body)
      let left = try pop(info.operands.0.valueType, in: &body)
      push(NodeRecord(opcode, info.result, a: left.rawValue, b: right.rawValue), in: &body)
    case .localSet, .localTee: try decodeLocalSet(opcode, in: &body)
    case .load: try decodeLoad(opcode, info, in: &body)
    case .store: try decodeStore(opcode, info, in: &body)
    case .unary:
      let operand = try pop(info.operands.0.valueType, in: &body)
      push(NodeRecord(opcode, info.result, a: operand.rawValue), in: &body)
    case .brIf: try decodeBrIf(in: &body)
    case .br: try decodeBr(in: &body)
    case .end: try decodeEnd(in: &body)
    case .block: try open(.block, in: &body)
    case .loop: try open(.loop, in: &body)
    case .if: try open(.if, in: &body)
    case .else: try decodeElse(in: &body)
    case .call: try decodeCall(opcode, in: &body)
    case .callIndirect: try decodeCallIndirect(opcode, in: &body)
    case .globalGet, .globalSet: try decodeGlobal(opcode, in: &body)
    case .drop:
      if try decodeTupleAssignment(in: &body) { return }
      let value = try popAny(in: &body).node
      pushStatement(NodeRecord(.drop, .none, a: value.rawValue), in: &body)
    case .select, .selectTyped: try decodeSelect(opcode, in: &body)
    case .return:
      let value = try popTuple(functionResults, in: &body)
      pushDiverging(NodeRecord(.return, .unreachable, a: value.rawValue), in: &body)
    case .unreachable: pushDiverging(NodeRecord(.unreachable, .unreachable), in: &body)
    case .nop: pushStatement(NodeRecord(.nop, .none), in: &body)
    case .i64Const:
      let bits = UInt64(bitPattern: try reader.readS64())
      push(NodeRecord(.i64Const, .i64, a: UInt32(truncatingIfNeeded: bits), b: UInt32(bits >> 32)), in: &body)
    case .f32Const:
      let bits = UInt32(try reader.readLittleEndian(byteCount: 4))
      push(NodeRecord(.f32Const, .f32, a: bits), in: &body)
    case .f64Const:
      let bits = try reader.readLittleEndian(byteCount: 8)
      push(NodeRecord(.f64Const, .f64, a: UInt32(truncatingIfNeeded: bits), b: UInt32(bits >> 32)), in: &body)
    case .brTable: try decodeBrTable(in: &body)
    case .brOnNull: try decodeBrOnNull(opcode, in: &body)
    case .brOnCast: try decodeBrOnCast(opcode, in: &body)
    case .try: try open(.try, in: &body)
    case .catch: try decodeCatch(.catch, in: &body)
    case .catchAll: try decodeCatch(.catchAll, in: &body)
    case .delegate: try decodeDelegate(in: &body)
    case .tryTable: try open(.tryTable, in: &body)
    case .throw: try decodeThrow(in: &body)
    case .rethrow: try decodeRethrow(in: &body)
    case .throwRef:
      let exception = try pop(.exnref, in: &body)
      pushDiverging(NodeRecord(.throwRef, .unreachable, a: exception.rawValue), in: &body)
    case .callRef: try decodeCallRef(opcode, in: &body)
    case .v128Const, .ternary, .extractLane, .replaceLane, .shuffle, .wideAdd, .wideMultiply:
      try decodeVector(opcode, info, in: &body)
    case .loadLane, .storeLane, .memorySize, .memoryGrow, .memoryFill, .memoryCopy, .memoryInit, .dataDrop, .rmw,
      .cmpxchg, .atomicWait, .atomicFence:
      try decodeMemory(opcode, info, in: &body)
    case .tableGet, .tableSet, .tableSize, .tableGrow, .tableFill, .tableCopy, .tableInit, .elemDrop:
      try decodeTable(opcode, info, in: &body)
    case .refNull, .refIsNull, .refFunc, .refEq, .refAsNonNull, .refTest, .refCast, .refConvert, .refI31, .i31Get:
      try decodeReference(opcode, info, in: &body)
    case .structNew, .structNewDefault, .structGet, .structSet: try decodeStruct(opcode, info, in: &body)
    case .arrayNew, .arrayNewDefault, .arrayNewFixed, .arrayNewData, .arrayNewElem, .arrayGet, .arraySet, .arrayLen,
      .arrayFill, .arrayCopy, .arrayInitData, .arrayInitElem:
      try decodeArray(opcode, info, in: &body)
    case .tupleMake, .tupleSet, .keep, .payload: preconditionFailure("pseudo instructions have no encoding")
    }
  }

  // MARK: Variables

  private mutating func readLocal(in body: borrowing Body) throws -> (LocalID, ValueType) {
    let local = try reader.readU32()
    guard local < UInt32(body.localCount) else { throw invalid("unknown local \(local)") }
    let id = LocalID(rawValue: local)
    return (id, body.type(of: id))
  }

  private mutating func decodeLocalSet(_ opcode: Opcode, in body: inout Body) throws {
    if opcode == .localSet, try decodeTupleAssignment(in: &body) { return }
    let (local, type) = try readLocal(in: body)
    let value = try pop(type, in: &body)
    localIsSet.set(local)
    if opcode == .localSet {
      pushStatement(NodeRecord(.localSet, .none, a: local.rawValue, b: value.rawValue), in: &body)
    } else {
      push(NodeRecord(.localTee, ResultType(type), a: local.rawValue, b: value.rawValue), in: &body)
    }
  }

  private mutating func decodeGlobal(_ opcode: Opcode, in body: inout Body) throws {
    let start = reader.position
    let index = try reader.readU32()
    guard index < UInt32(globals.count) else { throw reader.error("unknown global \(index)", at: start, kind: .invalid) }
    let global = globals[Int(index)]
    if opcode == .globalGet {
      if isConstant {
        if global.isMutable { throw invalid("constant expression required: global \(index) is mutable") }
        if !global.isImported { noteFeatures(.gc) }
      }
      push(NodeRecord(.globalGet, ResultType(global.type), a: index), in: &body)
    } else {
      if !global.isMutable { throw invalid("immutable global \(index) can't be set") }
      let value = try pop(global.type, in: &body)
      pushStatement(NodeRecord(.globalSet, .none, a: index, b: value.rawValue), in: &body)
    }
  }

  private mutating func decodeSelect(_ opcode: Opcode, in body: inout Body) throws {
    var type = ValueType.bottom
    var condition = NodeID.none
    var (ifTrue, ifFalse) = (NodeID.none, NodeID.none)
    if opcode == .selectTyped {
      guard try reader.readCount(of: "types") == 1 else { throw invalid("invalid result arity of select") }
      type = try reader.readValueType(typeCount: declarations.types.count)
      noteFeatures(of: type)
      condition = try pop(.i32, isFirst: false, in: &body)
      ifFalse = try pop(type, isFirst: false, in: &body)
      ifTrue = try pop(type, in: &body)
    } else {
      condition = try pop(.i32, isFirst: false, in: &body)
      let (second, secondType) = try popAny(isFirst: false, in: &body)
      let (first, firstType) = try popAny(in: &body)
      (ifTrue, ifFalse) = (first, second)
      type = firstType == .bottom ? secondType : firstType
      for operandType in [firstType, secondType] where operandType != .bottom {
        guard operandType.isNumericOrVector && operandType == type else {
          throw invalid("type mismatch: select without type takes two numbers or vectors of one type")
        }
      }
    }
    push(
      NodeRecord(.select, ResultType(type), a: ifTrue.rawValue, b: ifFalse.rawValue, c: condition.rawValue), in: &body)
  }

  // MARK: Calls

  private mutating func pushCall(_ record: NodeRecord, of type: TypeID, in body: inout Body) throws {
    let results = body.resultType(of: declarations.results(of: type))
    var record = record
    switch record.opcode {
    case .call, .callIndirect, .callRef:
      record.type = results
      pushResult(make(record, in: &body), results, in: &body)
    default:
      try checkTailCall(results, in: body)
      record.type = .unreachable
      pushDiverging(record, in: &body)
    }
  }

  private func checkTailCall(_ results: ResultType, in body: borrowing Body) throws {
    let arity = body.arity(of: results)
    guard arity == body.arity(of: functionResults) else {
      throw invalid("type mismatch: the callee's results are not those of the function")
    }
    for index in 0..<arity {
      try check(body.valueType(index, of: results), matches: body.valueType(index, of: functionResults))
    }
  }

  private mutating func decodeCall(_ opcode: Opcode, in body: inout Body) throws {
    let function = try readFunction()
    let type = declarations.functionTypes[function.index]
    let list = try popList(declarations.parameters(of: type), in: &body)
    try pushCall(
      NodeRecord(opcode, .none, a: function.rawValue, b: UInt32(list.range.lowerBound), c: UInt32(list.count)),
      of: type, in: &body)
  }

  mutating func readFunction() throws -> FunctionID {
    let start = reader.position
    let function = try reader.readU32()
    guard function < UInt32(declarations.functionTypes.count) else {
      throw reader.error("unknown function \(function)", at: start, kind: .invalid)
    }
    return FunctionID(rawValue: function)
  }

  mutating func readFunctionType() throws -> TypeID {
    let start = reader.position
    let type = try readType()
    guard declarations.isFunctionType[type.index] else {
      throw reader.error("type \(type) is not a function type", at: start, kind: .invalid)
    }
    return type
  }

  mutating func readType() throws -> TypeID {
    let start = reader.position
    let type = try reader.readU32()
    guard type < UInt32(declarations.types.count) else {
      throw reader.error("unknown type \(type)", at: start, kind: .invalid)
    }
    return TypeID(rawValue: type)
  }

  private mutating func decodeCallIndirect(_ opcode: Opcode, in body: inout Body) throws {
    let type = try readFunctionType()
    let (table, element, address) = try readTable()
    if table.rawValue != 0 { noteFeatures(.referenceTypes) }
    guard declarations.types.matches(element, .funcref) else {
      throw invalid("type mismatch: table \(table) of call_indirect holds \(describe(element)), not functions")
    }
    let parameters = declarations.parameters(of: type)
    let index = try pop(address, isFirst: parameters.isEmpty, in: &body)
    body.pool.append(type.rawValue)
    body.pool.append(table.rawValue)
    let list = try popList(parameters, in: &body)
    try pushCall(
      NodeRecord(opcode, .none, a: index.rawValue, b: UInt32(list.range.lowerBound), c: UInt32(list.count)), of: type,
      in: &body)
  }

  private mutating func decodeCallRef(_ opcode: Opcode, in body: inout Body) throws {
    let type = try readFunctionType()
    let parameters = declarations.parameters(of: type)
    let function = try pop(
      .reference(to: HeapType(type), isNullable: true), isFirst: parameters.isEmpty, in: &body)
    body.pool.append(type.rawValue)
    let list = try popList(parameters, in: &body)
    try pushCall(
      NodeRecord(opcode, .none, a: function.rawValue, b: UInt32(list.range.lowerBound), c: UInt32(list.count)),
      of: type, in: &body)
  }

}

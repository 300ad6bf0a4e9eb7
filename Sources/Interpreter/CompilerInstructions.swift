import IR
import Support

// What is emitted for a node when its operands have been compiled.

extension CodeCompiler {
  mutating func emit(_ step: Step) {
    switch body[step.node] {
    case .unreachable:
      emit(Instruction(.unreachable))
      pushResult(width: 0)
    case .nop, .atomicFence: pushResult(width: 0)
    case .block(let node): emitBlock(node, step)
    case .loop: emitLoop(step)
    case .if(let node): emitIf(node, step)
    case .try(let node): emitTry(node, step)
    case .tryTable(let node): emitTryTable(node, step)
    case .br(let node): emitBr(node)
    case .brIf(let node): emitBrIf(node)
    case .brTable(let node): emitBrTable(node)
    case .brOnNull(let node): emitBrOnNull(node)
    case .brOnCast(let node): emitBrOnCast(node)
    case .return(let node): emitReturn(node)
    case .throw(let node): emitThrow(node)
    case .rethrow(let label): emitRethrow(label)
    case .throwRef:
      emit(Instruction(.throwRef, a: Int(pop().slot)))
      pushResult(width: 0)
    case .call(let node):
      emitCall(
        node.opcode == .call ? .call : .tailCall, step, callee: node.function.index, arguments: node.arguments.count)
    case .callIndirect(let node): emitCallIndirect(node, step)
    case .callRef(let node):
      let function = Int(pop().slot)
      emitCall(
        node.opcode == .callRef ? .callRef : .tailCallRef, step, callee: function, arguments: node.arguments.count)
    case .drop:
      pop()
      pushResult(width: 0)
    case .select: emitSelect()
    case .localGet(let local): pushLocal(local)
    case .localSet(let node):
      emitSet(node.local, to: pop())
      pushResult(width: 0)
    case .localTee(let node):
      emitSet(node.local, to: pop())
      pushLocal(node.local)
    case .globalGet(let global):
      let width = context.globalTypes[global.index].slotCount
      emitResult(Instruction(.globalGet, x: UInt16(width), b: global.index), width: width)
    case .globalSet(let node):
      emit(
        Instruction(
          .globalSet, x: UInt16(context.globalTypes[node.global.index].slotCount), a: Int(pop().slot),
          b: node.global.index))
      pushResult(width: 0)
    case .i32Const(let value): emitConstant(UInt64(UInt32(bitPattern: value)))
    case .i64Const(let value): emitConstant(UInt64(bitPattern: value))
    case .f32Const(let bits): emitConstant(UInt64(bits))
    case .f64Const(let bits): emitConstant(bits)
    case .v128Const(let vector): emitConstant(vector)
    case .unary, .binary, .ternary, .extractLane, .replaceLane, .shuffle, .wideAdd, .wideMultiply: emitNumeric(step)
    case .tupleMake(let list): emitTuple(list.count)
    case .tupleSet(let node): emitTupleSet(node)
    case .keep(let list): emitKeep(list)
    case .payload: emitPayload(step)
    case .tableGet, .tableSet, .tableSize, .tableGrow, .tableFill, .tableCopy, .tableInit, .elemDrop: emitTable(step)
    case .load, .store, .loadLane, .storeLane, .rmw, .cmpxchg, .atomicWait: emitMemoryAccess(step)
    case .memorySize, .memoryGrow, .memoryFill, .memoryCopy, .memoryInit, .dataDrop: emitMemory(step)
    default: emitReference(step)
    }
  }

  // MARK: Calls

  private mutating func emitCall(_ operation: Operation, _ step: Step, callee: Int, x: Int = 0, arguments: Int) {
    let base = bringHome(arguments)
    for _ in 0..<arguments { pop() }
    emit(Instruction(operation, x: UInt16(x), a: callee, b: base))
    let width = width(of: body.type(of: step.node))
    highest = max(highest, base + width)
    pushResult(width: width)
  }

  private mutating func emitCallIndirect(_ node: CallIndirectNode, _ step: Step) {
    let index = Int(pop().slot)
    let count = node.arguments.count
    let base = bringHome(count)
    for _ in 0..<count { pop() }
    let operation: Operation = node.opcode == .callIndirect ? .callIndirect : .tailCallIndirect
    emit(Instruction(operation, a: index, b: base, c: node.table.index))
    emit(Instruction(.more, a: Int(context.types[node.type.index].rawValue)))
    pushResult(width: width(of: body.type(of: step.node)))
  }

  // MARK: Parametric and variable instructions

  private mutating func emitSelect() {
    let condition = pop()
    let ifFalse = pop()
    let ifTrue = pop()
    let width = Int(max(ifTrue.width, ifFalse.width))
    emitMove(from: Int(ifTrue.slot), to: height, width: width)
    emit(Instruction(.select, x: UInt16(width), a: height, b: Int(ifFalse.slot), c: Int(condition.slot)))
    pushResult(width: width)
  }

  private mutating func emitTuple(_ count: Int) {
    bringHome(count)
    let top = height
    for _ in 0..<count { pop() }
    pushResult(width: top - height)
  }

  private mutating func emitTupleSet(_ node: TupleSetNode) {
    let value = pop()
    lastResult = -1
    // Control does not come here.
    if value.width == 0 { return pushResult(width: 0) }
    var slot = Int(value.slot) + Int(value.width)
    // The last value is on top of the stack: where a local is named twice, the first value stays.
    for index in (0..<node.localCount).reversed() {
      let local = body.local(index, of: node)
      let width = widthOfTupleItem(index, of: node, local)
      slot -= width
      if !local.isNone {
        settleReaders(of: local)
        emitMove(from: slot, to: Int(localSlots[local.index]), width: width)
      }
    }
    pushResult(width: 0)
  }

  private func widthOfTupleItem(_ index: Int, of node: TupleSetNode, _ local: LocalID) -> Int {
    if !local.isNone { return body.type(of: local).slotCount }
    let type = body.type(of: node.value)
    return type.isTuple ? body.valueType(index, of: type).slotCount : 1
  }

  // MARK: Numbers

  private mutating func emitConstant(_ bits: UInt64) {
    var instruction = Instruction(.constant)
    instruction.wide = bits
    emitResult(instruction)
  }

  private mutating func emitConstant(_ vector: V128) {
    var low = Instruction(.constant, a: height)
    low.wide = vector.low
    emit(low)
    var high = Instruction(.constant, a: height + 1)
    high.wide = vector.high
    emit(high)
    pushResult(width: 2)
  }

  private mutating func emitNumeric(_ step: Step) {
    switch body[step.node] {
    case .unary(let node): emitNumeric(node.opcode, operands: 1)
    case .binary(let node): emitNumeric(node.opcode, operands: 2)
    case .ternary(let node):
      emitInPlace(Instruction(.vectorTernary, x: node.opcode.rawValue), operands: 3, width: 2)
    case .extractLane(let node):
      emitUnary(Instruction(.extractLane, x: node.opcode.rawValue, c: Int(node.lane)))
    case .replaceLane(let node):
      emitInPlace(
        Instruction(.replaceLane, x: node.opcode.rawValue, c: Int(node.lane)), operands: 2, width: 2)
    case .shuffle(let node):
      var (low, high) = (Instruction(.more), Instruction(.more))
      (low.wide, high.wide) = (node.lanes.low, node.lanes.high)
      let base = bringHome(2)
      pop()
      pop()
      emit(Instruction(.shuffle, a: base))
      emit(low)
      emit(high)
      pushResult(width: 2)
    case .wideAdd(let node):
      emitInPlace(Instruction(.wide, x: node.opcode.rawValue), operands: 4, width: 2)
    case .wideMultiply(let node):
      emitInPlace(Instruction(.wide, x: node.opcode.rawValue), operands: 2, width: 2)
    default: preconditionFailure("no numeric instruction")
    }
  }

  private mutating func emitNumeric(_ opcode: Opcode, operands: Int) {
    let info = opcode.info
    if info.operands.0 == .v128 || info.operands.1 == .v128 || info.result == .v128 {
      let isVector = info.result == .v128
      let instruction = Instruction(isVector ? .vector : .vectorToScalar, x: opcode.rawValue)
      let width = isVector ? 2 : 1
      return operands == 1 ? emitUnary(instruction, width: width) : emitBinary(instruction, width: width)
    }
    if operands == 2, let constant = lastConstant, let operation = Operation.withConstant[opcode] {
      code.removeLast(1)
      pop()
      return emitUnary(Instruction(operation, c: Int(UInt32(truncatingIfNeeded: constant))))
    }
    let instruction = Instruction(Operation.direct[Int(opcode.rawValue)], x: opcode.rawValue)
    if operands == 1 { emitUnary(instruction) } else { emitBinary(instruction) }
  }

  /// The number that the last instruction put into the newest entry, if that is what it did.
  private var lastConstant: UInt64? {
    guard lastResult >= 0, lastResult == code.count - 1, code[lastResult].operation == .constant,
      entries.last.local < 0, entries.last.slot == code[lastResult].a
    else { return nil }
    return code[lastResult].wide
  }
}

extension Operation {
  /// By opcode: the operation that is made for it, or `numeric`.
  static let direct: [Operation] = {
    var table = [Operation](repeating: .numeric, count: Opcode.allCases.count)
    for (opcode, operation) in pairs { table[Int(opcode.rawValue)] = operation }
    return table
  }()

  /// Operations whose right operand is in the instruction.
  static let withConstant: [Opcode: Operation] = [
    .i32Add: .i32AddConstant, .i32And: .i32AndConstant, .i32Shl: .i32ShlConstant, .i32ShrU: .i32ShrUConstant,
    .i32Eq: .i32EqConstant, .i32Ne: .i32NeConstant,
  ]

  private static let pairs: [(Opcode, Operation)] = [
    (.i32Eqz, .i32Eqz), (.i32Eq, .i32Eq), (.i32Ne, .i32Ne), (.i32LtS, .i32LtS), (.i32LtU, .i32LtU),
    (.i32GtS, .i32GtS), (.i32GtU, .i32GtU), (.i32LeS, .i32LeS), (.i32LeU, .i32LeU), (.i32GeS, .i32GeS),
    (.i32GeU, .i32GeU), (.i32Add, .i32Add), (.i32Sub, .i32Sub), (.i32Mul, .i32Mul), (.i32And, .i32And),
    (.i32Or, .i32Or), (.i32Xor, .i32Xor), (.i32Shl, .i32Shl), (.i32ShrS, .i32ShrS), (.i32ShrU, .i32ShrU),
    (.i64Eqz, .i64Eqz), (.i64Eq, .i64Eq), (.i64Ne, .i64Ne), (.i64LtS, .i64LtS), (.i64LtU, .i64LtU),
    (.i64GtS, .i64GtS), (.i64GtU, .i64GtU), (.i64LeS, .i64LeS), (.i64LeU, .i64LeU), (.i64GeS, .i64GeS),
    (.i64GeU, .i64GeU), (.i64Add, .i64Add), (.i64Sub, .i64Sub), (.i64Mul, .i64Mul), (.i64And, .i64And),
    (.i64Or, .i64Or), (.i64Xor, .i64Xor), (.i64Shl, .i64Shl), (.i64ShrS, .i64ShrS), (.i64ShrU, .i64ShrU),
    (.f64Add, .f64Add), (.f64Sub, .f64Sub), (.f64Mul, .f64Mul), (.f64Lt, .f64Lt), (.f64Gt, .f64Gt),
    (.i32WrapI64, .i32WrapI64), (.i64ExtendI32S, .i64ExtendI32S), (.i64ExtendI32U, .i32WrapI64),
    (.i32ReinterpretF32, .i32WrapI64), (.f32ReinterpretI32, .i32WrapI64),
  ]
}

import IR
import Support

// Memories and tables.

extension CodeCompiler {
  mutating func emitMemoryAccess(_ step: Step) {
    switch body[step.node] {
    case .load(let node): emitLoad(node)
    case .store(let node): emitStore(node)
    case .loadLane(let node): emitLaneAccess(.loadLane, node, width: 2)
    case .storeLane(let node): emitLaneAccess(.storeLane, node, width: 0)
    case .rmw(let node): emitAtomic(node.opcode, node.memarg, operands: 2)
    case .cmpxchg(let node): emitAtomic(node.opcode, node.memarg, operands: 3)
    case .atomicWait(let node): emitAtomic(node.opcode, node.memarg, operands: 3)
    default: preconditionFailure("no memory access")
    }
  }

  /// The offset for the instruction. One that does not fit is added to the address, the entry `depth` below the top.
  private mutating func foldOffset(_ memarg: Memarg, depth: Int) -> Int {
    if memarg.offset <= UInt64(UInt32.max) { return Int(memarg.offset) }
    let index = entries.count - 1 - depth
    if entries[index].local >= 0 { settleReaders(of: LocalID(Int(entries[index].local))) }
    var instruction = Instruction(.offsetAddress, a: Int(entries[index].home))
    instruction.wide = memarg.offset
    emit(instruction)
    return 0
  }

  private mutating func emitLoad(_ node: LoadNode) {
    let memory = UInt16(node.memarg.memory.rawValue)
    if let operation = Operation.loads[node.opcode] {
      let offset = foldOffset(node.memarg, depth: 0)
      emitUnary(Instruction(operation, x: memory, c: offset), width: operation == .load128 ? 2 : 1)
    } else if node.opcode.info.result == .v128 {
      let offset = foldOffset(node.memarg, depth: 0)
      emitInPlace(
        Instruction(.loadVector, x: memory, c: offset), operands: 1, width: 2,
        more: Instruction(.more, a: Int(node.opcode.rawValue)))
    } else {
      emitAtomic(node.opcode, node.memarg, operands: 1)
    }
  }

  private mutating func emitStore(_ node: StoreNode) {
    guard let operation = Operation.stores[node.opcode] else {
      return emitAtomic(node.opcode, node.memarg, operands: 2)
    }
    let offset = foldOffset(node.memarg, depth: 1)
    let value = pop()
    let address = pop()
    emit(
      Instruction(
        operation, x: UInt16(node.memarg.memory.rawValue), a: Int(value.slot), b: Int(address.slot), c: offset))
    pushResult(width: 0)
  }

  private mutating func emitLaneAccess(_ operation: Operation, _ node: LaneAccessNode, width: Int) {
    let offset = foldOffset(node.memarg, depth: 1)
    emitInPlace(
      Instruction(operation, x: UInt16(node.memarg.memory.rawValue), c: offset), operands: 2, width: width,
      more: Instruction(.more, a: Int(node.opcode.rawValue), b: Int(node.lane)))
  }

  private mutating func emitAtomic(_ opcode: Opcode, _ memarg: Memarg, operands: Int) {
    let offset = foldOffset(memarg, depth: operands - 1)
    let hasResult = opcode.info.result != .none
    emitInPlace(
      Instruction(.atomic, x: UInt16(memarg.memory.rawValue), c: offset), operands: operands,
      width: hasResult ? 1 : 0, more: Instruction(.more, a: Int(opcode.rawValue)))
  }

  mutating func emitMemory(_ step: Step) {
    switch body[step.node] {
    case .memorySize(let memory): emitResult(Instruction(.memorySize, x: UInt16(memory.rawValue)))
    case .memoryGrow(let node):
      emitInPlace(Instruction(.memoryGrow, x: UInt16(node.memory.rawValue)), operands: 1, width: 1)
    case .memoryFill(let node):
      emitInPlace(Instruction(.memoryFill, x: UInt16(node.memory.rawValue)), operands: 3, width: 0)
    case .memoryCopy(let node):
      emitInPlace(
        Instruction(.memoryCopy, x: UInt16(node.destination.rawValue), b: node.source.index), operands: 3, width: 0)
    case .memoryInit(let node):
      emitInPlace(
        Instruction(.memoryInit, x: UInt16(node.memory.rawValue), b: node.data.index), operands: 3, width: 0)
    case .dataDrop(let data):
      emit(Instruction(.dataDrop, b: data.index))
      pushResult(width: 0)
    default: preconditionFailure("no memory instruction")
    }
  }

  mutating func emitTable(_ step: Step) {
    switch body[step.node] {
    case .tableGet(let node): emitInPlace(Instruction(.tableGet, b: node.table.index), operands: 1, width: 1)
    case .tableSet(let node): emitInPlace(Instruction(.tableSet, b: node.table.index), operands: 2, width: 0)
    case .tableSize(let table): emitResult(Instruction(.tableSize, b: table.index))
    case .tableGrow(let node): emitInPlace(Instruction(.tableGrow, b: node.table.index), operands: 2, width: 1)
    case .tableFill(let node): emitInPlace(Instruction(.tableFill, b: node.table.index), operands: 3, width: 0)
    case .tableCopy(let node):
      emitInPlace(
        Instruction(.tableCopy, b: node.destination.index, c: node.source.index), operands: 3, width: 0)
    case .tableInit(let node):
      emitInPlace(Instruction(.tableInit, b: node.table.index, c: node.element.index), operands: 3, width: 0)
    case .elemDrop(let element):
      emit(Instruction(.elemDrop, b: element.index))
      pushResult(width: 0)
    default: preconditionFailure("no table instruction")
    }
  }
}

extension Operation {
  fileprivate static let loads: [Opcode: Operation] = [
    .i32Load: .load32, .f32Load: .load32, .i64Load32U: .load32, .i64Load: .load64, .f64Load: .load64,
    .v128Load: .load128, .i32Load8U: .load8, .i64Load8U: .load8, .i32Load8S: .load8S32, .i64Load8S: .load8S64,
    .i32Load16U: .load16, .i64Load16U: .load16, .i32Load16S: .load16S32, .i64Load16S: .load16S64,
    .i64Load32S: .load32S64,
  ]

  fileprivate static let stores: [Opcode: Operation] = [
    .i32Store: .store32, .f32Store: .store32, .i64Store32: .store32, .i64Store: .store64, .f64Store: .store64,
    .v128Store: .store128, .i32Store8: .store8, .i64Store8: .store8, .i32Store16: .store16, .i64Store16: .store16,
  ]
}

import IR
import Support

extension Effects {
  /// What the node itself does when its operands have been computed. A construct itself does nothing.
  package init(of id: NodeID, in body: borrowing Body) {
    self.init()
    let info = body.info(of: id)
    switch info.shape {
    case .br, .brIf, .brOnNull, .brOnCast, .return: branchCount = 1
    case .brTable:
      guard case .brTable(let table) = body[id] else { return }
      branchCount = UInt32(table.labelCount)
    case .try:
      // It has to stay where the label is known, whether something is thrown or not.
      guard case .try(let node) = body[id], !node.delegate.isNone, node.delegate != .function else { return }
      branchCount = 1
    case .tryTable:
      guard case .tryTable(let table) = body[id] else { return }
      branchCount = UInt32(table.clauseCount)
    case .call, .callIndirect, .callRef:
      flags = .anyCall
      if body.type(of: id) == .unreachable { branchCount = 1 }
    case .throw, .rethrow: flags = .throwsException
    case .throwRef: flags = [.throwsException, .traps]
    case .localGet, .localSet, .localTee, .tupleSet: setLocals(of: id, in: body)
    case .payload: flags = .takesPayload
    case .unary, .binary: flags = Effects.mayTrap(id, in: body) ? .traps : []
    default:
      flags = Flags(of: info)
      if flags.contains(.traps) && !Effects.mayTrap(id, in: body) { flags.remove(.traps) }
    }
  }

  private mutating func setLocals(of id: NodeID, in body: borrowing Body) {
    switch body[id] {
    case .localGet(let local): localsRead = Effects.bit(of: local)
    case .localSet(let node), .localTee(let node): localsWritten = Effects.bit(of: node.local)
    case .tupleSet(let node):
      for index in 0..<node.localCount {
        let local = body.local(index, of: node)
        if !local.isNone { localsWritten |= Effects.bit(of: local) }
      }
    default: break
    }
  }

  /// Whether the instruction can trap, given what its operands show.
  package static func mayTrap(_ id: NodeID, in body: borrowing Body) -> Bool {
    guard body.info(of: id).attributes.contains(.mayTrap) else { return false }
    switch body[id] {
    case .binary(let node): return !dividesSafely(node, in: body)
    case .structGet(let node): return isNullable(node.reference, in: body)
    case .structSet(let node): return isNullable(node.reference, in: body)
    case .arrayLen(let reference), .refAsNonNull(let reference): return isNullable(reference, in: body)
    case .i31Get(let node): return isNullable(node.operand, in: body)
    default: return true
    }
  }

  private static func isNullable(_ reference: NodeID, in body: borrowing Body) -> Bool {
    let type = body.type(of: reference)
    return !type.isValue || !type.valueType.isReference || type.valueType.isNullable
  }

  /// Whether the divisor is a constant other than 0 and, for the one quotient that does not fit, -1.
  private static func dividesSafely(_ node: BinaryNode, in body: borrowing Body) -> Bool {
    let divisor: Int64
    switch body[node.right] {
    case .i32Const(let value): divisor = Int64(value)
    case .i64Const(let value): divisor = value
    default: return false
    }
    let overflows = node.opcode == .i32DivS || node.opcode == .i64DivS
    return divisor != 0 && !(overflows && divisor == -1)
  }
}

extension Effects.Flags {
  /// Effects of instructions that touch memories, tables, globals and objects.
  init(of info: OpcodeInfo) {
    self = []
    let attributes = info.attributes
    if attributes.contains(.mayTrap) { insert(.traps) }
    if attributes.contains(.readsMemory) { insert(.readsMemory) }
    if attributes.contains(.writesMemory) { insert(.writesMemory) }
    switch info.shape {
    case .globalGet: insert(.readsGlobals)
    case .globalSet: insert(.writesGlobals)
    case .tableGet, .tableSize, .arrayNewElem: insert(.readsTables)
    case .tableSet, .tableFill, .tableInit, .elemDrop: insert(.writesTables)
    case .tableGrow, .tableCopy: formUnion([.readsTables, .writesTables])
    case .dataDrop: insert(.writesMemory)
    case .arrayNewData: insert(.readsMemory)
    case .structGet, .arrayGet: insert(.readsObjects)
    case .structSet, .arraySet, .arrayFill: insert(.writesObjects)
    case .arrayCopy: formUnion([.readsObjects, .writesObjects])
    case .arrayInitData: formUnion([.writesObjects, .readsMemory])
    case .arrayInitElem: formUnion([.writesObjects, .readsTables])
    // No access may move over an atomic one.
    case .load, .store, .rmw, .cmpxchg, .atomicWait, .atomicFence:
      if info.code >> 16 == 0xfe { formUnion([.readsMemory, .writesMemory]) }
    default: break
    }
  }
}

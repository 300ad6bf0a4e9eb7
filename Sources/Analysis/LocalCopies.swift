import IR
import Support

/// What an access assigns to its local, as far as its value shows.
package enum AssignedValue {
  /// What another local has, or had.
  case copy(of: LocalValue)
  /// A constant, or null.
  case constant(NodeID)
  case other
}

extension Body {
  // One scan over what is in the arena, be it in the tree or not, saves most small bodies their control flow graph.

  /// Whether all locals are parameters that nothing writes: they have the values of the arguments.
  package var hasOnlyArguments: Bool {
    localCount == parameterCount
      && !(0..<nodes.count).contains {
        switch nodes[$0].opcode {
        case .localSet, .localTee, .tupleSet: true
        default: false
        }
      }
  }

  /// Whether there may be a `local.set` or `local.tee` of what a local has or is assigned.
  package var mayCopyLocals: Bool {
    (0..<nodes.count).contains { isSet($0) { $0 == .localGet || $0 == .localTee } }
  }

  /// Whether there may be a write for which `assignsKnownValue` holds.
  package var mayAssignKnownValues: Bool {
    (0..<nodes.count).contains {
      isSet($0) { opcode in
        switch opcode {
        case .localGet, .localTee, .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull: true
        case .refAsNonNull, .refCast, .refCastNull, .block: true
        default: false
        }
      }
    }
  }

  @inline(__always) private func isSet(_ index: Int, of matches: (Opcode) -> Bool) -> Bool {
    let record = nodes[index]
    return (record.opcode == .localSet || record.opcode == .localTee) && matches(nodes[Int(record.b)].opcode)
  }

  /// Whether an access is a write whose value is the one that a local has, or a constant. Constant time.
  package func assignsKnownValue(_ index: Int, in flow: borrowing ControlFlowGraph) -> Bool {
    let value = plainValue(of: flow.accesses[index])
    return !value.isNone && (isConstant(value) || isOperand(value, of: index, in: flow))
  }

  /// What a write assigns.
  package func assignedValue(
    of index: Int, in flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph
  ) -> AssignedValue {
    let value = plainValue(of: flow.accesses[index])
    if value.isNone { return .other }
    if isConstant(value) { return .constant(value) }
    guard isOperand(value, of: index, in: flow) else { return .other }
    let source = index - 1
    let copied = flow.accesses[source].isWrite ? values.value(writtenBy: source) : values.value(readBy: source)
    return copied.isNone ? .other : .copy(of: copied)
  }

  /// The node that makes the value which a `local.set` or `local.tee` assigns; `none` for other accesses. It is sought
  /// through what gives a reference on as it is; statements run before it.
  private func plainValue(of access: LocalAccess) -> NodeID {
    guard access.isWrite, opcode(of: access.node) != .tupleSet else { return .none }
    var id = operand(0, of: access.node)
    for _ in 0..<8 {
      switch self[id] {
      case .refAsNonNull(let reference): id = reference
      case .refCast(let node): id = node.reference
      case .block(let block) where block.label.isNone && !block.items.isEmpty:
        id = self[block.items, block.items.count - 1]
      default: return id
      }
    }
    return id
  }

  /// Whether `value` is the access right before the one at `index`, so that nothing comes between.
  private func isOperand(_ value: NodeID, of index: Int, in flow: borrowing ControlFlowGraph) -> Bool {
    guard index > 0, flow.accesses[index - 1].node == value else { return false }
    return opcode(of: value) == .localGet || opcode(of: value) == .localTee
  }

  private func isConstant(_ id: NodeID) -> Bool {
    switch opcode(of: id) {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull: return true
    default: return false
    }
  }
}

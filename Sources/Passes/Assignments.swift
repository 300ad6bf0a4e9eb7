import IR
import Support

// Changes to what assigns and reads locals.

extension Body {
  /// Leaves of a `local.set` or `local.tee` only the value.
  mutating func removeAssignment(_ id: NodeID) {
    switch self[id] {
    case .localSet(let node): replace(id, with: NodeRecord(.drop, .none, a: node.value.rawValue))
    case .localTee(let node):
      moveBranchHint(from: node.value, to: id)
      replace(id, with: nodes[node.value.index])
    default: preconditionFailure("no assignment")
    }
  }

  /// Removes a `local.set` or `local.tee` of a value that is cheap to leave out.
  mutating func removeCopy(_ id: NodeID) {
    if case .localSet(let node) = self[id] {
      switch self[node.value] {
      case .localGet, .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull:
        return replace(id, with: NodeRecord(.block, .none, a: LabelID.none.rawValue))
      case .localTee(let inner):
        return replace(id, with: NodeRecord(.localSet, .none, a: inner.local.rawValue, b: inner.value.rawValue))
      default: break
      }
    }
    removeAssignment(id)
  }

  /// Assigns the value of a `local.set` or `local.tee` to another local, too.
  mutating func insertTee(of local: LocalID, below id: NodeID) {
    let value = operand(0, of: id)
    setOperand(0, of: id, to: makeLocalTee(local, value))
  }

  /// Whether the value that a declared local begins with has a constant no longer than most reads of locals.
  func hasShortDefault(_ local: LocalID) -> Bool {
    let type = type(of: local)
    return type == .i32 || type == .i64 || type.isReference && type.isNullable
  }

  /// Puts the value that the local begins with in the place of a node.
  mutating func replaceWithDefault(_ id: NodeID, of local: LocalID) {
    let type = type(of: local)
    precondition(hasShortDefault(local))
    switch type {
    case .i32: replace(id, with: NodeRecord(.i32Const, .i32))
    case .i64: replace(id, with: NodeRecord(.i64Const, .i64))
    default: replace(id, with: NodeRecord(.refNull, ResultType(type), a: type.heapType.bits))
    }
  }
}

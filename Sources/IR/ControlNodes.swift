import Support

// Typed views of control instructions. Field names are the specification's.

/// `block`; without a label it is a mere sequence and has no bytes.
@frozen public struct BlockNode: BitwiseCopyable, Sendable {
  public let label: LabelID
  public let items: NodeList

  @inlinable init(label: LabelID, items: NodeList) {
    self.label = label
    self.items = items
  }
}

/// `loop`; a branch to its label begins it again.
@frozen public struct LoopNode: BitwiseCopyable, Sendable {
  public let label: LabelID
  public let body: NodeID

  @inlinable init(label: LabelID, body: NodeID) {
    self.label = label
    self.body = body
  }
}

/// `if`; `elseArm` may be `none`.
@frozen public struct IfNode: BitwiseCopyable, Sendable {
  public let condition: NodeID
  public let thenArm: NodeID
  public let elseArm: NodeID

  @inlinable init(condition: NodeID, thenArm: NodeID, elseArm: NodeID) {
    self.condition = condition
    self.thenArm = thenArm
    self.elseArm = elseArm
  }
}

/// Legacy `try`. `arms` are the body, then a body for each of its tags, then that of `catch_all`. The label serves
/// `rethrow` and `delegate` only; branches to it go to a block around.
@frozen public struct TryNode: BitwiseCopyable, Sendable {
  public let label: LabelID
  public let arms: NodeList
  public let tagCount: Int
  public let hasCatchAll: Bool
  public let delegate: LabelID

  @inlinable init(label: LabelID, arms: NodeList, tagCount: Int, hasCatchAll: Bool, delegate: LabelID) {
    self.label = label
    self.arms = arms
    self.tagCount = tagCount
    self.hasCatchAll = hasCatchAll
    self.delegate = delegate
  }
}

/// `try_table`; its clauses are read with `body.catchClause(_:of:)`. Branches to its own label go to a block around.
@frozen public struct TryTableNode: BitwiseCopyable, Sendable {
  public let body: NodeID
  public let start: Int
  public let clauseCount: Int

  @inlinable init(body: NodeID, start: Int, clauseCount: Int) {
    self.body = body
    self.start = start
    self.clauseCount = clauseCount
  }
}

/// `br`; `value` may be `none`.
@frozen public struct BrNode: BitwiseCopyable, Sendable {
  public let label: LabelID
  public let value: NodeID

  @inlinable init(label: LabelID, value: NodeID) {
    self.label = label
    self.value = value
  }
}

/// `br_if`; `value` may be `none`.
@frozen public struct BrIfNode: BitwiseCopyable, Sendable {
  public let label: LabelID
  public let value: NodeID
  public let condition: NodeID

  @inlinable init(label: LabelID, value: NodeID, condition: NodeID) {
    self.label = label
    self.value = value
    self.condition = condition
  }
}

/// `br_table`; `value` may be `none`. Labels are read with `body.label(_:of:)`; the default comes last.
@frozen public struct BrTableNode: BitwiseCopyable, Sendable {
  public let value: NodeID
  public let index: NodeID
  public let start: Int
  public let labelCount: Int

  @inlinable init(value: NodeID, index: NodeID, start: Int, labelCount: Int) {
    self.value = value
    self.index = index
    self.start = start
    self.labelCount = labelCount
  }
}

/// `br_on_null`, `br_on_non_null`; `value` (what the label takes besides the reference) may be `none`.
@frozen public struct BrOnNullNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let label: LabelID
  public let value: NodeID
  public let reference: NodeID

  @inlinable init(opcode: Opcode, label: LabelID, value: NodeID, reference: NodeID) {
    self.opcode = opcode
    self.label = label
    self.value = value
    self.reference = reference
  }
}

/// `br_on_cast`, `br_on_cast_fail`; `value` (what the label takes besides the reference) may be `none`.
@frozen public struct BrOnCastNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let label: LabelID
  public let value: NodeID
  public let reference: NodeID
  public let source: ValueType
  public let target: ValueType

  @inlinable init(
    opcode: Opcode, label: LabelID, value: NodeID, reference: NodeID, source: ValueType, target: ValueType
  ) {
    self.opcode = opcode
    self.label = label
    self.value = value
    self.reference = reference
    self.source = source
    self.target = target
  }
}

/// `return`; `value` may be `none`.
@frozen public struct ReturnNode: BitwiseCopyable, Sendable {
  public let value: NodeID

  @inlinable init(value: NodeID) {
    self.value = value
  }
}

/// `call`, `return_call`.
@frozen public struct CallNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let function: FunctionID
  public let arguments: NodeList

  @inlinable init(opcode: Opcode, function: FunctionID, arguments: NodeList) {
    self.opcode = opcode
    self.function = function
    self.arguments = arguments
  }
}

/// `call_indirect`, `return_call_indirect`.
@frozen public struct CallIndirectNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let type: TypeID
  public let table: TableID
  public let arguments: NodeList
  public let index: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, table: TableID, arguments: NodeList, index: NodeID) {
    self.opcode = opcode
    self.type = type
    self.table = table
    self.arguments = arguments
    self.index = index
  }
}

/// `call_ref`, `return_call_ref`.
@frozen public struct CallRefNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let type: TypeID
  public let arguments: NodeList
  public let function: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, arguments: NodeList, function: NodeID) {
    self.opcode = opcode
    self.type = type
    self.arguments = arguments
    self.function = function
  }
}

/// `throw`.
@frozen public struct ThrowNode: BitwiseCopyable, Sendable {
  public let tag: TagID
  public let arguments: NodeList

  @inlinable init(tag: TagID, arguments: NodeList) {
    self.tag = tag
    self.arguments = arguments
  }
}

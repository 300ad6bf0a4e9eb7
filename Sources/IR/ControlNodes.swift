import Support

// Typed views of control instructions. Field names are the specification's.

/// `block`; without a label it is a mere sequence and has no bytes.
@frozen package struct BlockNode: BitwiseCopyable, Sendable {
  package let label: LabelID
  package let items: NodeList

  @inlinable init(label: LabelID, items: NodeList) {
    self.label = label
    self.items = items
  }
}

/// `loop`; a branch to its label begins it again.
@frozen package struct LoopNode: BitwiseCopyable, Sendable {
  package let label: LabelID
  package let body: NodeID

  @inlinable init(label: LabelID, body: NodeID) {
    self.label = label
    self.body = body
  }
}

/// `if`; `elseArm` may be `none`.
@frozen package struct IfNode: BitwiseCopyable, Sendable {
  package let condition: NodeID
  package let thenArm: NodeID
  package let elseArm: NodeID

  @inlinable init(condition: NodeID, thenArm: NodeID, elseArm: NodeID) {
    self.condition = condition
    self.thenArm = thenArm
    self.elseArm = elseArm
  }
}

/// Legacy `try`. `arms` are the body, then a body for each of its tags, then that of `catch_all`. The label serves
/// `rethrow` and `delegate` only; branches to it go to a block around.
@frozen package struct TryNode: BitwiseCopyable, Sendable {
  package let label: LabelID
  package let arms: NodeList
  package let tagCount: Int
  package let hasCatchAll: Bool
  package let delegate: LabelID

  @inlinable init(label: LabelID, arms: NodeList, tagCount: Int, hasCatchAll: Bool, delegate: LabelID) {
    self.label = label
    self.arms = arms
    self.tagCount = tagCount
    self.hasCatchAll = hasCatchAll
    self.delegate = delegate
  }
}

/// `try_table`; its clauses are read with `body.catchClause(_:of:)`. Branches to its own label go to a block around.
@frozen package struct TryTableNode: BitwiseCopyable, Sendable {
  package let body: NodeID
  package let start: Int
  package let clauseCount: Int

  @inlinable init(body: NodeID, start: Int, clauseCount: Int) {
    self.body = body
    self.start = start
    self.clauseCount = clauseCount
  }
}

/// `br`; `value` may be `none`.
@frozen package struct BrNode: BitwiseCopyable, Sendable {
  package let label: LabelID
  package let value: NodeID

  @inlinable init(label: LabelID, value: NodeID) {
    self.label = label
    self.value = value
  }
}

/// `br_if`; `value` may be `none`.
@frozen package struct BrIfNode: BitwiseCopyable, Sendable {
  package let label: LabelID
  package let value: NodeID
  package let condition: NodeID

  @inlinable init(label: LabelID, value: NodeID, condition: NodeID) {
    self.label = label
    self.value = value
    self.condition = condition
  }
}

/// `br_table`; `value` may be `none`. Labels are read with `body.label(_:of:)`; the default comes last.
@frozen package struct BrTableNode: BitwiseCopyable, Sendable {
  package let value: NodeID
  package let index: NodeID
  package let start: Int
  package let labelCount: Int

  @inlinable init(value: NodeID, index: NodeID, start: Int, labelCount: Int) {
    self.value = value
    self.index = index
    self.start = start
    self.labelCount = labelCount
  }
}

/// `br_on_null`, `br_on_non_null`; `value` (what the label takes besides the reference) may be `none`.
@frozen package struct BrOnNullNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let label: LabelID
  package let value: NodeID
  package let reference: NodeID

  @inlinable init(opcode: Opcode, label: LabelID, value: NodeID, reference: NodeID) {
    self.opcode = opcode
    self.label = label
    self.value = value
    self.reference = reference
  }
}

/// `br_on_cast`, `br_on_cast_fail`; `value` (what the label takes besides the reference) may be `none`.
@frozen package struct BrOnCastNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let label: LabelID
  package let value: NodeID
  package let reference: NodeID
  package let source: ValueType
  package let target: ValueType

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
@frozen package struct ReturnNode: BitwiseCopyable, Sendable {
  package let value: NodeID

  @inlinable init(value: NodeID) {
    self.value = value
  }
}

/// `call`, `return_call`.
@frozen package struct CallNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let function: FunctionID
  package let arguments: NodeList

  @inlinable init(opcode: Opcode, function: FunctionID, arguments: NodeList) {
    self.opcode = opcode
    self.function = function
    self.arguments = arguments
  }
}

/// `call_indirect`, `return_call_indirect`.
@frozen package struct CallIndirectNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let type: TypeID
  package let table: TableID
  package let arguments: NodeList
  package let index: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, table: TableID, arguments: NodeList, index: NodeID) {
    self.opcode = opcode
    self.type = type
    self.table = table
    self.arguments = arguments
    self.index = index
  }
}

/// `call_ref`, `return_call_ref`.
@frozen package struct CallRefNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let type: TypeID
  package let arguments: NodeList
  package let function: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, arguments: NodeList, function: NodeID) {
    self.opcode = opcode
    self.type = type
    self.arguments = arguments
    self.function = function
  }
}

/// `throw`.
@frozen package struct ThrowNode: BitwiseCopyable, Sendable {
  package let tag: TagID
  package let arguments: NodeList

  @inlinable init(tag: TagID, arguments: NodeList) {
    self.tag = tag
    self.arguments = arguments
  }
}

import Support

// Typed views of parametric, variable, numeric, vector and reference instructions, and of the pseudo instructions.

/// The bits of a vector constant, little endian.
@frozen package struct V128: Hashable, BitwiseCopyable, Sendable {
  package var low: UInt64
  package var high: UInt64

  @inlinable package init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The byte at `index`, 0 ..< 16.
  @inlinable package subscript(index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (index < 8 ? low : high) >> UInt64(index % 8 * 8))
  }
}

/// `select`, with or without its type written.
@frozen package struct SelectNode: BitwiseCopyable, Sendable {
  package let ifTrue: NodeID
  package let ifFalse: NodeID
  package let condition: NodeID

  @inlinable init(ifTrue: NodeID, ifFalse: NodeID, condition: NodeID) {
    self.ifTrue = ifTrue
    self.ifFalse = ifFalse
    self.condition = condition
  }
}

/// `local.set`, `local.tee`.
@frozen package struct LocalSetNode: BitwiseCopyable, Sendable {
  package let local: LocalID
  package let value: NodeID

  @inlinable init(local: LocalID, value: NodeID) {
    self.local = local
    self.value = value
  }
}

/// `global.set`.
@frozen package struct GlobalSetNode: BitwiseCopyable, Sendable {
  package let global: GlobalID
  package let value: NodeID

  @inlinable init(global: GlobalID, value: NodeID) {
    self.global = global
    self.value = value
  }
}

/// An instruction with one operand and no immediates.
@frozen package struct UnaryNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let operand: NodeID

  @inlinable init(opcode: Opcode, operand: NodeID) {
    self.opcode = opcode
    self.operand = operand
  }
}

/// An instruction with two operands and no immediates.
@frozen package struct BinaryNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let left: NodeID
  package let right: NodeID

  @inlinable init(opcode: Opcode, left: NodeID, right: NodeID) {
    self.opcode = opcode
    self.left = left
    self.right = right
  }
}

/// A vector instruction with three operands.
@frozen package struct TernaryNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let first: NodeID
  package let second: NodeID
  package let third: NodeID

  @inlinable init(opcode: Opcode, first: NodeID, second: NodeID, third: NodeID) {
    self.opcode = opcode
    self.first = first
    self.second = second
    self.third = third
  }
}

/// `extract_lane` of any shape.
@frozen package struct ExtractLaneNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let vector: NodeID
  package let lane: UInt8

  @inlinable init(opcode: Opcode, vector: NodeID, lane: UInt8) {
    self.opcode = opcode
    self.vector = vector
    self.lane = lane
  }
}

/// `replace_lane` of any shape.
@frozen package struct ReplaceLaneNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let vector: NodeID
  package let value: NodeID
  package let lane: UInt8

  @inlinable init(opcode: Opcode, vector: NodeID, value: NodeID, lane: UInt8) {
    self.opcode = opcode
    self.vector = vector
    self.value = value
    self.lane = lane
  }
}

/// `i8x16.shuffle`; its 16 lane numbers are two little-endian words.
@frozen package struct ShuffleNode: BitwiseCopyable, Sendable {
  package let left: NodeID
  package let right: NodeID
  package let lanes: V128

  @inlinable init(left: NodeID, right: NodeID, lanes: V128) {
    self.left = left
    self.right = right
    self.lanes = lanes
  }
}

/// `i64.add128`, `i64.sub128`: low and high halves; the result is a tuple (low, high).
@frozen package struct WideAddNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let operands: NodeList

  @inlinable init(opcode: Opcode, operands: NodeList) {
    self.opcode = opcode
    self.operands = operands
  }
}

/// Several `local.set` from one tuple. Locals are read with `body.local(_:of:)`, first value first; `none` drops.
@frozen package struct TupleSetNode: BitwiseCopyable, Sendable {
  package let value: NodeID
  package let start: Int
  package let localCount: Int

  @inlinable init(value: NodeID, start: Int, localCount: Int) {
    self.value = value
    self.start = start
    self.localCount = localCount
  }
}

/// `ref.test`, `ref.cast`: `target` tells nullability too.
@frozen package struct RefTestNode: BitwiseCopyable, Sendable {
  package let reference: NodeID
  package let target: ValueType

  @inlinable init(reference: NodeID, target: ValueType) {
    self.reference = reference
    self.target = target
  }
}

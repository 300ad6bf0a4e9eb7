import Support

// Typed views of parametric, variable, numeric, vector and reference instructions, and of the pseudo instructions.

/// The bits of a vector constant, little endian.
@frozen public struct V128: Hashable, BitwiseCopyable, Sendable {
  public var low: UInt64
  public var high: UInt64

  @inlinable public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The byte at `index`, 0 ..< 16.
  @inlinable public subscript(index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (index < 8 ? low : high) >> UInt64(index % 8 * 8))
  }
}

/// `select`, with or without its type written.
@frozen public struct SelectNode: BitwiseCopyable, Sendable {
  public let ifTrue: NodeID
  public let ifFalse: NodeID
  public let condition: NodeID

  @inlinable init(ifTrue: NodeID, ifFalse: NodeID, condition: NodeID) {
    self.ifTrue = ifTrue
    self.ifFalse = ifFalse
    self.condition = condition
  }
}

/// `local.set`, `local.tee`.
@frozen public struct LocalSetNode: BitwiseCopyable, Sendable {
  public let local: LocalID
  public let value: NodeID

  @inlinable init(local: LocalID, value: NodeID) {
    self.local = local
    self.value = value
  }
}

/// `global.set`.
@frozen public struct GlobalSetNode: BitwiseCopyable, Sendable {
  public let global: GlobalID
  public let value: NodeID

  @inlinable init(global: GlobalID, value: NodeID) {
    self.global = global
    self.value = value
  }
}

/// An instruction with one operand and no immediates.
@frozen public struct UnaryNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let operand: NodeID

  @inlinable init(opcode: Opcode, operand: NodeID) {
    self.opcode = opcode
    self.operand = operand
  }
}

/// An instruction with two operands and no immediates.
@frozen public struct BinaryNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let left: NodeID
  public let right: NodeID

  @inlinable init(opcode: Opcode, left: NodeID, right: NodeID) {
    self.opcode = opcode
    self.left = left
    self.right = right
  }
}

/// A vector instruction with three operands.
@frozen public struct TernaryNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let first: NodeID
  public let second: NodeID
  public let third: NodeID

  @inlinable init(opcode: Opcode, first: NodeID, second: NodeID, third: NodeID) {
    self.opcode = opcode
    self.first = first
    self.second = second
    self.third = third
  }
}

/// `extract_lane` of any shape.
@frozen public struct ExtractLaneNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let vector: NodeID
  public let lane: UInt8

  @inlinable init(opcode: Opcode, vector: NodeID, lane: UInt8) {
    self.opcode = opcode
    self.vector = vector
    self.lane = lane
  }
}

/// `replace_lane` of any shape.
@frozen public struct ReplaceLaneNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let vector: NodeID
  public let value: NodeID
  public let lane: UInt8

  @inlinable init(opcode: Opcode, vector: NodeID, value: NodeID, lane: UInt8) {
    self.opcode = opcode
    self.vector = vector
    self.value = value
    self.lane = lane
  }
}

/// `i8x16.shuffle`; its 16 lane numbers are two little-endian words.
@frozen public struct ShuffleNode: BitwiseCopyable, Sendable {
  public let left: NodeID
  public let right: NodeID
  public let lanes: V128

  @inlinable init(left: NodeID, right: NodeID, lanes: V128) {
    self.left = left
    self.right = right
    self.lanes = lanes
  }
}

/// `i64.add128`, `i64.sub128`: low and high halves; the result is a tuple (low, high).
@frozen public struct WideAddNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let operands: NodeList

  @inlinable init(opcode: Opcode, operands: NodeList) {
    self.opcode = opcode
    self.operands = operands
  }
}

/// Several `local.set` from one tuple. Locals are read with `body.local(_:of:)`, first value first; `none` drops.
@frozen public struct TupleSetNode: BitwiseCopyable, Sendable {
  public let value: NodeID
  public let start: Int
  public let localCount: Int

  @inlinable init(value: NodeID, start: Int, localCount: Int) {
    self.value = value
    self.start = start
    self.localCount = localCount
  }
}

/// `ref.test`, `ref.cast`: `target` tells nullability too.
@frozen public struct RefTestNode: BitwiseCopyable, Sendable {
  public let reference: NodeID
  public let target: ValueType

  @inlinable init(reference: NodeID, target: ValueType) {
    self.reference = reference
    self.target = target
  }
}

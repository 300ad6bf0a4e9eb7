import Support

// Typed views of instructions on structures and arrays.

/// `struct.new`.
@frozen public struct StructNewNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let fields: NodeList

  @inlinable init(type: TypeID, fields: NodeList) {
    self.type = type
    self.fields = fields
  }
}

/// `struct.get`, `struct.get_s`, `struct.get_u`.
@frozen public struct StructGetNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let type: TypeID
  public let field: UInt32
  public let reference: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, field: UInt32, reference: NodeID) {
    self.opcode = opcode
    self.type = type
    self.field = field
    self.reference = reference
  }
}

/// `struct.set`.
@frozen public struct StructSetNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let field: UInt32
  public let reference: NodeID
  public let value: NodeID

  @inlinable init(type: TypeID, field: UInt32, reference: NodeID, value: NodeID) {
    self.type = type
    self.field = field
    self.reference = reference
    self.value = value
  }
}

/// `array.new`.
@frozen public struct ArrayNewNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let value: NodeID
  public let count: NodeID

  @inlinable init(type: TypeID, value: NodeID, count: NodeID) {
    self.type = type
    self.value = value
    self.count = count
  }
}

/// `array.new_default`.
@frozen public struct ArrayNewDefaultNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let count: NodeID

  @inlinable init(type: TypeID, count: NodeID) {
    self.type = type
    self.count = count
  }
}

/// `array.new_fixed`.
@frozen public struct ArrayNewFixedNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let values: NodeList

  @inlinable init(type: TypeID, values: NodeList) {
    self.type = type
    self.values = values
  }
}

/// `array.new_data`.
@frozen public struct ArrayNewDataNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let data: DataID
  public let offset: NodeID
  public let count: NodeID

  @inlinable init(type: TypeID, data: DataID, offset: NodeID, count: NodeID) {
    self.type = type
    self.data = data
    self.offset = offset
    self.count = count
  }
}

/// `array.new_elem`.
@frozen public struct ArrayNewElemNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let element: ElementID
  public let offset: NodeID
  public let count: NodeID

  @inlinable init(type: TypeID, element: ElementID, offset: NodeID, count: NodeID) {
    self.type = type
    self.element = element
    self.offset = offset
    self.count = count
  }
}

/// `array.get`, `array.get_s`, `array.get_u`.
@frozen public struct ArrayGetNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let type: TypeID
  public let reference: NodeID
  public let index: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, reference: NodeID, index: NodeID) {
    self.opcode = opcode
    self.type = type
    self.reference = reference
    self.index = index
  }
}

/// `array.set`.
@frozen public struct ArraySetNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let reference: NodeID
  public let index: NodeID
  public let value: NodeID

  @inlinable init(type: TypeID, reference: NodeID, index: NodeID, value: NodeID) {
    self.type = type
    self.reference = reference
    self.index = index
    self.value = value
  }
}

/// `array.fill`.
@frozen public struct ArrayFillNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let reference: NodeID
  public let index: NodeID
  public let value: NodeID
  public let count: NodeID

  @inlinable init(type: TypeID, reference: NodeID, index: NodeID, value: NodeID, count: NodeID) {
    self.type = type
    self.reference = reference
    self.index = index
    self.value = value
    self.count = count
  }
}

/// `array.copy`.
@frozen public struct ArrayCopyNode: BitwiseCopyable, Sendable {
  public let destinationType: TypeID
  public let sourceType: TypeID
  public let destination: NodeID
  public let to: NodeID
  public let source: NodeID
  public let from: NodeID
  public let count: NodeID

  @inlinable init(
    destinationType: TypeID, sourceType: TypeID, destination: NodeID, to: NodeID, source: NodeID, from: NodeID, count: NodeID
  ) {
    self.destinationType = destinationType
    self.sourceType = sourceType
    self.destination = destination
    self.to = to
    self.source = source
    self.from = from
    self.count = count
  }
}

/// `array.init_data`.
@frozen public struct ArrayInitDataNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let data: DataID
  public let reference: NodeID
  public let to: NodeID
  public let from: NodeID
  public let count: NodeID

  @inlinable init(type: TypeID, data: DataID, reference: NodeID, to: NodeID, from: NodeID, count: NodeID) {
    self.type = type
    self.data = data
    self.reference = reference
    self.to = to
    self.from = from
    self.count = count
  }
}

/// `array.init_elem`.
@frozen public struct ArrayInitElemNode: BitwiseCopyable, Sendable {
  public let type: TypeID
  public let element: ElementID
  public let reference: NodeID
  public let to: NodeID
  public let from: NodeID
  public let count: NodeID

  @inlinable init(type: TypeID, element: ElementID, reference: NodeID, to: NodeID, from: NodeID, count: NodeID) {
    self.type = type
    self.element = element
    self.reference = reference
    self.to = to
    self.from = from
    self.count = count
  }
}

import Support

// Typed views of instructions on structures and arrays.

/// `struct.new`.
@frozen package struct StructNewNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let fields: NodeList

  @inlinable init(type: TypeID, fields: NodeList) {
    self.type = type
    self.fields = fields
  }
}

/// `struct.get`, `struct.get_s`, `struct.get_u`.
@frozen package struct StructGetNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let type: TypeID
  package let field: UInt32
  package let reference: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, field: UInt32, reference: NodeID) {
    self.opcode = opcode
    self.type = type
    self.field = field
    self.reference = reference
  }
}

/// `struct.set`.
@frozen package struct StructSetNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let field: UInt32
  package let reference: NodeID
  package let value: NodeID

  @inlinable init(type: TypeID, field: UInt32, reference: NodeID, value: NodeID) {
    self.type = type
    self.field = field
    self.reference = reference
    self.value = value
  }
}

/// `array.new`.
@frozen package struct ArrayNewNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let value: NodeID
  package let count: NodeID

  @inlinable init(type: TypeID, value: NodeID, count: NodeID) {
    self.type = type
    self.value = value
    self.count = count
  }
}

/// `array.new_default`.
@frozen package struct ArrayNewDefaultNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let count: NodeID

  @inlinable init(type: TypeID, count: NodeID) {
    self.type = type
    self.count = count
  }
}

/// `array.new_fixed`.
@frozen package struct ArrayNewFixedNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let values: NodeList

  @inlinable init(type: TypeID, values: NodeList) {
    self.type = type
    self.values = values
  }
}

/// `array.new_data`.
@frozen package struct ArrayNewDataNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let data: DataID
  package let offset: NodeID
  package let count: NodeID

  @inlinable init(type: TypeID, data: DataID, offset: NodeID, count: NodeID) {
    self.type = type
    self.data = data
    self.offset = offset
    self.count = count
  }
}

/// `array.new_elem`.
@frozen package struct ArrayNewElemNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let element: ElementID
  package let offset: NodeID
  package let count: NodeID

  @inlinable init(type: TypeID, element: ElementID, offset: NodeID, count: NodeID) {
    self.type = type
    self.element = element
    self.offset = offset
    self.count = count
  }
}

/// `array.get`, `array.get_s`, `array.get_u`.
@frozen package struct ArrayGetNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let type: TypeID
  package let reference: NodeID
  package let index: NodeID

  @inlinable init(opcode: Opcode, type: TypeID, reference: NodeID, index: NodeID) {
    self.opcode = opcode
    self.type = type
    self.reference = reference
    self.index = index
  }
}

/// `array.set`.
@frozen package struct ArraySetNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let reference: NodeID
  package let index: NodeID
  package let value: NodeID

  @inlinable init(type: TypeID, reference: NodeID, index: NodeID, value: NodeID) {
    self.type = type
    self.reference = reference
    self.index = index
    self.value = value
  }
}

/// `array.fill`.
@frozen package struct ArrayFillNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let reference: NodeID
  package let index: NodeID
  package let value: NodeID
  package let count: NodeID

  @inlinable init(type: TypeID, reference: NodeID, index: NodeID, value: NodeID, count: NodeID) {
    self.type = type
    self.reference = reference
    self.index = index
    self.value = value
    self.count = count
  }
}

/// `array.copy`.
@frozen package struct ArrayCopyNode: BitwiseCopyable, Sendable {
  package let destinationType: TypeID
  package let sourceType: TypeID
  package let destination: NodeID
  package let to: NodeID
  package let source: NodeID
  package let from: NodeID
  package let count: NodeID

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
@frozen package struct ArrayInitDataNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let data: DataID
  package let reference: NodeID
  package let to: NodeID
  package let from: NodeID
  package let count: NodeID

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
@frozen package struct ArrayInitElemNode: BitwiseCopyable, Sendable {
  package let type: TypeID
  package let element: ElementID
  package let reference: NodeID
  package let to: NodeID
  package let from: NodeID
  package let count: NodeID

  @inlinable init(type: TypeID, element: ElementID, reference: NodeID, to: NodeID, from: NodeID, count: NodeID) {
    self.type = type
    self.element = element
    self.reference = reference
    self.to = to
    self.from = from
    self.count = count
  }
}

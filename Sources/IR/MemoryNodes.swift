import Support

// Typed views of memory and table instructions.

/// Any load of a number or vector.
@frozen package struct LoadNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let address: NodeID
  package let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.memarg = memarg
  }
}

/// Any store of a number or vector.
@frozen package struct StoreNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let address: NodeID
  package let value: NodeID
  package let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, value: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.value = value
    self.memarg = memarg
  }
}

/// `v128.loadN_lane`, `v128.storeN_lane`.
@frozen package struct LaneAccessNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let address: NodeID
  package let vector: NodeID
  package let memarg: Memarg
  package let lane: UInt8

  @inlinable init(opcode: Opcode, address: NodeID, vector: NodeID, memarg: Memarg, lane: UInt8) {
    self.opcode = opcode
    self.address = address
    self.vector = vector
    self.memarg = memarg
    self.lane = lane
  }
}

/// Atomic read-modify-write, and `memory.atomic.notify`.
@frozen package struct RMWNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let address: NodeID
  package let value: NodeID
  package let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, value: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.value = value
    self.memarg = memarg
  }
}

/// Atomic compare-and-exchange.
@frozen package struct CmpxchgNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let address: NodeID
  package let expected: NodeID
  package let replacement: NodeID
  package let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, expected: NodeID, replacement: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.expected = expected
    self.replacement = replacement
    self.memarg = memarg
  }
}

/// `memory.atomic.wait32`, `wait64`.
@frozen package struct AtomicWaitNode: BitwiseCopyable, Sendable {
  package let opcode: Opcode
  package let address: NodeID
  package let expected: NodeID
  package let timeout: NodeID
  package let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, expected: NodeID, timeout: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.expected = expected
    self.timeout = timeout
    self.memarg = memarg
  }
}

/// `memory.grow`.
@frozen package struct MemoryGrowNode: BitwiseCopyable, Sendable {
  package let memory: MemoryID
  package let pages: NodeID

  @inlinable init(memory: MemoryID, pages: NodeID) {
    self.memory = memory
    self.pages = pages
  }
}

/// `memory.fill`.
@frozen package struct MemoryFillNode: BitwiseCopyable, Sendable {
  package let memory: MemoryID
  package let address: NodeID
  package let value: NodeID
  package let count: NodeID

  @inlinable init(memory: MemoryID, address: NodeID, value: NodeID, count: NodeID) {
    self.memory = memory
    self.address = address
    self.value = value
    self.count = count
  }
}

/// `memory.copy`.
@frozen package struct MemoryCopyNode: BitwiseCopyable, Sendable {
  package let destination: MemoryID
  package let source: MemoryID
  package let to: NodeID
  package let from: NodeID
  package let count: NodeID

  @inlinable init(destination: MemoryID, source: MemoryID, to: NodeID, from: NodeID, count: NodeID) {
    self.destination = destination
    self.source = source
    self.to = to
    self.from = from
    self.count = count
  }
}

/// `memory.init`.
@frozen package struct MemoryInitNode: BitwiseCopyable, Sendable {
  package let memory: MemoryID
  package let data: DataID
  package let to: NodeID
  package let from: NodeID
  package let count: NodeID

  @inlinable init(memory: MemoryID, data: DataID, to: NodeID, from: NodeID, count: NodeID) {
    self.memory = memory
    self.data = data
    self.to = to
    self.from = from
    self.count = count
  }
}

/// `table.get`.
@frozen package struct TableGetNode: BitwiseCopyable, Sendable {
  package let table: TableID
  package let index: NodeID

  @inlinable init(table: TableID, index: NodeID) {
    self.table = table
    self.index = index
  }
}

/// `table.set`.
@frozen package struct TableSetNode: BitwiseCopyable, Sendable {
  package let table: TableID
  package let index: NodeID
  package let value: NodeID

  @inlinable init(table: TableID, index: NodeID, value: NodeID) {
    self.table = table
    self.index = index
    self.value = value
  }
}

/// `table.grow`.
@frozen package struct TableGrowNode: BitwiseCopyable, Sendable {
  package let table: TableID
  package let value: NodeID
  package let count: NodeID

  @inlinable init(table: TableID, value: NodeID, count: NodeID) {
    self.table = table
    self.value = value
    self.count = count
  }
}

/// `table.fill`.
@frozen package struct TableFillNode: BitwiseCopyable, Sendable {
  package let table: TableID
  package let index: NodeID
  package let value: NodeID
  package let count: NodeID

  @inlinable init(table: TableID, index: NodeID, value: NodeID, count: NodeID) {
    self.table = table
    self.index = index
    self.value = value
    self.count = count
  }
}

/// `table.copy`.
@frozen package struct TableCopyNode: BitwiseCopyable, Sendable {
  package let destination: TableID
  package let source: TableID
  package let to: NodeID
  package let from: NodeID
  package let count: NodeID

  @inlinable init(destination: TableID, source: TableID, to: NodeID, from: NodeID, count: NodeID) {
    self.destination = destination
    self.source = source
    self.to = to
    self.from = from
    self.count = count
  }
}

/// `table.init`.
@frozen package struct TableInitNode: BitwiseCopyable, Sendable {
  package let table: TableID
  package let element: ElementID
  package let to: NodeID
  package let from: NodeID
  package let count: NodeID

  @inlinable init(table: TableID, element: ElementID, to: NodeID, from: NodeID, count: NodeID) {
    self.table = table
    self.element = element
    self.to = to
    self.from = from
    self.count = count
  }
}

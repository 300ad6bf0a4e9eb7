import Support

// Typed views of memory and table instructions.

/// Any load of a number or vector.
@frozen public struct LoadNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let address: NodeID
  public let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.memarg = memarg
  }
}

/// Any store of a number or vector.
@frozen public struct StoreNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let address: NodeID
  public let value: NodeID
  public let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, value: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.value = value
    self.memarg = memarg
  }
}

/// `v128.loadN_lane`, `v128.storeN_lane`.
@frozen public struct LaneAccessNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let address: NodeID
  public let vector: NodeID
  public let memarg: Memarg
  public let lane: UInt8

  @inlinable init(opcode: Opcode, address: NodeID, vector: NodeID, memarg: Memarg, lane: UInt8) {
    self.opcode = opcode
    self.address = address
    self.vector = vector
    self.memarg = memarg
    self.lane = lane
  }
}

/// Atomic read-modify-write, and `memory.atomic.notify`.
@frozen public struct RMWNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let address: NodeID
  public let value: NodeID
  public let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, value: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.value = value
    self.memarg = memarg
  }
}

/// Atomic compare-and-exchange.
@frozen public struct CmpxchgNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let address: NodeID
  public let expected: NodeID
  public let replacement: NodeID
  public let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, expected: NodeID, replacement: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.expected = expected
    self.replacement = replacement
    self.memarg = memarg
  }
}

/// `memory.atomic.wait32`, `wait64`.
@frozen public struct AtomicWaitNode: BitwiseCopyable, Sendable {
  public let opcode: Opcode
  public let address: NodeID
  public let expected: NodeID
  public let timeout: NodeID
  public let memarg: Memarg

  @inlinable init(opcode: Opcode, address: NodeID, expected: NodeID, timeout: NodeID, memarg: Memarg) {
    self.opcode = opcode
    self.address = address
    self.expected = expected
    self.timeout = timeout
    self.memarg = memarg
  }
}

/// `memory.grow`.
@frozen public struct MemoryGrowNode: BitwiseCopyable, Sendable {
  public let memory: MemoryID
  public let pages: NodeID

  @inlinable init(memory: MemoryID, pages: NodeID) {
    self.memory = memory
    self.pages = pages
  }
}

/// `memory.fill`.
@frozen public struct MemoryFillNode: BitwiseCopyable, Sendable {
  public let memory: MemoryID
  public let address: NodeID
  public let value: NodeID
  public let count: NodeID

  @inlinable init(memory: MemoryID, address: NodeID, value: NodeID, count: NodeID) {
    self.memory = memory
    self.address = address
    self.value = value
    self.count = count
  }
}

/// `memory.copy`.
@frozen public struct MemoryCopyNode: BitwiseCopyable, Sendable {
  public let destination: MemoryID
  public let source: MemoryID
  public let to: NodeID
  public let from: NodeID
  public let count: NodeID

  @inlinable init(destination: MemoryID, source: MemoryID, to: NodeID, from: NodeID, count: NodeID) {
    self.destination = destination
    self.source = source
    self.to = to
    self.from = from
    self.count = count
  }
}

/// `memory.init`.
@frozen public struct MemoryInitNode: BitwiseCopyable, Sendable {
  public let memory: MemoryID
  public let data: DataID
  public let to: NodeID
  public let from: NodeID
  public let count: NodeID

  @inlinable init(memory: MemoryID, data: DataID, to: NodeID, from: NodeID, count: NodeID) {
    self.memory = memory
    self.data = data
    self.to = to
    self.from = from
    self.count = count
  }
}

/// `table.get`.
@frozen public struct TableGetNode: BitwiseCopyable, Sendable {
  public let table: TableID
  public let index: NodeID

  @inlinable init(table: TableID, index: NodeID) {
    self.table = table
    self.index = index
  }
}

/// `table.set`.
@frozen public struct TableSetNode: BitwiseCopyable, Sendable {
  public let table: TableID
  public let index: NodeID
  public let value: NodeID

  @inlinable init(table: TableID, index: NodeID, value: NodeID) {
    self.table = table
    self.index = index
    self.value = value
  }
}

/// `table.grow`.
@frozen public struct TableGrowNode: BitwiseCopyable, Sendable {
  public let table: TableID
  public let value: NodeID
  public let count: NodeID

  @inlinable init(table: TableID, value: NodeID, count: NodeID) {
    self.table = table
    self.value = value
    self.count = count
  }
}

/// `table.fill`.
@frozen public struct TableFillNode: BitwiseCopyable, Sendable {
  public let table: TableID
  public let index: NodeID
  public let value: NodeID
  public let count: NodeID

  @inlinable init(table: TableID, index: NodeID, value: NodeID, count: NodeID) {
    self.table = table
    self.index = index
    self.value = value
    self.count = count
  }
}

/// `table.copy`.
@frozen public struct TableCopyNode: BitwiseCopyable, Sendable {
  public let destination: TableID
  public let source: TableID
  public let to: NodeID
  public let from: NodeID
  public let count: NodeID

  @inlinable init(destination: TableID, source: TableID, to: NodeID, from: NodeID, count: NodeID) {
    self.destination = destination
    self.source = source
    self.to = to
    self.from = from
    self.count = count
  }
}

/// `table.init`.
@frozen public struct TableInitNode: BitwiseCopyable, Sendable {
  public let table: TableID
  public let element: ElementID
  public let to: NodeID
  public let from: NodeID
  public let count: NodeID

  @inlinable init(table: TableID, element: ElementID, to: NodeID, from: NodeID, count: NodeID) {
    self.table = table
    self.element = element
    self.to = to
    self.from = from
    self.count = count
  }
}

import Support

/// A node of a body: 16 bytes. What the three words mean is the business of the node's `Shape`; passes read nodes
/// through `body[id]` and write them through the `make` functions.
@frozen public struct NodeRecord: BitwiseCopyable, Sendable {
  /// Opcode in the upper 10 bits, result type in the lower 22.
  @usableFromInline var head: UInt32
  public var a: UInt32
  public var b: UInt32
  public var c: UInt32

  @inlinable public init(_ opcode: Opcode, _ type: ResultType, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0) {
    head = UInt32(opcode.rawValue) << 22 | type.bits
    self.a = a
    self.b = b
    self.c = c
  }

  @inlinable public var opcode: Opcode {
    // It came from one.
    get { Opcode(uncheckedNumber: UInt16(truncatingIfNeeded: head >> 22)) }
    set { head = UInt32(newValue.rawValue) << 22 | head & 0x3f_ffff }
  }

  /// The raw value of the opcode.
  @inlinable @inline(__always) var opcodeNumber: Int { Int(head >> 22) }

  @inlinable public var type: ResultType {
    get { ResultType(bits: head & 0x3f_ffff) }
    set { head = head & ~0x3f_ffff | newValue.bits }
  }

  @inlinable public func word(_ index: Int) -> UInt32 { index == 0 ? a : index == 1 ? b : c }

  @inlinable mutating func setWord(_ index: Int, to value: UInt32) {
    switch index {
    case 0: a = value
    case 1: b = value
    default: c = value
    }
  }
}

extension Opcode {
  /// The number of opcodes, pseudo instructions included.
  @usableFromInline static let count = UInt16(allCases.count)

  /// The opcode with this raw value, which must be one: the fast form of `init(rawValue:)`.
  @inlinable public init(number: UInt16) {
    precondition(number <= Opcode.payload.rawValue)
    self.init(uncheckedNumber: number)
  }

  @inlinable @inline(__always) init(uncheckedNumber number: UInt16) {
    // An enum without payloads is stored as the ordinal of its case, which is its raw value here.
    self = unsafeBitCast(number, to: Opcode.self)
  }
}

/// A range of the side pool whose words are operands.
@frozen public struct NodeList: BitwiseCopyable, Sendable {
  @usableFromInline let start: UInt32
  @usableFromInline let length: UInt32

  @inlinable public init(start: Int, count: Int) {
    self.start = UInt32(truncatingIfNeeded: start)
    length = UInt32(truncatingIfNeeded: count)
  }

  @inlinable public var count: Int { Int(length) }
  @inlinable public var isEmpty: Bool { length == 0 }
  @inlinable public var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
}

/// The static part of a memory access (specification 2.4.4).
@frozen public struct Memarg: Hashable, BitwiseCopyable, Sendable {
  /// Added to the address operand, in bytes.
  public var offset: UInt64
  /// log2 of the alignment in bytes that the access promises.
  public var alignment: UInt8
  public var memory: MemoryID

  @inlinable public init(offset: UInt64, alignment: UInt8, memory: MemoryID) {
    self.offset = offset
    self.alignment = alignment
    self.memory = memory
  }
}

/// One clause of `try_table`.
@frozen public struct CatchClause: Hashable, BitwiseCopyable, Sendable {
  /// The code in the binary format.
  @frozen public enum Kind: UInt32, BitwiseCopyable, Sendable {
    case `catch` = 0
    case catchRef, catchAll, catchAllRef

    @inlinable public var hasTag: Bool { self == .catch || self == .catchRef }
    @inlinable public var passesReference: Bool { self == .catchRef || self == .catchAllRef }
  }

  public var kind: Kind
  /// `none` for the kinds that catch all.
  public var tag: TagID
  public var label: LabelID

  @inlinable public init(kind: Kind, tag: TagID, label: LabelID) {
    self.kind = kind
    self.tag = tag
    self.label = label
  }
}

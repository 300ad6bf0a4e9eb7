import IR
import Support

/// The index spaces that code refers to.
package enum ReferenceKind: UInt8, CaseIterable, BitwiseCopyable, Sendable {
  case function, type, table, memory, global, tag, element, data
  /// Not an index: a block type that is spelled out (`Code.tupleBlockType`). The types in it are references too, and
  /// follow it.
  case tupleBlockType
}

package struct ReferenceKinds: OptionSet, BitwiseCopyable, Sendable {
  package let rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable package init(_ kind: ReferenceKind) { rawValue = 1 << UInt16(kind.rawValue) }

  package static let function = ReferenceKinds(.function)
  package static let type = ReferenceKinds(.type)
  package static let table = ReferenceKinds(.table)
  package static let memory = ReferenceKinds(.memory)
  package static let global = ReferenceKinds(.global)
  package static let tag = ReferenceKinds(.tag)
  package static let element = ReferenceKinds(.element)
  package static let data = ReferenceKinds(.data)
  package static let tupleBlockType = ReferenceKinds(.tupleBlockType)
  /// All index spaces.
  package static let indices = ReferenceKinds(rawValue: 0xff)
  package static let all = ReferenceKinds(rawValue: 0x1ff)
}

/// One place in code that refers to an item of the module.
package struct Reference: Sendable {
  /// How the index is written.
  package enum Form: UInt8, BitwiseCopyable, Sendable {
    /// Unsigned LEB128.
    case index
    /// Signed LEB128: a type index where a heap type or block type stands.
    case heapType
    /// The flags of a memarg with the memory after them, which is there only if a bit of the flags says so.
    case memarg
    /// A block type that is spelled out, from its first byte.
    case tuple
  }

  package var kind: ReferenceKind
  package var form: Form
  /// The item; 0 for a spelled out block type.
  package var index: UInt32
  /// Bytes from the start of the code.
  package var range: Range<Int>
  /// Where the opcode of the instruction is; 0 of references in the locals.
  package var instruction = 0

  @inlinable package init(kind: ReferenceKind, form: Form, index: UInt32, range: Range<Int>, instruction: Int = 0) {
    self.kind = kind
    self.form = form
    self.index = index
    self.range = range
    self.instruction = instruction
  }
}

/// Walks over code at rest and stops at each reference to an item of the module, in the order of the bytes.
///
///     var scan = BodyScan(of: bytes, startingWith: .locals, for: .function)
///     while try scan.advance() { use(scan.reference.index) }
///
/// One pass over the bytes, driven by the opcode table; no IR, no stack of blocks, no memory. The code need not be
/// valid: what can't be read is an error (`malformed`), and nothing else is checked.
package struct BodyScan {
  /// What the code begins with.
  package enum Start: Sendable {
    /// A function body: its locals, then instructions.
    case locals
    /// A constant expression.
    case instructions
  }

  /// The reference that `advance` stopped at; meaningless before it.
  package private(set) var reference = Reference(kind: .function, form: .index, index: 0, range: 0..<0)

  private var reader: ByteReader
  private let kinds: ReferenceKinds
  private let actions = ScanAction.byCode
  /// What is left to read of the instruction or of the locals at hand.
  private var pending: Pending
  /// What comes after a spelled out block type.
  private var afterBlockType = Pending.nothing
  /// Number of items left, of a pending vector.
  private var pendingCount = 0
  /// Where the instruction at hand begins.
  private var instruction = 0

  fileprivate enum Pending: UInt8 {
    case nothing, type, table, memory, element, data, heapType, valueTypes, catchCount, catches, localCount, locals
  }

  /// - Parameters:
  ///   - bytes: borrowed; they must outlive the scan.
  ///   - kinds: what to stop at.
  ///   - origin: offset of the bytes in the file, for messages.
  package init(
    of bytes: UnsafeBufferPointer<UInt8>, startingWith start: Start, for kinds: ReferenceKinds, origin: Int = 0
  ) {
    reader = ByteReader(borrowing: bytes, origin: origin, section: start == .locals ? "code" : nil)
    self.kinds = kinds
    pending = start == .locals ? .localCount : .nothing
  }

  /// Goes to the next reference; false at the end of the code.
  package mutating func advance() throws -> Bool {
    while true {
      while pending != .nothing { if try finishPending() { return true } }
      skipPlainInstructions()
      guard !reader.isAtEnd else { return false }
      instruction = reader.position
      let byte = try reader.readByte()
      var action = actions[Int(byte)]
      if action == .prefix { action = try prefixedAction(byte) }
      switch action {
      case .none: break
      case .number: try skipNumber()
      case .memarg: if try readMemarg() { return true }
      case .invalid: throw illegalOpcode()
      default: if try perform(action) { return true }
      }
    }
  }
}

// MARK: Instructions

private extension BodyScan {
  /// Skips instructions that refer to nothing, which most are, with the position in a register. Stops before any
  /// other, and before one that the code ends in.
  mutating func skipPlainInstructions() {
    let bytes = reader.buffer(0..<reader.end)
    var position = reader.position
    while position < bytes.count {
      var next = position + 1
      switch actions[Int(bytes[position])] {
      case .none: break
      case .number:
        while next < bytes.count && bytes[next] >= 0x80 { next += 1 }
        next += 1
      case .memarg where !kinds.contains(.memory):
        guard next < bytes.count && bytes[next] < Reference.memargHasMemory else { return reader.position = position }
        next += 1
        while next < bytes.count && bytes[next] >= 0x80 { next += 1 }
        next += 1
      default: return reader.position = position
      }
      guard next <= bytes.count else { break }
      position = next
    }
    reader.position = position
  }

  mutating func prefixedAction(_ prefix: UInt8) throws -> ScanAction {
    let number = Int(try reader.readU32())
    guard number < OpcodeTable.decodingPageSize else { return .invalid }
    return actions[(Int(prefix) - 0xfa) * OpcodeTable.decodingPageSize + number]
  }

  func illegalOpcode() -> WasmError {
    let bytes = reader.buffer(instruction..<reader.position).map { "0x" + String($0, radix: 16) }
    return reader.error("illegal opcode " + bytes.joined(separator: " "), at: instruction)
  }

  /// Reads immediates up to the first reference; true if there is one to stop at.
  mutating func perform(_ action: ScanAction) throws -> Bool {
    switch action {
    case .invalid, .prefix, .none: break
    case .number: try skipNumber()
    case .bytes1: try reader.skip(1)
    case .bytes4: try reader.skip(4)
    case .bytes8: try reader.skip(8)
    case .bytes16: try reader.skip(16)
    case .memarg: return try readMemarg()
    case .memargLane: return try readMemarg(withLane: true)
    case .blockType: return try readBlockType()
    case .branchTable: for _ in 0...(try reader.readCount(of: "labels")) { try skipNumber() }
    case .tryTable: return try readBlockType(then: .catchCount)
    case .valueTypes: try begin(.valueTypes, of: "types")
    case .heapType: return try readHeapType()
    case .castBranch:
      try reader.skip(1)
      try skipNumber()
      pending = .heapType
      return try readHeapType()
    default: return try readIndices(action)
    }
    return false
  }

  mutating func readIndices(_ action: ScanAction) throws -> Bool {
    switch action {
    case .function: return try readIndex(.function)
    case .type: return try readIndex(.type)
    case .table: return try readIndex(.table)
    case .memory: return try readIndex(.memory)
    case .global: return try readIndex(.global)
    case .tag: return try readIndex(.tag)
    case .element: return try readIndex(.element)
    case .data: return try readIndex(.data)
    case .typeNumber: return try readIndexAndNumber(.type)
    case .typeType: return try readIndex(.type, then: .type)
    case .typeTable: return try readIndex(.type, then: .table)
    case .typeElement: return try readIndex(.type, then: .element)
    case .typeData: return try readIndex(.type, then: .data)
    case .tableTable: return try readIndex(.table, then: .table)
    case .elementTable: return try readIndex(.element, then: .table)
    case .memoryMemory: return try readIndex(.memory, then: .memory)
    case .dataMemory: return try readIndex(.data, then: .memory)
    default: preconditionFailure("an action without index")
    }
  }

  /// Goes on with what the last stop left; true at the next reference.
  mutating func finishPending() throws -> Bool {
    switch pending {
    case .nothing: return false
    case .type: return try readIndex(.type)
    case .table: return try readIndex(.table)
    case .memory: return try readIndex(.memory)
    case .element: return try readIndex(.element)
    case .data: return try readIndex(.data)
    case .heapType:
      pending = .nothing
      return try readHeapType()
    case .catchCount: try begin(.catches, of: "catch clauses")
    case .localCount: try begin(.locals, of: "groups of locals")
    case .valueTypes, .catches, .locals:
      while pendingCount > 0 {
        pendingCount -= 1
        if try readItem(of: pending) { return true }
      }
      pending = afterBlockType
      afterBlockType = .nothing
    }
    return false
  }

  mutating func begin(_ vector: Pending, of what: String) throws {
    pendingCount = try reader.readCount(of: what)
    pending = vector
  }

  mutating func readItem(of vector: Pending) throws -> Bool {
    switch vector {
    case .catches:
      // `catch_all` and `catch_all_ref` have no tag.
      guard try reader.readByte() & 2 == 0 else {
        try skipNumber()
        return false
      }
      return try readIndexAndNumber(.tag)
    case .locals:
      try skipNumber()
      return try readValueType()
    default: return try readValueType()
    }
  }
}

// MARK: Immediates

private extension BodyScan {
  mutating func skipNumber() throws { while try reader.readByte() >= 0x80 {} }

  mutating func stop(at kind: ReferenceKind, _ form: Reference.Form, _ index: UInt32, _ range: Range<Int>) -> Bool {
    guard kinds.contains(ReferenceKinds(kind)) else { return false }
    reference = Reference(kind: kind, form: form, index: index, range: range, instruction: instruction)
    return true
  }

  mutating func readIndex(_ kind: ReferenceKind, then next: Pending = .nothing) throws -> Bool {
    let start = reader.position
    let index = try reader.readU32()
    pending = next
    return stop(at: kind, .index, index, start..<reader.position)
  }

  /// Reads an index that a number of no interest follows.
  mutating func readIndexAndNumber(_ kind: ReferenceKind) throws -> Bool {
    let start = reader.position
    let index = try reader.readU32()
    let end = reader.position
    try skipNumber()
    return stop(at: kind, .index, index, start..<end)
  }

  mutating func readMemarg(withLane hasLane: Bool = false) throws -> Bool {
    let start = reader.position
    let flags = try reader.readU32()
    let index = flags & Reference.memargHasMemory == 0 ? 0 : try reader.readU32()
    let end = reader.position
    try skipNumber()
    if hasLane { try reader.skip(1) }
    return stop(at: .memory, .memarg, index, start..<end)
  }

  mutating func readBlockType(then next: Pending = .nothing) throws -> Bool {
    pending = next
    switch reader.peekByte() {
    case Code.tupleBlockType: return try readTupleBlockType(then: next)
    case 0x63, 0x64: try reader.skip(1)
    default: break
    }
    // The empty block type and the codes of numbers are negative numbers of one byte, as abstract heap types are.
    return try readHeapType()
  }

  mutating func readTupleBlockType(then next: Pending) throws -> Bool {
    let start = reader.position
    try reader.skip(1)
    try begin(.valueTypes, of: "types")
    afterBlockType = next
    let firstType = reader.position
    for _ in 0..<pendingCount {
      if let byte = reader.peekByte(), byte == 0x63 || byte == 0x64 { try reader.skip(1) }
      try skipNumber()
    }
    let end = reader.position
    reader.position = firstType
    return stop(at: .tupleBlockType, .tuple, 0, start..<end)
  }

  mutating func readValueType() throws -> Bool {
    if let byte = reader.peekByte(), byte == 0x63 || byte == 0x64 { try reader.skip(1) }
    return try readHeapType()
  }

  /// Reads a heap type, or a value type that is not `(ref ...)`: a type index as a signed number, or the one byte of
  /// an abstract type, which as such a number is negative.
  mutating func readHeapType() throws -> Bool {
    let start = reader.position
    let value = try reader.readS33()
    guard value >= 0 else { return false }
    return stop(at: .type, .heapType, UInt32(truncatingIfNeeded: value), start..<reader.position)
  }
}

extension Reference {
  /// The bit of a memarg's flags that says that the index of a memory follows (specification 5.4.6).
  static let memargHasMemory: UInt32 = 0x40
}

// MARK: Visiting

extension Code {
  /// Calls `visit` with each reference of `kinds`, in the order of the bytes. Linear, at hundreds of MB/s.
  package func forEachReference(of kinds: ReferenceKinds, _ visit: (Reference) throws -> Void) throws {
    try bytes.withUnsafeBytes { bytes in
      var scan = BodyScan(of: bytes, startingWith: .locals, for: kinds, origin: fileOffset)
      while try scan.advance() { try visit(scan.reference) }
    }
  }
}

extension ConstExpression {
  /// Calls `visit` with each reference of `kinds`, in the order of the bytes.
  package func forEachReference(of kinds: ReferenceKinds, _ visit: (Reference) throws -> Void) throws {
    try bytes.withUnsafeBytes { bytes in
      var scan = BodyScan(of: bytes, startingWith: .instructions, for: kinds)
      while try scan.advance() { try visit(scan.reference) }
    }
  }
}

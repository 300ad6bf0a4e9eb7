import IR
import Support

/// New indices for old, by index space.
package struct IndexMap: Sendable {
  /// What stands for an item that has no new index. Code must not refer to it.
  package static let removed = UInt32.max

  /// All spaces one after another; those that do not change are left out.
  private var values: [UInt32] = []
  private var ranges = [Range<Int>](repeating: 0..<0, count: ReferenceKind.allCases.count)
  /// The spaces in which some index changes.
  package private(set) var changed: ReferenceKinds = []

  /// Changes nothing.
  package init() {}

  /// Gives the space `kind` its new indices, by old index. Once for each space at most.
  package mutating func set(_ kind: ReferenceKind, to newIndices: [UInt32]) {
    precondition(!changed.contains(ReferenceKinds(kind)))
    guard newIndices.enumerated().contains(where: { $0.offset != Int($0.element) }) else { return }
    ranges[Int(kind.rawValue)] = values.count..<values.count + newIndices.count
    values += newIndices
    changed.insert(ReferenceKinds(kind))
  }

  /// The new index; nil if the space has no such item.
  package func newIndex(_ kind: ReferenceKind, _ index: UInt32) -> UInt32? {
    guard changed.contains(ReferenceKinds(kind)) else { return index }
    let range = ranges[Int(kind.rawValue)]
    return Int(index) < range.count ? values[range.lowerBound + Int(index)] : nil
  }
}

/// Copies code at rest and gives its references new indices, in their smallest form.
package struct BodyRewriter: ~Copyable {
  private let map: IndexMap
  private let kinds: ReferenceKinds
  /// The type index that a spelled out block type becomes.
  private let blockType: (([ValueType]) throws -> UInt32)?
  private var output = Column<UInt8>()

  /// - Parameter blockType: gives the index of the type without parameters and with these results; the results
  ///   mention types by their old indices. Without it, block types that are spelled out stay so.
  package init(map: IndexMap, blockType: (([ValueType]) throws -> UInt32)? = nil) {
    self.map = map
    self.blockType = blockType
    kinds = blockType == nil ? map.changed : map.changed.union(.tupleBlockType)
  }

  /// The body with new indices. Branch hints and source positions move along. It is the same bytes, not copied, if nothing can change.
  /// Linear.
  package mutating func rewrite(_ code: Code) throws -> Code {
    let namesBlockTypes = code.hasTupleTypes && blockType != nil
    guard namesBlockTypes || !map.changed.isEmpty else { return code }
    output.removeAll()
    var result = code
    try code.bytes.withUnsafeBytes { bytes in
      try copy(
        bytes, startingWith: .locals, origin: code.fileOffset, hints: &result.branchHints, positions: &result.positions)
    }
    result.bytes = Bytes(copying: output)
    if namesBlockTypes { result.hasTupleTypes = false }
    return result
  }

  package mutating func rewrite(_ expression: ConstExpression) throws -> ConstExpression {
    guard !map.changed.isEmpty else { return expression }
    output.removeAll()
    var hints: [BranchHint] = []
    var positions: [PositionMark] = []
    try expression.bytes.withUnsafeBytes { bytes in
      try copy(bytes, startingWith: .instructions, origin: 0, hints: &hints, positions: &positions)
    }
    return ConstExpression(bytes: Bytes(copying: output))
  }
}

private extension BodyRewriter {
  mutating func copy(
    _ bytes: UnsafeBufferPointer<UInt8>, startingWith start: BodyScan.Start, origin: Int, hints: inout [BranchHint],
    positions: inout [PositionMark]
  ) throws {
    var scan = BodyScan(of: bytes, startingWith: start, for: kinds, origin: origin)
    var movedHints = 0
    var movedPositions = 0
    var copied = 0
    while try scan.advance() {
      let reference = scan.reference
      // The types in a block type that has got a name are gone with it.
      guard reference.range.lowerBound >= copied else { continue }
      let distance = output.count - copied
      move(&hints, from: &movedHints, before: reference.range.lowerBound, by: distance)
      move(&positions, from: &movedPositions, before: reference.range.lowerBound, by: distance)
      output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<reference.range.lowerBound]))
      try append(reference, in: bytes, origin: origin)
      copied = reference.range.upperBound
    }
    let distance = output.count - copied
    move(&hints, from: &movedHints, before: .max, by: distance)
    move(&positions, from: &movedPositions, before: .max, by: distance)
    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied...]))
  }

  /// Moves the marks from `next` on that stand before `offset`; `next` becomes the first that does not.
  func move<Mark: CodeMark>(_ marks: inout [Mark], from next: inout Int, before offset: Int, by distance: Int) {
    while next < marks.count && Int(marks[next].offset) < offset {
      // A mark within a number that got shorter must not get before the marks before it.
      let floor = next == 0 ? 0 : Int(marks[next - 1].offset)
      marks[next].offset = UInt32(max(floor, Int(marks[next].offset) + distance))
      next += 1
    }
  }

  mutating func append(_ reference: Reference, in bytes: UnsafeBufferPointer<UInt8>, origin: Int) throws {
    if reference.form == .tuple {
      var reader = ByteReader(borrowing: UnsafeBufferPointer(rebasing: bytes[reference.range]))
      try reader.skip(1)
      return output.appendSigned(Int64(try blockType!(reader.readResults())))
    }
    let index = try newIndex(of: reference, origin: origin)
    switch reference.form {
    case .index: output.appendUnsigned(index)
    case .heapType, .tuple: output.appendSigned(Int64(index))
    case .memarg:
      var reader = ByteReader(borrowing: UnsafeBufferPointer(rebasing: bytes[reference.range]))
      let flags = try reader.readU32() & ~Reference.memargHasMemory
      output.appendUnsigned(index == 0 ? flags : flags | Reference.memargHasMemory)
      if index != 0 { output.appendUnsigned(index) }
    }
  }

  func newIndex(of reference: Reference, origin: Int) throws -> UInt32 {
    let place = WasmError.Place.binary(offset: origin + reference.range.lowerBound, section: "code")
    guard let index = map.newIndex(reference.kind, reference.index) else {
      throw WasmError(.invalid, "unknown \(reference.kind) \(reference.index)", at: place)
    }
    guard index != IndexMap.removed else {
      throw WasmError(.internalError, "\(reference.kind) \(reference.index) is used, but was removed", at: place)
    }
    return index
  }
}

/// Something that is said of the instruction at an offset.
private protocol CodeMark {
  /// Bytes from the start of the body.
  var offset: UInt32 { get set }
}

extension BranchHint: CodeMark {}
extension PositionMark: CodeMark {}

private extension ByteReader {
  mutating func readResults() throws -> [ValueType] {
    let count = try readCount(of: "types")
    var results: [ValueType] = []
    results.reserveCapacity(count)
    for _ in 0..<count { results.append(try readValueType(typeCount: HeapType.typeLimit)) }
    return results
  }
}

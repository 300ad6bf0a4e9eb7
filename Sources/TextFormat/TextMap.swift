import Support

/// Which byte of a text the instructions and items of the binary made from it come from.
///
/// Per section a stream of pairs, each as difference from the one before: binary offset (unsigned LEB128), text offset
/// (signed; a folded instruction comes after its operands). Two to three bytes per instruction; a look-up is linear.
package struct TextMap: Sendable {
  struct Segment: Sendable {
    let binaryRange: Range<Int>
    let pairs: Bytes
  }

  var segments: [Segment] = []

  /// The text offset that belongs to the last entry at or before a binary offset, or nil if that section has none.
  package func textOffset(ofBinary offset: Int) -> Int? {
    guard let segment = segments.first(where: { $0.binaryRange.contains(offset) }) else { return nil }
    return segment.pairs.withUnsafeBytes { pairs in
      var reader = ByteReader(borrowing: pairs)
      var binary = segment.binaryRange.lowerBound
      var text = 0
      var found: Int?
      while !reader.isAtEnd, let step = try? reader.readU64(), let distance = try? reader.readS64() {
        binary += Int(step)
        guard binary <= offset else { break }
        text += Int(distance)
        found = text
      }
      return found
    }
  }
}

/// The contents of one section while it is being assembled: its entries, their number, and where they come from.
struct SectionBuffer: ~Copyable {
  var bytes = Column<UInt8>()
  /// Number of entries.
  var count = 0
  /// The pairs of `TextMap`, relative to the start of `bytes`.
  private(set) var pairs = Column<UInt8>()
  private var lastOffset = 0
  private var lastText = 0

  /// Notes that what is at `offset` of this section comes from `text`. Offsets must not go down.
  mutating func mark(_ offset: Int, text: Int) {
    pairs.appendUnsigned(offset - lastOffset)
    pairs.appendSigned(Int64(text - lastText))
    lastOffset = offset
    lastText = text
  }

  /// Notes that what is appended next is an entry that comes from `text`.
  mutating func beginEntry(text: Int) {
    mark(bytes.count, text: text)
    count += 1
  }

  /// Appends a body with what is known of its instructions.
  mutating func append(body: borrowing Column<UInt8>, marks: borrowing Column<InstructionMark>) {
    let base = bytes.count
    for index in 0..<marks.count { mark(base + marks[index].offset, text: marks[index].text) }
    body.withUnsafeBuffer { bytes.append(contentsOf: $0) }
  }
}

/// Where an instruction of a body came from; `offset` counts from the start of the body.
struct InstructionMark: BitwiseCopyable {
  var offset: Int
  var text: Int
}

import IR
import Support

/// Makes the source map of a module while its code is written.
struct MappingWriter: ~Copyable {
  private let positions: EntityTable<PositionID, SourcePosition>
  private var text = Column<UInt8>()
  private var hasMappings = false
  /// What the last mapping says; nil if it says that there is no position.
  private var current: SourcePosition?
  // Each number is written as difference to the one before.
  private var offset = 0
  private var last = SourcePosition(file: 0, line: 0, column: 0, name: 0)

  /// - Parameter map: what the output repeats of it are its members.
  init(_ map: SourceMap) {
    positions = map.positions
    var members = map.members
    if members.isEmpty { members.append(SourceMap.Member(key: "sources", value: Bytes(Array("[]".utf8)))) }
    if !members.contains(where: { $0.key == "names" }) {
      members.append(SourceMap.Member(key: "names", value: Bytes(Array("[]".utf8))))
    }
    append(#"{"version":3"#)
    for member in members {
      append(#",""# + member.key + #"":"#)
      text.append(member.value)
    }
    append(#","mappings":""#)
  }

  /// Takes the marks of the next body, which stands at `start` in the file.
  mutating func append(_ marks: [PositionMark], at start: Int) {
    // What the body before said ends here.
    if current != nil && marks.first?.offset != 0 { append(nil, at: start) }
    current = nil
    for mark in marks {
      let position = mark.position.isPlace ? positions[mark.position] : nil
      if position != current || mark.offset == 0 { append(position, at: start + Int(mark.offset)) }
    }
  }

  /// The whole map.
  mutating func finish() -> Bytes {
    append("\"}\n")
    return Bytes(copying: text)
  }

  private mutating func append(_ position: SourcePosition?, at newOffset: Int) {
    if hasMappings { text.append(UInt8(ascii: ",")) }
    hasMappings = true
    text.appendVLQ(Int64(newOffset - offset))
    offset = newOffset
    current = position
    guard let position else { return }
    text.appendVLQ(Int64(position.file) - Int64(last.file))
    text.appendVLQ(Int64(position.line) - Int64(last.line))
    text.appendVLQ(Int64(position.column) - Int64(last.column))
    let lastName = last.name
    last = position
    if position.name == .max {
      last.name = lastName
    } else {
      text.appendVLQ(Int64(position.name) - Int64(lastName))
    }
  }

  private mutating func append(_ string: String) {
    for byte in string.utf8 { text.append(byte) }
  }
}

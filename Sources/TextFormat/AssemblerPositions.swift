import BinaryFormat
import IR
import Support

// Source positions out of comments, as the printer writes them: `;;@ file:line:column` in front of an instruction, of a
// function, or of the parenthesis that ends one.

/// What the comments of a text say.
struct CommentPositions: ~Copyable {
  private var map = SourceMap()
  private var files: [String: UInt32] = [:]
  private var names: [String: UInt32] = [:]
  private var ids: [SourcePosition: PositionID] = [:]
  /// Marks of the code section: offsets count from its first entry.
  private var marks: [PositionMark] = []
  private var bodyMarks = Column<PositionMark>()
  /// What the last mark of the body says.
  private var current = PositionID.nowhere

  mutating func beginBody() {
    bodyMarks.removeAll()
    current = .nowhere
  }

  mutating func mark(_ position: PositionID, at offset: Int) {
    guard position != current else { return }
    current = position
    bodyMarks.append(PositionMark(offset: UInt32(offset), position: position))
  }

  /// Takes the marks of a body that stands at `start` in the code section.
  mutating func endBody(at start: Int) {
    for index in 0..<bodyMarks.count {
      let mark = bodyMarks[index]
      marks.append(PositionMark(offset: mark.offset + UInt32(start), position: mark.position))
    }
    bodyMarks.removeAll()
  }

  /// The position that a comment names: what stands behind `;;@`. Nil if it names none.
  mutating func position(of comment: String) -> PositionID? {
    let parts = comment.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 1 && parts[0].isEmpty { return .nowhere }
    // The name of the file may have colons, too.
    for index in parts.indices.dropFirst().dropLast() {
      guard let line = UInt32(parts[index]), line > 0, let column = UInt32(parts[index + 1]) else { continue }
      let file = Self.number(of: parts[..<index].joined(separator: ":"), in: &files, &map.files)
      var position = SourcePosition(file: file, line: line - 1, column: column)
      if index + 2 < parts.count {
        position.name = Self.number(of: parts[(index + 2)...].joined(separator: ":"), in: &names, &map.names)
      }
      if let known = ids[position] { return known }
      let id = map.positions.append(position)
      ids[position] = id
      return id
    }
    return nil
  }

  private static func number(of text: String, in numbers: inout [String: UInt32], _ list: inout [String]) -> UInt32 {
    if let known = numbers[text] { return known }
    let number = UInt32(list.count)
    numbers[text] = number
    list.append(text)
    return number
  }

  /// All as a source map of a module whose code section has its first entry at `start`; nil if there is nothing.
  func sourceMap(entriesAt start: Int) -> SourceMapInput? {
    guard !map.positions.isEmpty else { return nil }
    var map = map
    map.members = [("sources", map.files), ("names", map.names)].map { key, strings in
      var json = JSONWriter()
      json.array { json in for string in strings { json.string(string) } }
      return SourceMap.Member(key: key, value: Bytes(json.bytes))
    }
    let marks = marks.map { PositionMark(offset: $0.offset + UInt32(start), position: $0.position) }
    return SourceMapInput(map, marks)
  }
}

extension Assembler {
  /// What a comment in front of the next token says; nil if there is none.
  mutating func takePositionComment() -> PositionID? {
    guard let range = tokens.lexer.positionComment else { return nil }
    tokens.lexer.positionComment = nil
    let isSpace = { (byte: UInt8) in byte == Ascii.space || byte == Ascii.tab }
    var comment = tokens.lexer.text[range].drop(while: isSpace)
    while let last = comment.last, isSpace(last) { comment.removeLast() }
    return positions.position(of: String(decoding: comment, as: UTF8.self))
  }

  /// Where the instruction comes from that is the next token.
  mutating func takePosition() -> PositionID {
    takePositionComment() ?? (frames.isEmpty ? .nowhere : frames.last.position)
  }

  /// Takes note of where the instruction comes from that is emitted next.
  mutating func mark(_ position: PositionID) { positions.mark(position, at: body.count) }
}

import Support

/// Cuts a text, known to be valid UTF-8, into tokens (specification 6.3).
///
/// White space, comments and annotations without a meaning here are skipped. The lexer borrows the text.
struct Lexer {
  let text: UnsafeBufferPointer<UInt8>
  private let base: UnsafePointer<UInt8>
  private let end: Int
  private let classes: UnsafePointer<CharacterClass>
  private let words: WordTable
  var position: Int
  /// The contents of the last comment that began with `;;@`, up to the end of its line: whoever takes note of it sets it
  /// to nil.
  var positionComment: Range<Int>?

  init(text: UnsafeBufferPointer<UInt8>, range: Range<Int>) {
    precondition(range.upperBound <= text.count)
    self.text = text
    base = text.baseAddress ?? UnsafePointer(bitPattern: 1)!
    end = range.upperBound
    position = range.lowerBound
    classes = CharacterClass.table
    words = WordTable.shared
  }

  func error(_ message: String, at offset: Int) -> WasmError {
    WasmError(.malformed, message, at: textPlace(of: offset, in: text))
  }

  /// The text of a range, for messages: shortened when long.
  func excerpt(_ range: Range<Int>) -> String {
    let limit = 60
    let shown = String(decoding: text[range.prefix(limit)], as: UTF8.self)
    return range.count > limit ? shown + "..." : shown
  }

  /// The text of the token at `offset`, for messages.
  func excerpt(ofTokenAt offset: Int) -> String {
    var lexer = self
    lexer.position = offset
    return excerpt(offset..<((try? lexer.next().end) ?? offset))
  }

  mutating func next() throws -> Token {
    while true {
      try skipSpace()
      guard position < end else {
        return Token(kind: .endOfText, start: position, contentStart: position, end: position)
      }
      let start = position
      switch base[start] {
      case Ascii.leftParen:
        if start + 1 < end && base[start + 1] == Ascii.at {
          if let annotation = try lexAnnotation() { return annotation }
          continue
        }
        position = start + 1
        return try lexAfterLeftParen(at: start)
      case Ascii.rightParen:
        position = start + 1
        return Token(kind: .rightParen, start: start, contentStart: start, end: position)
      case Ascii.quote: return try lexString()
      default: return try lexRun()
      }
    }
  }

  private mutating func lexAfterLeftParen(at start: Int) throws -> Token {
    let afterParen = position
    while true {
      try skipSpace()
      guard position < end else { break }
      if Ascii.isLowercase(base[position]) {
        var token = try lexRun()
        token.kind = .open
        token.start = start
        return token
      }
      guard base[position] == Ascii.leftParen && position + 1 < end && base[position + 1] == Ascii.at else { break }
      if try lexAnnotation() != nil { break }
    }
    position = afterParen
    return Token(kind: .leftParen, start: start, contentStart: start, end: afterParen)
  }

  /// Lexes a run of idchars: words, numbers, identifiers.
  private mutating func lexRun() throws -> Token {
    let start = position
    let first = base[start]
    if first == Ascii.dollar { return try lexIdentifier() }
    var hash = hashSeed
    var cursor = start
    while cursor < end && classes[Int(base[cursor])] == .idchar {
      hash = hashStep(hash, base[cursor])
      cursor += 1
    }
    position = cursor
    try checkTokenEnds(from: start)
    var token = Token(kind: .reserved, hash: hash, start: start, contentStart: start, end: cursor)
    if Ascii.isLowercase(first) {
      token.kind = .word
      token.word = words.find(base + start, count: cursor - start, hash: hash)
    } else if Ascii.isDigit(first) || first == Ascii.plus || first == Ascii.minus {
      token.kind = .number
    }
    return token
  }

  private mutating func lexIdentifier() throws -> Token {
    let start = position
    var cursor = start + 1
    if cursor < end && base[cursor] == Ascii.quote {
      position = cursor
      var token = try lexString()
      token.kind = .quotedIdentifier
      token.start = start
      if token.end - token.contentStart == 2 { throw error("empty identifier", at: start) }
      return token
    }
    var hash = hashSeed
    while cursor < end && classes[Int(base[cursor])] == .idchar {
      hash = hashStep(hash, base[cursor])
      cursor += 1
    }
    position = cursor
    if cursor == start + 1 { throw error("empty identifier", at: start) }
    try checkTokenEnds(from: start)
    return Token(kind: .identifier, hash: hash, start: start, contentStart: start + 1, end: cursor)
  }

  /// Lexes a string, checks its characters and escapes, and that no other token is glued to it.
  private mutating func lexString() throws -> Token {
    let start = position
    try skipString()
    try checkTokenEnds(from: start)
    return Token(kind: .string, start: start, contentStart: start, end: position)
  }

  /// Throws unless the token that ends here is followed by what separates tokens.
  private func checkTokenEnds(from start: Int) throws {
    guard position < end else { return }
    switch classes[Int(base[position])] {
    case .space, .parenthesis: return
    case .semicolon where position + 1 < end && base[position + 1] == Ascii.semicolon: return
    case .illegal: throw error("illegal character", at: position)
    default:
      var cursor = position
      while cursor < end, [.idchar, .quote, .punctuation].contains(classes[Int(base[cursor])]) { cursor += 1 }
      throw error("unknown operator \(excerpt(start..<cursor)): white space is missing between tokens", at: start)
    }
  }

  /// Moves to the start of a token, over white space and comments.
  private mutating func skipSpace() throws {
    while position < end {
      switch classes[Int(base[position])] {
      case .space: position += 1
      case .semicolon:
        guard position + 1 < end && base[position + 1] == Ascii.semicolon else {
          throw error("unknown operator ;", at: position)
        }
        skipLineComment()
      case .parenthesis:
        guard base[position] == Ascii.leftParen, position + 1 < end, base[position + 1] == Ascii.semicolon else {
          return
        }
        try skipBlockComment()
      case .illegal: throw error("illegal character", at: position)
      case .punctuation: throw error("unknown operator \(excerpt(position..<position + 1))", at: position)
      case .idchar, .quote: return
      }
    }
  }

  private mutating func skipLineComment() {
    let start = position
    while position < end && base[position] != Ascii.lineFeed && base[position] != Ascii.carriageReturn {
      position += 1
    }
    if position > start + 2 && base[start + 2] == Ascii.at { positionComment = start + 3..<position }
  }

  private mutating func skipBlockComment() throws {
    let start = position
    var depth = 1
    position += 2
    while position + 1 < end {
      if base[position] == Ascii.semicolon && base[position + 1] == Ascii.rightParen {
        depth -= 1
        position += 2
        if depth == 0 { return }
      } else if base[position] == Ascii.leftParen && base[position + 1] == Ascii.semicolon {
        depth += 1
        position += 2
      } else {
        position += 1
      }
    }
    throw error("unclosed comment", at: start)
  }

  /// Moves behind the parenthesis that closes the one that was opened last, without looking at tokens.
  mutating func skipToClosingParenthesis() throws {
    var depth = 1
    let start = position
    while position < end {
      switch classes[Int(base[position])] {
      case .parenthesis:
        if base[position] == Ascii.rightParen {
          depth -= 1
          position += 1
          if depth == 0 { return }
        } else if position + 1 < end && base[position + 1] == Ascii.semicolon {
          try skipBlockComment()
        } else {
          depth += 1
          position += 1
        }
      case .semicolon where position + 1 < end && base[position + 1] == Ascii.semicolon: skipLineComment()
      case .quote: try skipString()
      default: position += 1
      }
    }
    throw error("unexpected end: a parenthesis before this place is not closed", at: min(start, end))
  }
}

// MARK: Strings

extension Lexer {
  /// Moves behind the string that starts here, checking it (specification 6.3.3).
  private mutating func skipString() throws {
    let start = position
    position += 1
    while position < end {
      let byte = base[position]
      if byte == Ascii.quote {
        position += 1
        return
      }
      if byte == Ascii.backslash {
        try skipEscape(inStringAt: start)
      } else if byte < Ascii.space || byte == 0x7f {
        throw error(byte == Ascii.lineFeed ? "unclosed string" : "illegal character in string", at: position)
      } else {
        position += 1
      }
    }
    throw error("unclosed string", at: start)
  }

  private mutating func skipEscape(inStringAt start: Int) throws {
    guard position + 1 < end else { throw error("unclosed string", at: start) }
    let byte = base[position + 1]
    switch byte {
    case UInt8(ascii: "t"), UInt8(ascii: "n"), UInt8(ascii: "r"), Ascii.quote, UInt8(ascii: "'"), Ascii.backslash:
      position += 2
    case UInt8(ascii: "u"):
      guard let (_, after) = unicodeEscape(at: position) else { throw error("illegal escape in string", at: position) }
      position = after
    default:
      guard Ascii.hexDigit(byte) != nil, position + 2 < end, Ascii.hexDigit(base[position + 2]) != nil else {
        throw error("illegal escape in string", at: position)
      }
      position += 3
    }
  }

  /// The scalar value of `\u{...}` at `start`, and where it ends.
  private func unicodeEscape(at start: Int) -> (scalar: UInt32, end: Int)? {
    var cursor = start + 2
    guard cursor < end, base[cursor] == UInt8(ascii: "{") else { return nil }
    cursor += 1
    var scalar: UInt32 = 0
    var previousIsDigit = false
    while cursor < end {
      let byte = base[cursor]
      if let digit = Ascii.hexDigit(byte) {
        scalar = scalar << 4 | UInt32(digit)
        if scalar >= 0x110000 { return nil }
      } else if !previousIsDigit {
        return nil
      } else if byte == UInt8(ascii: "}") {
        return 0xd800..<0xe000 ~= scalar ? nil : (scalar, cursor + 1)
      } else if byte != Ascii.underscore {
        return nil
      }
      previousIsDigit = byte != Ascii.underscore
      cursor += 1
    }
    return nil
  }

  /// Appends the bytes that a string stands for; `range` is the string with its quotes.
  func decodeString(_ range: Range<Int>, into column: inout Column<UInt8>) {
    var cursor = range.lowerBound + 1
    let last = range.upperBound - 1
    while cursor < last {
      let runStart = cursor
      while cursor < last && base[cursor] != Ascii.backslash { cursor += 1 }
      column.append(contentsOf: UnsafeBufferPointer(start: base + runStart, count: cursor - runStart))
      if cursor < last { cursor = decodeEscape(at: cursor, into: &column) }
    }
  }

  private func decodeEscape(at start: Int, into column: inout Column<UInt8>) -> Int {
    let byte = base[start + 1]
    switch byte {
    case UInt8(ascii: "t"): column.append(Ascii.tab)
    case UInt8(ascii: "n"): column.append(Ascii.lineFeed)
    case UInt8(ascii: "r"): column.append(Ascii.carriageReturn)
    case Ascii.quote, UInt8(ascii: "'"), Ascii.backslash: column.append(byte)
    case UInt8(ascii: "u"):
      guard let (scalar, after) = unicodeEscape(at: start), let character = Unicode.Scalar(scalar) else {
        preconditionFailure("escapes are checked when lexed")
      }
      for unit in String(Character(character)).utf8 { column.append(unit) }
      return after
    default:
      column.append((Ascii.hexDigit(byte) ?? 0) << 4 | (Ascii.hexDigit(base[start + 2]) ?? 0))
      return start + 3
    }
    return start + 2
  }
}

// MARK: Annotations

extension Lexer {
  /// Lexes `(@id`. Of an annotation with a meaning, returns that as a token; any other is skipped to its end.
  private mutating func lexAnnotation() throws -> Token? {
    let start = position
    position += 2
    let idStart = position
    var id = Column<UInt8>()
    if position < end && base[position] == Ascii.quote {
      try skipString()
      decodeString(idStart..<position, into: &id)
      if id.withUnsafeBuffer({ firstMalformedUTF8(in: $0) }) != nil {
        throw error("malformed UTF-8 encoding", at: idStart)
      }
    } else {
      while position < end && classes[Int(base[position])] == .idchar { position += 1 }
      id.append(contentsOf: UnsafeBufferPointer(start: base + idStart, count: position - idStart))
    }
    if id.isEmpty { throw error("empty annotation id", at: start) }
    let word = id.withUnsafeBuffer { words.find($0.baseAddress!, count: $0.count, hash: hashOfText($0)) }
    switch word.keyword {
    case .custom, .name, .branchHint:
      return Token(kind: .annotation, word: word, start: start, contentStart: idStart, end: position)
    default:
      try skipAnnotation(at: start)
      return nil
    }
  }

  /// Moves behind an annotation: any tokens, reserved ones too, with balanced parentheses.
  private mutating func skipAnnotation(at start: Int) throws {
    var depth = 1
    while position < end {
      switch classes[Int(base[position])] {
      case .parenthesis:
        if base[position] == Ascii.rightParen {
          depth -= 1
          position += 1
          if depth == 0 { return }
        } else if position + 1 < end && base[position + 1] == Ascii.semicolon {
          try skipBlockComment()
        } else {
          depth += 1
          position += 1
        }
      case .semicolon where position + 1 < end && base[position + 1] == Ascii.semicolon: skipLineComment()
      case .quote: try skipString()
      case .illegal: throw error("illegal character", at: position)
      default: position += 1
      }
    }
    throw error("unclosed annotation", at: start)
  }
}

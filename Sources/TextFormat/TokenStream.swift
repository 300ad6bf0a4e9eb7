import IR
import Support

/// The tokens of a text, one at a time, with what every grammar rule needs.
struct TokenStream {
  var lexer: Lexer
  /// The token that comes next.
  private(set) var token: Token

  init(text: UnsafeBufferPointer<UInt8>, range: Range<Int>) throws {
    lexer = Lexer(text: text, range: range)
    token = try lexer.next()
  }

  mutating func advance() throws { token = try lexer.next() }

  /// Goes on with the token that starts at `offset`.
  mutating func seek(to offset: Int) throws {
    lexer.position = offset
    token = try lexer.next()
  }

  /// Skips the rest of what the innermost parenthesis encloses, and that parenthesis.
  mutating func skipToClosingParenthesis() throws {
    lexer.position = token.start
    try lexer.skipToClosingParenthesis()
    token = try lexer.next()
  }

  /// The bytes of a token without what introduces it.
  func content(of token: Token) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: lexer.text[token.contentStart..<token.end])
  }

  // MARK: Errors

  func error(_ message: String, at offset: Int, kind: WasmError.Kind = .malformed) -> WasmError {
    WasmError(kind, message, at: textPlace(of: offset, in: lexer.text))
  }

  func excerpt(of token: Token) -> String { lexer.excerpt(token.start..<token.end) }

  /// The error that the next token stands where the grammar wants `expected`.
  func unexpectedToken(expecting expected: String) -> WasmError {
    switch token.kind {
    case .endOfText: return error("unexpected end of the text, expected \(expected)", at: token.start)
    case .annotation: return error("misplaced @\(token.word.keyword.rawValue) annotation", at: token.start)
    case .reserved: return error("unknown operator \(excerpt(of: token))", at: token.start)
    case .number where FloatLiteral(content(of: token), format: .f64).isMalformed:
      return error("unknown operator \(excerpt(of: token))", at: token.start)
    case .word, .open:
      if !token.word.isInstruction && token.word.keyword == .none { return unknownWord() }
    default: break
    }
    return error("unexpected token \(excerpt(of: token)), expected \(expected)", at: token.start)
  }

  /// The error for a word that is neither a keyword nor an instruction of the language.
  private func unknownWord() -> WasmError {
    let word = String(decoding: content(of: token), as: UTF8.self)
    if let proposal = ProposalOpcodes.find(mnemonic: word) ?? proposalOfType(word) {
      return error(
        "\(word) belongs to the proposal \(proposal), which is not supported", at: token.contentStart,
        kind: .unsupported)
    }
    let shown = lexer.excerpt(token.contentStart..<token.end)
    let nearest = nearestMnemonic(to: word).map { ", did you mean \($0)?" } ?? ""
    return error("unknown operator \(shown)\(nearest)", at: token.contentStart)
  }

  // MARK: Punctuation and words

  mutating func expectRightParen() throws {
    guard token.kind == .rightParen else { throw unexpectedToken(expecting: ")") }
    try advance()
  }

  /// Consumes `(keyword` if it is next.
  mutating func takeOpen(_ keyword: Keyword) throws -> Bool {
    guard token.isOpen(keyword) else { return false }
    try advance()
    return true
  }

  mutating func takeWord(_ keyword: Keyword) throws -> Bool {
    guard token.isWord(keyword) else { return false }
    try advance()
    return true
  }

  /// Consumes a string; the result is its range with the quotes.
  mutating func expectString(_ expected: String) throws -> Range<Int> {
    guard token.kind == .string else { throw unexpectedToken(expecting: expected) }
    let range = token.contentStart..<token.end
    try advance()
    return range
  }

  /// Consumes all strings that follow and appends their bytes.
  mutating func readStrings(into column: inout Column<UInt8>) throws {
    while token.kind == .string {
      lexer.decodeString(token.contentStart..<token.end, into: &column)
      try advance()
    }
  }

  /// Consumes a string that must be valid UTF-8 and appends its bytes.
  mutating func readName(_ expected: String, into column: inout Column<UInt8>) throws {
    let range = try expectString(expected)
    let start = column.count
    lexer.decodeString(range, into: &column)
    let isMalformed = column.withUnsafeBuffer {
      firstMalformedUTF8(in: UnsafeBufferPointer(rebasing: $0[start...])) != nil
    }
    if isMalformed { throw error("malformed UTF-8 encoding", at: range.lowerBound) }
  }

  // MARK: Numbers

  /// Consumes an unsigned integer below 2^bits.
  mutating func readUnsigned(bits: Int, _ expected: String) throws -> UInt64 {
    guard token.kind == .number, let literal = IntegerLiteral(content(of: token)), !literal.hasSign else {
      throw unexpectedToken(expecting: expected)
    }
    return try inRange(literal.constant(bits: bits), "i\(bits)")
  }

  mutating func readU32(_ expected: String) throws -> UInt32 {
    UInt32(truncatingIfNeeded: try readUnsigned(bits: 32, expected))
  }

  /// Consumes an integer constant of a type of `bits` bits, signed or unsigned; the result is modulo 2^bits.
  mutating func readInteger(bits: Int) throws -> UInt64 {
    guard token.kind == .number, let literal = IntegerLiteral(content(of: token)) else {
      throw unexpectedToken(expecting: "an i\(bits) constant")
    }
    return try inRange(literal.constant(bits: bits), "i\(bits)")
  }

  /// Consumes a floating-point constant; the result is its bits.
  mutating func readFloat(_ format: FloatFormat) throws -> UInt64 {
    let type = format.precision == 24 ? "f32" : "f64"
    guard token.kind == .number || token.kind == .word else {
      throw unexpectedToken(expecting: "an \(type) constant")
    }
    switch FloatLiteral(content(of: token), format: format) {
    case .bits(let bits):
      try advance()
      return bits
    case .outOfRange: return try inRange(nil, type)
    case .malformed: throw unexpectedToken(expecting: "an \(type) constant")
    }
  }

  private mutating func inRange(_ value: UInt64?, _ type: String) throws -> UInt64 {
    guard let value else {
      throw error("\(type) constant out of range: \(excerpt(of: token))", at: token.start)
    }
    try advance()
    return value
  }
}

extension FloatLiteral {
  var isMalformed: Bool {
    if case .malformed = self { return true }
    return false
  }
}

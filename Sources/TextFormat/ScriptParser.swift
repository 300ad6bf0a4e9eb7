import IR
import Support

/// Reads .wast scripts. Modules are not assembled: that is for who runs the commands.
package struct ScriptParser {
  private let text: Bytes
  private var tokens: TokenStream
  private var commands: [ScriptCommand] = []
  /// How far lines have been counted.
  private var line = 1
  private var lineOffset = 0

  private init(text: Bytes, buffer: UnsafeBufferPointer<UInt8>) throws {
    self.text = text
    tokens = try TokenStream(text: buffer, range: 0..<buffer.count)
  }

  /// The commands of a script, in order. Module fields that stand alone are one module. Throws `WasmError` with line
  /// and column. Linear.
  package static func parse(_ text: Bytes) throws -> [ScriptCommand] {
    try TextParser.checkUTF8(text)
    return try text.withUnsafeBytes { buffer in
      var parser = try ScriptParser(text: text, buffer: buffer)
      try parser.parseCommands()
      return parser.commands
    }
  }

  private mutating func parseCommands() throws {
    while tokens.token.kind != .endOfText {
      let line = lineNumber(of: tokens.token.start)
      commands.append(ScriptCommand(line: line, content: try parseCommand()))
    }
  }

  /// Offsets must not go down from call to call.
  private mutating func lineNumber(of offset: Int) -> Int {
    let (lines, _) = countLines(in: tokens.lexer.text, from: lineOffset, before: offset)
    line += lines
    lineOffset = offset
    return line
  }

  private mutating func parseCommand() throws -> ScriptCommand.Content {
    let token = tokens.token
    guard token.kind == .open || token.kind == .annotation else {
      throw tokens.unexpectedToken(expecting: "a command")
    }
    if token.isOpen(.module) { return try parseModuleCommand() }
    if token.isOpen(.invoke) || token.isOpen(.get) { return .action(try parseAction()) }
    if isField(token) { return try parseInlineModule() }
    guard token.kind == .open else { throw tokens.unexpectedToken(expecting: "a command") }
    try tokens.advance()
    guard let content = try parseAssertion(token.word.keyword) else {
      try tokens.seek(to: token.start)
      throw tokens.unexpectedToken(expecting: "a command")
    }
    try tokens.expectRightParen()
    return content
  }

  /// Reads the rest of an assertion or `register`; nil if the word is neither.
  private mutating func parseAssertion(_ keyword: Keyword) throws -> ScriptCommand.Content? {
    switch keyword {
    case .register: return .register(as: try parseName("a name"), module: try parseModuleName())
    case .assertReturn:
      let action = try parseAction()
      var results: [ResultPattern] = []
      while tokens.token.kind != .rightParen { results.append(try parsePattern()) }
      return .assertReturn(action, results)
    case .assertTrap where tokens.token.isOpen(.module):
      return .assertModuleTrap(try parseModule(), message: try parseName("a message"))
    case .assertTrap: return .assertTrap(try parseAction(), message: try parseName("a message"))
    case .assertExhaustion: return .assertExhaustion(try parseAction(), message: try parseName("a message"))
    case .assertException: return .assertException(try parseAction())
    case .assertUnlinkable: return .assertUnlinkable(try parseModule(), message: try parseName("a message"))
    case .assertInvalid: return .assertInvalid(try parseModule(), message: try parseName("a message"))
    case .assertMalformed: return .assertMalformed(try parseModule(), message: try parseName("a message"))
    case .assertInvalidCustom: return .assertInvalidCustom(try parseModule(), message: try parseName("a message"))
    case .assertMalformedCustom:
      return .assertMalformedCustom(try parseModule(), message: try parseName("a message"))
    default: return nil
    }
  }

  // MARK: Modules

  private func isField(_ token: Token) -> Bool {
    if token.kind == .annotation { return true }
    switch token.word.keyword {
    case .type, .rec, .import, .func, .table, .memory, .global, .tag, .export, .start, .elem, .data: return true
    default: return false
    }
  }

  private mutating func parseInlineModule() throws -> ScriptCommand.Content {
    let start = tokens.token.start
    var end = start
    while (tokens.token.kind == .open || tokens.token.kind == .annotation) && isField(tokens.token) {
      end = try skipForm()
    }
    return .module(name: nil, isDefinition: false, .text(text, start..<end))
  }

  /// Skips what the next token opens; the result is where it ends.
  private mutating func skipForm() throws -> Int {
    tokens.lexer.position = tokens.token.start + 1
    try tokens.lexer.skipToClosingParenthesis()
    let end = tokens.lexer.position
    try tokens.advance()
    return end
  }

  private mutating func parseModuleCommand() throws -> ScriptCommand.Content {
    let start = tokens.token.start
    try tokens.advance()
    if try tokens.takeWord(.instance) {
      let name = try parseModuleName()
      let module = try parseModuleName()
      try tokens.expectRightParen()
      return .instance(name: name, module: module)
    }
    let isDefinition = try tokens.takeWord(.definition)
    let name = try parseModuleName()
    return .module(name: name, isDefinition: isDefinition, try parseModuleForm(from: start))
  }

  private mutating func parseModule() throws -> ScriptModule {
    let start = tokens.token.start
    guard try tokens.takeOpen(.module) else { throw tokens.unexpectedToken(expecting: "(module") }
    _ = try tokens.takeWord(.definition)
    _ = try parseModuleName()
    return try parseModuleForm(from: start)
  }

  /// Consumes the rest of a module whose first parenthesis is at `start`.
  private mutating func parseModuleForm(from start: Int) throws -> ScriptModule {
    var bytes = Column<UInt8>()
    if try tokens.takeWord(.binary) {
      try tokens.readStrings(into: &bytes)
      try tokens.expectRightParen()
      return .binary(Bytes(copying: bytes))
    }
    if try tokens.takeWord(.quote) {
      try tokens.readStrings(into: &bytes)
      try tokens.expectRightParen()
      return .quote(Bytes(copying: bytes))
    }
    tokens.lexer.position = tokens.token.start
    try tokens.lexer.skipToClosingParenthesis()
    let end = tokens.lexer.position
    try tokens.advance()
    return .text(text, start..<end)
  }

  // MARK: Names

  private mutating func parseName(_ expected: String) throws -> Name {
    var bytes = Column<UInt8>()
    try tokens.readName(expected, into: &bytes)
    return name(bytes)
  }

  /// Consumes an optional identifier.
  private mutating func parseModuleName() throws -> Name? {
    var bytes = Column<UInt8>()
    switch tokens.token.kind {
    case .identifier: bytes.append(contentsOf: tokens.content(of: tokens.token))
    case .quotedIdentifier:
      tokens.lexer.decodeString(tokens.token.contentStart..<tokens.token.end, into: &bytes)
    default: return nil
    }
    try tokens.advance()
    return name(bytes)
  }

  private func name(_ bytes: borrowing Column<UInt8>) -> Name {
    Name(validating: bytes.toArray()) ?? Name(bytes.withUnsafeBuffer { String(decoding: $0, as: UTF8.self) })
  }
}

// MARK: Actions and values

extension ScriptParser {
  private mutating func parseAction() throws -> ScriptAction {
    if try tokens.takeOpen(.invoke) {
      let module = try parseModuleName()
      let function = try parseName("the name of an export")
      var arguments: [ScriptValue] = []
      while tokens.token.kind != .rightParen { arguments.append(try parseValue()) }
      try tokens.expectRightParen()
      return .invoke(module: module, function: function, arguments: arguments)
    }
    guard try tokens.takeOpen(.get) else { throw tokens.unexpectedToken(expecting: "(invoke or (get") }
    let action = ScriptAction.get(module: try parseModuleName(), global: try parseName("the name of an export"))
    try tokens.expectRightParen()
    return action
  }

  private mutating func parseValue() throws -> ScriptValue {
    let start = tokens.token.start
    switch try parsePattern() {
    case .i32(let value): return .i32(value)
    case .i64(let value): return .i64(value)
    case .f32(.bits(let bits)): return .f32(UInt32(truncatingIfNeeded: bits))
    case .f64(.bits(let bits)): return .f64(bits)
    case .v128(let lanes):
      if let value = ScriptParser.vector(of: lanes) { return value }
    case .null(let type?): return .null(type)
    case .externReference(let number): return .externReference(number)
    case .hostReference(let number): return .hostReference(number)
    default: break
    }
    throw tokens.error("expected a constant, found a pattern", at: start)
  }

  private static func vector(of lanes: [NumberPattern]) -> ScriptValue? {
    var halves: [UInt64] = [0, 0]
    let laneBits = 128 / lanes.count
    for (index, lane) in lanes.enumerated() {
      guard case .bits(let bits) = lane else { return nil }
      let position = index * laneBits
      halves[position / 64] |= bits << UInt64(position % 64)
    }
    return .v128(low: halves[0], high: halves[1])
  }

  private mutating func parsePattern() throws -> ResultPattern {
    if try tokens.takeOpen(.either) {
      var choices: [ResultPattern] = []
      while tokens.token.kind != .rightParen {
        if tokens.token.isOpen(.either) { throw tokens.unexpectedToken(expecting: "a value") }
        choices.append(try parseSimplePattern())
      }
      try tokens.expectRightParen()
      return .either(choices)
    }
    return try parseSimplePattern()
  }

  private mutating func parseSimplePattern() throws -> ResultPattern {
    guard tokens.token.kind == .open else { throw tokens.unexpectedToken(expecting: "a value") }
    let word = tokens.token.word
    let start = tokens.token
    try tokens.advance()
    let pattern: ResultPattern
    if word.isInstruction {
      guard let value = try parseConstant(OpcodeTable.rows[Int(word.opcode)].opcode) else {
        throw tokens.error("unexpected token \(tokens.excerpt(of: start)), expected a value", at: start.start)
      }
      pattern = value
    } else {
      guard let value = try parseReference(word.keyword) else {
        throw tokens.error("unexpected token \(tokens.excerpt(of: start)), expected a value", at: start.start)
      }
      pattern = value
    }
    try tokens.expectRightParen()
    return pattern
  }

  private mutating func parseConstant(_ opcode: Opcode) throws -> ResultPattern? {
    switch opcode {
    case .i32Const: return .i32(UInt32(truncatingIfNeeded: try tokens.readInteger(bits: 32)))
    case .i64Const: return .i64(try tokens.readInteger(bits: 64))
    case .f32Const: return .f32(try parseFloat(.f32))
    case .f64Const: return .f64(try parseFloat(.f64))
    case .v128Const: return try parseVector()
    case .refNull: return .null(try parseHeapType())
    case .refFunc: return .reference(.func)
    case .refEq: return .reference(.eq)
    case .refI31: return .reference(.i31)
    default: return nil
    }
  }

  private mutating func parseFloat(_ format: FloatFormat) throws -> NumberPattern {
    if try tokens.takeWord(.nanCanonical) { return .canonicalNaN }
    if try tokens.takeWord(.nanArithmetic) { return .arithmeticNaN }
    return .bits(try tokens.readFloat(format))
  }

  private mutating func parseVector() throws -> ResultPattern {
    guard tokens.token.kind == .word, let shape = VectorShape(tokens.token.word.keyword) else {
      throw tokens.unexpectedToken(expecting: "the shape of a vector")
    }
    try tokens.advance()
    var lanes: [NumberPattern] = []
    for _ in 0..<shape.laneCount {
      if let format = shape.format {
        lanes.append(try parseFloat(format))
      } else {
        lanes.append(.bits(try tokens.readInteger(bits: shape.laneBits)))
      }
    }
    return .v128(lanes)
  }

  private mutating func parseHeapType() throws -> HeapType? {
    guard tokens.token.kind == .word else { return nil }
    let code = WordTable.shared.heapTypeCodes[Int(tokens.token.word.keyword.number)]
    guard let type = HeapType.abstractTypes.first(where: { $0.code == code && code != 0 })?.type else {
      throw tokens.unexpectedToken(expecting: "a heap type")
    }
    try tokens.advance()
    return type
  }

  private mutating func parseReference(_ keyword: Keyword) throws -> ResultPattern? {
    switch keyword {
    case .refExtern:
      return tokens.token.kind == .number ? .externReference(try tokens.readU32("a number")) : .reference(.extern)
    case .refHost: return .hostReference(try tokens.readU32("a number"))
    case .refAny: return .reference(.any)
    case .refStruct: return .reference(.struct)
    case .refArray: return .reference(.array)
    case .refExn: return .reference(.exn)
    default: return nil
    }
  }
}

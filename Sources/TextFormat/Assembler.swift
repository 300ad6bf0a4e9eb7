import Support

/// The index spaces of a module, and of a function (specification 6.1.3).
enum IndexSpace: Int, CaseIterable {
  case type, function, table, memory, global, tag, element, data, local, label

  /// Whether its items can be imported and exported.
  var isImportable: Bool {
    switch self {
    case .function, .table, .memory, .global, .tag: return true
    case .type, .element, .data, .local, .label: return false
    }
  }

  /// As messages call it.
  var description: String {
    switch self {
    case .type: return "type"
    case .function: return "function"
    case .table: return "table"
    case .memory: return "memory"
    case .global: return "global"
    case .tag: return "tag"
    case .element: return "elem segment"
    case .data: return "data segment"
    case .local: return "local"
    case .label: return "label"
    }
  }
}

/// Assembles one module of the text format.
///
/// Two passes over the fields. The first, `declareFields`, gives each definition its index, so that identifiers may be
/// used before they are bound, and skips bodies; then the types are read; the second, `assembleFields`, writes all
/// sections as it goes. Bodies are never held as anything but their bytes.
struct Assembler: ~Copyable {
  let text: Bytes
  var tokens: TokenStream

  // Identifiers
  var symbols = Interner()
  /// By symbol and index space: the index that the identifier is bound to, or `Interner.none`.
  var bindings = Column<UInt32>()
  /// By index space: the number of definitions.
  var counts = [UInt32](repeating: 0, count: IndexSpace.allCases.count)
  /// Key: type index << 32 | symbol.
  var fieldIndices: [UInt64: UInt32] = [:]
  var nameBytes = Column<UInt8>()

  // Types
  var typeRecords = Column<TypeRecord>()
  /// The encodings of all composite types, one after the other.
  var composites = Column<UInt8>()
  /// The encodings of function types that the abbreviation of a type use may stand for.
  var plainTypes = Interner()
  /// By number in `plainTypes`: the first type index.
  var plainTypeIndices = Column<UInt32>()
  /// Starts of the `type` and `rec` fields.
  var typeFields = Column<Int>()
  var signature = SignatureBuffer()

  // Sections
  var types = SectionBuffer()
  var imports = SectionBuffer()
  var functions = SectionBuffer()
  var tables = SectionBuffer()
  var memories = SectionBuffer()
  var tags = SectionBuffer()
  var globals = SectionBuffer()
  var exports = SectionBuffer()
  var start: UInt32?
  var elements = SectionBuffer()
  var code = SectionBuffer()
  var data = SectionBuffer()
  var customs: [PlacedSection] = []
  var needsDataCount = false
  var names = NameTables()
  /// Entries of the branch hint section.
  var branchHints = SectionBuffer()
  /// Contents of an element or data segment, until their number is known.
  var segment = Column<UInt8>()
  var segmentMarks = Column<InstructionMark>()
  var segmentCount = 0

  // The body or constant expression at hand
  var body = Column<UInt8>()
  var marks = Column<InstructionMark>()
  var frames = Column<Frame>()
  /// Encoded instructions of the folded forms that are open: each waits for its operands.
  var pending = Column<UInt8>()
  var labels = Column<Label>()
  /// Labels of this body so far, in order of appearance.
  var labelCount: UInt32 = 0
  var localSymbols = Column<UInt32>()
  var localRuns = Column<LocalRun>()
  var hints = Column<BranchHint>()
  /// An annotation whose instruction comes next.
  var pendingHint: BranchHint?
  var branchTargets = Column<UInt32>()
  var positions = CommentPositions()

  init(text: Bytes, buffer: UnsafeBufferPointer<UInt8>, range: Range<Int>) throws {
    self.text = text
    tokens = try TokenStream(text: buffer, range: range)
  }

  /// Reads `(module ...)` or fields alone, to the end of the range.
  mutating func assembleModule() throws -> ModuleForm {
    let isBare = !tokens.token.isOpen(.module)
    if !isBare {
      try tokens.advance()
      if tokens.token.isWord(.definition) { try tokens.advance() }
      try declareModuleName()
      if let form = try readQuotedForm() { return form }
    }
    let firstField = tokens.token.start
    try declareFields()
    try assembleTypes()
    try tokens.seek(to: firstField)
    try assembleFields()
    if !isBare { try tokens.expectRightParen() }
    guard tokens.token.kind == .endOfText else {
      throw tokens.unexpectedToken(expecting: isBare ? "a module field" : "the end of the text")
    }
    return .assembled(finish())
  }

  /// Reads the strings of `(module binary ...)` and `(module quote ...)`, and the end of the text.
  private mutating func readQuotedForm() throws -> ModuleForm? {
    let isBinary = tokens.token.isWord(.binary)
    guard isBinary || tokens.token.isWord(.quote) else { return nil }
    let start = tokens.token.start
    try tokens.advance()
    var bytes = Column<UInt8>()
    try tokens.readStrings(into: &bytes)
    try tokens.expectRightParen()
    guard tokens.token.kind == .endOfText else { throw tokens.unexpectedToken(expecting: "the end of the text") }
    return isBinary ? .binary(Bytes(copying: bytes)) : .quote(Bytes(copying: bytes), at: start)
  }
}

// MARK: Identifiers

extension Assembler {
  /// The bytes of an identifier or of a string, interned. Must be valid UTF-8.
  private mutating func intern(quoted range: Range<Int>, at offset: Int) throws -> UInt32 {
    try decodeName(range, at: offset)
    return nameBytes.withUnsafeBuffer { symbols.intern($0, hash: hashOfText($0)) }
  }

  /// Puts the bytes of a string into `nameBytes`.
  private mutating func decodeName(_ range: Range<Int>, at offset: Int) throws {
    nameBytes.removeAll()
    tokens.lexer.decodeString(range, into: &nameBytes)
    if nameBytes.withUnsafeBuffer({ firstMalformedUTF8(in: $0) }) != nil {
      throw tokens.error("malformed UTF-8 encoding", at: offset)
    }
  }

  var nextIsIdentifier: Bool {
    tokens.token.kind == .identifier || tokens.token.kind == .quotedIdentifier
  }

  /// Consumes an identifier where it is bound.
  mutating func readSymbol() throws -> UInt32 {
    let token = tokens.token
    let symbol: UInt32
    if token.kind == .identifier {
      symbol = symbols.intern(tokens.content(of: token), hash: token.hash)
    } else {
      symbol = try intern(quoted: token.contentStart..<token.end, at: token.start)
    }
    try tokens.advance()
    return symbol
  }

  /// The symbol of the next token, an identifier, where it is used; `Interner.none` if it is bound nowhere.
  mutating func findSymbol() throws -> UInt32 {
    let token = tokens.token
    if token.kind == .identifier { return symbols.find(tokens.content(of: token), hash: token.hash) }
    try decodeName(token.contentStart..<token.end, at: token.start)
    return nameBytes.withUnsafeBuffer { symbols.find($0, hash: hashOfText($0)) }
  }

  @inline(__always) func slot(_ symbol: UInt32, _ space: IndexSpace) -> Int {
    Int(symbol) * IndexSpace.allCases.count + space.rawValue
  }

  func binding(of symbol: UInt32, in space: IndexSpace) -> UInt32 {
    guard symbol != Interner.none else { return Interner.none }
    let slot = slot(symbol, space)
    return slot < bindings.count ? bindings[slot] : Interner.none
  }

  mutating func setBinding(of symbol: UInt32, in space: IndexSpace, to index: UInt32) {
    let slot = slot(symbol, space)
    if slot >= bindings.count {
      bindings.resize(to: symbols.count * IndexSpace.allCases.count, filling: Interner.none)
    }
    bindings[slot] = index
  }

  /// Binds an identifier, which must be new in its index space; `offset` is its place.
  mutating func bind(_ symbol: UInt32, in space: IndexSpace, to index: UInt32, at offset: Int) throws {
    guard binding(of: symbol, in: space) == Interner.none else {
      let shown = tokens.lexer.excerpt(ofTokenAt: offset)
      throw tokens.error("duplicate \(space.description) \(shown)", at: offset)
    }
    setBinding(of: symbol, in: space, to: index)
  }

  /// Consumes an optional identifier and an optional `(@name ...)`. The result is the symbol of the identifier and the
  /// symbol of the name to keep.
  mutating func readBinder() throws -> Binder {
    let start = tokens.token.start
    var binder = Binder(offset: start)
    if nextIsIdentifier {
      binder.symbol = try readSymbol()
      binder.name = binder.symbol
    }
    if let name = try readNameAnnotation() { binder.name = name }
    return binder
  }

  /// Consumes an identifier and a name that have been seen before.
  mutating func skipBinder() throws {
    if nextIsIdentifier { try tokens.advance() }
    _ = try readNameAnnotation()
  }

  private mutating func readNameAnnotation() throws -> UInt32? {
    guard tokens.token.kind == .annotation, tokens.token.word.keyword == .name else { return nil }
    try tokens.advance()
    let range = try tokens.expectString("a name")
    let symbol = try intern(quoted: range, at: range.lowerBound)
    try tokens.expectRightParen()
    return symbol
  }

  /// Consumes an index or an identifier of an index space.
  mutating func readIndex(_ space: IndexSpace) throws -> UInt32 {
    guard nextIsIdentifier else { return try tokens.readU32("a \(space.description)") }
    let index = binding(of: try findSymbol(), in: space)
    guard index != Interner.none else {
      throw tokens.error("unknown \(space.description) \(tokens.excerpt(of: tokens.token))", at: tokens.token.start)
    }
    try tokens.advance()
    return index
  }

  /// Consumes an index if one is next.
  mutating func readOptionalIndex(_ space: IndexSpace) throws -> UInt32? {
    nextIsIdentifier || tokens.token.kind == .number ? try readIndex(space) : nil
  }
}

/// What binds an index to a name in a text.
struct Binder {
  var offset: Int
  /// `Interner.none` if there is no identifier.
  var symbol = Interner.none
  /// What the name section is to say; `Interner.none` for nothing.
  var name = Interner.none
}

import Support

// The first pass: gives indices to definitions.

extension Assembler {
  mutating func declareModuleName() throws {
    let binder = try readBinder()
    names.module = binder.name
    if tokens.token.kind == .annotation && tokens.token.word.keyword == .name {
      throw tokens.error("@name annotation: multiple module names", at: tokens.token.start)
    }
  }

  mutating func declareFields() throws {
    var definitionBefore: IndexSpace?
    while tokens.token.kind == .open || tokens.token.kind == .annotation {
      let token = tokens.token
      switch token.word.keyword {
      case .rec:
        typeFields.append(token.start)
        try tokens.advance()
        try declareRecursionGroup()
        continue
      case .import:
        try checkImport(at: token.start, after: definitionBefore)
        try tokens.advance()
        try declareImport()
      case .export, .start:
        try tokens.advance()
      default:
        let space = Assembler.space(of: token.word.keyword)
        guard space != nil || token.kind == .annotation else {
          throw tokens.unexpectedToken(expecting: "a module field")
        }
        if space == .type { typeFields.append(token.start) }
        try tokens.advance()
        if let space { try declareField(space, at: token.start, &definitionBefore) }
      }
      try tokens.skipToClosingParenthesis()
    }
  }

  private mutating func declareField(
    _ space: IndexSpace, at offset: Int, _ definitionBefore: inout IndexSpace?
  ) throws {
    if try declare(space, isImport: false) {
      try checkImport(at: offset, after: definitionBefore)
    } else if space.isImportable {
      definitionBefore = definitionBefore ?? space
    }
  }

  private func checkImport(at offset: Int, after definition: IndexSpace?) throws {
    guard let definition else { return }
    throw tokens.error("import after \(definition.description): imports must come before all definitions", at: offset)
  }

  static func space(of keyword: Keyword) -> IndexSpace? {
    switch keyword {
    case .type: return .type
    case .func: return .function
    case .table: return .table
    case .memory: return .memory
    case .global: return .global
    case .tag: return .tag
    case .elem: return .element
    case .data: return .data
    default: return nil
    }
  }

  private mutating func declareRecursionGroup() throws {
    while tokens.token.isOpen(.type) {
      try tokens.advance()
      _ = try declare(.type, isImport: false)
      try tokens.skipToClosingParenthesis()
    }
    try tokens.expectRightParen()
  }

  private mutating func declareImport() throws {
    _ = try tokens.expectString("the name of a module")
    _ = try tokens.expectString("the name of an import")
    guard tokens.token.kind == .open, let space = Assembler.space(of: tokens.token.word.keyword), space.isImportable
    else { throw tokens.unexpectedToken(expecting: "(func, (table, (memory, (global or (tag") }
    try tokens.advance()
    _ = try declare(space, isImport: true)
    try tokens.skipToClosingParenthesis()
  }

  /// Reads the start of a definition and gives it the next index. The result tells whether it is an inline import.
  private mutating func declare(_ space: IndexSpace, isImport: Bool) throws -> Bool {
    let binder = try readBinder()
    let index = counts[space.rawValue]
    counts[space.rawValue] += 1
    if binder.symbol != Interner.none { try bind(binder.symbol, in: space, to: index, at: binder.offset) }
    if binder.name != Interner.none { names.append(binder.name, to: space, index: index) }
    if isImport || !space.isImportable { return false }
    while try tokens.takeOpen(.export) {
      _ = try tokens.expectString("the name of an export")
      try tokens.expectRightParen()
    }
    if tokens.token.isOpen(.import) { return true }
    if space == .table || space == .memory { try declareInlineSegment(of: space) }
    return false
  }

  /// A table or memory that is given by its contents defines a segment, too.
  private mutating func declareInlineSegment(of space: IndexSpace) throws {
    if tokens.token.isWord(.i32) || tokens.token.isWord(.i64) { try tokens.advance() }
    guard tokens.token.kind != .number else { return }
    counts[space == .table ? IndexSpace.element.rawValue : IndexSpace.data.rawValue] += 1
  }
}

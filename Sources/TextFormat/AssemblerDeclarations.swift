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
      let start = tokens.token.start
      let keyword = tokens.token.kind == .open ? tokens.token.word.keyword : .none
      if keyword == .type || keyword == .rec { typeFields.append(start) }
      if keyword == .rec {
        try tokens.advance()
        try declareRecursionGroup()
        continue
      }
      let isAnnotation = tokens.token.kind == .annotation
      if isAnnotation || Assembler.declares(keyword) || Assembler.refers(keyword) {
        try tokens.advance()
      } else {
        throw tokens.unexpectedToken(expecting: "a module field")
      }
      let isImport = keyword == .import
      if isImport {
        _ = try tokens.expectString("the name of a module")
        _ = try tokens.expectString("the name of an import")
        try declareImport()
      } else if let space = Assembler.space(of: keyword) {
        let isInlineImport = try declare(space, isImport: false)
        if isInlineImport || space == .type || space == .element || space == .data {
          if isInlineImport, let definition = definitionBefore { throw importError(after: definition, at: start) }
        } else {
          definitionBefore = definitionBefore ?? space
        }
      }
      if isImport, let definition = definitionBefore { throw importError(after: definition, at: start) }
      try tokens.skipToClosingParenthesis()
    }
  }

  private func importError(after definition: IndexSpace, at offset: Int) -> WasmError {
    tokens.error("import after \(definition.description): imports must come before all definitions", at: offset)
  }

  private static func declares(_ keyword: Keyword) -> Bool { space(of: keyword) != nil || keyword == .import }
  private static func refers(_ keyword: Keyword) -> Bool { keyword == .export || keyword == .start }

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
    guard tokens.token.kind == .open, let space = Assembler.space(of: tokens.token.word.keyword),
      space != .type && space != .element && space != .data
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
    if isImport || space == .type || space == .element || space == .data { return false }
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

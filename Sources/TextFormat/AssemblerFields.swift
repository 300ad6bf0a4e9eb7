import IR
import Support

// The second pass: writes the sections, field by field.

/// Limits of a table or memory with their flags (specification 5.3.7).
struct LimitsFields: BitwiseCopyable {
  var is64 = false
  var isShared = false
  var minimum: UInt64 = 0
  var maximum: UInt64?
  /// log2 of the size of a page in bytes, if it was given.
  var pageSize: UInt32?
}

extension Column where Element == UInt8 {
  mutating func append(_ limits: LimitsFields) {
    append(
      (limits.maximum != nil ? 1 : 0) | (limits.isShared ? 2 : 0) | (limits.is64 ? 4 : 0)
        | (limits.pageSize != nil ? 8 : 0))
    appendUnsigned(limits.minimum)
    if let maximum = limits.maximum { appendUnsigned(maximum) }
    if let pageSize = limits.pageSize { appendUnsigned(pageSize) }
  }
}

/// The indices of the next definitions, while fields are written in order.
struct FieldCursor {
  private var next = [UInt32](repeating: 0, count: IndexSpace.allCases.count)

  mutating func take(_ space: IndexSpace) -> UInt32 {
    defer { next[space.rawValue] += 1 }
    return next[space.rawValue]
  }
}

extension Assembler {
  mutating func assembleFields() throws {
    var cursor = FieldCursor()
    while tokens.token.kind == .open || tokens.token.kind == .annotation {
      let token = tokens.token
      if token.kind == .annotation {
        try readCustomAnnotation()
        continue
      }
      let position = takePositionComment()
      try tokens.advance()
      switch token.word.keyword {
      case .type, .rec:
        try tokens.skipToClosingParenthesis()
        continue
      case .import: try assembleImport(&cursor, at: token.start)
      case .func: try assembleFunction(cursor.take(.function), at: token.start, position)
      case .table: try assembleTable(cursor.take(.table), at: token.start)
      case .memory: try assembleMemory(cursor.take(.memory), at: token.start)
      case .global: try assembleGlobal(cursor.take(.global), at: token.start)
      case .tag: try assembleTag(cursor.take(.tag), at: token.start)
      case .export: try assembleExport(at: token.start)
      case .start:
        if start != nil { throw tokens.error("multiple start fields", at: token.start) }
        start = try readIndex(.function)
      case .elem: try assembleElement(at: token.start)
      case .data: try assembleData(at: token.start)
      default: preconditionFailure("the first pass lets no other field pass")
      }
      try tokens.expectRightParen()
    }
  }

  // MARK: Imports and exports

  private mutating func assembleImport(_ cursor: inout FieldCursor, at offset: Int) throws {
    imports.beginEntry(text: offset)
    try readImportNames()
    let keyword = tokens.token.word.keyword
    try tokens.advance()
    try skipBinder()
    if let space = Assembler.space(of: keyword) { _ = cursor.take(space) }
    try assembleImportType(keyword)
    try tokens.expectRightParen()
  }

  private mutating func readImportNames() throws {
    for expected in ["the name of a module", "the name of an import"] {
      nameBytes.removeAll()
      try tokens.readName(expected, into: &nameBytes)
      imports.bytes.appendUnsigned(nameBytes.count)
      nameBytes.withUnsafeBuffer { imports.bytes.append(contentsOf: $0) }
    }
  }

  private mutating func assembleImportType(_ keyword: Keyword) throws {
    switch keyword {
    case .func:
      localSymbols.removeAll()
      let type = try readTypeUse(bindsLocals: true)
      unbindLocals()
      imports.bytes.append(0x00)
      imports.bytes.appendUnsigned(type)
    case .table:
      imports.bytes.append(0x01)
      let limits = try readTableLimits()
      imports.bytes.append(try readReferenceType().encoded)
      imports.bytes.append(limits)
    case .memory:
      imports.bytes.append(0x02)
      imports.bytes.append(try readMemoryLimits())
    case .global:
      imports.bytes.append(0x03)
      let type = try readGlobalType()
      imports.bytes.append(type.type)
      imports.bytes.append(type.isMutable ? 1 : 0)
    default:
      let type = try readTypeUse(bindsLocals: false)
      imports.bytes.append(0x04)
      imports.bytes.append(0x00)
      imports.bytes.appendUnsigned(type)
    }
  }

  /// Consumes the start of a definition: its identifier, inline exports, and an inline import with its type. The
  /// result tells whether it was one.
  private mutating func readDefinitionHead(_ keyword: Keyword, kind: UInt8, index: UInt32, at offset: Int) throws
    -> Bool
  {
    try skipBinder()
    while tokens.token.isOpen(.export) {
      exports.beginEntry(text: tokens.token.start)
      try tokens.advance()
      try readExportName()
      exports.bytes.append(kind)
      exports.bytes.appendUnsigned(index)
      try tokens.expectRightParen()
    }
    guard try tokens.takeOpen(.import) else { return false }
    imports.beginEntry(text: offset)
    try readImportNames()
    try tokens.expectRightParen()
    try assembleImportType(keyword)
    return true
  }

  private mutating func readExportName() throws {
    nameBytes.removeAll()
    try tokens.readName("the name of an export", into: &nameBytes)
    exports.bytes.appendUnsigned(nameBytes.count)
    nameBytes.withUnsafeBuffer { exports.bytes.append(contentsOf: $0) }
  }

  private mutating func assembleExport(at offset: Int) throws {
    exports.beginEntry(text: offset)
    try readExportName()
    let kinds: [(keyword: Keyword, space: IndexSpace)] = [
      (.func, .function), (.table, .table), (.memory, .memory), (.global, .global), (.tag, .tag),
    ]
    guard tokens.token.kind == .open,
      let kind = kinds.firstIndex(where: { $0.keyword == tokens.token.word.keyword })
    else { throw tokens.unexpectedToken(expecting: "(func, (table, (memory, (global or (tag") }
    try tokens.advance()
    exports.bytes.append(UInt8(kind))
    exports.bytes.appendUnsigned(try readIndex(kinds[kind].space))
    try tokens.expectRightParen()
  }

  // MARK: Tables and memories

  private mutating func readTableLimits() throws -> LimitsFields {
    var limits = LimitsFields()
    limits.is64 = try tokens.takeWord(.i64)
    if !limits.is64 { _ = try tokens.takeWord(.i32) }
    try readBounds(&limits, "the size of a table")
    return limits
  }

  private mutating func readBounds(_ limits: inout LimitsFields, _ expected: String) throws {
    limits.minimum = try readBound(expected, is64: limits.is64)
    if tokens.token.kind == .number { limits.maximum = try readBound(expected, is64: limits.is64) }
  }

  /// Malformed or invalid, according to the version of the specification.
  private mutating func readBound(_ expected: String, is64: Bool) throws -> UInt64 {
    let token = tokens.token
    let bound = try tokens.readUnsigned(bits: 64, expected)
    guard is64 || bound >> 32 == 0 else {
      throw tokens.error("i32 constant out of range: \(tokens.excerpt(of: token))", at: token.start, kind: .invalid)
    }
    return bound
  }

  private mutating func readMemoryLimits() throws -> LimitsFields {
    var limits = LimitsFields()
    limits.is64 = try tokens.takeWord(.i64)
    if !limits.is64 { _ = try tokens.takeWord(.i32) }
    try readBounds(&limits, "the size of a memory")
    limits.isShared = try tokens.takeWord(.shared)
    limits.pageSize = try readPageSize()
    return limits
  }

  private mutating func readPageSize() throws -> UInt32? {
    guard try tokens.takeOpen(.pagesize) else { return nil }
    let start = tokens.token.start
    let size = try tokens.readUnsigned(bits: 64, "the size of a page in bytes")
    guard size.nonzeroBitCount == 1 else {
      throw tokens.error("invalid custom page size \(size): not a power of two", at: start)
    }
    try tokens.expectRightParen()
    return UInt32(size.trailingZeroBitCount)
  }

  private mutating func assembleTable(_ index: UInt32, at offset: Int) throws {
    if try readDefinitionHead(.table, kind: 1, index: index, at: offset) { return }
    var limits = LimitsFields()
    limits.is64 = try tokens.takeWord(.i64)
    if !limits.is64 { _ = try tokens.takeWord(.i32) }
    if tokens.token.kind == .number {
      try readBounds(&limits, "the size of a table")
      let type = try readReferenceType()
      tables.beginEntry(text: offset)
      let hasInitializer = tokens.token.kind != .rightParen
      if hasInitializer {
        tables.bytes.append(0x40)
        tables.bytes.append(0x00)
      }
      tables.bytes.append(type.encoded)
      tables.bytes.append(limits)
      if hasInitializer {
        try assembleExpression(.list)
        tables.append(body: body, marks: marks)
      }
      return
    }
    let type = try readReferenceType()
    guard tokens.token.isOpen(.elem) else { throw tokens.unexpectedToken(expecting: "(elem") }
    limits.minimum = try assembleInlineElement(table: index, type: type, is64: limits.is64)
    limits.maximum = limits.minimum
    tables.beginEntry(text: offset)
    tables.bytes.append(type.encoded)
    tables.bytes.append(limits)
  }

  private mutating func assembleMemory(_ index: UInt32, at offset: Int) throws {
    if try readDefinitionHead(.memory, kind: 2, index: index, at: offset) { return }
    var limits = LimitsFields()
    limits.is64 = try tokens.takeWord(.i64)
    if !limits.is64 { _ = try tokens.takeWord(.i32) }
    if tokens.token.kind == .number {
      try readBounds(&limits, "the size of a memory")
      limits.isShared = try tokens.takeWord(.shared)
      limits.pageSize = try readPageSize()
    } else {
      limits.pageSize = try readPageSize()
      guard tokens.token.isOpen(.data) else { throw tokens.unexpectedToken(expecting: "(data") }
      let size = try assembleInlineData(memory: index, is64: limits.is64)
      let page = UInt64(1) << UInt64(limits.pageSize ?? 16)
      limits.minimum = size / page + (size % page == 0 ? 0 : 1)
      limits.maximum = limits.minimum
    }
    memories.beginEntry(text: offset)
    memories.bytes.append(limits)
  }

  // MARK: Globals and tags

  private mutating func readGlobalType() throws -> (type: EncodedType, isMutable: Bool) {
    guard try tokens.takeOpen(.mut) else { return (try readValueType(), false) }
    let type = try readValueType()
    try tokens.expectRightParen()
    return (type, true)
  }

  private mutating func assembleGlobal(_ index: UInt32, at offset: Int) throws {
    if try readDefinitionHead(.global, kind: 3, index: index, at: offset) { return }
    let type = try readGlobalType()
    globals.beginEntry(text: offset)
    globals.bytes.append(type.type)
    globals.bytes.append(type.isMutable ? 1 : 0)
    try assembleExpression(.list)
    globals.append(body: body, marks: marks)
  }

  private mutating func assembleTag(_ index: UInt32, at offset: Int) throws {
    if try readDefinitionHead(.tag, kind: 4, index: index, at: offset) { return }
    let type = try readTypeUse(bindsLocals: false)
    tags.beginEntry(text: offset)
    tags.bytes.append(0x00)
    tags.bytes.appendUnsigned(type)
  }
}

// MARK: Functions

/// A run of locals of one type.
struct LocalRun: BitwiseCopyable {
  var count: UInt32
  var type: EncodedType
}

extension Assembler {
  private mutating func assembleFunction(_ index: UInt32, at offset: Int, _ position: PositionID?) throws {
    names.locals.beginGroup(index)
    names.labels.beginGroup(index)
    if try readDefinitionHead(.func, kind: 0, index: index, at: offset) { return }
    localSymbols.removeAll()
    let type = try readTypeUse(bindsLocals: true)
    functions.beginEntry(text: offset)
    functions.bytes.appendUnsigned(type)
    beginBody()
    mark(position ?? .nowhere)
    try assembleLocals(from: parameterCount(ofType: type))
    try assembleInstructions(.list)
    if let end = takePositionComment() { mark(end) }
    emitEnd(text: tokens.token.start)
    unbindLocals()
    code.beginEntry(text: offset)
    code.bytes.appendUnsigned(body.count)
    positions.endBody(at: code.bytes.count)
    code.append(body: body, marks: marks)
    takeHints(ofFunction: index)
  }

  /// Binds the identifier of a local and keeps its name.
  mutating func bindLocal(_ binder: Binder, to index: UInt32) throws {
    if binder.symbol != Interner.none {
      try bind(binder.symbol, in: .local, to: index, at: binder.offset)
      localSymbols.append(binder.symbol)
    }
    if binder.name != Interner.none { names.locals.append(index, binder.name, symbols) }
  }

  private mutating func unbindLocals() {
    for index in 0..<localSymbols.count {
      setBinding(of: localSymbols[index], in: .local, to: Interner.none)
    }
    localSymbols.removeAll()
  }

  /// Consumes `(local ...)*` and writes the vector of locals.
  private mutating func assembleLocals(from firstLocal: UInt32) throws {
    localRuns.removeAll()
    var index = firstLocal
    while try tokens.takeOpen(.local) {
      if nextIsIdentifier || tokens.token.kind == .annotation {
        try bindLocal(try readBinder(), to: index)
        appendLocal(try readValueType())
        index += 1
      } else {
        while tokens.token.kind != .rightParen {
          appendLocal(try readValueType())
          index += 1
        }
      }
      try tokens.expectRightParen()
    }
    body.appendUnsigned(localRuns.count)
    for run in 0..<localRuns.count {
      body.appendUnsigned(localRuns[run].count)
      body.append(localRuns[run].type)
    }
  }

  private mutating func appendLocal(_ type: EncodedType) {
    if !localRuns.isEmpty && localRuns.last.type == type {
      localRuns.last.count += 1
    } else {
      localRuns.append(LocalRun(count: 1, type: type))
    }
  }
}

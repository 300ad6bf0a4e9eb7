import Support

/// A custom section given by an annotation.
struct PlacedSection {
  /// Twice the position of the section it stands at, plus one if after it.
  var place: Int
  /// Name and contents, as in the section.
  var bytes: Bytes
}

/// The sections in the order of the binary format (specification 5.5.2).
private enum SectionPosition: Int, CaseIterable {
  case type, `import`, function, table, memory, tag, global, export, start, element, dataCount, code, data

  var id: UInt8 {
    switch self {
    case .type: return 1
    case .import: return 2
    case .function: return 3
    case .table: return 4
    case .memory: return 5
    case .tag: return 13
    case .global: return 6
    case .export: return 7
    case .start: return 8
    case .element: return 9
    case .dataCount: return 12
    case .code: return 10
    case .data: return 11
    }
  }

  /// The section that an annotation names.
  init?(_ keyword: Keyword) {
    switch keyword {
    case .type: self = .type
    case .import: self = .import
    case .func: self = .function
    case .table: self = .table
    case .memory: self = .memory
    case .tag: self = .tag
    case .global: self = .global
    case .export: self = .export
    case .start: self = .start
    case .elem: self = .element
    case .datacount: self = .dataCount
    case .code: self = .code
    case .data: self = .data
    default: return nil
    }
  }
}

// MARK: Custom annotations (specification, appendix "Custom Sections and Annotations")

extension Assembler {
  /// Consumes an annotation that stands among the fields.
  mutating func readCustomAnnotation() throws {
    guard tokens.token.word.keyword == .custom else {
      if tokens.token.word.keyword == .branchHint {
        throw tokens.error("@metadata.code.branch_hint annotation: not in a function", at: tokens.token.start)
      }
      throw tokens.unexpectedToken(expecting: "a module field")
    }
    try tokens.advance()
    guard tokens.token.kind == .string else {
      throw tokens.error("@custom annotation: missing section name", at: tokens.token.start)
    }
    nameBytes.removeAll()
    try tokens.readName("the name of a section", into: &nameBytes)
    segment.removeAll()
    segment.appendUnsigned(nameBytes.count)
    nameBytes.withUnsafeBuffer { segment.append(contentsOf: $0) }
    let place = try readPlacement()
    try tokens.readStrings(into: &segment)
    guard tokens.token.kind == .rightParen else {
      throw tokens.error(
        "@custom annotation: unexpected token \(tokens.excerpt(of: tokens.token))", at: tokens.token.start)
    }
    try tokens.advance()
    customs.append(PlacedSection(place: place, bytes: Bytes(copying: segment)))
  }

  /// Consumes `(before section)` or `(after section)`; without, a custom section is the last one.
  private mutating func readPlacement() throws -> Int {
    let last = 2 * SectionPosition.allCases.count
    let token = tokens.token
    guard token.kind == .open || token.kind == .leftParen else { return last }
    guard token.isOpen(.before) || token.isOpen(.after) else {
      throw tokens.error("@custom annotation: malformed placement", at: token.start)
    }
    let isBefore = token.isOpen(.before)
    try tokens.advance()
    let place: Int
    if isBefore && tokens.token.isWord(.first) {
      place = -1
    } else if !isBefore && tokens.token.isWord(.last) {
      place = last
    } else if tokens.token.kind == .word, let section = SectionPosition(tokens.token.word.keyword) {
      place = 2 * section.rawValue + (isBefore ? 0 : 1)
    } else {
      throw tokens.error("@custom annotation: malformed section kind", at: tokens.token.start)
    }
    try tokens.advance()
    try tokens.expectRightParen()
    return place
  }
}

// MARK: The module

/// The binary module and its source map while sections are put together.
private struct ModuleOutput: ~Copyable {
  var bytes = Column<UInt8>()
  var map = TextMap()
  /// Where the first entry of the code section is.
  var codeStart = 0

  init() {
    for byte: UInt8 in [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] { bytes.append(byte) }
  }

  /// Appends a section that is a vector of entries, unless it is empty.
  mutating func append(_ section: borrowing SectionBuffer, _ position: SectionPosition) {
    guard section.count > 0 else { return }
    bytes.append(position.id)
    bytes.appendUnsigned(unsignedLEBSize(UInt64(section.count)) + section.bytes.count)
    bytes.appendUnsigned(section.count)
    let start = bytes.count
    section.bytes.withUnsafeBuffer { bytes.append(contentsOf: $0) }
    map.segments.append(
      TextMap.Segment(binaryRange: start..<bytes.count, pairs: Bytes(copying: section.pairs)))
  }

  /// Appends a section that is one number.
  mutating func append(number: UInt64, _ position: SectionPosition) {
    bytes.append(position.id)
    bytes.appendUnsigned(unsignedLEBSize(number))
    bytes.appendUnsigned(number)
  }

  mutating func append(custom contents: Bytes) {
    bytes.append(0x00)
    bytes.appendUnsigned(contents.count)
    bytes.append(contents)
  }
}

extension Assembler {
  /// Puts the sections together.
  mutating func finish() -> AssembledModule {
    var output = ModuleOutput()
    // Stable: sections at one place keep their order.
    let ordered = customs.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
    var nextCustom = 0
    func appendCustoms(through place: Int, to output: inout ModuleOutput) {
      while nextCustom < ordered.count && ordered[nextCustom].element.place <= place {
        output.append(custom: ordered[nextCustom].element.bytes)
        nextCustom += 1
      }
    }
    for position in SectionPosition.allCases {
      appendCustoms(through: 2 * position.rawValue, to: &output)
      append(position, to: &output)
      appendCustoms(through: 2 * position.rawValue + 1, to: &output)
    }
    appendNames(to: &output)
    appendCustoms(through: .max, to: &output)
    return AssembledModule(
      bytes: Bytes(copying: output.bytes), textMap: output.map, text: text,
      positions: positions.sourceMap(entriesAt: output.codeStart))
  }

  private func append(_ position: SectionPosition, to output: inout ModuleOutput) {
    switch position {
    case .type: output.append(types, position)
    case .import: output.append(imports, position)
    case .function: output.append(functions, position)
    case .table: output.append(tables, position)
    case .memory: output.append(memories, position)
    case .tag: output.append(tags, position)
    case .global: output.append(globals, position)
    case .export: output.append(exports, position)
    case .start: if let start { output.append(number: UInt64(start), position) }
    case .element: output.append(elements, position)
    case .dataCount: if needsDataCount { output.append(number: UInt64(data.count), position) }
    case .code:
      appendBranchHints(to: &output)
      output.append(code, position)
      output.codeStart = output.bytes.count - code.bytes.count
    case .data: output.append(data, position)
    }
  }

  private func appendBranchHints(to output: inout ModuleOutput) {
    guard branchHints.count > 0 else { return }
    var section = Column<UInt8>()
    section.append(Name(Keyword.branchHint.rawValue))
    section.appendUnsigned(branchHints.count)
    branchHints.bytes.withUnsafeBuffer { section.append(contentsOf: $0) }
    output.append(custom: Bytes(copying: section))
  }

  private mutating func appendNames(to output: inout ModuleOutput) {
    names.locals.beginGroup(0)
    names.labels.beginGroup(0)
    names.fields.beginGroup(0)
    var section = Column<UInt8>()
    section.append("name" as Name)
    let empty = section.count
    names.encode(symbols, into: &section)
    if section.count > empty { output.append(custom: Bytes(copying: section)) }
  }
}

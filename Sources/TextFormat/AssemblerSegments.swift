import Support

// Element and data segments (specification 6.6.7 and 6.6.8).

/// What the items of an element segment are.
private struct ElementKind {
  /// Function indices; else expressions.
  var isIndices = false
  var type: ReferenceType
}

extension Assembler {
  private static let functionReferences = ReferenceType(
    isNullable: true, heapType: .funcref, encoded: .funcref)

  // MARK: Elements

  mutating func assembleElement(at offset: Int) throws {
    try skipBinder()
    elements.beginEntry(text: offset)
    if try tokens.takeWord(.declare) {
      try assembleElementItems(passiveFlags: 0x03)
      return
    }
    var table: UInt32?
    if try tokens.takeOpen(.table) {
      table = try readIndex(.table)
      try tokens.expectRightParen()
    } else {
      table = try readOptionalIndex(.table)
    }
    guard table != nil || nextIsOffset else {
      try assembleElementItems(passiveFlags: 0x01)
      return
    }
    try assembleActiveElement(table: table ?? 0)
  }

  /// Whether `(offset ...)` or a folded instruction comes next.
  private var nextIsOffset: Bool {
    tokens.token.isOpen(.offset) || tokens.token.kind == .open && tokens.token.word.isInstruction
  }

  /// Reads what the items are after the offset, then goes back to it: the flags come first in the binary.
  private mutating func assembleActiveElement(table: UInt32) throws {
    guard nextIsOffset else { throw tokens.unexpectedToken(expecting: "an offset") }
    let offsetStart = tokens.token.start
    try tokens.advance()
    try tokens.skipToClosingParenthesis()
    let kind = try readElementKind(allowsBareIndices: true)
    try tokens.seek(to: offsetStart)
    let needsTable = table != 0 || !kind.isIndices && kind.type.encoded != EncodedType.funcref
    elements.bytes.append((needsTable ? 0x02 : 0x00) | (kind.isIndices ? 0x00 : 0x04))
    if needsTable { elements.bytes.appendUnsigned(table) }
    try assembleOffset()
    elements.append(body: body, marks: marks)
    _ = try readElementKind(allowsBareIndices: true)
    if needsTable { appendElementType(kind) }
    try assembleItems(kind)
    takeSegmentItems()
  }

  private mutating func assembleElementItems(passiveFlags: UInt8) throws {
    let kind = try readElementKind(allowsBareIndices: false)
    elements.bytes.append(passiveFlags | (kind.isIndices ? 0x00 : 0x04))
    appendElementType(kind)
    try assembleItems(kind)
    takeSegmentItems()
  }

  private mutating func appendElementType(_ kind: ElementKind) {
    if kind.isIndices {
      elements.bytes.append(0x00)
    } else {
      elements.bytes.append(kind.type.encoded)
    }
  }

  /// Consumes `func` or a reference type.
  private mutating func readElementKind(allowsBareIndices: Bool) throws -> ElementKind {
    if try tokens.takeWord(.func) { return ElementKind(isIndices: true, type: Assembler.functionReferences) }
    if nextIsReferenceType { return ElementKind(type: try readReferenceType()) }
    let token = tokens.token
    if allowsBareIndices && (nextIsIdentifier || token.kind == .number || token.kind == .rightParen) {
      return ElementKind(isIndices: true, type: Assembler.functionReferences)
    }
    throw tokens.unexpectedToken(expecting: "func or a reference type")
  }

  /// Consumes the items and puts them into `segment`, their number first.
  private mutating func assembleItems(_ kind: ElementKind) throws {
    segment.removeAll()
    segmentMarks.removeAll()
    var count = 0
    while tokens.token.kind != .rightParen {
      if kind.isIndices {
        segment.appendUnsigned(try readIndex(.function))
      } else {
        try assembleItem()
      }
      count += 1
    }
    segmentCount = count
  }

  private mutating func assembleItem() throws {
    if try tokens.takeOpen(.item) {
      try assembleExpression(.list)
      try tokens.expectRightParen()
    } else {
      guard tokens.token.kind == .open && tokens.token.word.isInstruction else {
        throw tokens.unexpectedToken(expecting: "(item or a folded instruction")
      }
      try assembleExpression(.single)
    }
    let base = segment.count
    for index in 0..<marks.count {
      segmentMarks.append(InstructionMark(offset: base + marks[index].offset, text: marks[index].text))
    }
    body.withUnsafeBuffer { segment.append(contentsOf: $0) }
  }

  /// Moves the items to the section.
  private mutating func takeSegmentItems() {
    elements.bytes.appendUnsigned(segmentCount)
    let base = elements.bytes.count
    for index in 0..<segmentMarks.count {
      elements.mark(base + segmentMarks[index].offset, text: segmentMarks[index].text)
    }
    segment.withUnsafeBuffer { elements.bytes.append(contentsOf: $0) }
  }

  /// Consumes `(elem ...)` in a table and gives the number of its items.
  mutating func assembleInlineElement(table: UInt32, type: ReferenceType, is64: Bool) throws -> UInt64 {
    elements.beginEntry(text: tokens.token.start)
    try tokens.advance()
    let isIndices = nextIsIdentifier || tokens.token.kind == .number
    let isFunctions = type.encoded == EncodedType.funcref || type.isNonNullFunc
    let kind = ElementKind(isIndices: isIndices && isFunctions, type: type)
    let needsTable = table != 0 || !kind.isIndices && type.encoded != EncodedType.funcref
    elements.bytes.append((needsTable ? 0x02 : 0x00) | (kind.isIndices ? 0x00 : 0x04))
    if needsTable { elements.bytes.appendUnsigned(table) }
    elements.bytes.append(is64 ? 0x42 : 0x41)
    elements.bytes.append(0x00)
    elements.bytes.append(0x0b)
    if needsTable { appendElementType(kind) }
    if isIndices && !kind.isIndices {
      try assembleFunctionReferences()
    } else {
      try assembleItems(kind)
    }
    takeSegmentItems()
    try tokens.expectRightParen()
    return UInt64(segmentCount)
  }

  /// Consumes function indices that must become expressions, as the type of the table is not `funcref`.
  private mutating func assembleFunctionReferences() throws {
    segment.removeAll()
    segmentMarks.removeAll()
    segmentCount = 0
    while tokens.token.kind != .rightParen {
      segment.append(0xd2)
      segment.appendUnsigned(try readIndex(.function))
      segment.append(0x0b)
      segmentCount += 1
    }
  }

  /// Consumes `(offset instr*)` or one folded instruction.
  private mutating func assembleOffset() throws {
    if try tokens.takeOpen(.offset) {
      try assembleExpression(.list)
      try tokens.expectRightParen()
    } else {
      guard nextIsOffset else { throw tokens.unexpectedToken(expecting: "an offset") }
      try assembleExpression(.single)
    }
  }

  // MARK: Data

  mutating func assembleData(at offset: Int) throws {
    try skipBinder()
    data.beginEntry(text: offset)
    var memory: UInt32?
    if try tokens.takeOpen(.memory) {
      memory = try readIndex(.memory)
      try tokens.expectRightParen()
    } else {
      memory = try readOptionalIndex(.memory)
    }
    if memory != nil || nextIsOffset {
      data.bytes.append(memory ?? 0 != 0 ? 0x02 : 0x00)
      if let memory, memory != 0 { data.bytes.appendUnsigned(memory) }
      try assembleOffset()
      data.append(body: body, marks: marks)
    } else {
      data.bytes.append(0x01)
    }
    _ = try assembleDataBytes()
  }

  /// Consumes strings and writes their bytes; the result is their number.
  private mutating func assembleDataBytes() throws -> UInt64 {
    segment.removeAll()
    try tokens.readStrings(into: &segment)
    data.bytes.appendUnsigned(segment.count)
    segment.withUnsafeBuffer { data.bytes.append(contentsOf: $0) }
    return UInt64(segment.count)
  }

  /// Consumes `(data ...)` in a memory and gives the number of its bytes.
  mutating func assembleInlineData(memory: UInt32, is64: Bool) throws -> UInt64 {
    data.beginEntry(text: tokens.token.start)
    try tokens.advance()
    data.bytes.append(memory != 0 ? 0x02 : 0x00)
    if memory != 0 { data.bytes.appendUnsigned(memory) }
    data.bytes.append(is64 ? 0x42 : 0x41)
    data.bytes.append(0x00)
    data.bytes.append(0x0b)
    let size = try assembleDataBytes()
    try tokens.expectRightParen()
    return size
  }
}

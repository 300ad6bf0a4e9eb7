import IR
import Support

// Labels, block types and what else belongs to structured control instructions.

extension Assembler {
  /// Consumes label and type of a block, writes its start, and brings its label into scope. The result is the symbol of
  /// the label.
  mutating func assembleBlockHead(_ info: OpcodeInfo, text: Int) throws -> UInt32 {
    try checkNoPendingHint()
    let label = try readBinder()
    let pendingStart = pending.count
    pending.append(UInt8(info.code))
    try assembleBlockType()
    // The labels of catch clauses are those around the block.
    if info.shape == .tryTable { try assembleCatches() }
    marks.append(InstructionMark(offset: body.count, text: text))
    pending.withUnsafeBuffer { body.append(contentsOf: UnsafeBufferPointer(rebasing: $0[pendingStart...])) }
    pending.truncate(to: pendingStart)
    pushLabel(label.symbol, name: label.name)
    return label.symbol
  }

  /// Consumes a block type and appends it to `pending`: the index form only where the short ones don't do.
  mutating func assembleBlockType() throws {
    if tokens.token.isOpen(.type) { return pending.appendSigned(Int64(try readTypeUse(bindsLocals: false))) }
    let start = tokens.token.start
    signature.removeAll()
    try readParameters(bindsLocals: false, allowsNames: false)
    try readResults()
    if signature.parameterCount > 0 || signature.resultCount > 1 {
      pending.appendSigned(Int64(findOrAppendType(text: start)))
    } else if signature.resultCount == 1 {
      signature.results.withUnsafeBuffer { pending.append(contentsOf: $0) }
    } else {
      pending.append(0x40)
    }
  }

  /// Consumes the catch clauses of a `try_table` and appends them to `pending`.
  private mutating func assembleCatches() throws {
    let countStart = pending.count
    var count = 0
    while let code = nextCatchCode {
      try tokens.advance()
      pending.append(code)
      if code < 0x02 { pending.appendUnsigned(try readIndex(.tag)) }
      pending.appendUnsigned(try readLabel())
      try tokens.expectRightParen()
      count += 1
    }
    // The number stands before the clauses: put it at the end and turn the two round.
    let clausesEnd = pending.count
    pending.appendUnsigned(count)
    pending.rotate(from: countStart, by: clausesEnd - countStart)
  }

  private var nextCatchCode: UInt8? {
    let token = tokens.token
    guard token.kind == .open else { return nil }
    if token.word.keyword == .catchRef { return 0x01 }
    if token.word.keyword == .catchAllRef { return 0x03 }
    guard token.word.isInstruction else { return nil }
    switch OpcodeTable.infos[Int(token.word.opcode)].shape {
    case .catch: return 0x00
    case .catchAll: return 0x02
    default: return nil
    }
  }

  /// Ends a `try` by `delegate`, whose label is one around the `try`.
  mutating func assembleDelegate(text: Int) throws {
    popLabel()
    emit(0x18, text: text)
    body.appendUnsigned(try readLabel())
  }

  // MARK: Labels

  mutating func pushLabel(_ symbol: UInt32, name: UInt32) {
    var shadowed = Interner.none
    if symbol != Interner.none {
      shadowed = binding(of: symbol, in: .label)
      setBinding(of: symbol, in: .label, to: UInt32(labels.count))
    }
    if name != Interner.none { names.labels.append(labelCount, name, symbols) }
    labels.append(Label(symbol: symbol, shadowed: shadowed))
    labelCount += 1
  }

  mutating func popLabel() {
    let label = labels.popLast()
    if label.symbol != Interner.none { setBinding(of: label.symbol, in: .label, to: label.shadowed) }
  }

  /// Consumes a label: the number of labels between it and this place.
  mutating func readLabel() throws -> UInt32 {
    guard nextIsIdentifier else { return try tokens.readU32("a label") }
    let index = try readIndex(.label)
    return UInt32(labels.count) - 1 - index
  }
}

extension Column where Element == UInt8 {
  /// Moves the first `distance` values from `start` on behind the others.
  mutating func rotate(from start: Int, by distance: Int) {
    let moved = count - start - distance
    guard distance > 0 && moved > 0 else { return }
    let end = count
    appendCopy(of: start + distance..<end)
    appendCopy(of: start..<start + distance)
    _ = withUnsafeMutableBuffer { buffer in
      memmove(buffer.baseAddress! + start, buffer.baseAddress! + end, end - start)
    }
    truncate(to: end)
  }
}

// MARK: Branch hints

extension Assembler {
  /// Consumes `(@metadata.code.branch_hint "\00")` or `"\01"`.
  mutating func readBranchHint() throws {
    let start = tokens.token.start
    try checkHintIsOnlyOne(at: start)
    try tokens.advance()
    nameBytes.removeAll()
    try tokens.readStrings(into: &nameBytes)
    guard nameBytes.count == 1 && nameBytes[0] <= 1 else {
      throw tokens.error("@metadata.code.branch_hint annotation: must be \"\\00\" or \"\\01\"", at: start)
    }
    pendingHint = BranchHint(offset: start, value: nameBytes[0])
    try tokens.expectRightParen()
  }

  private func checkHintIsOnlyOne(at offset: Int) throws {
    if pendingHint != nil {
      throw tokens.error("@metadata.code.branch_hint annotation: duplicate annotation", at: offset)
    }
  }

  /// The value of the annotation before an instruction, which must be one that takes it.
  mutating func takePendingHint(isTarget: Bool) throws -> UInt8 {
    guard let hint = pendingHint else { return BranchHint.none }
    guard isTarget else { throw misplacedHint(hint) }
    pendingHint = nil
    return hint.value
  }

  func checkNoPendingHint() throws {
    if let hint = pendingHint { throw misplacedHint(hint) }
  }

  private func misplacedHint(_ hint: BranchHint) -> WasmError {
    tokens.error(
      "@metadata.code.branch_hint annotation: invalid target, expected if or br_if", at: hint.offset, kind: .invalid)
  }

  /// Moves the hints of a body to the section.
  mutating func takeHints(ofFunction index: UInt32) {
    guard !hints.isEmpty else { return }
    branchHints.count += 1
    branchHints.bytes.appendUnsigned(index)
    branchHints.bytes.appendUnsigned(hints.count)
    for position in 0..<hints.count {
      branchHints.bytes.appendUnsigned(hints[position].offset)
      branchHints.bytes.append(0x01)
      branchHints.bytes.append(hints[position].value)
    }
  }
}

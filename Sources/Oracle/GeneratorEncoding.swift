import BinaryFormat
import IR
import Support

// Bytes of the binary format (specification 5), now and then in another form than the usual.

extension GeneratorState {
  // MARK: Numbers

  mutating func unsigned(_ value: UInt64, bits: Int = 32) {
    let shortest = unsignedLEBSize(value)
    let length = padded(shortest, bits: bits)
    var rest = value
    for position in 1...length {
      out.append(UInt8(truncatingIfNeeded: rest & 0x7f) | (position == length ? 0 : 0x80))
      rest >>= 7
    }
  }

  mutating func index(_ value: Int) { unsigned(UInt64(value)) }
  mutating func index(_ id: some EntityID) { unsigned(UInt64(id.rawValue)) }

  mutating func signed(_ value: Int64, bits: Int) {
    var shortest = 1
    while shortest < 10 && value >> Int64(7 * shortest - 1) != value >> 63 { shortest += 1 }
    let length = padded(shortest, bits: bits)
    var rest = value
    for position in 1...length {
      out.append(UInt8(truncatingIfNeeded: rest & 0x7f) | (position == length ? 0 : 0x80))
      rest >>= 7
    }
  }

  private mutating func padded(_ shortest: Int, bits: Int) -> Int {
    let longest = (bits + 6) / 7
    return random.oneIn(style.paddingRate) && shortest < longest ? random.number(shortest...longest) : shortest
  }

  // MARK: Types

  mutating func valueType(_ type: ValueType) {
    if type.isReference && type.isNullable && hasGC && random.oneIn(style.paddingRate) {
      out.append(0x63)
      out.append(type.heapType)
    } else {
      out.append(type)
    }
  }

  mutating func valueTypes(_ types: [ValueType]) {
    index(types.count)
    for type in types { valueType(type) }
  }

  mutating func blockType(_ parameters: [ValueType], _ results: [ValueType]) {
    let needsType = !parameters.isEmpty || results.count > 1
    if !needsType && !(hasMultivalue && random.oneIn(20)) {
      if let result = results.first { valueType(result) } else { out.append(0x40) }
      return
    }
    let signature = FunctionType(parameters: parameters, results: results)
    let same = hasGC && random.oneIn(3) ? functionTypes.filter { module.types[$0].function == signature } : []
    let type = same.isEmpty ? module.types.findOrAppend(signature) : random.pick(same)
    signed(Int64(type.rawValue), bits: 33)
  }

  // MARK: Instructions

  mutating func emit(_ opcode: Opcode) {
    budget -= 1
    let code = opcode.info.code
    if code > 0xff {
      out.append(UInt8(truncatingIfNeeded: code >> 16))
      unsigned(UInt64(code & 0xffff))
    } else {
      out.append(UInt8(truncatingIfNeeded: code))
    }
  }

  mutating func emit(_ opcode: Opcode, _ value: some EntityID) {
    emit(opcode)
    index(value)
  }

  mutating func emit(_ opcode: Opcode, label: Int) {
    emit(opcode)
    index(label)
  }

  mutating func i32(_ value: Int) {
    emit(.i32Const)
    signed(Int64(Int32(truncatingIfNeeded: value)), bits: 32)
  }

  mutating func i64(_ value: Int64) {
    emit(.i64Const)
    signed(value, bits: 64)
  }

  /// A number of an address type.
  mutating func number(_ value: Int, _ type: ValueType) {
    if type == .i64 { i64(Int64(value)) } else { i32(value) }
  }

  mutating func refNull(_ type: HeapType) {
    emit(.refNull)
    out.append(type)
  }

  mutating func refFunc(_ function: FunctionID) {
    emit(.refFunc, function)
    if !isConstant { undeclaredFunctions.append(function) }
  }

  // MARK: Blocks

  /// Begins a block, and its frame unless it is a `try_table`, whose clauses come first.
  mutating func open(
    _ opcode: Opcode, _ parameters: [ValueType] = [], _ results: [ValueType] = [], isBranchable: Bool = true
  ) {
    if opcode == .if { addHint() }
    emit(opcode)
    blockType(parameters, results)
    if opcode != .tryTable { openFrame(opcode, parameters, results, isBranchable: isBranchable) }
  }

  mutating func openFrame(
    _ opcode: Opcode, _ parameters: [ValueType], _ results: [ValueType], isBranchable: Bool = true
  ) {
    labelCount += 1
    let labelTypes = opcode == .loop ? parameters : results
    frames.append(
      GeneratorFrame(
        kind: opcode == .loop ? .loop : .block, labelTypes: labelTypes,
        isBranchable: isBranchable && labelTypes.allSatisfy { isConstructible($0) },
        initializedHeight: initializedLocals.count))
  }

  /// `else`, `catch` or `catch_all`: another arm of the innermost block.
  mutating func nextArm(_ opcode: Opcode) {
    emit(opcode)
    forgetInitializations()
  }

  mutating func end() {
    emit(.end)
    closeFrame()
  }

  mutating func closeFrame() {
    forgetInitializations()
    frames.removeLast()
  }

  /// Locals that got their first value in the innermost block may not be read any more (specification 3.4.13).
  private mutating func forgetInitializations() {
    while initializedLocals.count > frames[frames.count - 1].initializedHeight {
      locals[initializedLocals.removeLast()].isSet = false
    }
  }

  mutating func addHint() {
    guard style.hasHints && random.oneIn(2) else { return }
    hints.append(BranchHint(offset: UInt32(out.count), isLikely: random.oneIn(2)))
  }

  /// The index by which code at this point names the label of the frame at `position`.
  func label(of position: Int) -> Int { frames.count - 1 - position }

  // MARK: Locals

  mutating func addLocal(_ type: ValueType) -> Int {
    locals.append(GeneratorLocal(type: type, isSet: type.isDefaultable))
    return locals.count - 1
  }

  mutating func set(local: Int, _ opcode: Opcode = .localSet) {
    emit(opcode)
    index(local)
    if !locals[local].isSet {
      locals[local].isSet = true
      initializedLocals.append(local)
    }
  }
}

import IR
import Support

// Instructions (specification 6.5), flat and folded, without recursion: a frame for each open form.

/// A form that is not yet closed.
struct Frame: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// A folded instruction without a body: folded operands, then `)`. Its own bytes wait in `pending`.
    case plain
    /// `(block`, `(loop` or `(try_table`: instructions, then `)`.
    case foldedBlock
    /// `(if` before its `(then`: folded operands. Its opcode and type wait in `pending`.
    case ifCondition
    /// `(if` after its `(then ...)`.
    case ifAfterThen
    /// `(if` after its `(else ...)`.
    case ifAfterElse
    /// `(try` before its `(do`.
    case tryBeforeDo
    /// `(try` after its `(do ...)`: a `(catch`, `(catch_all` or `(delegate`.
    case tryAfterDo
    /// `(try` after a `(catch ...)`.
    case tryAfterCatch
    /// `(try` after its `(catch_all ...)`.
    case tryAfterCatchAll
    /// `(try` after its `(delegate ...)`, which ended it.
    case tryDelegated
    /// `(then`, `(else`, `(do`, `(catch` or `(catch_all`: instructions, then `)`.
    case clause
    /// `block`, `loop` or `try_table`: instructions, then `end`.
    case flatBlock
    case flatIf, flatElse, flatTry, flatCatchAll
  }

  var kind: Kind
  /// Branch hint of a folded `if` or `br_if`.
  var hint: UInt8 = BranchHint.none
  /// Symbol of the label, or `Interner.none`.
  var label = Interner.none
  /// What the name section is to say of the label of a folded `if`; `Interner.none` for nothing.
  var labelName = Interner.none
  /// Where its bytes in `pending` start.
  var pendingStart = 0
  /// Place of its word in the text.
  var text: Int
  /// Where it comes from, and what is in it if nothing else is said.
  var position = PositionID.nowhere

  /// Takes instructions of any form.
  var takesInstructions: Bool {
    switch kind {
    case .foldedBlock, .clause, .flatBlock, .flatIf, .flatElse, .flatTry, .flatCatchAll: return true
    default: return false
    }
  }

  /// Takes folded instructions.
  var takesOperands: Bool { kind == .plain || kind == .ifCondition || takesInstructions }
}

/// A label in scope.
struct Label: BitwiseCopyable {
  /// `Interner.none` if it has no identifier.
  var symbol: UInt32
  /// What the identifier was bound to outside.
  var shadowed: UInt32
}

/// What `(@metadata.code.branch_hint ...)` says of a branch.
struct BranchHint: BitwiseCopyable {
  static let none: UInt8 = .max

  /// Offset from the start of the body; of a hint whose instruction comes next, the place in the text.
  var offset: Int
  /// 0: unlikely, 1: likely.
  var value: UInt8
}

extension Assembler {
  /// What ends a sequence of instructions.
  enum SequenceEnd {
    /// A parenthesis, which is not consumed.
    case list
    /// The end of the one folded instruction.
    case single
  }

  /// Assembles a constant expression into `body`.
  mutating func assembleExpression(_ sequenceEnd: SequenceEnd) throws {
    beginBody()
    try assembleInstructions(sequenceEnd)
    emitEnd(text: tokens.token.start)
    hints.removeAll()
  }

  mutating func beginBody() {
    body.removeAll()
    marks.removeAll()
    frames.removeAll()
    pending.removeAll()
    labels.removeAll()
    hints.removeAll()
    positions.beginBody()
    labelCount = 0
  }

  mutating func assembleInstructions(_ sequenceEnd: SequenceEnd) throws {
    while true {
      switch tokens.token.kind {
      case .open: try openForm()
      case .word: try assembleFlat()
      case .rightParen where !frames.isEmpty: try closeForm()
      case .annotation where tokens.token.word.keyword == .branchHint: try readBranchHint()
      default:
        guard tokens.token.kind == .rightParen else { throw tokens.unexpectedToken(expecting: "an instruction") }
        try checkNoPendingHint()
        return
      }
      if case .single = sequenceEnd, frames.isEmpty { return }
    }
  }

  // MARK: Folded forms

  private mutating func openForm() throws {
    guard frames.isEmpty || frames.last.takesOperands else { return try openClause() }
    if !frames.isEmpty && frames.last.kind == .ifCondition && tokens.token.isOpen(.then) { return try openThen() }
    let token = tokens.token
    guard token.word.isInstruction else { throw tokens.unexpectedToken(expecting: "an instruction") }
    let info = OpcodeTable.infos[Int(token.word.opcode)]
    switch info.shape {
    case .block, .loop, .tryTable, .try:
      let position = takePosition()
      mark(position)
      try tokens.advance()
      let label = try assembleBlockHead(info, text: token.contentStart)
      let kind: Frame.Kind = info.shape == .try ? .tryBeforeDo : .foldedBlock
      frames.append(Frame(kind: kind, label: label, text: token.contentStart, position: position))
    case .if:
      try openIf(token)
    case .else, .end, .catch, .catchAll, .delegate:
      throw tokens.unexpectedToken(expecting: "an instruction")
    default:
      try openPlain(token, info)
    }
  }

  private mutating func openIf(_ token: Token) throws {
    var frame = Frame(kind: .ifCondition, pendingStart: pending.count, text: token.contentStart)
    frame.hint = try takePendingHint(isTarget: true)
    frame.position = takePosition()
    try tokens.advance()
    let label = try readBinder()
    (frame.label, frame.labelName) = (label.symbol, label.name)
    pending.append(0x04)
    try assembleBlockType()
    frames.append(frame)
  }

  private mutating func openPlain(_ token: Token, _ info: OpcodeInfo) throws {
    let pendingStart = pending.count
    let hint = try takePendingHint(isTarget: info.shape == .brIf)
    let position = takePosition()
    try tokens.advance()
    try assemblePlain(token.word.opcode, info)
    let frame = Frame(
      kind: .plain, hint: hint, pendingStart: pendingStart, text: token.contentStart, position: position)
    if tokens.token.kind == .rightParen {
      emitPending(frame)
      try tokens.advance()
    } else {
      frames.append(frame)
    }
  }

  private mutating func openThen() throws {
    try checkNoPendingHint()
    let frame = frames.last
    emitPending(frame)
    pushLabel(frame.label, name: frame.labelName)
    frames.last.kind = .ifAfterThen
    frames.append(Frame(kind: .clause, text: tokens.token.contentStart, position: frame.position))
    try tokens.advance()
  }

  /// Opens `(else`, `(do`, `(catch`, `(catch_all` or `(delegate`.
  private mutating func openClause() throws {
    try checkNoPendingHint()
    let token = tokens.token
    let shape = token.word.isInstruction ? OpcodeTable.infos[Int(token.word.opcode)].shape : .nop
    switch (frames.last.kind, shape) {
    case (.ifAfterThen, .else):
      emit(0x05, text: token.contentStart)
      frames.last.kind = .ifAfterElse
      try tokens.advance()
    case (.tryBeforeDo, _) where token.isOpen(.do):
      frames.last.kind = .tryAfterDo
      try tokens.advance()
    case (.tryAfterDo, .catch), (.tryAfterCatch, .catch):
      emit(0x07, text: token.contentStart)
      frames.last.kind = .tryAfterCatch
      try tokens.advance()
      body.appendUnsigned(try readIndex(.tag))
    case (.tryAfterDo, .catchAll), (.tryAfterCatch, .catchAll):
      emit(0x19, text: token.contentStart)
      frames.last.kind = .tryAfterCatchAll
      try tokens.advance()
    case (.tryAfterDo, .delegate):
      try tokens.advance()
      frames.last.kind = .tryDelegated
      try assembleDelegate(text: token.contentStart)
      try tokens.expectRightParen()
      return
    default:
      throw tokens.unexpectedToken(expecting: frames.last.expectation)
    }
    frames.append(Frame(kind: .clause, text: token.contentStart, position: frames.last.position))
  }

  private mutating func closeForm() throws {
    try checkNoPendingHint()
    let frame = frames.last
    switch frame.kind {
    case .plain: emitPending(frame)
    case .clause, .tryDelegated: break
    case .foldedBlock, .ifAfterThen, .ifAfterElse, .tryAfterDo, .tryAfterCatch, .tryAfterCatchAll:
      emitEnd(text: tokens.token.start)
      popLabel()
    case .ifCondition, .tryBeforeDo, .flatBlock, .flatIf, .flatElse, .flatTry, .flatCatchAll:
      throw tokens.unexpectedToken(expecting: frame.expectation)
    }
    frames.removeLast(1)
    try tokens.advance()
  }

  // MARK: Flat forms

  private mutating func assembleFlat() throws {
    let token = tokens.token
    guard token.word.isInstruction else { throw tokens.unexpectedToken(expecting: "an instruction") }
    guard frames.isEmpty || frames.last.takesInstructions else {
      throw tokens.unexpectedToken(expecting: frames.last.expectation)
    }
    let info = OpcodeTable.infos[Int(token.word.opcode)]
    switch info.shape {
    case .block, .loop, .tryTable, .if, .try:
      let hint = try takePendingHint(isTarget: info.shape == .if)
      let position = takePosition()
      try tokens.advance()
      if hint != BranchHint.none { hints.append(BranchHint(offset: body.count, value: hint)) }
      mark(position)
      let label = try assembleBlockHead(info, text: token.contentStart)
      let kind: Frame.Kind = info.shape == .if ? .flatIf : info.shape == .try ? .flatTry : .flatBlock
      frames.append(Frame(kind: kind, label: label, text: token.contentStart, position: position))
    case .else, .end, .catch, .catchAll, .delegate:
      try checkNoPendingHint()
      try assembleFlatDelimiter(info.shape, token)
    default:
      let pendingStart = pending.count
      let hint = try takePendingHint(isTarget: info.shape == .brIf)
      let position = takePosition()
      try tokens.advance()
      try assemblePlain(token.word.opcode, info)
      emitPending(
        Frame(kind: .plain, hint: hint, pendingStart: pendingStart, text: token.contentStart, position: position))
    }
  }

  private mutating func assembleFlatDelimiter(_ shape: Shape, _ token: Token) throws {
    guard !frames.isEmpty else { throw tokens.unexpectedToken(expecting: "an instruction") }
    switch (shape, frames.last.kind) {
    case (.else, .flatIf):
      emit(0x05, text: token.contentStart)
      frames.last.kind = .flatElse
      try tokens.advance()
      try checkRepeatedLabel()
    case (.catch, .flatTry):
      emit(0x07, text: token.contentStart)
      try tokens.advance()
      body.appendUnsigned(try readIndex(.tag))
    case (.catchAll, .flatTry):
      emit(0x19, text: token.contentStart)
      frames.last.kind = .flatCatchAll
      try tokens.advance()
    case (.delegate, .flatTry):
      try tokens.advance()
      try assembleDelegate(text: token.contentStart)
      frames.removeLast(1)
    case (.end, .flatBlock), (.end, .flatIf), (.end, .flatElse), (.end, .flatTry), (.end, .flatCatchAll):
      emitEnd(text: token.contentStart)
      try tokens.advance()
      try checkRepeatedLabel()
      popLabel()
      frames.removeLast(1)
    default:
      throw tokens.unexpectedToken(expecting: frames.last.expectation)
    }
  }

  /// Consumes the optional label after `else` and `end`, which must be that of the block.
  private mutating func checkRepeatedLabel() throws {
    guard nextIsIdentifier else { return }
    let symbol = try findSymbol()
    guard symbol != Interner.none && symbol == frames.last.label else {
      throw tokens.error("mismatching label \(tokens.excerpt(of: tokens.token))", at: tokens.token.start)
    }
    try tokens.advance()
  }

  // MARK: Output

  mutating func emit(_ byte: UInt8, text: Int) {
    marks.append(InstructionMark(offset: body.count, text: text))
    body.append(byte)
  }

  mutating func emitEnd(text: Int) { emit(0x0b, text: text) }

  /// Moves an encoded instruction from the top of `pending` to the body.
  private mutating func emitPending(_ frame: Frame) {
    if frame.hint != BranchHint.none { hints.append(BranchHint(offset: body.count, value: frame.hint)) }
    mark(frame.position)
    marks.append(InstructionMark(offset: body.count, text: frame.text))
    pending.withUnsafeBuffer { body.append(contentsOf: UnsafeBufferPointer(rebasing: $0[frame.pendingStart...])) }
    pending.truncate(to: frame.pendingStart)
  }
}

extension Frame {
  /// What may come next, for messages.
  fileprivate var expectation: String {
    switch kind {
    case .plain: return "a folded instruction or )"
    case .ifCondition: return "a folded instruction or (then"
    case .ifAfterThen: return "(else or )"
    case .tryBeforeDo: return "(do"
    case .tryAfterDo: return "(catch, (catch_all, (delegate or )"
    case .tryAfterCatch: return "(catch, (catch_all or )"
    case .ifAfterElse, .tryAfterCatchAll, .tryDelegated: return ")"
    case .foldedBlock, .clause: return "an instruction or )"
    case .flatIf: return "an instruction, else or end"
    case .flatTry: return "an instruction, catch, catch_all, delegate or end"
    case .flatBlock, .flatElse, .flatCatchAll: return "an instruction or end"
    }
  }
}

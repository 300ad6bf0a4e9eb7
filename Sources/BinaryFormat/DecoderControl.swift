import IR
import Support

// Structured control: opening and closing constructs.

extension BodyDecoder {
  // MARK: Opening

  /// Opens `block`, `loop`, `if`, `try` or `try_table` behind its opcode.
  mutating func open(_ kind: Frame.Kind, in body: inout Body) throws {
    var new = Frame()
    new.kind = kind
    (new.parameters, new.results) = try readBlockType(in: &body)
    if kind == .if {
      new.hint = takeHint()
      new.condition = try pop(.i32, isFirst: new.parameters == .none, in: &body)
    }
    new.position = position
    new.label = body.makeLabel()
    if !pendingLabelNames.isEmpty, let name = pendingLabelNames[labelPosition] { body.labelNames[new.label] = name }
    labelPosition += 1
    new.sideStart = kind == .try ? Int32(tryArms.count) : Int32(landings.count)
    if kind == .tryTable { new.clauseStart = try readCatchClauses(in: &body) }
    let parameters = try popTuple(new.parameters, in: &body)
    new.isDead = !frame.isLive
    new.isLive = frame.isLive
    if new.parameters != .none && frame.isLive {
      new.firstParameterLocal = assign(parameters, toFreshLocalsOf: new.parameters, in: &body)
    }
    new.initializationHeight = localIsSet.height
    new.base = Int32(stack.count)
    new.floor = new.base
    frames.append(frame)
    frame = new
    pushParameters(in: &body)
  }

  private mutating func assign(_ value: NodeID, toFreshLocalsOf type: ResultType, in body: inout Body) -> LocalID {
    let locals = body.valueTypes(of: type).map { body.makeLocal($0) }
    pushStatement(makeAssignment(of: value, to: locals, in: &body))
    return locals[0]
  }

  func makeAssignment(of value: NodeID, to locals: [LocalID], in body: inout Body) -> NodeID {
    locals.count == 1 ? body.makeLocalSet(locals[0], value) : body.makeTupleSet(locals, value)
  }

  /// The locals that hold the parameters of an open construct.
  func parameterLocals(of frame: Frame, in body: borrowing Body) -> [LocalID] {
    (0..<body.arity(of: frame.parameters)).map { LocalID(frame.firstParameterLocal.index + $0) }
  }

  /// Begins a construct or its else arm with the parameters on the stack.
  mutating func pushParameters(in body: inout Body) {
    for index in 0..<body.arity(of: frame.parameters) {
      let type = body.valueType(index, of: frame.parameters)
      let local = LocalID(frame.firstParameterLocal.index + index)
      pushValue(frame.isLive ? body.makeLocalGet(local) : .none, type)
    }
  }

  mutating func readBlockType(in body: inout Body) throws -> (ResultType, ResultType) {
    let start = reader.position
    switch reader.peekByte() {
    case 0x40:
      reader.position += 1
      return (.none, .none)
    case 0x7f, 0x7e, 0x7d, 0x7c: return (.none, ResultType(try reader.readValueType(typeCount: 0)))
    case Code.tupleBlockType where !validates || acceptsTupleBlockTypes: return (.none, try readTupleBlockType(in: &body))
    default: break
    }
    guard let byte = reader.peekByte(), byte & 0xc0 != 0x40 else {
      let type = try reader.readValueType(typeCount: declarations.types.count)
      noteFeatures(of: type)
      return (.none, ResultType(type))
    }
    let number = try reader.readS33()
    guard number >= 0 && number < declarations.types.count else {
      throw reader.error("unknown type \(number)", at: start, kind: number < 0 ? .malformed : .invalid)
    }
    let type = TypeID(rawValue: UInt32(number))
    guard declarations.isFunctionType[type.index] else {
      throw reader.error("type \(number) of a block is not a function type", at: start, kind: .invalid)
    }
    noteFeatures(.multivalue)
    return (body.resultType(of: declarations.parameters(of: type)), body.resultType(of: declarations.results(of: type)))
  }

  private mutating func readTupleBlockType(in body: inout Body) throws -> ResultType {
    reader.position += 1
    noteFeatures(.multivalue)
    let count = try reader.readCount(of: "results")
    var types: [ValueType] = []
    for _ in 0..<count { types.append(try reader.readValueType(typeCount: declarations.types.count)) }
    return body.resultType(of: types)
  }

  // MARK: Divergence

  /// Marks the rest of the construct unreachable, after a statement that control does not leave was pushed.
  mutating func diverge(in body: inout Body) {
    guard frame.isLive else {
      stack.truncate(to: Int(frame.floor))
      frame.isUnreachable = true
      return
    }
    // Values that nobody takes any more are still computed.
    for index in Int(frame.base)..<stack.count where stack[index].type != .none {
      stack[index] = StackEntry(node: body.makeDrop(stack[index].node), type: .none)
    }
    frame.isUnreachable = true
    frame.isLive = false
    frame.floor = Int32(stack.count)
  }

  /// Pushes a node that control does not leave.
  mutating func pushDiverging(_ record: NodeRecord, in body: inout Body) {
    pushStatement(record, in: &body)
    diverge(in: &body)
  }

  // MARK: Closing

  mutating func decodeElse(in body: inout Body) throws {
    guard frame.kind == .if else { throw reader.error("else without if", at: opcodeOffset) }
    frame.thenArm = try closeArm(in: &body)
    frame.kind = .else
    reopen(in: &body)
  }

  /// Begins another arm of the innermost construct.
  mutating func reopen(in body: inout Body) {
    localIsSet.undo(to: frame.initializationHeight)
    frame.isUnreachable = false
    frame.isLive = !frame.isDead
    frame.base = Int32(stack.count)
    frame.floor = frame.base
    if frame.kind == .else { pushParameters(in: &body) }
  }

  /// Takes everything of the innermost construct off the stack, results checked, as one node; `none` if dead.
  mutating func closeArm(in body: inout Body) throws -> NodeID {
    let value = try popTuple(frame.results, in: &body)
    guard stack.count == Int(frame.floor) || onlyStatementsAreLeft() else {
      throw invalid("type mismatch: values remaining on the stack at the end of the block")
    }
    let base = Int(frame.base)
    defer { stack.truncate(to: base) }
    if frame.isDead { return .none }
    let start = body.pool.count
    for index in base..<stack.count { body.pool.append(stack[index].node.rawValue) }
    if !value.isNone && frame.isLive { body.pool.append(value.rawValue) }
    let count = body.pool.count - start
    if count == 1 && frame.kind != .block && frame.kind != .function {
      let only = NodeID(rawValue: body.pool.popLast())
      return only
    }
    let list = NodeList(start: start, count: count)
    return body.makeBlock(list, label: .none, type: frame.results)
  }

  private func onlyStatementsAreLeft() -> Bool {
    if frame.isUnreachable { return false }
    for index in Int(frame.floor)..<stack.count where stack[index].type != .none { return false }
    return true
  }

  mutating func decodeEnd(in body: inout Body) throws {
    if frame.kind == .if && frame.parameters != frame.results && validates { try checkMissingElse(in: body) }
    if frame.kind == .if && frame.parameters != .none {
      frame.thenArm = try closeArm(in: &body)
      frame.kind = .else
      reopen(in: &body)
    }
    let arm = try closeArm(in: &body)
    let closed = frame
    localIsSet.undo(to: closed.initializationHeight)
    if closed.kind == .function {
      finish(arm, in: &body)
      return
    }
    frame = frames.popLast()
    position = closed.position
    let node = closed.isDead ? discard(closed) : makeConstruct(closed, arm, in: &body)
    pushResult(node, closed.results, in: &body)
  }

  /// Forgets the arms and clauses of a construct that control never reaches; what is around it must not get them.
  private mutating func discard(_ closed: Frame) -> NodeID {
    if closed.kind.isLegacyTry { tryArms.truncate(to: Int(closed.sideStart)) }
    if closed.kind == .tryTable { catchClauses.truncate(to: Int(closed.clauseStart)) }
    return .none
  }

  private func checkMissingElse(in body: borrowing Body) throws {
    let parameters = body.valueTypes(of: frame.parameters)
    let results = body.valueTypes(of: frame.results)
    let fits =
      parameters.count == results.count
      && zip(parameters, results).allSatisfy { declarations.types.matches($0, $1) }
    if !fits { throw invalid("type mismatch: an if without else must leave what it takes") }
  }

  private mutating func finish(_ arm: NodeID, in body: inout Body) {
    let items = body.nodes[arm.index]
    body.replace(arm, with: NodeRecord(.block, frame.results, a: LabelID.function.rawValue, b: items.b, c: items.c))
    body.root = arm
  }

  private mutating func makeConstruct(_ closed: Frame, _ arm: NodeID, in body: inout Body) -> NodeID {
    var node: NodeID
    switch closed.kind {
    case .block:
      body.nodes[arm.index].a = closed.label.rawValue
      return arm
    case .loop: return body.makeLoop(arm, label: closed.label, type: closed.results)
    case .if:
      node = body.makeIf(closed.condition, then: arm, else: .none, type: closed.results)
      setHint(closed.hint, of: node, in: &body)
    case .else:
      node = body.makeIf(closed.condition, then: closed.thenArm, else: arm, type: closed.results)
      setHint(closed.hint, of: node, in: &body)
    case .try, .catch, .catchAll:
      node = makeTry(closed, lastArm: arm, delegate: .none, in: &body)
      return wrapIfTargeted(node, closed, label: closed.branchLabel, in: &body)
    case .tryTable: node = makeTryTable(closed, arm, in: &body)
    case .function: preconditionFailure()
    }
    node = wrapIfTargeted(node, closed, label: closed.label, in: &body)
    if closed.kind == .tryTable { node = land(node, closed.results, from: Int(closed.sideStart), in: &body) }
    return node
  }

  func wrapIfTargeted(_ node: NodeID, _ closed: Frame, label: LabelID, in body: inout Body) -> NodeID {
    closed.isTargeted ? body.makeBlock([node], label: label, type: closed.results) : node
  }

  // MARK: Source positions

  /// Gets ready for a body with these marks.
  mutating func beginPositions(_ marks: [PositionMark], in body: inout Body) {
    hasPositions = !marks.isEmpty
    position = .none
    guard hasPositions else { return }
    positionMarks = marks
    passedMarks = 0
    movePosition(to: 0)
    body.startPosition = position
  }

  /// After an instruction: gives its position to the nodes that it has made, and moves to that of the next.
  mutating func notePositions(in body: inout Body) {
    body.fillPositions(with: position)
    movePosition(to: reader.position)
  }

  /// Takes note of where the instruction at `offset` comes from.
  mutating func movePosition(to offset: Int) {
    while passedMarks < positionMarks.count && Int(positionMarks[passedMarks].offset) <= offset { passedMarks += 1 }
    position = passedMarks > 0 ? positionMarks[passedMarks - 1].position : .nowhere
  }

  // MARK: Hints

  /// The hint for the instruction at `opcodeOffset`: 1 likely, 0 unlikely, -1 none.
  mutating func takeHint() -> Int8 {
    guard !pendingHints.isEmpty else { return -1 }
    while let hint = pendingHints.first, Int(hint.offset) < opcodeOffset { pendingHints.removeFirst() }
    guard let hint = pendingHints.first, Int(hint.offset) == opcodeOffset else { return -1 }
    pendingHints.removeFirst()
    return hint.isLikely ? 1 : 0
  }

  func setHint(_ hint: Int8, of node: NodeID, in body: inout Body) {
    if hint >= 0 && !node.isNone { body.branchHints[node] = hint == 1 }
  }
}

import Analysis
import IR
import PassManager
import Support

/// Merges sequences into the block around them and moves them out of operands, so that each statement stands in the
/// list of a block; takes the values from blocks and branches where the result is dropped.
///
///     (i32.store                        (call $f)
///       (block (result i32)             (i32.store
///         (call $f)             ->        (local.get $p)
///         (local.get $p))                 (i32.const 1))
///       (i32.const 1))
///
/// Sequences have no bytes: most of this only brings statements to where other passes look for them.
struct MergeBlocks: FunctionPass {
  /// Bounds the rounds, so that the pass stays linear.
  static let roundLimit = 8

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    for _ in 0..<Self.roundLimit {
      var merge = StatementMotion()
      body.rewriteInnerNodes { body, id in merge.concerns(id, in: body) ? merge.rewrite(id, in: &body) : id }
      if merge.hasLostValues { body.rewriteInnerNodes { body, id in merge.dropEarly(id, in: &body) } }
      if merge.hasNestedLists { body.flattenSequences() }
      // A value that is dropped earlier may be one of a block further in.
      if !merge.hasLostValues { return }
    }
  }
}

/// Moves what an operand does before its value to the front of the instruction.
private struct StatementMotion: ~Copyable {
  /// A sequence is an item of a block or `keep`.
  private(set) var hasNestedLists = false
  private(set) var hasLostValues = false
  /// A sequence with a value may be an operand.
  private var hasValueSequences = false
  /// By label of a block that is dropped: whether all values that branches bring there can be dropped before.
  private var losesValue = Column<Bool>()
  /// By label: all uses, and those that can do without a value.
  private var uses = LabelUses()
  private var optional = LabelUses()
  /// Made when two operands have to be compared for the first time.
  private var effects: EffectsColumn?
  private var loopEnds: LoopEnds?

  init() { effects = nil }

  /// Whether `rewrite` may do anything to the node, or has to know of it.
  @inline(__always)
  func concerns(_ id: NodeID, in body: borrowing Body) -> Bool {
    let shape = body.info(of: id).shape
    if shape.rawValue <= Shape.return.rawValue { return true }
    switch shape {
    case .rethrow, .drop, .tupleSet, .keep: return true
    default: return hasValueSequences && hasSequence(amongOperandsOf: id, in: body)
    }
  }

  private func hasSequence(amongOperandsOf id: NodeID, in body: borrowing Body) -> Bool {
    var hasSequence = false
    body.forEachOperand(of: id) { if body.isSequence($0) { hasSequence = true } }
    return hasSequence
  }

  mutating func rewrite(_ id: NodeID, in body: inout Body) -> NodeID {
    let result = rewriteNode(id, in: &body)
    if isValueSequence(result, in: body) { hasValueSequences = true }
    return result
  }

  private mutating func rewriteNode(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .block: return finishBlock(id, in: &body)
    case .loop: return finishLoop(id, in: &body)
    case .try, .tryTable:
      uses.count(id, in: body)
      return id
    case .keep: return finishKeep(id, in: &body)
    default:
      uses.count(id, in: body)
      if mayTakeApart(id, in: body) { findEffects(in: body) }
      let result = hoist(id, in: &body)
      noteDrop(id, in: body)
      guard let parts = takeApart(id, in: &body) else { return result }
      return put(parts, insteadOf: id, atEndOf: result, in: &body)
    }
  }

  /// What a loop does after its last way back stands behind it.
  private mutating func finishLoop(_ id: NodeID, in body: inout Body) -> NodeID {
    if loopEnds == nil { loopEnds = LoopEnds(of: body) }
    guard let sequence = loopEnds!.moveOut(of: id, in: &body) else { return id }
    if effects != nil { effects![sequence] = effects![id] }
    hasNestedLists = true
    return sequence
  }

  /// A block that nothing branches to is a sequence, or just its only item.
  private mutating func finishBlock(_ id: NodeID, in body: inout Body) -> NodeID {
    noteNestedLists(id, in: body)
    guard case .block(let block) = body[id], block.label != .function else { return id }
    if !block.label.isNone {
      if uses[block.label] > 0 { return moveOutStatements(before: block, id, in: &body) }
      body.setLabel(of: id, to: .none)
    }
    guard block.items.count == 1 else { return id }
    let item = body[block.items, 0]
    let (type, itemType) = (body.type(of: id), body.type(of: item))
    // What a block promises, its item may not know; what its value is, the item knows better.
    return itemType == type || itemType == .unreachable || itemType.isConcrete && type.isConcrete ? item : id
  }

  /// What was moved in front of an `if` that has its label from the block around it is moved in front of the block as
  /// well, so that the block needs no bytes of its own, and a `local.set` counts for what follows.
  private mutating func moveOutStatements(before block: BlockNode, _ id: NodeID, in body: inout Body) -> NodeID {
    guard block.items.count == 1 else { return id }
    let sequence = body[block.items, 0]
    let last = body.isSequence(sequence) ? body.operandCount(of: sequence) - 1 : 0
    guard last > 0, body.opcode(of: body.operand(last, of: sequence)) == .if,
      (0..<last).allSatisfy({ namesNoLabel(body.operand($0, of: sequence), in: body) })
    else { return id }
    body.setOperand(0, of: id, to: body.operand(last, of: sequence))
    body.setOperand(last, of: sequence, to: id)
    body.setType(of: sequence, to: body.type(of: id))
    if effects != nil { effects![sequence] = effects![id] }
    return sequence
  }

  /// Whether nothing below `top` names a label. Looks at a few nodes and then says no.
  private func namesNoLabel(_ top: NodeID, in body: borrowing Body) -> Bool {
    var pending = [top]
    var seen = 1
    while let id = pending.popLast() {
      var namesLabel = false
      body.forEachLabel(of: id) { _ in namesLabel = true }
      seen += body.operandCount(of: id)
      if namesLabel || seen > 64 { return false }
      body.forEachOperand(of: id) { pending.append($0) }
    }
    return true
  }

  private mutating func finishKeep(_ id: NodeID, in body: inout Body) -> NodeID {
    noteNestedLists(id, in: body)
    findEffects(in: body)
    let result = hoist(id, in: &body)
    guard let new = putIntoTuple(id, in: &body) ?? putValueLast(id, in: &body) else { return result }
    return put(new, insteadOf: id, atEndOf: result, in: &body)
  }

  /// `keep` of a tuple that is made on the spot as one of its last value, which is how it would be read back.
  ///
  ///     (keep (tuple.make a b) (call $f))  ->  (tuple.make a (keep b (call $f)))
  private mutating func putIntoTuple(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard case .keep(let items) = body[id] else { return nil }
    let tuple = body[items, 0]
    guard case .tupleMake(let values) = body[tuple] else { return nil }
    let last = body[values, values.count - 1]
    guard body.type(of: last).isConcrete else { return nil }
    body.setOperand(0, of: id, to: last)
    body.setType(of: id, to: body.type(of: last))
    noteEffects(of: id, in: body)
    body.setOperand(values.count - 1, of: tuple, to: finishKeep(id, in: &body))
    noteEffects(of: tuple, in: body)
    return hoist(tuple, in: &body)
  }

  /// Replaces `id`, which is `result` or the last item of it.
  private mutating func put(_ new: NodeID, insteadOf id: NodeID, atEndOf result: NodeID, in body: inout Body) -> NodeID {
    if result == id { return new }
    body.setOperand(body.operandCount(of: result) - 1, of: result, to: new)
    hasNestedLists = true
    return result
  }

  private mutating func noteNestedLists(_ id: NodeID, in body: borrowing Body) {
    if !hasNestedLists { body.forEachOperand(of: id) { if body.isSequence($0) { hasNestedLists = true } } }
  }

  // MARK: Values that are dropped

  /// Notes what becomes of values of blocks: where a block that is dropped is left, all its branches are known.
  private mutating func noteDrop(_ id: NodeID, in body: borrowing Body) {
    let opcode = body.opcode(of: id)
    guard opcode == .br || opcode == .drop else { return }
    switch body[id] {
    case .br(let branch): optional[branch.label] += 1
    case .drop(let value):
      if case .brIf(let branch) = body[value] { optional[branch.label] += 1 }
      guard case .block(let block) = body[value], !block.label.isNone, uses[block.label] == optional[block.label] else {
        return
      }
      losesValue.resize(to: Int(body.labelCount), filling: false)
      losesValue[block.label.index] = true
      hasLostValues = true
    default: break
    }
  }

  /// Drops values before they are brought to a block that is dropped.
  mutating func dropEarly(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body[id] {
    case .br(let branch) where losesValue[branch.label.index] && !branch.value.isNone:
      hasNestedLists = true
      return body.makeBlock([body.makeDropIfNeeded(branch.value), body.makeBr(branch.label)], type: .unreachable)
    case .drop(let value): return dropValue(value, in: &body) ?? id
    default: return id
    }
  }

  /// Takes the value from a dropped block or `br_if`; nil if it is needed.
  private mutating func dropValue(_ value: NodeID, in body: inout Body) -> NodeID? {
    switch body[value] {
    case .block(let block) where !block.label.isNone && losesValue[block.label.index]:
      let last = block.items.count - 1
      let result = body.makeDropIfNeeded(body[block.items, last])
      body.setOperand(last, of: value, to: result)
      body.setType(of: value, to: .none)
      return value
    case .brIf(let branch) where losesValue[branch.label.index] && !branch.value.isNone:
      let first = body.makeDropIfNeeded(branch.value)
      body.setOperand(0, of: value, to: .none)
      body.setType(of: value, to: .none)
      hasNestedLists = true
      return body.makeBlock([first, value], type: .none)
    default: return nil
    }
  }

  private func mayTakeApart(_ id: NodeID, in body: borrowing Body) -> Bool {
    let opcode = body.opcode(of: id)
    return (opcode == .tupleSet || opcode == .drop) && body.type(of: body.operand(0, of: id)).isTuple
  }

  /// Assigns or drops the values of a tuple that is made on the spot one by one; nil if `id` does not.
  ///
  ///     (tuple.set $x $y (tuple.make a b))  ->  (local.set $x (keep a (local.set $y b)))
  private mutating func takeApart(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard mayTakeApart(id, in: body), case .tupleMake(let values) = body[body.operand(0, of: id)] else { return nil }
    var statement = NodeID.none
    for index in (0..<values.count).reversed() {
      var value = body[values, index]
      if !statement.isNone {
        value = body.makeKeep(value, then: [statement])
        noteEffects(of: value, in: body)
        value = finishKeep(value, in: &body)
      }
      var local = LocalID.none
      if case .tupleSet(let node) = body[id] { local = body.local(index, of: node) }
      let single = local.isNone ? body.makeDrop(value) : body.makeLocalSet(local, value)
      noteEffects(of: single, in: body)
      statement = hoist(single, in: &body)
      noteDrop(single, in: body)
    }
    return statement
  }

  // MARK: Order of operands

  /// `keep` as a sequence, if its value may as well be computed after its items.
  private mutating func putValueLast(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard case .keep(let items) = body[id] else { return nil }
    let value = body[items, 0]
    guard !body.isSequence(value), body.type(of: value).isConcrete else { return nil }
    var rest = Effects.none
    for index in 1..<items.count { rest.formUnion(effects![body[items, index]]) }
    guard effects![value].mayReorder(with: rest) else { return nil }
    let nodes = body.nodes(in: items)
    let sequence = body.makeBlock(nodes[1...] + [value], type: body.type(of: id))
    noteEffects(of: sequence, in: body)
    return sequence
  }

  /// To be called while what is below any node is what will run there: what has been cut off and is not back yet
  /// would not count.
  private mutating func findEffects(in body: borrowing Body) {
    if effects == nil { effects = EffectsColumn(of: body) }
  }

  /// Finds the effects of a node that is new or has other operands now. Not for constructs with a label.
  private mutating func noteEffects(of id: NodeID, in body: borrowing Body) {
    if effects == nil { return }
    var all = Effects(of: id, in: body)
    body.forEachOperand(of: id) { all.formUnion(effects![$0]) }
    effects![id] = all
  }

  /// Moves the sequences among the operands of an instruction in front of it, as far as what is evaluated before them
  /// does not mind.
  private mutating func hoist(_ id: NodeID, in body: inout Body) -> NodeID {
    // The arms of an `if` are no operands, the items of `keep` are statements already.
    let opcode = body.opcode(of: id)
    let count = opcode == .if || opcode == .keep ? 1 : body.operandCount(of: id)
    guard let first = (0..<count).first(where: { isValueSequence(body.operand($0, of: id), in: body) }) else { return id }
    for position in first..<count { straighten(position, of: id, in: &body) }
    if count == 1 { return exchange(body.operand(0, of: id), with: id, in: &body) }

    findEffects(in: body)
    var statements: [NodeID] = []
    var before = Effects.none
    for position in 0..<count {
      let operand = body.operand(position, of: id)
      if operand.isNone { continue }
      if position >= first, isValueSequence(operand, in: body),
        before.mayReorder(with: statementEffects(of: operand, in: body))
      {
        let value = takeValue(of: operand, in: &body)
        statements.append(operand)
        body.setOperand(position, of: id, to: value)
        before.formUnion(effects![value])
      } else {
        before.formUnion(effects![operand])
      }
    }
    if statements.isEmpty { return id }
    noteEffects(of: id, in: body)
    let sequence = body.makeBlock(statements + [id], type: body.type(of: id))
    noteEffects(of: sequence, in: body)
    return sequence
  }

  /// What a sequence does before its value is computed.
  private mutating func statementEffects(of sequence: NodeID, in body: borrowing Body) -> Effects {
    var all = Effects.none
    for index in 0..<body.operandCount(of: sequence) - 1 { all.formUnion(effects![body.operand(index, of: sequence)]) }
    return all
  }

  private func isValueSequence(_ id: NodeID, in body: borrowing Body) -> Bool {
    if id.isNone || !body.isSequence(id) { return false }
    let count = body.operandCount(of: id)
    return count > 1 && body.type(of: body.operand(count - 1, of: id)).isConcrete
  }

  /// Puts the statements of sequences that end with one another into one, so that its last item is no sequence. Each
  /// becomes a statement, and is looked at no more.
  private mutating func straighten(_ position: Int, of id: NodeID, in body: inout Body) {
    let operand = body.operand(position, of: id)
    guard isValueSequence(operand, in: body) else { return }
    var value = body.operand(body.operandCount(of: operand) - 1, of: operand)
    guard isValueSequence(value, in: body) else { return }
    var items: [NodeID] = []
    let type = body.type(of: operand)
    value = operand
    while isValueSequence(value, in: body) {
      let sequence = value
      value = takeValue(of: sequence, in: &body)
      items.append(sequence)
    }
    items.append(value)
    hasNestedLists = true
    let sequence = body.makeBlock(items, type: type)
    noteEffects(of: sequence, in: body)
    body.setOperand(position, of: id, to: sequence)
  }

  /// Cuts the value off a sequence.
  private mutating func takeValue(of sequence: NodeID, in body: inout Body) -> NodeID {
    let last = body.operandCount(of: sequence) - 1
    let value = body.operand(last, of: sequence)
    body.truncateItems(of: sequence, to: last)
    body.setType(of: sequence, to: .none)
    noteEffects(of: sequence, in: body)
    return value
  }

  /// Turns an operation on a sequence into a sequence that ends with the operation.
  private mutating func exchange(_ sequence: NodeID, with id: NodeID, in body: inout Body) -> NodeID {
    let last = body.operandCount(of: sequence) - 1
    body.setOperand(0, of: id, to: body.operand(last, of: sequence))
    body.setOperand(last, of: sequence, to: id)
    body.setType(of: sequence, to: body.type(of: id))
    noteEffects(of: id, in: body)
    // Not all items again: a nest of operations may be exchanged with one sequence.
    if effects != nil { effects![sequence].formUnion(effects![id]) }
    return sequence
  }
}

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
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var merge = StatementMotion()
    body.rewriteBottomUp { body, id in merge.rewrite(id, in: &body) }
    if merge.hasLostValues { body.rewriteBottomUp { body, id in merge.dropEarly(id, in: &body) } }
    if merge.hasNestedLists { body.flattenSequences() }
  }
}

/// Moves what an operand does before its value to the front of the instruction.
private struct StatementMotion: ~Copyable {
  /// A sequence is an item of a block or `keep`.
  private(set) var hasNestedLists = false
  private(set) var hasLostValues = false
  /// By label of a block that is dropped: whether all values that branches bring there can be dropped before.
  private var losesValue = Column<Bool>()
  /// By label: all uses, and those that can do without a value.
  private var uses = LabelUses()
  private var optional = LabelUses()
  /// Made when two operands have to be compared for the first time.
  private var effects: EffectsColumn?

  init() { effects = nil }

  mutating func rewrite(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .block: finishBlock(id, in: &body)
    case .loop: break
    case .try, .tryTable: uses.count(id, in: body)
    case .keep:
      if let result = putValueLast(id, in: &body) { return result }
      noteNestedLists(id, in: body)
      return hoist(id, in: &body)
    default:
      uses.count(id, in: body)
      noteDrop(id, in: body)
      return hoist(id, in: &body)
    }
    return id
  }

  /// A block that nothing branches to is a sequence.
  private mutating func finishBlock(_ id: NodeID, in body: inout Body) {
    noteNestedLists(id, in: body)
    guard case .block(let block) = body[id], !block.label.isNone, block.label != .function, uses[block.label] == 0 else {
      return
    }
    body.setLabel(of: id, to: .none)
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

  // MARK: Order of operands

  /// `keep` as a sequence, if its value may as well be computed after its items.
  private mutating func putValueLast(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard case .keep(let items) = body[id] else { return nil }
    let value = body[items, 0]
    guard !body.isSequence(value), body.type(of: value).isConcrete else { return nil }
    var rest = Effects.none
    for index in 1..<items.count { rest.formUnion(effects(of: body[items, index], in: body)) }
    guard effects(of: value, in: body).mayReorder(with: rest) else { return nil }
    let all = effects(of: id, in: body)
    let nodes = body.nodes(in: items)
    let sequence = body.makeBlock(nodes[1...] + [value], type: body.type(of: id))
    effects![sequence] = all
    return sequence
  }

  private mutating func effects(of id: NodeID, in body: borrowing Body) -> Effects {
    if effects == nil { effects = EffectsColumn(of: body) }
    return effects![id]
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

    let all = effects(of: id, in: body)
    var statements: [NodeID] = []
    var before = Effects.none
    for position in 0..<count {
      let operand = body.operand(position, of: id)
      if operand.isNone { continue }
      let own = effects(of: operand, in: body)
      if position >= first, isValueSequence(operand, in: body), before.mayReorder(with: own) {
        let value = takeValue(of: operand, in: &body)
        statements.append(operand)
        body.setOperand(position, of: id, to: value)
        before.formUnion(effects(of: value, in: body))
      } else {
        before.formUnion(own)
      }
    }
    if statements.isEmpty { return id }
    let sequence = body.makeBlock(statements + [id], type: body.type(of: id))
    effects![sequence] = all
    return sequence
  }

  private func isValueSequence(_ id: NodeID, in body: borrowing Body) -> Bool {
    guard !id.isNone, body.isSequence(id), case .block(let block) = body[id], block.items.count > 1 else { return false }
    return body.type(of: body[block.items, block.items.count - 1]).isConcrete
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
    if effects != nil { effects![sequence] = effects![operand] }
    body.setOperand(position, of: id, to: sequence)
  }

  /// Cuts the value off a sequence.
  private func takeValue(of sequence: NodeID, in body: inout Body) -> NodeID {
    let last = body.operandCount(of: sequence) - 1
    let value = body.operand(last, of: sequence)
    body.truncateItems(of: sequence, to: last)
    body.setType(of: sequence, to: .none)
    return value
  }

  /// Turns an operation on a sequence into a sequence that ends with the operation.
  private mutating func exchange(_ sequence: NodeID, with id: NodeID, in body: inout Body) -> NodeID {
    let last = body.operandCount(of: sequence) - 1
    body.setOperand(0, of: id, to: body.operand(last, of: sequence))
    body.setOperand(last, of: sequence, to: id)
    body.setType(of: sequence, to: body.type(of: id))
    if effects != nil { effects![sequence] = effects![id] }
    return sequence
  }
}

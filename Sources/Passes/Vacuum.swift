import Analysis
import IR
import PassManager
import Support

/// Sweeps out what has no effect: values that nobody uses, empty arms and blocks, conditions that are constant.
///
///     (drop
///       (i32.add                    (call $f)
///         (call $f)        ->       (drop)
///         (local.get $x)))
///
/// A value that is dropped is taken apart from the outside in, until only what has an effect is left. Each node is
/// taken apart at most once, so the pass is linear.
///
/// Where traps never happen, as the user says (-tnh), control does not come to what leads to an `unreachable`.
struct Vacuum: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    let ignored = context.options.ignoredEffects
    var sweep = Sweep(of: body, ignoring: ignored, trapsNeverHappen: context.options.trapsNeverHappen)
    body.rewriteInnerNodes { body, id in
      // Most nodes are operations: they name no labels, and what is to be done about them is up to those above.
      sweep.concerns(id, in: body) ? sweep.simplify(id, in: &body) : id
    }
    if context.declarations.results(of: context.type).isEmpty { clearIfUseless(&body, ignoring: ignored) }
  }

  /// Empties a body without result that does nothing but compute and write its own locals.
  private func clearIfUseless(_ body: inout Body, ignoring ignored: Effects.Flags) {
    guard case .block(let root) = body[body.root], !root.items.isEmpty else { return }
    var pending = Column<NodeID>()
    pending.append(body.root)
    while !pending.isEmpty {
      let id = pending.popLast()
      let opcode = body.opcode(of: id)
      var effects = Effects(of: id, in: body)
      // All branches stay within the body; only those of a loop can go on for ever.
      effects.branchCount = 0
      effects.localsWritten = 0
      if opcode != .unreachable { effects.flags.subtract(ignored) }
      if effects.hasSideEffects || opcode == .loop || opcode == .try || opcode == .tryTable { return }
      body.forEachOperand(of: id) { pending.append($0) }
    }
    body.truncateItems(of: body.root, to: 0)
  }
}

/// A place in the tree whose value is not used.
private struct Slot: BitwiseCopyable {
  let parent: NodeID
  let position: Int32
  /// Whether what is below has been dealt with.
  var isDone = false
}

private struct Sweep: ~Copyable {
  /// Of the nodes that have been looked at and are still there.
  private var uses = LabelUses()
  private var exceptions: ExceptionSearch
  private var slots = Column<Slot>()
  private let ignoredFlags: Effects.Flags
  private let trapsNeverHappen: Bool

  init(of body: borrowing Body, ignoring flags: Effects.Flags, trapsNeverHappen: Bool) {
    exceptions = ExceptionSearch(budget: 4 * body.nodes.count)
    ignoredFlags = flags
    self.trapsNeverHappen = trapsNeverHappen
  }

  /// Whether `simplify` has anything to do at the node.
  @inline(__always)
  func concerns(_ id: NodeID, in body: borrowing Body) -> Bool {
    let shape = body.info(of: id).shape
    return shape.isControl || shape == .drop || shape == .keep
  }

  /// Simplifies a node whose operands have been simplified.
  @inline(never)
  mutating func simplify(_ id: NodeID, in body: inout Body) -> NodeID {
    var result = id
    switch body.opcode(of: id) {
    case .block, .keep, .if, .loop, .try, .tryTable:
      uses.count(id, in: body)
      result = tidy(id, in: &body)
      if body.opcode(of: result) != .drop { return result }
    case .drop: break
    default:
      uses.count(id, in: body)
      return id
    }
    return discard(body.operand(0, of: result), droppedBy: result, in: &body)
  }

  // MARK: Constructs

  /// What is left of a construct whose parts may have become empty; may be a `drop` to look at.
  private mutating func tidy(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .block, .keep, .if, .loop, .try, .tryTable: break
    default: return id
    }
    switch body[id] {
    case .block(let block): return tidyBlock(block, id, in: &body)
    case .keep(let items):
      removeEmptyItems(of: id, items, from: 1, in: &body)
      return body.operandCount(of: id) == 1 ? body.operand(0, of: id) : id
    case .if(let node): return tidyIf(node, id, in: &body)
    case .loop(let loop): return body.isEmpty(loop.body) ? loop.body : id
    case .try(let node):
      emptyArms(of: id, node.arms, in: &body)
      let arm = body[node.arms, 0]
      if exceptions.mayThrow(arm, in: body) || uses[node.label] > 0 { return id }
      for index in 1..<max(1, node.arms.count) { forget(body[node.arms, index], in: body) }
      return arm
    case .tryTable(let node):
      if exceptions.mayThrow(node.body, in: body) { return id }
      body.forEachLabel(of: id) { uses[$0] -= 1 }
      return node.body
    default: return id
    }
  }

  /// Where an arm has to be, a sequence without items takes no bytes.
  private func emptyArms(of id: NodeID, _ arms: NodeList, in body: inout Body) {
    for index in 0..<arms.count where body.opcode(of: body[arms, index]) == .nop {
      let sequence = body.makeEmptySequence()
      body.setOperand(index, of: id, to: sequence)
    }
  }

  /// Branches in a part that is swept out do not count any more.
  private mutating func forget(_ id: NodeID, in body: borrowing Body) {
    body.forEachNode(from: id) { node in body.forEachLabel(of: node) { uses[$0] -= 1 } }
  }

  private func isTargeted(_ label: LabelID) -> Bool { !label.isNone && (label == .function || uses[label] > 0) }

  private mutating func tidyBlock(_ block: BlockNode, _ id: NodeID, in body: inout Body) -> NodeID {
    removeEmptyItems(of: id, block.items, from: 0, in: &body)
    if trapsNeverHappen { removeItemsBeforeTrap(of: id, in: &body) }
    let count = body.operandCount(of: id)
    if count > 1 || isTargeted(block.label) { return id }
    if count == 1 { return body.operand(0, of: id) }
    if !block.label.isNone { body.setLabel(of: id, to: .none) }
    return id
  }

  /// Removes the empty items of a block or `keep`, and those behind one that control does not leave.
  private mutating func removeEmptyItems(of id: NodeID, _ items: NodeList, from first: Int, in body: inout Body) {
    var count = first
    var isDead = false
    for index in first..<items.count {
      let item = body[items, index]
      if isDead {
        forget(item, in: body)
      } else if !body.isEmpty(item) {
        if count != index { body.setOperand(count, of: id, to: item) }
        count += 1
        isDead = first == 0 && body.type(of: item) == .unreachable
      }
    }
    if count != items.count { body.truncateItems(of: id, to: count) }
  }

  /// Removes what leads to an `unreachable`, but calls: those may end the program.
  private mutating func removeItemsBeforeTrap(of id: NodeID, in body: inout Body) {
    let last = body.operandCount(of: id) - 1
    guard last > 0 else { return }
    let trap = body.operand(last, of: id)
    guard body.opcode(of: trap) == .unreachable else { return }
    var first = last
    while first > 0 {
      let item = body.operand(first - 1, of: id)
      guard let effects = body.boundedEffects(of: item, limit: 64), !effects.transfersControl,
        !effects.flags.contains(.calls)
      else { break }
      first -= 1
    }
    if first == last { return }
    body.setOperand(first, of: id, to: trap)
    body.truncateItems(of: id, to: first + 1)
  }

  /// What is left of an `if` with an arm that traps, if traps never happen.
  private mutating func tidyTrap(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID? {
    let other: NodeID
    if body.opcode(of: node.thenArm) == .unreachable {
      other = node.elseArm
    } else if !node.elseArm.isNone && body.opcode(of: node.elseArm) == .unreachable {
      other = node.thenArm
    } else {
      return nil
    }
    let drop = body.makeDrop(node.condition)
    if other.isNone { return drop }
    // What is being taken apart has to be finished first.
    let condition = slots.isEmpty ? discard(node.condition, droppedBy: drop, in: &body) : drop
    if body.isEmpty(condition) { return other }
    return body.makeBlock([condition, other], type: body.type(of: id))
  }

  private mutating func tidyIf(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID {
    if case .i32Const(let value) = body[node.condition] {
      let (arm, other) = value != 0 ? (node.thenArm, node.elseArm) : (node.elseArm, node.thenArm)
      if !other.isNone { forget(other, in: body) }
      return arm.isNone ? body.makeEmptySequence() : arm
    }
    if trapsNeverHappen, let result = tidyTrap(node, id, in: &body) { return result }
    let hasElse = !node.elseArm.isNone && !body.isEmpty(node.elseArm)
    if body.isEmpty(node.thenArm) {
      if !hasElse { return body.makeDrop(node.condition) }
      body.setOperand(0, of: id, to: body.makeInverse(of: node.condition))
      body.setOperand(1, of: id, to: node.elseArm)
      body.moveBranchHint(from: id, to: id, negated: true)
    }
    if !node.elseArm.isNone && (!hasElse || body.isEmpty(node.thenArm)) {
      body.setOperand(2, of: id, to: .none)
    }
    return id
  }

  // MARK: Values that nobody uses

  /// What is left of `drop`, a node that drops `value`.
  private mutating func discard(_ value: NodeID, droppedBy drop: NodeID, in body: inout Body) -> NodeID {
    if isIndivisible(value, in: body) { return drop }
    slots.append(Slot(parent: drop, position: 0))
    while !slots.isEmpty {
      let slot = slots.popLast()
      let node = body.operand(Int(slot.position), of: slot.parent)
      if slot.isDone {
        finish(node, at: slot, in: &body)
      } else if body.type(of: node).isConcrete {
        discard(node, at: slot, in: &body)
      }
    }
    return body.operand(0, of: drop)
  }

  /// Whether the node has a value and an effect that can't be parted.
  private func isIndivisible(_ id: NodeID, in body: borrowing Body) -> Bool {
    switch body[id] {
    case .block(let block): return isTargeted(block.label)
    case .if, .loop, .try, .tryTable, .localTee, .keep: return false
    default:
      var effects = Effects(of: id, in: body)
      effects.flags.subtract(ignoredFlags)
      return effects.hasSideEffects
    }
  }

  /// Takes the value from a node, whose parts follow.
  private mutating func discard(_ id: NodeID, at slot: Slot, in body: inout Body) {
    if isIndivisible(id, in: body) { return put(body.makeDrop(id), at: slot, in: &body) }
    var record = body.nodes[id.index]
    switch body[id] {
    case .localTee(let node): body.replace(id, with: NodeRecord(.localSet, .none, a: record.a, b: node.value.rawValue))
    case .block(let block): discardParts(of: id, block.items.count - 1..<block.items.count, at: slot, in: &body)
    case .if: discardParts(of: id, 1..<3, at: slot, in: &body)
    case .loop, .tryTable: discardParts(of: id, 0..<1, at: slot, in: &body)
    case .try(let node): discardParts(of: id, 0..<node.arms.count, at: slot, in: &body)
    case .keep:
      record = NodeRecord(.block, .none, a: LabelID.none.rawValue, b: record.b, c: record.c)
      body.replace(id, with: record)
      discardParts(of: id, 0..<1, at: slot, in: &body)
    default: discardOperation(id, at: slot, in: &body)
    }
  }

  private mutating func discardParts(of id: NodeID, _ positions: Range<Int>, at slot: Slot, in body: inout Body) {
    body.setType(of: id, to: .none)
    slots.append(Slot(parent: slot.parent, position: slot.position, isDone: true))
    for position in positions { slots.append(Slot(parent: id, position: Int32(position))) }
  }

  /// Leaves of an operation without effect only its operands.
  private mutating func discardOperation(_ id: NodeID, at slot: Slot, in body: inout Body) {
    let operands = body.operands(of: id)
    switch operands.count {
    case 0: put(body.makeEmptySequence(), at: slot, in: &body)
    case 1:
      put(operands[0], at: slot, in: &body)
      slots.append(slot)
    default:
      let sequence = body.makeBlock(operands, type: .none)
      put(sequence, at: slot, in: &body)
      discardParts(of: sequence, 0..<operands.count, at: slot, in: &body)
    }
  }

  private mutating func finish(_ id: NodeID, at slot: Slot, in body: inout Body) {
    let result = tidy(id, in: &body)
    if case .drop(let value) = body[result], !isIndivisible(value, in: body) {
      put(value, at: slot, in: &body)
      slots.append(Slot(parent: slot.parent, position: slot.position))
    } else if result != id {
      put(result, at: slot, in: &body)
    }
  }

  private func put(_ id: NodeID, at slot: Slot, in body: inout Body) {
    body.setOperand(Int(slot.position), of: slot.parent, to: id)
  }
}

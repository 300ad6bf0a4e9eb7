import IR
import PassManager
import Support

/// What is known of the nodes of a body that has been gone through so far.
struct ConstantFolding: ~Copyable {
  private struct Known: BitwiseCopyable {
    let value: Constant
    /// Of what is not needed any more if the value is not.
    let byteCount: UInt32
    /// Whether the node does something besides computing the value.
    var hasEffect = false
  }

  private var known = Column<Known>()
  /// By node: 1 + the index in `known`; 0 if its value is not known.
  private var indices = Column<UInt32>()
  private let declarations: Declarations

  init(with declarations: Declarations) { self.declarations = declarations }

  mutating func rewrite(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.info(of: id).shape {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc: return id
    case .globalGet: return foldGlobal(id, in: &body) ?? id
    case .unary, .binary:
      // Most have an operand of which nothing is known.
      return mayBeKnownBelow(id, in: body) ? fold(id, in: &body) ?? foldArms(below: id, in: &body) ?? id : id
    case let shape where shape.isComputation: return fold(id, in: &body) ?? foldArms(below: id, in: &body) ?? id
    case .localTee, .block:
      noteEffect(id, in: body)
      return id
    case .select, .selectTyped: return fold(id, in: &body) ?? decide(id, in: &body)
    case .brIf, .brTable: return decide(id, in: &body)
    default: return id
    }
  }

  // MARK: Values

  /// Whether each operand is known, or may be a choice between constants.
  private func mayBeKnownBelow(_ id: NodeID, in body: borrowing Body) -> Bool {
    for position in 0..<body.operandCount(of: id) {
      let operand = body.operand(position, of: id)
      switch body.opcode(of: operand) {
      case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc, .select, .selectTyped, .if: continue
      default: if operand.index >= indices.count || indices[operand.index] == 0 { return false }
      }
    }
    return true
  }

  /// Takes note of what a `local.get` yields.
  mutating func note(_ value: Constant, readBy id: NodeID, in body: inout Body) {
    note(value, of: id, byteCount: body.local(of: id).accessByteCount, in: body)
  }

  private func knowledge(of id: NodeID, in body: borrowing Body) -> Known? {
    if let constant = body.constant(id) { return Known(value: constant, byteCount: UInt32(constant.byteCount)) }
    guard id.index < indices.count, indices[id.index] > 0 else { return nil }
    return known[Int(indices[id.index]) - 1]
  }

  /// The value of a node that has no effect.
  private func value(_ id: NodeID, in body: borrowing Body) -> Constant? {
    guard let known = knowledge(of: id, in: body), !known.hasEffect else { return nil }
    return known.value
  }

  private func byteCount(_ id: NodeID, in body: borrowing Body) -> Int { Int(knowledge(of: id, in: body)!.byteCount) }

  /// Notes the value of the node; returns the constant that takes its place, if it is no longer.
  private mutating func fold(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard let value = body.evaluate(id, declarations, { knowledge(of: $0, in: body)?.value }) else { return nil }
    var size = ownByteCount(id, in: body)
    var (isKnown, hasEffect) = (true, false)
    body.forEachOperand(of: id) { operand in
      if let known = knowledge(of: operand, in: body) {
        size += Int(known.byteCount)
        hasEffect = hasEffect || known.hasEffect
      } else {
        // The other arm of a `select` may do something.
        isKnown = false
      }
    }
    if !isKnown { return nil }
    if hasEffect { return foldBehindEffects(id, to: value, byteCount: size, in: &body) }
    return take(value, of: id, byteCount: size, in: &body)
  }

  private mutating func foldGlobal(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard case .globalGet(let global) = body[id], let bits = declarations.globals[global.index].constantBits,
      let value = Constant(body.type(of: id), bits: V128(low: bits, high: 0))
    else { return nil }
    return take(value, of: id, byteCount: 1 + unsignedLEBSize(UInt64(global.rawValue)), in: &body)
  }

  /// A constant in the place of the node, if that is no longer; else what is known is kept for the nodes above.
  private mutating func take(_ value: Constant, of id: NodeID, byteCount: Int, in body: inout Body) -> NodeID? {
    if value.byteCount <= byteCount { return body.makeConstant(value, body.type(of: id), declarations) }
    note(value, of: id, byteCount: byteCount, in: body)
    return nil
  }

  private mutating func note(
    _ value: Constant, of id: NodeID, byteCount: Int, hasEffect: Bool = false, in body: borrowing Body
  ) {
    if id.index >= indices.count { indices.resize(to: body.nodes.count, filling: 0) }
    known.append(Known(value: value, byteCount: UInt32(truncatingIfNeeded: byteCount), hasEffect: hasEffect))
    indices[id.index] = UInt32(known.count)
  }

  private func ownByteCount(_ id: NodeID, in body: borrowing Body) -> Int {
    switch body.opcode(of: id).info.code >> 16 {
    case 0: 1
    case 0xfd: body.info(of: id).shape == .shuffle ? 18 : 3
    default: 2
    }
  }

  // MARK: Effects

  /// Notes what a `local.tee` of a constant yields, or a sequence with one at its end.
  private mutating func noteEffect(_ id: NodeID, in body: borrowing Body) {
    switch body[id] {
    case .localTee(let node):
      guard let constant = body.constant(node.value) else { return }
      note(constant, of: id, byteCount: 0, hasEffect: true, in: body)
    case .block(let block):
      guard block.label.isNone, !block.items.isEmpty,
        let constant = body.constant(body[block.items, block.items.count - 1])
      else { return }
      note(constant, of: id, byteCount: constant.byteCount, hasEffect: true, in: body)
    default: break
    }
  }

  /// The constant after what the operands do:
  ///
  ///     (i32.add (local.tee $x (i32.const 1)) (i32.const 2))    ->    (local.set $x (i32.const 1)) (i32.const 3)
  private mutating func foldBehindEffects(
    _ id: NodeID, to value: Constant, byteCount: Int, in body: inout Body
  ) -> NodeID? {
    var canPart = value.byteCount <= byteCount
    body.forEachOperand(of: id) { operand in
      guard knowledge(of: operand, in: body)!.hasEffect else { return }
      canPart = canPart && (body.opcode(of: operand) == .localTee || body.isSequence(operand))
    }
    if !canPart {
      note(value, of: id, byteCount: byteCount, hasEffect: true, in: body)
      return nil
    }
    var items: [NodeID] = []
    for operand in body.operands(of: id) { items += effects(of: operand, in: &body) }
    items.append(body.makeConstant(value, body.type(of: id), declarations))
    let sequence = body.makeBlock(items, type: body.type(of: id))
    note(value, of: sequence, byteCount: value.byteCount, hasEffect: true, in: body)
    return sequence
  }

  /// What a `local.tee` or a sequence does besides having its value; nothing for others.
  private func effects(of id: NodeID, in body: inout Body) -> [NodeID] {
    switch body[id] {
    case .localTee(let node): [body.makeLocalSet(node.local, node.value)]
    case .block(let block) where block.label.isNone: Array(body.nodes(in: block.items).dropLast())
    default: []
    }
  }

  // MARK: Parts

  /// Takes an operation whose operands are constants, but one that is a choice between constants, into the choice.
  private mutating func foldArms(below id: NodeID, in body: inout Body) -> NodeID? {
    var choice = NodeID.none
    var constantBytes = ownByteCount(id, in: body)
    for position in 0..<body.operandCount(of: id) {
      let operand = body.operand(position, of: id)
      if value(operand, in: body) != nil {
        constantBytes += byteCount(operand, in: body)
      } else if choice.isNone && armPositions(of: operand, in: body) != nil {
        choice = operand
      } else {
        return nil
      }
    }
    guard !choice.isNone, let positions = armPositions(of: choice, in: body) else { return nil }
    var arms: [Constant] = []
    for position in positions {
      let arm = body.operand(position, of: choice)
      let result = body.evaluate(id, declarations) { $0 == choice ? value(arm, in: body) : value($0, in: body) }
      guard let result else { return nil }
      constantBytes += byteCount(arm, in: body) - result.byteCount
      arms.append(result)
    }
    if constantBytes < 0 { return nil }
    for (position, arm) in zip(positions, arms) {
      body.setOperand(position, of: choice, to: body.makeConstant(arm, body.type(of: id), declarations))
    }
    body.setType(of: choice, to: body.type(of: id))
    return choice
  }

  /// Where the arms of a `select` or `if` are, if both are constants.
  private func armPositions(of id: NodeID, in body: borrowing Body) -> Range<Int>? {
    let positions: Range<Int>
    switch body.opcode(of: id) {
    case .select, .selectTyped: positions = 0..<2
    case .if: positions = 1..<3
    default: return nil
    }
    for position in positions {
      let arm = body.operand(position, of: id)
      if arm.isNone || value(arm, in: body) == nil { return nil }
    }
    return positions
  }

  /// What a `select`, `br_if` or `br_table` does whose condition or index is known.
  private func decide(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body[id] {
    case .select(let node):
      guard let condition = body.constant(node.condition) else { return id }
      let (arm, other) = condition.isTrue ? (node.ifTrue, node.ifFalse) : (node.ifFalse, node.ifTrue)
      return body.hasSideEffects(other) ? id : arm
    case .brIf(let node):
      guard let condition = decision(node.condition, node.value, in: body) else { return id }
      let rest: NodeID
      if condition.isTrue {
        rest = body.makeBr(node.label, value: node.value)
      } else {
        rest = node.value.isNone ? body.makeEmptySequence() : node.value
      }
      return behindEffects(of: node.condition, rest, in: &body)
    case .brTable(let node):
      guard case .i32(let index) = decision(node.index, node.value, in: body) else { return id }
      let label = body.label(min(Int(index), node.labelCount - 1), of: node)
      return behindEffects(of: node.index, body.makeBr(label, value: node.value), in: &body)
    default: return id
    }
  }

  /// The value of a condition that is a constant, or has one at its end if nothing comes before it.
  private func decision(_ condition: NodeID, _ value: NodeID, in body: borrowing Body) -> Constant? {
    if let constant = body.constant(condition) { return constant }
    guard value.isNone, let known = knowledge(of: condition, in: body), known.hasEffect,
      body.opcode(of: condition) == .localTee || body.isSequence(condition)
    else { return nil }
    return known.value
  }

  /// What is decided, after what the condition does.
  private func behindEffects(of condition: NodeID, _ rest: NodeID, in body: inout Body) -> NodeID {
    let effects = effects(of: condition, in: &body)
    return effects.isEmpty ? rest : body.makeBlock(effects + [rest], type: body.type(of: rest))
  }
}

extension Shape {
  /// Computes its value of its operands alone, as far as `Body.evaluate` knows.
  var isComputation: Bool {
    switch self {
    case .unary, .binary, .ternary, .extractLane, .replaceLane, .shuffle, .refIsNull, .refEq, .refAsNonNull, .refI31,
      .i31Get, .structNew, .structNewDefault, .structGet, .arrayNewFixed, .arrayLen, .arrayGet:
      return true
    default: return false
    }
  }
}

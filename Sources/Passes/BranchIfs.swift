import Analysis
import IR
import PassManager
import Support

// Rules of `remove-unused-brs` for `if`.

extension BranchFlow {
  /// - Parameter exit: where control goes from the end of the `if`.
  mutating func simplifyIf(_ node: IfNode, _ id: NodeID, exit: Exit, in body: inout Body) -> NodeID {
    if node.elseArm.isNone && body.isEmpty(node.thenArm) { return body.makeDropIfNeeded(node.condition) }
    if let branch = makeBrIf(ofArm: node.thenArm, node.condition, insteadOf: id, isElse: false, in: &body) {
      return node.elseArm.isNone
        ? branch : body.makeBlock([branch, node.elseArm], type: body.type(of: id))
    }
    if !node.elseArm.isNone {
      if let branch = makeBrIf(ofArm: node.elseArm, node.condition, insteadOf: id, isElse: true, in: &body) {
        return body.makeBlock([branch, node.thenArm], type: body.type(of: id))
      }
      return flattenElse(node, id, in: &body) ?? makeSelect(insteadOf: node, id, in: &body) ?? id
    }
    return mergeBrIf(node, id, in: &body) ?? mergeSkip(node, id, exit: exit, in: &body)
      ?? mergeConditions(node, id, in: &body)
  }

  /// `(if c (then (br $l)))` -> `(br_if $l c)`; nil if the arm is not just a branch. A value goes along if it may be
  /// computed although the branch is not taken.
  private mutating func makeBrIf(
    ofArm arm: NodeID, _ condition: NodeID, insteadOf id: NodeID, isElse: Bool, in body: inout Body
  ) -> NodeID? {
    let label: LabelID
    let value: NodeID
    switch body[arm] {
    case .br(let branch): (label, value) = (branch.label, branch.value)
    case .return(let node): (label, value) = (.function, node.value)
    default: return nil
    }
    if !value.isNone && !(type(at: exit(of: label)).isValue && isMovable(value, past: condition, in: body)) {
      return nil
    }
    if body.opcode(of: arm) == .return { uses[.function] += 1 }
    let tested = isElse ? body.makeInverse(of: condition) : condition
    let type = value.isNone ? ResultType.none : type(at: exit(of: label))
    let branch = body.makeBrIf(label, value: value, condition: tested, type: type)
    body.moveBranchHint(from: id, to: branch, negated: isElse)
    body.movePosition(from: id, to: branch)
    return body.makeDropIfNeeded(branch)
  }

  /// Whether a value can as well be computed on the other side of `other`, and in vain.
  func isMovable(_ value: NodeID, past other: NodeID, in body: borrowing Body) -> Bool {
    switch body[value] {
    case .i32Const, .i64Const, .f32Const, .f64Const, .refNull, .refFunc: return true
    case .localGet, .globalGet: break
    default: if !limits.favorsSize || !isCheap(value, in: body) { return false }
    }
    guard let effects = body.boundedEffects(of: other, limit: 32) else { return false }
    return body.boundedEffects(of: value, limit: 32)!.mayReorder(with: effects)
  }

  /// An arm that control does not leave needs no `else`: `(if c (then X (br $l)) (else Y))` -> `(if c (then X
  /// (br $l))) Y`.
  private func flattenElse(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID? {
    let type = body.type(of: id)
    let (arm, rest): (NodeID, NodeID)
    if body.diverges(node.thenArm) {
      (arm, rest) = (node.thenArm, node.elseArm)
    } else if body.diverges(node.elseArm) && isInvertible(node.condition, in: body) {
      (arm, rest) = (node.elseArm, node.thenArm)
      body.setOperand(0, of: id, to: body.makeInverse(of: node.condition))
      body.setOperand(1, of: id, to: node.elseArm)
      body.moveBranchHint(from: id, to: id, negated: true)
    } else {
      return nil
    }
    body.refineType(of: arm, to: .unreachable)
    body.setOperand(2, of: id, to: .none)
    body.setType(of: id, to: .none)
    return body.makeBlock([id, rest], type: type)
  }

  /// Whether the inverse of the condition takes no more instructions.
  private func isInvertible(_ condition: NodeID, in body: borrowing Body) -> Bool {
    let opcode = body.opcode(of: condition)
    return opcode == .i32Eqz || opcode.inverseComparison != nil
  }

  // MARK: One condition of two

  /// `(if a (then (br_if $l b)))` -> `(br_if $l (i32.and a b))`, if both are 0 or 1 and b is cheap.
  private func mergeBrIf(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID? {
    guard case .brIf(let branch) = body[node.thenArm], branch.value.isNone, body.branchHints[id] == nil,
      body.branchHints[node.thenArm] == nil, isMergeable(node.condition, branch.condition, in: body)
    else { return nil }
    body.setOperand(1, of: node.thenArm, to: body.makeBinary(.i32And, node.condition, branch.condition))
    return node.thenArm
  }

  /// `(if a (then (br_if $l b) X))` at the end of $l -> `(if (i32.and a (i32.eqz b)) (then X))`, if both are 0 or 1, b
  /// is cheap and its inverse takes no more instructions.
  private mutating func mergeSkip(_ node: IfNode, _ id: NodeID, exit: Exit, in body: inout Body) -> NodeID? {
    guard !exit.isNone, body.isSequence(node.thenArm), case .block(let arm) = body[node.thenArm], arm.items.count > 1
    else { return nil }
    let item = body[arm.items, 0]
    guard case .brIf(let branch) = body[item], branch.value.isNone, self.exit(of: branch.label) == exit,
      body.branchHints[id] == nil, body.branchHints[item] == nil, hasBooleanInverse(branch.condition, in: body),
      isMergeable(node.condition, branch.condition, in: body)
    else { return nil }
    uses[branch.label] -= 1
    let inverse = body.makeInverse(of: branch.condition)
    body.setItems(of: node.thenArm, to: NodeList(start: arm.items.range.lowerBound + 1, count: arm.items.count - 1))
    body.setOperand(0, of: id, to: body.makeBinary(.i32And, node.condition, inverse))
    return id
  }

  /// `(if a (then (if b (then X))))` -> `(if (i32.and a b) (then X))`, if both are 0 or 1 and b is cheap.
  private func mergeConditions(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID {
    guard case .if(let inner) = body[node.thenArm], inner.elseArm.isNone, body.branchHints[id] == nil,
      body.branchHints[node.thenArm] == nil, isMergeable(node.condition, inner.condition, in: body)
    else { return id }
    body.setOperand(0, of: id, to: body.makeBinary(.i32And, node.condition, inner.condition))
    body.setOperand(1, of: id, to: inner.thenArm)
    return id
  }

  /// Whether two conditions can be tested at once: both are 0 or 1, and the second may be computed in vain.
  private func isMergeable(_ first: NodeID, _ second: NodeID, in body: borrowing Body) -> Bool {
    isBoolean(first, in: body) && isBoolean(second, in: body) && isCheap(second, in: body)
  }

  /// Whether the inverse takes no more instructions and is 0 or 1.
  private func hasBooleanInverse(_ condition: NodeID, in body: borrowing Body) -> Bool {
    if case .unary(let node) = body[condition], node.opcode == .i32Eqz { return isBoolean(node.operand, in: body) }
    return isInvertible(condition, in: body)
  }

  /// Whether the value is 0 or 1.
  private func isBoolean(_ id: NodeID, in body: borrowing Body, depth: Int = 3) -> Bool {
    switch body.opcode(of: id) {
    case .i32Eqz, .i64Eqz, .refIsNull, .refEq, .refTest, .refTestNull, .f32Lt, .f32Gt, .f32Le, .f32Ge, .f64Lt, .f64Gt,
      .f64Le, .f64Ge:
      return true
    case .i32And, .i32Or, .i32Xor:
      guard depth > 0, case .binary(let node) = body[id] else { return false }
      let (left, right) = (isBoolean(node.left, in: body, depth: depth - 1), isBoolean(node.right, in: body, depth: depth - 1))
      return node.opcode == .i32And ? left || right : left && right
    case .i32Const:
      guard case .i32Const(let value) = body[id] else { return false }
      return value & ~1 == 0
    case let opcode: return opcode.inverseComparison != nil
    }
  }

  /// Whether a condition may be computed although its value is not needed.
  func isCheap(_ condition: NodeID, in body: borrowing Body) -> Bool {
    body.estimate(of: condition, limit: limits.nodeLimit).map { mayRunInVain($0) } ?? false
  }

  // MARK: select

  /// `(if (result t) c (then a) (else b))` -> `(select a b c)`, if both arms may be computed in vain.
  private func makeSelect(insteadOf node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID? {
    let type = body.type(of: id)
    guard type.isValue, body.type(of: node.thenArm).isValue, body.type(of: node.elseArm).isValue,
      limits.favorsSize || body.branchHints[id] == nil,
      let effects = effectsInVain(of: node.thenArm, node.elseArm, in: body)
    else { return nil }
    if effects != .none {
      guard let before = body.boundedEffects(of: node.condition, limit: 64), effects.mayReorder(with: before) else {
        return nil
      }
    }
    let select = body.makeSelect(node.thenArm, node.elseArm, condition: node.condition, type: type)
    body.movePosition(from: id, to: select)
    return select
  }

  /// What the two read, if computing both instead of one is cheap enough and does nothing else.
  private func effectsInVain(of first: NodeID, _ second: NodeID, in body: borrowing Body) -> Effects? {
    var effects = Effects.none
    var cost = 0
    for value in [first, second] {
      guard let estimate = body.estimate(of: value, limit: limits.armNodeLimit), mayRunInVain(estimate) else {
        return nil
      }
      effects.formUnion(estimate.effects)
      cost += estimate.cost
    }
    return cost <= limits.armCost ? effects : nil
  }

  /// Whether nothing would be noticed, except for a trap that the user said does not happen.
  private func mayRunInVain(_ estimate: Estimate) -> Bool {
    var effects = estimate.effects
    if limits.ignoresTraps && !estimate.diverges { effects.flags.remove(.traps) }
    return !effects.hasSideEffects
  }
}

/// What a level lets be computed in vain.
struct SpeculationLimits {
  let favorsSize: Bool
  /// Loads and the like do not trap.
  let ignoresTraps: Bool
  /// Nodes of a condition that is tested along with another.
  let nodeLimit: Int
  /// Nodes and, in simple instructions, costs of the arms of a `select`.
  let armNodeLimit: Int
  let armCost: Int

  init(_ options: PassOptions) {
    favorsSize = options.shrinkLevel > 0
    ignoresTraps = options.ignoresImplicitTraps
    nodeLimit = favorsSize ? 8 : 3
    armNodeLimit = favorsSize ? 64 : 24
    armCost = options.shrinkLevel > 1 ? 200 : favorsSize ? 60 : 8
  }
}

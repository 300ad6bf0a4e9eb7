import Analysis
import IR
import Support

// Rules of `remove-unused-brs` for single branches and `if`s.

extension BranchFlow {
  /// `(br $l)` where control falls to the end of $l anyway -> nothing; with a value -> the value.
  mutating func simplifyBr(_ branch: BrNode, _ id: NodeID, exit: Exit, in body: inout Body) -> NodeID {
    if !exit.isNone && self.exit(of: branch.label) == exit {
      uses[branch.label] -= 1
      return branch.value.isNone ? body.makeEmptySequence() : branch.value
    }
    useOutermostLabels(of: id, in: &body)
    guard case .br(let new) = body[id], new.label == .function else { return id }
    uses[.function] -= 1
    return body.makeReturn(new.value)
  }

  /// `(br_if $l c)` where control falls to the end of $l anyway -> `(drop c)`.
  mutating func simplifyBrIf(_ branch: BrIfNode, _ id: NodeID, exit: Exit, in body: inout Body) -> NodeID {
    guard !exit.isNone && self.exit(of: branch.label) == exit else {
      useOutermostLabels(of: id, in: &body)
      return id
    }
    if branch.value.isNone {
      uses[branch.label] -= 1
      return body.makeDropIfNeeded(branch.condition)
    }
    guard body.type(of: branch.value).isConcrete else { return id }
    uses[branch.label] -= 1
    return body.makeKeep(branch.value, then: [body.makeDropIfNeeded(branch.condition)])
  }

  // MARK: br_table

  /// `br_table` without the targets that are the default anyway; with one target left `br_if` and `br`, with none `br`.
  mutating func simplifyBrTable(_ id: NodeID, in body: inout Body) -> NodeID {
    useOutermostLabels(of: id, in: &body)
    guard case .brTable(let table) = body[id] else { return id }
    let last = table.labelCount - 1
    let defaultLabel = body.label(last, of: table)
    var end = last
    while end > 0 && body.label(end - 1, of: table) == defaultLabel { end -= 1 }
    if end == 0 { return makeBr(insteadOf: table, defaultLabel, in: &body) }
    if end == 1 && table.value.isNone { return makeBrIf(insteadOf: table, in: &body) }
    var start = 0
    while body.label(start, of: table) == defaultLabel { start += 1 }
    // The subtraction takes three bytes or more.
    if start < 8 { start = 0 }
    if start == 0 && end == last { return id }
    uses[defaultLabel] -= start + last - end
    body.narrowLabels(of: id, to: start..<end + 1)
    if start > 0 {
      let index = body.makeBinary(.i32Sub, table.index, body.makeI32Const(Int32(start)))
      body.setOperand(1, of: id, to: index)
    }
    return id
  }

  private mutating func makeBr(insteadOf table: BrTableNode, _ label: LabelID, in body: inout Body) -> NodeID {
    uses[label] -= table.labelCount - 1
    let drop = body.makeDropIfNeeded(table.index)
    if table.value.isNone {
      return body.makeBlock([drop, body.makeBr(label)], type: .unreachable)
    }
    return body.makeBr(label, value: body.makeKeep(table.value, then: [drop]))
  }

  /// Index 0 goes to the first label, all others to the default.
  private mutating func makeBrIf(insteadOf table: BrTableNode, in body: inout Body) -> NodeID {
    let first = body.label(0, of: table)
    let other = body.label(1, of: table)
    uses[other] -= table.labelCount - 2
    let branch = body.makeBrIf(other, condition: table.index, type: .none)
    return body.makeBlock([branch, body.makeBr(first)], type: .unreachable)
  }

  // MARK: if

  mutating func simplifyIf(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID {
    if node.elseArm.isNone && body.isEmpty(node.thenArm) { return body.makeDropIfNeeded(node.condition) }
    if let branch = makeBrIf(ofArm: node.thenArm, node.condition, insteadOf: id, isElse: false, in: &body) {
      return node.elseArm.isNone
        ? branch : body.makeBlock([branch, node.elseArm], type: body.type(of: id))
    }
    if !node.elseArm.isNone {
      if let branch = makeBrIf(ofArm: node.elseArm, node.condition, insteadOf: id, isElse: true, in: &body) {
        return body.makeBlock([branch, node.thenArm], type: body.type(of: id))
      }
      return flattenElse(node, id, in: &body)
    }
    return mergeConditions(node, id, in: &body)
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
    case .localGet, .globalGet:
      guard let effects = body.boundedEffects(of: other, limit: 32) else { return false }
      return Effects(of: value, in: body).mayReorder(with: effects)
    default: return false
    }
  }

  /// An arm that control does not leave needs no `else`: `(if c (then X (br $l)) (else Y))` -> `(if c (then X
  /// (br $l))) Y`.
  private func flattenElse(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID {
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
      return id
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

  /// `(if a (then (if b (then X))))` -> `(if (i32.and a b) (then X))`, if both are 0 or 1 and b is cheap.
  private func mergeConditions(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID {
    guard case .if(let inner) = body[node.thenArm], inner.elseArm.isNone, isBoolean(node.condition, in: body),
      isBoolean(inner.condition, in: body), isCheap(inner.condition, in: body),
      body.branchHints[id] == nil, body.branchHints[node.thenArm] == nil
    else { return id }
    body.setOperand(0, of: id, to: body.makeBinary(.i32And, node.condition, inner.condition))
    body.setOperand(1, of: id, to: inner.thenArm)
    return id
  }

  /// Whether the value is 0 or 1.
  private func isBoolean(_ id: NodeID, in body: borrowing Body) -> Bool {
    switch body.opcode(of: id) {
    case .i32Eqz, .i64Eqz, .refIsNull, .refEq, .f32Lt, .f32Gt, .f32Le, .f32Ge, .f64Lt, .f64Gt, .f64Le, .f64Ge: true
    case let opcode: opcode.inverseComparison != nil
    }
  }

  /// Whether a condition may be computed although its value is not needed.
  func isCheap(_ condition: NodeID, in body: borrowing Body) -> Bool {
    !body.hasSideEffects(condition, limit: mergesLongConditions ? 8 : 3)
  }
}

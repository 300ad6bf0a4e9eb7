import Analysis
import IR
import Support

// Rules of `remove-unused-brs` for single branches and for what is assigned.

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

  // MARK: Assignments

  /// `(local.set $x (if c (then v) (else (local.get $x))))` -> `(if c (then (local.set $x v)))`; for a `local.tee` the
  /// value follows.
  func simplifySet(_ id: NodeID, in body: inout Body) -> NodeID {
    let choice = body.operand(0, of: id)
    guard body.opcode(of: choice) == .if, case .if(let node) = body[choice], body.type(of: node.thenArm).isValue,
      body.type(of: node.elseArm).isValue
    else { return id }
    let local: LocalID
    switch body[id] {
    case .localSet(let set), .localTee(let set): local = set.local
    default: return id
    }
    if isGet(node.thenArm, of: local, in: body) {
      body.setOperand(0, of: choice, to: body.makeInverse(of: node.condition))
      body.setOperand(1, of: choice, to: body.makeLocalSet(local, node.elseArm))
      body.moveBranchHint(from: choice, to: choice, negated: true)
    } else if isGet(node.elseArm, of: local, in: body) {
      body.setOperand(1, of: choice, to: body.makeLocalSet(local, node.thenArm))
    } else {
      return id
    }
    body.setOperand(2, of: choice, to: .none)
    body.setType(of: choice, to: .none)
    if body.opcode(of: id) == .localSet { return choice }
    return body.makeBlock([choice, body.makeLocalGet(local)], type: body.type(of: id))
  }

  private func isGet(_ id: NodeID, of local: LocalID, in body: borrowing Body) -> Bool {
    if case .localGet(let source) = body[id] { return source == local }
    return false
  }
}

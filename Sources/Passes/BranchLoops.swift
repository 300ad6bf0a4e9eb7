import Analysis
import IR
import Support

// The rule of `remove-unused-brs` for what stands around a `loop`.

extension BranchFlow {
  /// A block that only a `br_if` of the loop in it leaves goes into the loop, where it becomes an `if`.
  ///
  ///     (block $out (loop $again A (br_if $out c) B))  ->  (loop $again A (if (i32.eqz c) (then B)))
  mutating func moveIntoLoop(_ id: NodeID, exit: Exit, in body: inout Body) -> NodeID {
    guard case .block(let block) = body[id], block.items.count == 1, !block.label.isNone, block.label != .function,
      uses[block.label] == 1
    else { return id }
    let item = body[block.items, 0]
    guard body.opcode(of: item) == .loop, case .loop(let loop) = body[item], body.isSequence(loop.body),
      (0..<body.operandCount(of: loop.body)).contains(where: {
        isBrIf(body.operand($0, of: loop.body), to: block.label, in: body)
      })
    else { return id }
    body.setItems(of: id, to: body.makeList([loop.body]))
    body.setOperand(0, of: item, to: id)
    body.setType(of: item, to: body.type(of: id))
    simplifyList(of: id, exit: exit, in: &body)
    return item
  }

  private func isBrIf(_ id: NodeID, to label: LabelID, in body: borrowing Body) -> Bool {
    switch body[id] {
    case .brIf(let branch): return branch.label == label
    case .drop(let value): return body.opcode(of: value) == .brIf && isBrIf(value, to: label, in: body)
    default: return false
    }
  }
}

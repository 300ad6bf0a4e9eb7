import IR
import Support

// Rules of `remove-unused-brs` for `br_table`.

extension BranchFlow {
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
}

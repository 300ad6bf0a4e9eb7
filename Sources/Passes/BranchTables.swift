import IR
import Support

// Rules of `remove-unused-brs` for `br_table`, and those that make one.

extension BranchFlow {
  /// Instructions that subtract a constant from an index take three bytes: as many targets that go to the default are no
  /// worse, and a few more are faster.
  var offsetSize: Int { limits.favorsSize ? 3 : 7 }

  /// `br_table` without the targets that are the default anyway; with few ranges of targets left `br_if` and `br`.
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
    if start <= offsetSize { start = 0 }
    if start > 0 || end < last {
      uses[defaultLabel] -= start + last - end
      body.narrowLabels(of: id, to: start..<end + 1)
      if start > 0 {
        let index = body.makeBinary(.i32Sub, table.index, body.makeI32Const(Int32(start)))
        body.setOperand(1, of: id, to: index)
      }
    }
    guard case .brTable(let narrow) = body[id], narrow.value.isNone else { return id }
    return makeRangeTest(insteadOf: narrow, id, in: &body) ?? makeTests(insteadOf: narrow, id, in: &body) ?? id
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

  /// All targets but the default are the same: `(br_table $a $a $a $a $b i)` -> `(br_if $b (i32.ge_u i 4)) (br $a)`.
  private mutating func makeRangeTest(insteadOf table: BrTableNode, _ id: NodeID, in body: inout Body) -> NodeID? {
    let count = table.labelCount - 1
    let (first, other) = (body.label(0, of: table), body.label(count, of: table))
    guard count >= (limits.favorsSize ? 4 : 2), isOneTarget(0..<count, of: table, in: body) else { return nil }
    uses[first] -= count - 1
    let test = body.makeBinary(.i32GeU, table.index, body.makeI32Const(Int32(count)))
    let branch = body.makeBrIf(other, condition: test, type: .none)
    return body.makeBlock([branch, body.makeBr(first)], type: .unreachable)
  }

  /// A long table of which only both ends are not the default: two tests.
  private mutating func makeTests(insteadOf table: BrTableNode, _ id: NodeID, in body: inout Body) -> NodeID? {
    let count = table.labelCount - 1
    // Two tests are 14 bytes and may need a local; the table takes 3 and one for each target. A processor jumps through
    // the table about as fast.
    guard count >= (limits.favorsSize ? 14 : 64), isOneTarget(1..<count - 1, of: table, in: body),
      body.label(1, of: table) == body.label(count, of: table)
    else { return nil }
    let (first, last, other) = (body.label(0, of: table), body.label(count - 1, of: table), body.label(count, of: table))
    uses[other] -= count - 2
    let (index, again) = share(table.index, in: &body)
    let isFirst = body.makeBrIf(first, condition: body.makeUnary(.i32Eqz, index), type: .none)
    let test = body.makeBinary(.i32Eq, again, body.makeI32Const(Int32(count - 1)))
    let isLast = body.makeBrIf(last, condition: test, type: .none)
    return body.makeBlock([isFirst, isLast, body.makeBr(other)], type: .unreachable)
  }

  /// The value, and the same once more.
  private func share(_ value: NodeID, in body: inout Body) -> (NodeID, NodeID) {
    if case .localGet(let local) = body[value] { return (value, body.makeLocalGet(local)) }
    let local = body.makeLocal(.i32)
    return (body.makeLocalTee(local, value), body.makeLocalGet(local))
  }

  private func isOneTarget(_ range: Range<Int>, of table: BrTableNode, in body: borrowing Body) -> Bool {
    let label = body.label(range.lowerBound, of: table)
    return range.allSatisfy { body.label($0, of: table) == label }
  }
}

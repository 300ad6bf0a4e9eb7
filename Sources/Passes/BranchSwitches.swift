import IR
import Support

// The rule of `remove-unused-brs` that makes a `br_table` of a chain of tests.

/// One item of a chain: where it branches to if the local has one of some values.
private struct ValueTest {
  var local: LocalID
  /// The computation of the local's value, if the test begins with that; `none` if it only reads the local.
  var assignment = NodeID.none
  var values: [Int32] = []
}

extension BranchFlow {
  /// In values tested.
  private static var minimalChain: Int { 3 }

  /// `(br_if $a (i32.eqz x)) (br_if $b (i32.eq x 1)) (br_if $c (i32.eq x 3))` -> `(block $d (br_table $a $b $d $c $d x))`
  mutating func makeTables(in id: NodeID, in body: inout Body) {
    guard case .block(let block) = body[id] else { return }
    var (from, result) = (0, [NodeID]())
    var index = 0
    while index < block.items.count {
      let end = endOfChain(from: index, block.items, in: body)
      if end >= index + 2, let table = makeTable(of: index..<end, block.items, in: &body) {
        for item in from..<index { result.append(body[block.items, item]) }
        result.append(table)
        from = end
      }
      index = max(end, index + 1)
    }
    if from == 0 { return }
    for item in from..<block.items.count { result.append(body[block.items, item]) }
    body.setItems(of: id, to: body.makeList(result))
  }

  /// The end of the tests of one local, or a place behind `start` where a chain may begin.
  private func endOfChain(from start: Int, _ items: NodeList, in body: borrowing Body) -> Int {
    // Most items are no tests, and most tests stand alone.
    guard start + 1 < items.count, body.opcode(of: body[items, start]) == .brIf,
      body.opcode(of: body[items, start + 1]) == .brIf, let first = test(body[items, start], in: body)
    else { return start }
    var end = start + 1
    while end < items.count, let next = test(body[items, end], in: body), next.local == first.local,
      next.assignment.isNone
    {
      end += 1
    }
    return end
  }

  /// What a `br_if` compares; nil if that is not a local with constants.
  private func test(_ item: NodeID, in body: borrowing Body) -> ValueTest? {
    guard body.opcode(of: item) == .brIf, case .brIf(let branch) = body[item], branch.value.isNone,
      body.branchHints[item] == nil
    else { return nil }
    var test = ValueTest(local: .none)
    var pending = [branch.condition]
    while let condition = pending.popLast() {
      switch body[condition] {
      case .binary(let node) where node.opcode == .i32Or && test.values.count + pending.count < 8:
        pending += [node.right, node.left]
      case .binary(let node) where node.opcode == .i32Eq:
        guard case .i32Const(let value) = body[node.right], note(node.left, value, in: &test, body) else { return nil }
      case .unary(let node) where node.opcode == .i32Eqz:
        guard note(node.operand, 0, in: &test, body) else { return nil }
      default: return nil
      }
    }
    return test
  }

  private func note(_ id: NodeID, _ value: Int32, in test: inout ValueTest, _ body: borrowing Body) -> Bool {
    let local: LocalID
    switch body[id] {
    case .localGet(let source): local = source
    case .localTee(let tee) where test.values.isEmpty:
      local = tee.local
      test.assignment = id
    default: return false
    }
    if !test.local.isNone && test.local != local { return false }
    test.local = local
    test.values.append(value)
    return true
  }

  /// The chain as one table, with a block around it that other values fall out of; nil if that would be longer.
  private mutating func makeTable(of range: Range<Int>, _ items: NodeList, in body: inout Body) -> NodeID? {
    var tests: [(value: Int32, label: LabelID)] = []
    var first: ValueTest?
    var size = 0
    for index in range {
      guard let test = test(body[items, index], in: body), case .brIf(let branch) = body[body[items, index]] else {
        return nil
      }
      if first == nil { first = test }
      // Operators and branches are three bytes each, what is compared four.
      size += 6 * test.values.count + 2
      tests += test.values.map { ($0, branch.label) }
    }
    let values = tests.map(\.value)
    guard let first, tests.count >= Self.minimalChain, var lowest = values.min(), let highest = values.max()
    else { return nil }
    if lowest > 0 && lowest <= offsetSize { lowest = 0 }
    let count = Int(highest) - Int(lowest) + 1
    if count + 8 + (lowest == 0 ? 0 : 3) > size { return nil }
    for index in range { if case .brIf(let branch) = body[body[items, index]] { uses[branch.label] -= 1 } }
    var index = first.assignment.isNone ? body.makeLocalGet(first.local) : first.assignment
    if lowest != 0 { index = body.makeBinary(.i32Sub, index, body.makeI32Const(lowest)) }
    return makeTable(of: tests, from: lowest, count, index: index, in: &body)
  }

  private mutating func makeTable(
    of tests: [(value: Int32, label: LabelID)], from lowest: Int32, _ count: Int, index: NodeID, in body: inout Body
  ) -> NodeID {
    let next = makeLabel(in: &body)
    var labels = [LabelID](repeating: next, count: count + 1)
    // Of two tests of a value the first decides.
    for test in tests.reversed() { labels[Int(test.value) - Int(lowest)] = test.label }
    for label in labels { uses[label] += 1 }
    let table = body.makeBrTable(labels, value: .none, index: index)
    return body.makeBlock([table], label: next, type: .none)
  }
}

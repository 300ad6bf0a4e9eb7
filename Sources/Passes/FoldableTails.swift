import Analysis
import IR
import Support

/// Where control goes from tails that could be one.
enum TailTarget {
  /// The end of the block with the label; of the function, if it is its.
  case end(LabelID)
  /// The start of the loop with the label.
  case loop(LabelID)
  /// Nowhere: the last instruction is part of what is the same.
  case terminators

  /// Whether the branch is part of what is the same.
  var includesBranch: Bool {
    if case .end = self { return false }
    return true
  }
}

/// A tail as a list of statements that may be cut off, the last one first.
struct FoldableTail {
  /// nil: the end of the list itself, which control falls out of.
  let tail: Tail?
  /// Stands behind the items: what a branch passes, or the only item of all.
  let value: NodeID
  let items: NodeList
  let handler: NodeID

  /// Whether it is at the end of the list itself.
  func isEnd(of list: NodeID) -> Bool { tail.map { $0.container == list && $0.position < 0 } ?? true }

  var count: Int { items.count + (value.isNone ? 0 : 1) }

  /// The statement at `index` from the end.
  func statement(_ index: Int, in body: borrowing Body) -> NodeID {
    if !value.isNone && index == 0 { return value }
    return body[items, items.count - 1 - index + (value.isNone ? 0 : 1)]
  }
}

/// Tails whose last statements are the same.
struct TailGroup {
  var members: [FoldableTail]
  /// Statements that are the same, and their bytes.
  var depth = 0
  var size = 0
  /// Bytes that folding them saves.
  var gain = 0
  /// A label of its own is needed for the code before the tails, as there are other branches to the old one.
  var needsLabel = false
}

extension FoldingWalk {
  /// The tails that go to `target`, with the end of `list` if control falls out of it there.
  func foldableTails(_ target: TailTarget, endOf list: NodeID, in body: borrowing Body) -> [FoldableTail] {
    var result: [FoldableTail] = []
    var index = lastTail(target)
    while index >= 0 {
      let tail = tails[Int(index)]
      index = tail.next
      if isThere(tail, in: body) { result.append(foldable(tail, target, in: body)) }
    }
    if case .end = target, let end = fallingEnd(of: list, in: body) { result.insert(end, at: 0) }
    return result
  }

  /// The last tail that was noted to go to `target`, an index of `tails`; -1 if there is none.
  func lastTail(_ target: TailTarget) -> Int32 {
    switch target {
    case .end(let label), .loop(let label): return tailsToLabel[label.index]
    case .terminators: return lastTerminator
    }
  }

  private func foldable(_ tail: Tail, _ target: TailTarget, in body: borrowing Body) -> FoldableTail {
    var items = NodeList(start: 0, count: 0)
    if tail.position < 0, case .block(let block) = body[tail.container] { items = block.items }
    if target.includesBranch {
      let value = tail.position < 0 ? NodeID.none : tail.last
      return FoldableTail(tail: tail, value: value, items: items, handler: tail.handler)
    }
    items = NodeList(start: items.range.lowerBound, count: max(0, items.count - 1))
    return FoldableTail(tail: tail, value: body.operand(0, of: tail.last), items: items, handler: tail.handler)
  }

  func fallingEnd(of list: NodeID, in body: borrowing Body) -> FoldableTail? {
    guard case .block(let block) = body[list], !block.items.isEmpty,
      !body.diverges(body[block.items, block.items.count - 1])
    else { return nil }
    return FoldableTail(tail: nil, value: .none, items: block.items, handler: .none)
  }

  // MARK: Search

  /// The tails that it saves most to fold; nil if it saves nothing. Goes from the last statement to earlier ones, with
  /// ever smaller groups of tails that agree.
  mutating func bestGroup(
    of tails: [FoldableTail], _ target: TailTarget, endOf list: NodeID, handler: NodeID, in body: inout Body
  ) -> TailGroup? {
    var best: TailGroup?
    var pending = [TailGroup(members: tails)]
    while let group = pending.popLast() {
      for var larger in partition(group, in: &body) {
        let statement = larger.members[0].statement(group.depth, in: body)
        var isThrowing = false
        guard isMovable(statement, throwing: &isThrowing, in: &body) else { continue }
        if isThrowing {
          larger.members.removeAll { $0.tail != nil && $0.handler != handler }
          if larger.members.count < 2 { continue }
        }
        larger.depth = group.depth + 1
        larger.size = group.size + body.byteCount(of: statement)
        evaluate(&larger, target, endOf: list, in: body)
        if larger.gain > best?.gain ?? 0 { best = larger }
        pending.append(larger)
      }
    }
    return best
  }

  /// Those of the group's members that have the same next statement.
  private mutating func partition(_ group: TailGroup, in body: inout Body) -> [TailGroup] {
    hashes.removeAll()
    for member in group.members {
      let isLonger = member.count > group.depth
      hashes.append(isLonger ? UInt64(body.shallowHash(of: member.statement(group.depth, in: body))) : .max)
    }
    if areFewAndDifferent(hashes) { return [] }
    var byHash: [UInt64: [Int]] = [:]
    var order: [UInt64] = []
    for index in 0..<hashes.count where hashes[index] != .max {
      if byHash[hashes[index]] == nil { order.append(hashes[index]) }
      byHash[hashes[index], default: []].append(index)
    }
    var result: [TailGroup] = []
    for hash in order {
      var rest = byHash[hash]!.map { group.members[$0] }
      // Code that differs in spite of the same hash is compared with a few others, no more.
      for _ in 0..<3 where rest.count > 1 {
        var same = group
        let statement = rest[0].statement(group.depth, in: body)
        var others: [FoldableTail] = []
        same.members = [rest[0]]
        for member in rest.dropFirst() {
          if comparison.isSame(statement, member.statement(group.depth, in: body), in: body) {
            same.members.append(member)
          } else {
            others.append(member)
          }
        }
        if same.members.count > 1 { result.append(same) }
        rest = others
      }
    }
    return result
  }

  /// Whether it is seen at once that no two statements are the same.
  private func areFewAndDifferent(_ hashes: borrowing Column<UInt64>) -> Bool {
    if hashes.count > 8 { return false }
    for index in 0..<hashes.count where hashes[index] != .max {
      for other in 0..<index where hashes[other] == hashes[index] { return false }
    }
    return true
  }

  /// Finds what folding the group saves.
  private func evaluate(_ group: inout TailGroup, _ target: TailTarget, endOf list: NodeID, in body: borrowing Body) {
    let branches = group.members.count { $0.tail != nil }
    let hasEnd = group.members.contains { $0.isEnd(of: list) }
    let fallsOut = fallingEnd(of: list, in: body) != nil && !hasEnd
    group.gain = (group.members.count - 1) * group.size
    switch target {
    case .end(.function):
      // `return` is a byte shorter than the branch that it becomes.
      group.needsLabel = true
      group.gain -= group.members.count { $0.tail.map { body.opcode(of: $0.last) == .return } ?? false }
      if fallsOut { group.gain -= 1 }
    case .end(let label):
      group.needsLabel = uses[label] > branches || fallsOut
      if fallsOut { group.gain -= 2 }
    case .loop:
      group.needsLabel = true
      group.gain -= 2 * (hasEnd ? branches - 1 : branches)
      if fallsOut { group.gain = 0 }
    case .terminators:
      group.needsLabel = true
      group.gain -= 2 * (hasEnd ? branches - 1 : branches)
      if fallsOut { group.gain -= 1 }
    }
    if group.needsLabel { group.gain -= 3 }
  }
}

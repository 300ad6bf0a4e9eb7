import IR
import Support

/// Compares code of one body: whether two subtrees do the same. Labels of constructs within count as the same if they
/// stand for each other.
package struct CodeComparison: ~Copyable {
  /// By label of the first subtree: the one of the second that stands for it; `none` if it is from outside.
  private var counterparts = Column<LabelID>()
  private var pairs: [(NodeID, NodeID)] = []
  private var mapped: [LabelID] = []

  package init() {}

  /// Linear in what the two have in common.
  package mutating func isSame(_ first: NodeID, _ second: NodeID, in body: borrowing Body) -> Bool {
    defer {
      for label in mapped { counterparts[label.index] = .none }
      mapped.removeAll(keepingCapacity: true)
    }
    pairs.removeAll(keepingCapacity: true)
    pairs.append((first, second))
    while let (left, right) = pairs.popLast() {
      if left.isNone || right.isNone {
        if left == right { continue }
        return false
      }
      guard body.isSameInstruction(left, right), hasSameLabels(left, right, in: body),
        body.branchHints.isEmpty || body.branchHints[left] == body.branchHints[right]
      else { return false }
      // The last operand first: code that differs often does so at its end.
      for position in 0..<body.operandCount(of: left) {
        pairs.append((body.operand(position, of: left), body.operand(position, of: right)))
      }
    }
    return true
  }

  private mutating func hasSameLabels(_ left: NodeID, _ right: NodeID, in body: borrowing Body) -> Bool {
    if !body.info(of: left).shape.mayNameLabels { return true }
    switch (body[left], body[right]) {
    case (.block(let first), .block(let second)): pair(first.label, second.label)
    case (.loop(let first), .loop(let second)): pair(first.label, second.label)
    case (.try(let first), .try(let second)): pair(first.label, second.label)
    default: break
    }
    var named: [LabelID] = []
    body.forEachLabel(of: right) { named.append($0) }
    if named.isEmpty { return true }
    var (index, isSame) = (0, true)
    body.forEachLabel(of: left) { label in
      if counterpart(of: label) != named[index] { isSame = false }
      index += 1
    }
    return isSame
  }

  private mutating func pair(_ first: LabelID, _ second: LabelID) {
    if first.isNone { return }
    if first.index >= counterparts.count { counterparts.resize(to: first.index + 1, filling: .none) }
    counterparts[first.index] = second
    mapped.append(first)
  }

  private func counterpart(of label: LabelID) -> LabelID {
    guard label.index < counterparts.count, !counterparts[label.index].isNone else { return label }
    return counterparts[label.index]
  }
}

extension Body {
  /// A hash that is the same for the same code: of no more than `limit` nodes.
  package func shallowHash(of top: NodeID, limit: Int = 12) -> UInt32 {
    var hash: UInt32 = 0x9e37_79b9
    func mix(_ word: UInt32) { hash = (hash ^ word) &* 0x85eb_ca6b ^ hash >> 15 }
    var pending = [top]
    var count = 0
    while let id = pending.popLast(), count < limit {
      count += 1
      mix(UInt32(opcode(of: id).rawValue) << 22 ^ type(of: id).bits)
      forEachImmediate(of: id) { mix($0) }
      for position in 0..<min(operandCount(of: id), limit) {
        let operand = operand(position, of: id)
        if !operand.isNone { pending.append(operand) }
      }
    }
    return hash
  }
}

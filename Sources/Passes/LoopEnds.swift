import IR
import Support

/// Finds what a loop does after its last way back to the start: that may as well stand behind the loop.
///
///     (loop $again A (br_if $again c) B)  ->  (loop $again A (br_if $again c)) B
struct LoopEnds: ~Copyable {
  /// Nodes that may still be looked at. Beyond it, loops keep their ends: nests whose ends go through many loops.
  private var budget: Int
  private var cursors = Column<ListCursor>()
  /// By item that has been looked at: one more than the last label that it names and does not hold, 1 for none. What
  /// moves out of one loop after another is looked at once, as labels are numbered from the outside in.
  private var lastNamed = Column<UInt32>()
  /// By label: the item that has been found to hold it.
  private var holders = Column<NodeID>()

  init(of body: borrowing Body) {
    budget = 4 * body.nodes.count
  }

  /// Moves the end of the loop behind it; nil if there is none.
  mutating func moveOut(of id: NodeID, in body: inout Body) -> NodeID? {
    guard case .loop(let loop) = body[id], !loop.label.isNone, body.isSequence(loop.body) else { return nil }
    if budget > 0 { budget -= body.flattenItems(of: loop.body, &cursors) }
    guard case .block(let list) = body[loop.body] else { return nil }
    var count = list.items.count
    while count > 1, !mayName(loop.label, in: body[list.items, count - 1], body) { count -= 1 }
    if count < 1 || count == list.items.count || body.diverges(body[list.items, count - 1]) { return nil }
    let rest = (count..<list.items.count).map { body[list.items, $0] }
    let type = body.type(of: id)
    body.truncateItems(of: loop.body, to: count)
    body.setType(of: loop.body, to: .none)
    body.setType(of: id, to: .none)
    return body.makeBlock([id] + rest, type: type)
  }

  private mutating func mayName(_ label: LabelID, in item: NodeID, _ body: borrowing Body) -> Bool {
    lastNamed.resize(to: max(lastNamed.count, item.index + 1), filling: 0)
    if lastNamed[item.index] != 0 && lastNamed[item.index] <= label.rawValue { return false }
    holders.resize(to: max(holders.count, Int(body.labelCount)), filling: .none)
    var last: UInt32 = 1
    var isNamed = false
    var pending = [item]
    while let id = pending.popLast() {
      budget -= 1
      if budget < 0 { return true }
      if let held = heldLabel(of: id, in: body) { holders[held.index] = item }
      body.forEachLabel(of: id) {
        if $0 == label { isNamed = true }
        if holders[$0.index] != item { last = max(last, $0.rawValue + 1) }
      }
      body.forEachOperand(of: id) { pending.append($0) }
    }
    lastNamed[item.index] = last
    return isNamed
  }

  private func heldLabel(of id: NodeID, in body: borrowing Body) -> LabelID? {
    let label: LabelID
    switch body[id] {
    case .block(let block): label = block.label
    case .loop(let loop): label = loop.label
    case .try(let node): label = node.label
    default: return nil
    }
    return label.isNone ? nil : label
  }
}

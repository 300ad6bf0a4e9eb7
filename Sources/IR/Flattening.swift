import Support

/// A list of items that is being gone through.
package struct ListCursor: BitwiseCopyable {
  fileprivate let list: NodeList
  fileprivate var next: Int
}

extension Body {
  /// Puts the items of each sequence that is an item of a block, or runs after the value of a `keep`, in its place.
  /// Linear: each list is copied once, into the outermost that it ends up in.
  package mutating func flattenSequences() {
    var pending = Column<NodeID>()
    var cursors = Column<ListCursor>()
    pending.append(root)
    while !pending.isEmpty {
      let id = pending.popLast()
      let opcode = opcode(of: id)
      if opcode == .block || opcode == .keep { flattenItems(of: id, &cursors) }
      for position in 0..<operandCount(of: id) {
        var operand = operand(position, of: id)
        if operand.isNone { continue }
        if let only = onlyItem(of: operand) {
          operand = only
          setOperand(position, of: id, to: only)
        }
        if operandCount(of: operand) > 0 { pending.append(operand) }
      }
    }
  }

  /// The node that a nest of sequences of one item comes to; nil if `id` is no such sequence.
  private func onlyItem(of id: NodeID) -> NodeID? {
    var item = id
    while isSequence(item), case .block(let block) = self[item], block.items.count == 1 { item = self[block.items, 0] }
    return item == id ? nil : item
  }

  /// Flattens one list of items; returns how many words that took, 0 if there was nothing to do.
  ///
  /// Doing this at every level of a nest, from the inside out, copies items again and again: callers count the words.
  @discardableResult
  package mutating func flattenItems(of id: NodeID, _ cursors: inout Column<ListCursor>) -> Int {
    let record = nodes[id.index]
    let list = NodeList(start: Int(record.b), count: Int(record.c))
    let first = record.opcode == .keep ? 1 : 0
    guard (first..<list.count).contains(where: { isSequence(self[list, $0]) }) else { return 0 }
    let start = pool.count
    if first == 1 { pool.append(self[list, 0].rawValue) }
    cursors.append(ListCursor(list: list, next: first))
    while !cursors.isEmpty {
      let cursor = cursors.last
      if cursor.next == cursor.list.count {
        cursors.removeLast(1)
        continue
      }
      cursors.last.next += 1
      let item = self[cursor.list, cursor.next]
      if isSequence(item), case .block(let block) = self[item] {
        cursors.append(ListCursor(list: block.items, next: 0))
      } else {
        pool.append(item.rawValue)
      }
    }
    changeCount += 1
    nodes[id.index].b = UInt32(start)
    nodes[id.index].c = UInt32(pool.count - start)
    return pool.count - start
  }
}

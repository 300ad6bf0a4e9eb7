import IR
import Support

/// Which labels of a body are named by an instruction, and by which first, found out when it is first asked: one scan of
/// the nodes, or one walk where passes may have left nodes that are no part of the tree any more.
package struct NamedLabels: ~Copyable {
  /// By label: when it is first named, in the order of evaluation; `.max` if it is not.
  private var firstUses = Column<UInt32>()
  /// Labels that a `delegate` names.
  private var isDelegatedTo: Set<LabelID> = []
  /// By node, if there was a walk: when it is left.
  private var times = Column<UInt32>()
  private var isKnown = false
  private var walks = false

  package init() {}

  /// Makes ready for another body.
  ///
  /// - Parameter walks: whether there may be nodes that are not in the tree, or not in the order of evaluation; where
  ///   there are not, a scan is quicker, and a tree that is no tree does no harm.
  package mutating func reset(walks: Bool) {
    isKnown = false
    self.walks = walks
  }

  /// The `if`, `try` or `try_table` that takes over the label and the type of the block around it; nil if the block has
  /// to be written. That is so for a `try` with `delegate`, a `try_table` with a clause for the block, an `if` whose
  /// condition branches to it: these are outside of the construct's own label.
  ///
  /// A block that nothing names is written as it is: read back, it would have a construct without label inside, and
  /// the next block around would be the one to vanish.
  ///
  /// A block that is read as a construct must be written as one: around the condition of an `if`, it would hide from
  /// what follows that a `local.set` there was executed (specification 3.4.9). So the answer is always exact.
  package mutating func constructWithLabel(of block: BlockNode, in body: borrowing Body) -> NodeID? {
    guard let construct = body.onlyConstruct(in: block) else { return nil }
    if !isKnown { find(in: body) }
    guard block.label.index < firstUses.count, firstUses[block.label.index] != .max else { return nil }
    // Delegated to a `try`, an exception would come to its own handlers.
    if isDelegatedTo.contains(block.label), case .try = body[construct] { return nil }
    if case .if(let branch) = body[construct] {
      let time = walks ? times[branch.condition.index] : branch.condition.rawValue
      if firstUses[block.label.index] <= time { return nil }
    }
    return construct
  }

  private mutating func find(in body: borrowing Body) {
    if !isDelegatedTo.isEmpty { isDelegatedTo = [] }
    firstUses.removeAll()
    firstUses.resize(to: Int(body.labelCount), filling: .max)
    if walks {
      times.removeAll()
      times.resize(to: body.nodes.count, filling: .max)
      var time: UInt32 = 0
      body.forEachNode { node in
        times[node.index] = time
        note(node, of: body, time: time)
        time += 1
      }
    } else {
      // Ids are in the order of evaluation.
      for index in 0..<body.nodes.count { note(NodeID(index), of: body, time: UInt32(index)) }
    }
    isKnown = true
  }

  private mutating func note(_ node: NodeID, of body: borrowing Body, time: UInt32) {
    if body.opcode(of: node) == .try, case .try(let legacy) = body[node], !legacy.delegate.isNone {
      isDelegatedTo.insert(legacy.delegate)
    }
    body.forEachLabel(of: node) { label in
      if label.index < firstUses.count { firstUses[label.index] = min(firstUses[label.index], time) }
    }
  }
}

extension Body {
  /// The `if`, `try` or `try_table` that is all there is in a labelled block, as far as there are bytes, and could have
  /// its label.
  fileprivate func onlyConstruct(in block: BlockNode) -> NodeID? {
    guard let item = soleItem(of: block.items) else { return nil }
    switch self[item] {
    case .if: return item
    case .tryTable(let table):
      let namesBlock = (0..<table.clauseCount).contains { catchClause($0, of: table).label == block.label }
      return namesBlock ? nil : item
    case .try(let legacy): return legacy.delegate.isNone ? item : nil
    default: return nil
    }
  }

  /// The only node that has bytes among the items and those of sequences and `keep` there, which have none themselves.
  /// Each node is looked at for the sake of one labelled block at most.
  private func soleItem(of items: NodeList) -> NodeID? {
    var sole = NodeID.none
    var pending: [NodeList] = []
    var list = items
    while true {
      for index in 0..<list.count {
        let item = self[list, index]
        // A tree that is being debugged may name nodes that do not exist.
        guard item.index < nodes.count else { return nil }
        if isSequence(item) || opcode(of: item) == .keep {
          let record = nodes[item.index]
          if record.c > 0 { pending.append(NodeList(start: Int(record.b), count: Int(record.c))) }
        } else if sole.isNone {
          sole = item
        } else {
          return nil
        }
      }
      guard let next = pending.popLast() else { return sole.isNone ? nil : sole }
      list = next
    }
  }
}

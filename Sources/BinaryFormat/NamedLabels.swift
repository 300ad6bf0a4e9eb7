import IR
import Support

/// Which labels of a body are named by an instruction, found out when it is first asked: one scan of the nodes, or one
/// walk where passes may have left nodes that are no part of the tree any more.
package struct NamedLabels: ~Copyable {
  private var isUsed = Column<Bool>()
  private var isKnown = false
  private var walks = false

  package init() {}

  /// Makes ready for another body.
  ///
  /// - Parameter walks: whether there may be nodes that are not in the tree; where there are not, a scan is quicker, and
  ///   a tree that is no tree does no harm.
  package mutating func reset(walks: Bool) {
    isKnown = false
    self.walks = walks
  }

  /// The `if`, `try` or `try_table` that takes over the label and the type of the block around it; nil if the block has
  /// to be written.
  ///
  /// A block that nothing names is written as it is: read back, it would have a construct without label inside, and
  /// the next block around would be the one to vanish.
  package mutating func constructWithLabel(of block: BlockNode, in body: borrowing Body) -> NodeID? {
    guard let construct = body.constructWithLabel(of: block) else { return nil }
    if !isKnown { find(in: body) }
    return block.label.index < isUsed.count && isUsed[block.label.index] ? construct : nil
  }

  private mutating func find(in body: borrowing Body) {
    isUsed.removeAll()
    isUsed.resize(to: Int(body.labelCount), filling: false)
    if walks {
      body.forEachNode { note($0, of: body) }
    } else {
      for index in 0..<body.nodes.count { note(NodeID(index), of: body) }
    }
    isKnown = true
  }

  private mutating func note(_ node: NodeID, of body: borrowing Body) {
    body.forEachLabel(of: node) { if $0.index < isUsed.count { isUsed[$0.index] = true } }
  }
}

extension Body {
  /// The `if`, `try` or `try_table` that is all there is in a labelled block, so that it can take over the block's
  /// label and type. Not a `try` with `delegate`, a `try_table` with a clause for the block, nor an `if` whose condition
  /// branches to it: these are outside of the construct's own label.
  fileprivate func constructWithLabel(of block: BlockNode) -> NodeID? {
    guard let item = soleItem(of: block.items) else { return nil }
    switch self[item] {
    case .if(let branch): return mayBranch(to: block.label, from: branch.condition) ? nil : item
    case .tryTable(let table):
      let namesBlock = (0..<table.clauseCount).contains { catchClause($0, of: table).label == block.label }
      return namesBlock ? nil : item
    case .try(let legacy): return legacy.delegate.isNone ? item : nil
    default: return nil
    }
  }

  /// The only item that has bytes; looked for inside sequences, too, which have none of their own.
  private func soleItem(of items: NodeList) -> NodeID? {
    var items = items
    while true {
      var sole = NodeID.none
      for index in 0..<items.count where !isEmptySequence(self[items, index]) {
        if !sole.isNone { return nil }
        sole = self[items, index]
      }
      // A tree that is being debugged may name nodes that do not exist.
      guard sole.index < nodes.count else { return nil }
      guard case .block(let block) = self[sole], block.label.isNone else { return sole }
      items = block.items
    }
  }

  private func isEmptySequence(_ id: NodeID) -> Bool {
    guard id.index < nodes.count, case .block(let block) = self[id] else { return false }
    return block.label.isNone && block.items.isEmpty
  }

  /// Whether a node at or below `top` names `label`. Says so too if there is more to look at than is worth it, which
  /// keeps the encoder linear where conditions nest.
  private func mayBranch(to label: LabelID, from top: NodeID) -> Bool {
    let limit = 64
    var pending = [top]
    var seen = 0
    while let id = pending.popLast() {
      guard id.index < nodes.count else { continue }
      seen += 1
      if seen > limit || operandCount(of: id) > limit { return true }
      switch self[id] {
      case .br(let node): if node.label == label { return true }
      case .brIf(let node): if node.label == label { return true }
      case .brOnNull(let node): if node.label == label { return true }
      case .brOnCast(let node): if node.label == label { return true }
      case .brTable(let node):
        seen += node.labelCount
        if seen > limit || (0..<node.labelCount).contains(where: { self.label($0, of: node) == label }) { return true }
      case .try, .tryTable: return true
      default: break
      }
      forEachOperand(of: id) { pending.append($0) }
    }
    return false
  }
}

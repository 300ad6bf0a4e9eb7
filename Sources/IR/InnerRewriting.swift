import Support

// Walks that pass over the leaves, which are more than half of all nodes: for whoever has nothing to do at a node that
// can't have operands, unless control does not come out of it.

extension Body {
  /// As `rewriteBottomUp`, for a `rewrite` that leaves constants, `local.get`, and whatever else can't have operands, as
  /// they are: it is hardly ever asked about them. It is asked about `unreachable` and `rethrow`.
  @inlinable @inline(__always) public mutating func rewriteInnerNodes(
    _ rewrite: (inout Body, NodeID) throws -> NodeID
  ) rethrows {
    var walk = TreeWalk(from: root)
    while true {
      let step = walk.next()
      if !step.isLast, walk.enterPassingLeaves(step.node, in: self) { continue }
      let node = step.node
      let result = countsRewrites ? try countedRewrite(node, rewrite) : try rewrite(&self, node)
      walk.leave(step)
      if walk.isDone {
        if result != node {
          noteReplacement(of: node, by: result)
          setRoot(to: result)
        }
        return
      }
      if result != node { replaceOperand(node, of: walk.parent, before: walk.remainingCount, by: result) }
    }
  }

  /// Visits every node of the body that can have operands once, and a few others, operands before the node they belong
  /// to.
  @inlinable @inline(__always) public func forEachInnerNode(_ visit: (NodeID) throws -> Void) rethrows {
    var walk = TreeWalk(from: root)
    repeat {
      let step = walk.next()
      if !step.isLast, walk.enterPassingLeaves(step.node, in: self) { continue }
      try visit(step.node)
      walk.leave(step)
    } while !walk.isDone
  }

  /// Replaces an operand; `remaining` is as in `position`.
  @inline(never)
  public mutating func replaceOperand(_ old: NodeID, of id: NodeID, before remaining: Int, by new: NodeID) {
    setOperand(position(ofOperand: old, of: id, before: remaining), of: id, to: new)
  }

  /// Which operand of a node another is.
  ///
  /// - Parameter remaining: how many others follow, if the node is one whose leaves the walk does not pass over.
  func position(ofOperand operand: NodeID, of id: NodeID, before remaining: Int) -> Int {
    let count = operandCount(of: id)
    let passesLeaves = !info(of: id).layout.hasPool || TreeWalk.passesLeaves(ofList: nodes[id.index])
    return passesLeaves ? (0..<count).first { self.operand($0, of: id) == operand }! : count - 1 - remaining
  }
}

extension TreeWalk {
  /// Long lists are not searched for leaves: so the place of an operand is known without counting.
  @inlinable @inline(__always) static func passesLeaves(ofList record: NodeRecord) -> Bool { record.c <= 16 }

  /// As `enter`, but leaves are passed over; false if the node has no other operands.
  @inlinable @inline(__always) public mutating func enterPassingLeaves(_ id: NodeID, in body: borrowing Body) -> Bool {
    let layout = body.infos[body.nodes[id.index].opcodeNumber].layout
    if !layout.hasOperands { return false }
    let hasPool = layout.hasPool
    if hasPool && !TreeWalk.passesLeaves(ofList: body.nodes[id.index]) { return enterList(id, in: body) }
    let previous = parentIndex
    let index = stack.count
    let wordCount = layout.wordCount
    stack.reserve(20)
    stack.uncheckedLast = previous
    stack.uncheckedAppend(id.rawValue | TreeWalk.mark)
    if wordCount > 0 {
      if wordCount > 1 {
        if wordCount > 2 { appendUnlessLeaf(body.word(layout.word(at: 2), of: id), in: body) }
        appendUnlessLeaf(body.word(layout.word(at: 1), of: id), in: body)
      }
      appendUnlessLeaf(body.word(layout.word(at: 0), of: id), in: body)
    }
    if hasPool {
      let start = Int(body.word(1, of: id))
      var position = start &+ Int(body.word(2, of: id))
      while position > start {
        position &-= 1
        appendUnlessLeaf(body.pool[position], in: body)
      }
    }
    if stack.count == index &+ 1 {
      stack.uncheckedRemoveLast(1)
      stack.uncheckedLast = id.rawValue
      return false
    }
    parentIndex = UInt32(truncatingIfNeeded: index)
    return true
  }

  @usableFromInline @inline(never) mutating func enterList(_ id: NodeID, in body: borrowing Body) -> Bool {
    enter(id, in: body)
  }

  @inlinable @inline(__always) mutating func appendUnlessLeaf(_ operand: UInt32, in body: borrowing Body) {
    if operand == NodeID.none.rawValue { return }
    if !body.infos[body.nodes[Int(operand)].opcodeNumber].layout.isLeaf { stack.uncheckedAppend(operand) }
  }
}

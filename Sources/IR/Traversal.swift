import Support

// Walks over the tree. None recurses: any depth of nesting is fine.

extension Body {
  /// Rewrites the tree below and at `root`, operands before the node they belong to: the node that `rewrite` returns
  /// takes the place of the one it was given, and its source position if it has none. Nodes that `rewrite` makes are not
  /// visited.
  @inlinable @inline(__always) public mutating func rewriteBottomUp(
    _ rewrite: (inout Body, NodeID) throws -> NodeID
  ) rethrows {
    let newRoot = try rewriteBottomUp(from: root, rewrite)
    if newRoot != root { setRoot(to: newRoot) }
  }

  /// Rewrites the tree below and at `top`; returns what takes its place.
  @inlinable @inline(__always) public mutating func rewriteBottomUp(
    from top: NodeID, _ rewrite: (inout Body, NodeID) throws -> NodeID
  ) rethrows -> NodeID {
    var walk = TreeWalk(from: top)
    while true {
      let step = walk.next()
      if !step.isLast, walk.enter(step.node, in: self) { continue }
      let node = step.node
      let result = countsRewrites ? try countedRewrite(node, rewrite) : try rewrite(&self, node)
      walk.leave(step)
      if walk.isDone {
        if result != node { noteReplacement(of: node, by: result) }
        return result
      }
      if result != node { replaceOperand(of: walk.parent, before: walk.remainingCount, by: result) }
    }
  }

  /// What `rewrite` makes of the node; the node itself if the limit has been reached.
  @inline(never) @usableFromInline mutating func countedRewrite(
    _ node: NodeID, _ rewrite: (inout Body, NodeID) throws -> NodeID
  ) rethrows -> NodeID {
    guard rewriteCount < rewriteLimit else { return node }
    let before = changeCount
    let result = try rewrite(&self, node)
    if result != node || changeCount != before { rewriteCount += 1 }
    return result
  }

  // Out of the loop above, where replacements are rare.

  @usableFromInline @inline(never) mutating func noteReplacement(of old: NodeID, by new: NodeID) {
    changeCount += 1
    movePosition(from: old, to: new)
  }

  /// Replaces the operand that `remaining` others follow.
  @inline(never) public mutating func replaceOperand(of id: NodeID, before remaining: Int, by new: NodeID) {
    setOperand(operandCount(of: id) - 1 - remaining, of: id, to: new)
  }

  /// Visits every node below and at `top` once, operands before the node they belong to.
  @inlinable @inline(__always) public func forEachNode(from top: NodeID, _ visit: (NodeID) throws -> Void) rethrows {
    try walk(from: top, enter: { _ in true }, exit: visit)
  }

  /// Visits every node of the body once, operands before the node they belong to.
  @inlinable @inline(__always) public func forEachNode(_ visit: (NodeID) throws -> Void) rethrows {
    try forEachNode(from: root, visit)
  }

  /// Calls `enter` before the operands of a node and `exit` after them; neither for what is below a node where
  /// `enter` returns false.
  @inlinable @inline(__always) public func walk(
    from top: NodeID, enter: (NodeID) throws -> Bool, exit: (NodeID) throws -> Void
  ) rethrows {
    var walk = TreeWalk(from: top)
    repeat {
      let step = walk.next()
      if !step.isLast {
        guard try enter(step.node) else {
          walk.leave(step)
          continue
        }
        if walk.enter(step.node, in: self) { continue }
      }
      try exit(step.node)
      walk.leave(step)
    } while !walk.isDone
  }

  /// Makes `node` the root; wraps it if it is not the block of the function's label.
  public mutating func setRoot(to node: NodeID) {
    changeCount += 1
    let oldRoot = root
    if case .block(let block) = self[node], block.label == .function {
      root = node
    } else {
      root = makeBlock([node], label: .function, type: type(of: root))
    }
    movePosition(from: oldRoot, to: root)
  }
}

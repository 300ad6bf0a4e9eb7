import Support

/// Where an iterative walk stands in a node.
@frozen public struct WalkFrame: BitwiseCopyable {
  @usableFromInline var node: NodeID
  @usableFromInline var next: Int32
  @usableFromInline let count: Int32

  @inlinable init(_ node: NodeID, count: Int) {
    self.node = node
    next = 0
    self.count = Int32(truncatingIfNeeded: count)
  }
}

// Walks over the tree. None recurses: any depth of nesting is fine.

extension Body {
  /// Rewrites the tree below and at `root`, operands before the node they belong to: the node that `rewrite` returns
  /// takes the place of the one it was given, and its source position if it has none. Nodes that `rewrite` makes are not
  /// visited.
  @inlinable public mutating func rewriteBottomUp(
    _ rewrite: (inout Body, NodeID) throws -> NodeID
  ) rethrows {
    let newRoot = try rewriteBottomUp(from: root, rewrite)
    if newRoot != root { setRoot(to: newRoot) }
  }

  /// Rewrites the tree below and at `top`; returns what takes its place.
  @inlinable public mutating func rewriteBottomUp(
    from top: NodeID, _ rewrite: (inout Body, NodeID) throws -> NodeID
  ) rethrows -> NodeID {
    var frames = Column<WalkFrame>(capacity: 64)
    frames.append(WalkFrame(top, count: operandCount(of: top)))
    while true {
      let frame = frames.last
      var id = frame.node
      if frame.next < frame.count {
        frames.last.next += 1
        id = operand(Int(frame.next), of: frame.node)
        if id.isNone { continue }
        // Nodes without operands, which are about half of all, need no frame.
        let count = operandCount(of: id)
        if count > 0 {
          frames.append(WalkFrame(id, count: count))
          continue
        }
      } else {
        frames.removeLast(1)
      }
      let result = countsRewrites ? try countedRewrite(id, rewrite) : try rewrite(&self, id)
      if frames.isEmpty {
        if result != id { noteReplacement(of: id, by: result) }
        return result
      }
      if result != id { replaceOperand(Int(frames.last.next) - 1, of: frames.last.node, by: result) }
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

  @usableFromInline @inline(never) mutating func replaceOperand(_ position: Int, of id: NodeID, by new: NodeID) {
    setOperand(position, of: id, to: new)
  }

  /// Visits every node below and at `top` once, operands before the node they belong to.
  @inlinable public func forEachNode(from top: NodeID, _ visit: (NodeID) throws -> Void) rethrows {
    try walk(from: top, enter: { _ in true }, exit: visit)
  }

  /// Visits every node of the body once, operands before the node they belong to.
  @inlinable public func forEachNode(_ visit: (NodeID) throws -> Void) rethrows {
    try forEachNode(from: root, visit)
  }

  /// Calls `enter` before the operands of a node and `exit` after them; neither for what is below a node where
  /// `enter` returns false.
  @inlinable public func walk(
    from top: NodeID, enter: (NodeID) throws -> Bool, exit: (NodeID) throws -> Void
  ) rethrows {
    guard try enter(top) else { return }
    var frames = Column<WalkFrame>(capacity: 64)
    frames.append(WalkFrame(top, count: operandCount(of: top)))
    while !frames.isEmpty {
      let frame = frames.last
      var id = frame.node
      if frame.next < frame.count {
        frames.last.next += 1
        id = operand(Int(frame.next), of: frame.node)
        if id.isNone { continue }
        if try !enter(id) { continue }
        let count = operandCount(of: id)
        if count > 0 {
          frames.append(WalkFrame(id, count: count))
          continue
        }
      } else {
        frames.removeLast(1)
      }
      try exit(id)
    }
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

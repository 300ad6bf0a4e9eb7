import IR
import Support

/// The effects of every subtree of a body. Linear to make, 24 bytes for each node; a question takes constant time.
///
/// Rewrites that only remove or move what was there leave the entries of the nodes they keep valid, if not exact.
package struct EffectsColumn: ~Copyable {
  private var effects = Column<Effects>()

  package init(of body: borrowing Body) {
    effects.resize(to: body.nodes.count, filling: .everything)
    var uses = Column<UInt32>()
    uses.resize(to: Int(body.labelCount), filling: 0)
    var hasDelegates = false
    body.forEachNode { id in
      // A `rethrow` is no branch: it throws, and its arm does not leave the `try`.
      if body.opcode(of: id) != .rethrow {
        body.forEachLabel(of: id) { uses[$0.index] += 1 }
      }
      if case .try(let node) = body[id], !node.delegate.isNone { hasDelegates = true }
      effects[id.index] = subtreeEffects(of: id, in: body, uses, hasDelegates)
    }
  }

  /// What the subtree at `id` does; everything if the node was made since.
  package subscript(id: NodeID) -> Effects {
    get { id.index < effects.count ? effects[id.index] : .everything }
    set {
      if id.index >= effects.count { effects.resize(to: id.index + 1, filling: .everything) }
      effects[id.index] = newValue
    }
  }

  /// - Parameters:
  ///   - uses: by label, how often the branches so far named it.
  ///   - hasDelegates: whether a `delegate` may be in the subtree.
  private func subtreeEffects(
    of id: NodeID, in body: borrowing Body, _ uses: borrowing Column<UInt32>, _ hasDelegates: Bool
  ) -> Effects {
    var result = Effects(of: id, in: body)
    switch body[id] {
    case .try(let node):
      // `catch_all` takes every exception of the body, which is the first arm, but what a `delegate` leads past it.
      var inner = self[body[node.arms, 0]]
      if node.hasCatchAll && !hasDelegates { inner.flags.remove(.throwsException) }
      for index in 1..<max(1, node.arms.count) { inner.formUnion(self[body[node.arms, index]]) }
      if !node.label.isNone { inner.remove(branches: uses[node.label.index]) }
      result.formUnion(inner)
    case .block(let node):
      body.forEachOperand(of: id) { result.formUnion(self[$0]) }
      if !node.label.isNone { result.remove(branches: uses[node.label.index]) }
    case .loop(let node):
      result = self[node.body]
      let branches = node.label.isNone ? 0 : uses[node.label.index]
      if branches > 0 { result.flags.insert(.mayNotReturn) }
      result.remove(branches: branches)
    default:
      body.forEachOperand(of: id) { result.formUnion(self[$0]) }
    }
    return result
  }
}

extension Effects {
  fileprivate mutating func remove(branches: UInt32) {
    // A saturated count stays: it is not exact.
    if branchCount != .max { branchCount -= min(branches, branchCount) }
  }
}

extension Body {
  /// Whether the subtree does anything that is noticed even if nobody uses its value. Looks at no more than `limit`
  /// nodes and then says yes; so does any branch, wherever it goes.
  package func hasSideEffects(_ top: NodeID, limit: Int = 64) -> Bool {
    guard let effects = boundedEffects(of: top, limit: limit) else { return true }
    return effects.hasSideEffects
  }

  /// The effects of the subtree, where a branch counts wherever it goes; nil if it has more than `limit` nodes.
  package func boundedEffects(of top: NodeID, limit: Int) -> Effects? {
    var effects = Effects()
    var pending = [top]
    var count = 1
    while let id = pending.popLast() {
      effects.formUnion(Effects(of: id, in: self))
      if opcode(of: id) == .loop { effects.flags.insert(.mayNotReturn) }
      count += operandCount(of: id)
      if count > limit { return nil }
      forEachOperand(of: id) { pending.append($0) }
    }
    return effects
  }
}

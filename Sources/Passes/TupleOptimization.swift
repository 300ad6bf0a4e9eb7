import Analysis
import IR
import PassManager
import Support

/// Takes assignments of several values at once apart, where the values are computed one by one anyway.
///
///     (local.set $a                      (local.set $a (call $f))
///       (call $f)               ->       (local.set $b (i32.const 1))
///       (local.set $b
///         (i32.const 1)))
///
/// The bytes are the same, but other passes now see what each local gets. That is possible if no later value depends
/// on a local that an earlier one is assigned to, and control does not leave in between. What a call gives or a block
/// stays together.
struct TupleOptimization: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    let opcodes: [Opcode] = [.keep, .tupleMake]
    guard (0..<body.nodes.count).contains(where: { opcodes.contains(body.nodes[$0].opcode) }) else { return }
    var split = AssignmentSplit(of: body)
    body.rewriteBottomUp { body, id in split.rewrite(id, in: &body) }
  }
}

private struct AssignmentSplit: ~Copyable {
  private var effects: EffectsColumn

  init(of body: borrowing Body) { effects = EffectsColumn(of: body) }

  mutating func rewrite(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body[id] {
    case .localSet(let node): return splitKeep(id, node, in: &body)
    case .tupleSet(let node): return splitTuple(id, node, in: &body)
    default: return id
    }
  }

  /// Statements behind a value run before it is assigned.
  private mutating func splitKeep(_ id: NodeID, _ node: LocalSetNode, in body: inout Body) -> NodeID {
    guard case .keep(let items) = body[node.value] else { return id }
    var later = Effects.none
    for index in 1..<items.count { later.formUnion(effects[body[items, index]]) }
    guard later.mayReorder(with: Effects(writing: node.local)) else { return id }
    var statements = [body.makeLocalSet(node.local, body[items, 0])]
    for index in 1..<items.count { statements.append(body[items, index]) }
    return put(statements, insteadOf: id, in: &body)
  }

  private mutating func splitTuple(_ id: NodeID, _ node: TupleSetNode, in body: inout Body) -> NodeID {
    var statements: [NodeID] = []
    var value = node.value
    if body.isSequence(value), case .block(let block) = body[value], !block.items.isEmpty {
      for index in 0..<block.items.count - 1 { statements.append(body[block.items, index]) }
      value = body[block.items, block.items.count - 1]
    }
    guard case .tupleMake(let values) = body[value] else { return id }
    var locals = (0..<node.localCount).map { body.local($0, of: node) }
    guard assignsInTurn(locals, values, in: body) else { return id }
    dropOverwritten(&locals)
    for (index, local) in locals.enumerated() {
      let value = body[values, index]
      statements.append(local.isNone ? body.makeDrop(value) : body.makeLocalSet(local, value))
    }
    return put(statements, insteadOf: id, in: &body)
  }

  /// Whether each value may be assigned before the next is computed.
  private func assignsInTurn(_ locals: [LocalID], _ values: NodeList, in body: borrowing Body) -> Bool {
    // Of the values behind the one at hand.
    var later = Effects.none
    for index in locals.indices.reversed() {
      if !locals[index].isNone && !later.mayReorder(with: Effects(writing: locals[index])) { return false }
      later.formUnion(effects[body[values, index]])
    }
    return true
  }

  /// Of several values for one local, the first is assigned last.
  private func dropOverwritten(_ locals: inout [LocalID]) {
    var known: Set<LocalID> = []
    for index in locals.indices where !locals[index].isNone && !known.insert(locals[index]).inserted {
      locals[index] = .none
    }
  }

  private mutating func put(_ statements: [NodeID], insteadOf id: NodeID, in body: inout Body) -> NodeID {
    let sequence = body.makeBlock(statements, type: .none)
    effects[sequence] = effects[id]
    return sequence
  }
}

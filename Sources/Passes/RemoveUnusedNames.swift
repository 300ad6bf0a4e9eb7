import IR
import PassManager
import Support

/// Removes labels that nothing branches to. A block without label has no bytes, a loop without label is its body.
///
///     (loop $again                      (call $f)
///       (block $done          ->
///         (call $f)))
///
/// Where the last item of a labelled block is another of the same type, a branch to either goes to the same place:
/// the outer label serves for both. At the end of the function that is a `return`.
struct RemoveUnusedNames: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    if body.labelCount == 1 { return }
    var names = LabelNames()
    body.rewriteInnerNodes { body, id in
      body.info(of: id).shape.mayNameLabels ? names.finish(id, in: &body) : id
    }
    if names.aliases.isEmpty { return }
    let replacements = names.replacements(labelCount: Int(body.labelCount))
    body.rewriteInnerNodes { body, id in
      if !body.info(of: id).shape.mayNameLabels { return id }
      body.mapBranchLabels(of: id) { replacements[$0.index] }
      body.mapDelegateLabel(of: id) { replacements[$0.index] }
      if case .br(let branch) = body[id], branch.label == .function { return body.makeReturn(branch.value) }
      return id
    }
  }
}

/// The labels of a body: how often each is named, and which are to be replaced by that of a block around.
private struct LabelNames: ~Copyable {
  private var uses = LabelUses()
  /// Labels that another replaces, inner blocks before those around them.
  private(set) var aliases: [(label: LabelID, replacement: LabelID)] = []

  /// Removes the label of a construct, all of whose branches have been counted, if there are none.
  mutating func finish(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .block:
      guard case .block(let block) = body[id], !block.label.isNone else { return id }
      if block.label == .function || uses[block.label] > 0 {
        takeOverLabel(of: block, id, in: &body)
      } else {
        body.setLabel(of: id, to: .none)
      }
      return id
    case .loop:
      guard case .loop(let loop) = body[id] else { return id }
      return loop.label.isNone || uses[loop.label] == 0 ? loop.body : id
    default:
      uses.count(id, in: body)
      return id
    }
  }

  /// Makes the label of a block serve for a block at its end too.
  private mutating func takeOverLabel(of outer: BlockNode, _ id: NodeID, in body: inout Body) {
    guard let last = lastBlock(in: outer.items, of: body), case .block(let inner) = body[last], !inner.label.isNone,
      body.type(of: last) == body.type(of: id)
    else { return }
    aliases.append((inner.label, outer.label))
    uses[outer.label] += uses[inner.label]
    body.setLabel(of: last, to: .none)
  }

  /// The block at the end of a list, through a few sequences.
  private func lastBlock(in items: NodeList, of body: borrowing Body) -> NodeID? {
    var items = items
    for _ in 0..<4 where !items.isEmpty {
      let last = body[items, items.count - 1]
      guard case .block(let block) = body[last] else { return nil }
      if !block.label.isNone { return last }
      items = block.items
    }
    return nil
  }

  /// By label: what replaces it, itself unless it is an alias.
  func replacements(labelCount: Int) -> [LabelID] {
    var replacements = (0..<labelCount).map { LabelID($0) }
    for alias in aliases.reversed() { replacements[alias.label.index] = replacements[alias.replacement.index] }
    return replacements
  }
}

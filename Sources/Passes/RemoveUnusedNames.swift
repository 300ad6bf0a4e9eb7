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
    var names = LabelNames(of: body)
    if names.hasAliases { names.mergeAliases(in: &body) }
    body.rewriteBottomUp { body, id in
      switch body[id] {
      case .block(let block) where !block.label.isNone && block.label != .function && names.uses[block.label] == 0:
        body.setLabel(of: id, to: .none)
        return id
      case .loop(let loop) where loop.label.isNone || names.uses[loop.label] == 0: return loop.body
      default: return id
      }
    }
  }
}

/// The labels of a body: how often each is named, and which are to be replaced by that of a block around.
private struct LabelNames: ~Copyable {
  var uses: LabelUses
  var hasAliases = false
  /// By label: what replaces it, itself unless it is an alias.
  private var replacements = Column<LabelID>()

  init(of body: borrowing Body) {
    uses = LabelUses(of: body)
    for label in 0..<Int(body.labelCount) { replacements.append(LabelID(label)) }
    body.walk(from: body.root) { id in
      findAlias(in: id, of: body)
      return true
    } exit: { _ in }
  }

  /// Notes the label of the last item of a block. Blocks come before what is inside of them, so that the outermost of
  /// a nest replaces them all.
  private mutating func findAlias(in id: NodeID, of body: borrowing Body) {
    guard case .block(let outer) = body[id], !outer.label.isNone, !outer.items.isEmpty else { return }
    let last = body[outer.items, outer.items.count - 1]
    guard case .block(let inner) = body[last], !inner.label.isNone, body.type(of: last) == body.type(of: id) else {
      return
    }
    let replacement = replacements[outer.label.index]
    // A block that nothing branches to is about to vanish: it takes over nothing.
    guard replacement == .function || uses[replacement] > 0 else { return }
    replacements[inner.label.index] = replacement
    if uses[inner.label] > 0 { hasAliases = true }
  }

  mutating func mergeAliases(in body: inout Body) {
    body.rewriteBottomUp { body, id in
      body.mapBranchLabels(of: id) { replacements[$0.index] }
      body.mapDelegateLabel(of: id) { replacements[$0.index] }
      if case .br(let branch) = body[id], branch.label == .function { return body.makeReturn(branch.value) }
      return id
    }
    for label in 0..<replacements.count where replacements[label].index != label {
      uses[replacements[label]] += uses[LabelID(label)]
      uses[LabelID(label)] = 0
    }
  }
}

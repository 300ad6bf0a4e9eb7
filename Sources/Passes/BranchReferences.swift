import IR
import Support

/// Branches on references whose outcome the types tell: the reference of `br_on_null` cannot be null, that of
/// `br_on_cast` is of the type it is cast to, or cannot be.
///
///     (br_on_null $l (ref.func $f))                 ->  (ref.func $f)
///     (br_on_cast $l anyref (ref i31) (ref.i31 a))  ->  (br $l (ref.i31 a))
struct DecidedReferenceBranches {
  private enum Outcome { case branches, falls }

  let types: TypeTable

  func rewrite(_ body: inout Body) {
    body.rewriteBottomUp { body, id in
      switch body.opcode(of: id) {
      case .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail: decide(id, in: &body) ?? id
      default: id
      }
    }
  }

  private func decide(_ id: NodeID, in body: inout Body) -> NodeID? {
    switch body[id] {
    case .brOnNull(let node):
      guard let isNull = isNull(node.reference, in: body) else { return nil }
      if node.opcode == .brOnNull { return isNull ? makeBr(node.label, node.value, in: &body) : fall(node, in: &body) }
      return isNull ? fall(node, in: &body) : makeBr(node.label, node.value, passing: node.reference, in: &body)
    case .brOnCast(let node):
      guard node.value.isNone, let matches = matches(node, in: body) else { return nil }
      let branches = matches == (node.opcode == .brOnCast)
      return branches ? makeBr(node.label, .none, passing: node.reference, in: &body) : node.reference
    default: return nil
    }
  }

  /// Whether the reference is null; nil if that is not known, or if the reference does more than that.
  private func isNull(_ reference: NodeID, in body: borrowing Body) -> Bool? {
    if case .refNull = body[reference] { return true }
    guard let type = referenceType(of: reference, in: body), !type.isNullable else { return nil }
    return false
  }

  private func referenceType(of id: NodeID, in body: borrowing Body) -> ValueType? {
    let type = body.type(of: id)
    guard type.isValue, type.valueType.isReference else { return nil }
    return type.valueType
  }

  /// Whether the cast succeeds, as far as the types tell.
  private func matches(_ node: BrOnCastNode, in body: borrowing Body) -> Bool? {
    guard let type = referenceType(of: node.reference, in: body) else { return nil }
    if types.matches(type, node.target) { return true }
    let mayBeNull = type.isNullable && node.target.isNullable
    let mayBeObject =
      types.matches(type.heapType, node.target.heapType) || types.matches(node.target.heapType, type.heapType)
    return mayBeNull || mayBeObject ? nil : false
  }

  // MARK: What is left

  private func makeBr(_ label: LabelID, _ value: NodeID, passing reference: NodeID = .none, in body: inout Body)
    -> NodeID?
  {
    if value.isNone { return body.makeBr(label, value: reference) }
    if reference.isNone { return body.makeBr(label, value: value) }
    guard body.type(of: value).isValue else { return nil }
    return body.makeBr(label, value: body.makeTupleMake([value, reference]))
  }

  /// What comes out if there is no branch: the reference that is not null after the other values; these alone where it
  /// is null.
  private func fall(_ node: BrOnNullNode, in body: inout Body) -> NodeID? {
    if node.opcode == .brOnNonNull { return node.value.isNone ? body.makeEmptySequence() : node.value }
    if node.value.isNone { return node.reference }
    guard body.type(of: node.value).isValue else { return nil }
    return body.makeTupleMake([node.value, node.reference])
  }
}

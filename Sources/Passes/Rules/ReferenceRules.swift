import Analysis
import IR

/// References: what their static types decide, and what does not need its operand's trap or cast.
enum ReferenceRules {
  static let rules: [Rule] = nullRules + castRules + branchRules + callRules + objectRules

  private static let nullRules: [Rule] = [
    Rule("ref.is_null x -> 0, by the type", at: .refIsNull) { body, site, facts in
      guard let type = referenceType(of: site.left, in: body), !type.isNullable, facts.isRemovable(site.left, in: body)
      else { return nil }
      return body.makeI32Const(0)
    },
    Rule("ref.is_null(ref.null) -> 1", at: .refIsNull) { body, site, _ in
      body.opcode(of: site.left) == .refNull ? body.makeI32Const(1) : nil
    },
    Rule("ref.as_non_null x -> x, by the type", at: .refAsNonNull) { body, site, _ in
      guard let type = referenceType(of: site.left, in: body), !type.isNullable else { return nil }
      return site.left
    },
    Rule("ref.as_non_null(ref.cast_null x) -> ref.cast x", at: .refAsNonNull) { body, site, _ in
      guard case .refCast(let cast) = body[site.left] else { return nil }
      return makeCast(cast.reference, to: cast.target.asNonNull, in: &body)
    },
    Rule("ref.eq x null -> ref.is_null x", at: .refEq) { body, site, _ in
      if body.opcode(of: site.right) == .refNull { return body.makeReferenceTest(.refIsNull, site.left) }
      return body.opcode(of: site.left) == .refNull ? body.makeReferenceTest(.refIsNull, site.right) : nil
    },
    Rule("ref.eq x x -> 1", at: .refEq) { body, site, facts in
      guard facts.areEqual(site.left, site.right, in: body) else { return nil }
      return facts.makeSequence(discarding: site.left, then: body.makeI32Const(1), in: &body)
    },
  ]

  private static let castRules: [Rule] = [
    Rule("ref.test x -> 0 or 1, by the type", at: .refTest, .refTestNull) { body, site, facts in
      guard case .refTest(let test) = body[site.id], let type = referenceType(of: test.reference, in: body)
      else { return nil }
      let value: Int32
      if facts.declarations.types.matches(type, test.target) {
        value = 1
      } else if areDisjoint(type, test.target, facts.declarations), !(type.isNullable && test.target.isNullable) {
        value = 0
      } else {
        return nil
      }
      return facts.makeSequence(discarding: test.reference, then: body.makeI32Const(value), in: &body)
    },
    Rule("ref.test x -> ref.is_null x, by the type", at: .refTest, .refTestNull) { body, site, facts in
      guard case .refTest(let test) = body[site.id], let type = referenceType(of: test.reference, in: body),
        type.isNullable
      else { return nil }
      if test.target.isNullable {
        guard areDisjoint(type, test.target, facts.declarations) else { return nil }
        return body.makeReferenceTest(.refIsNull, test.reference)
      }
      guard facts.declarations.types.matches(type.heapType, test.target.heapType) else { return nil }
      return body.makeUnary(.i32Eqz, body.makeReferenceTest(.refIsNull, test.reference))
    },
    Rule("ref.cast x -> x, by the type", at: .refCast, .refCastNull) { body, site, facts in
      guard case .refCast(let cast) = body[site.id], let type = referenceType(of: cast.reference, in: body)
      else { return nil }
      if facts.declarations.types.matches(type, cast.target) { return cast.reference }
      guard facts.declarations.types.matches(type.heapType, cast.target.heapType) else { return nil }
      return body.append(NodeRecord(.refAsNonNull, ResultType(type.asNonNull), a: cast.reference.rawValue))
    },
    Rule("ref.cast(ref.cast x) -> ref.cast x", at: .refCast, .refCastNull) { body, site, facts in
      guard case .refCast(let cast) = body[site.id], case .refCast(let inner) = body[cast.reference],
        facts.declarations.types.matches(cast.target, inner.target)
      else { return nil }
      return makeCast(inner.reference, to: cast.target, in: &body)
    },
    Rule("ref.cast(ref.as_non_null x) -> ref.cast x", at: .refCast, .refCastNull) { body, site, _ in
      guard case .refCast(let cast) = body[site.id], let x = body.operand(of: cast.reference, .refAsNonNull)
      else { return nil }
      return makeCast(x, to: cast.target.asNonNull, in: &body)
    },
    Rule(
      "any.convert_extern(extern.convert_any x) -> x", at: .anyConvertExtern, .externConvertAny
    ) { body, site, _ in
      body.operand(of: site.left, site.opcode == .anyConvertExtern ? .externConvertAny : .anyConvertExtern)
    },
  ]

  private static let branchRules: [Rule] = [
    Rule("br_on_null x -> x, by the type", at: .brOnNull) { body, site, _ in
      guard case .brOnNull(let node) = body[site.id], node.value.isNone,
        let type = referenceType(of: node.reference, in: body), !type.isNullable
      else { return nil }
      return node.reference
    },
    Rule("br_on_non_null x -> br x, by the type", at: .brOnNonNull) { body, site, _ in
      guard case .brOnNull(let node) = body[site.id], node.value.isNone,
        let type = referenceType(of: node.reference, in: body), !type.isNullable
      else { return nil }
      return body.makeBr(node.label, value: node.reference)
    },
    Rule("br_on_cast x -> x or br x, by the type", at: .brOnCast, .brOnCastFail) { body, site, facts in
      guard case .brOnCast(let node) = body[site.id], node.value.isNone,
        let type = referenceType(of: node.reference, in: body)
      else { return nil }
      let succeeds = facts.declarations.types.matches(type, node.target)
      let fails = areDisjoint(type, node.target, facts.declarations) && !(type.isNullable && node.target.isNullable)
      guard succeeds || fails else { return nil }
      return succeeds == (site.opcode == .brOnCast)
        ? body.makeBr(node.label, value: node.reference) : node.reference
    },
  ]

  private static let callRules: [Rule] = [
    Rule("call_ref(ref.func f) -> call f", at: .callRef, .returnCallRef) { body, site, _ in
      guard case .callRef(let node) = body[site.id], case .refFunc(let function) = body[node.function]
      else { return nil }
      let record = body.nodes[site.id.index]
      let opcode: Opcode = site.opcode == .callRef ? .call : .returnCall
      return body.append(NodeRecord(opcode, record.type, a: function.rawValue, b: record.b, c: record.c))
    },
    Rule(
      "struct.get(ref.as_non_null x) -> struct.get x", at: .structGet, .structGetS, .structGetU, .arrayLen, .i31GetS,
      .i31GetU
    ) { body, site, _ in
      // What takes the reference traps if it is null.
      guard let x = body.operand(of: site.left, .refAsNonNull) else { return nil }
      var record = body.nodes[site.id.index]
      record.a = x.rawValue
      return body.append(record)
    },
  ]
}

extension ReferenceRules {
  /// Nil if the node has no value: control does not come out.
  private static func referenceType(of id: NodeID, in body: borrowing Body) -> ValueType? {
    let type = body.type(of: id)
    guard type.isValue, type.valueType.isReference else { return nil }
    return type.valueType
  }

  /// Whether no reference is of both types, null aside: types have one supertype, so only related ones share values.
  private static func areDisjoint(_ left: ValueType, _ right: ValueType, _ declarations: Declarations) -> Bool {
    !declarations.types.matches(left.heapType, right.heapType)
      && !declarations.types.matches(right.heapType, left.heapType)
  }

  private static func makeCast(_ reference: NodeID, to target: ValueType, in body: inout Body) -> NodeID {
    body.append(
      NodeRecord(
        target.isNullable ? .refCastNull : .refCast, ResultType(target), a: reference.rawValue, b: target.bits))
  }
}

extension Body {
  fileprivate mutating func makeReferenceTest(_ opcode: Opcode, _ reference: NodeID) -> NodeID {
    append(NodeRecord(opcode, .i32, a: reference.rawValue))
  }
}

import Analysis
import IR

/// `select`, and `if` where it chooses between two values.
enum ChoiceRules {
  static let rules: [Rule] = constantRules + armRules + hoistRules

  private static let constantRules: [Rule] = [
    Rule("1 ? x : y -> x", at: .select, .selectTyped) { body, site, facts in
      guard let condition = body.integer(site.third) else { return nil }
      if condition == 0 { return facts.makeSequence(discarding: site.left, then: site.right, in: &body) }
      if facts.isRemovable(site.right, in: body) { return site.left }
      return body.makeKeep(site.left, then: [body.makeDropIfNeeded(site.right)])
    },
    Rule("c ? 1 : 0 -> c != 0", at: .select) { body, site, facts in
      guard body.integer(site.left) == 1, body.integer(site.right) == 0 else { return nil }
      let isBoolean = facts.bits(of: site.third, in: body).isBoolean
      let value = isBoolean ? site.third : body.make(.ne, .w32, site.third, 0)
      return body.type(of: site.id) == .i32 ? value : body.makeUnary(.i64ExtendI32U, value)
    },
    Rule("c ? 0 : 1 -> !c", at: .select) { body, site, _ in
      guard body.integer(site.left) == 0, body.integer(site.right) == 1 else { return nil }
      let value = body.makeUnary(.i32Eqz, site.third)
      return body.type(of: site.id) == .i32 ? value : body.makeUnary(.i64ExtendI32U, value)
    },
    Rule("c ? -1 : 0 -> 0 - c, c a boolean", at: .select) { body, site, facts in
      guard body.integer(site.left) == 0xffff_ffff, body.integer(site.right) == 0,
        body.type(of: site.id) == .i32, facts.bits(of: site.third, in: body).isBoolean
      else { return nil }
      return body.make(.sub, .w32, body.makeI32Const(0), site.third)
    },
    Rule("c ? x : 0 -> x & c, both booleans", at: .select) { body, site, facts in
      guard body.type(of: site.id) == .i32, body.integer(site.right) == 0,
        facts.bits(of: site.third, in: body).isBoolean, facts.bits(of: site.left, in: body).isBoolean
      else { return nil }
      return body.make(.and, .w32, site.left, site.third)
    },
    Rule("c ? 1 : x -> x | c, both booleans", at: .select) { body, site, facts in
      guard body.type(of: site.id) == .i32, body.integer(site.left) == 1,
        facts.bits(of: site.third, in: body).isBoolean, facts.bits(of: site.right, in: body).isBoolean
      else { return nil }
      return body.make(.or, .w32, site.right, site.third)
    },
    Rule("c ? x + 1 : x -> x + c, c a boolean", at: .select) { body, site, facts in
      guard body.type(of: site.id) == .i32, facts.bits(of: site.third, in: body).isBoolean,
        let (x, constant) = body.constantOperands(of: site.left, .add), constant == 1,
        facts.areEqual(x, site.right, in: body)
      else { return nil }
      return body.make(.add, .w32, x, site.third)
    },
  ]

  private static let armRules: [Rule] = [
    Rule("c ? x : x -> x", at: .select, .selectTyped) { body, site, facts in
      guard facts.areEqual(site.left, site.right, in: body) else { return nil }
      if facts.isRemovable(site.third, in: body) { return site.left }
      return body.makeKeep(site.left, then: [body.makeDropIfNeeded(site.third)])
    },
    Rule("!c ? x : y -> c ? y : x", at: .select, .selectTyped) { body, site, facts in
      guard let condition = body.operand(of: site.third, .i32Eqz),
        facts.mayReorder(site.left, site.right, in: body)
      else { return nil }
      return select(site.right, site.left, condition, like: site, in: &body)
    },
    Rule("if !c x else y -> if c y else x", at: .if) { body, site, _ in
      guard !site.third.isNone, let condition = body.operand(of: site.left, .i32Eqz) else { return nil }
      let result = body.makeIf(condition, then: site.third, else: site.right, type: body.type(of: site.id))
      body.moveBranchHint(from: site.id, to: result, negated: true)
      return result
    },
    Rule("x ? x : 0 -> x", at: .select) { body, site, facts in
      guard body.integer(site.right) == 0, facts.areEqual(site.left, site.third, in: body) else { return nil }
      return site.left
    },
    Rule("x == y ? x : y -> y", at: .select) { body, site, facts in
      guard let (x, y) = body.binaryOperands(of: site.third),
        let operation = IntegerOperation(body.opcode(of: site.third)), operation == .eq || operation == .ne,
        facts.isRemovable(site.left, in: body), facts.isRemovable(site.right, in: body),
        facts.isRemovable(site.third, in: body),
        facts.areEqual(x, site.left, in: body) && facts.areEqual(y, site.right, in: body)
          || facts.areEqual(x, site.right, in: body) && facts.areEqual(y, site.left, in: body)
      else { return nil }
      return operation == .eq ? site.right : site.left
    },
  ]

  private static let hoistRules: [Rule] = [
    Rule("c ? op x : op y -> op(c ? x : y)", at: .select) { body, site, facts in
      guard body.info(of: site.left).shape == .unary, body.opcode(of: site.left) == body.opcode(of: site.right),
        !body.info(of: site.left).attributes.contains(.mayTrap)
      else { return nil }
      let (x, y) = (body.operand(0, of: site.left), body.operand(0, of: site.right))
      guard body.type(of: x) == body.type(of: y) else { return nil }
      let choice = body.makeSelect(x, y, condition: site.third, type: body.type(of: x))
      return body.makeUnary(body.opcode(of: site.left), choice)
    },
    Rule("c ? x + z : y + z -> (c ? x : y) + z", at: .select) { body, site, facts in
      guard let (x, z) = body.binaryOperands(of: site.left), let (y, other) = body.binaryOperands(of: site.right),
        body.opcode(of: site.left) == body.opcode(of: site.right), body.type(of: x) == body.type(of: y),
        !body.info(of: site.left).attributes.contains(.mayTrap), facts.areEqual(z, other, in: body),
        facts.isRemovable(site.left, in: body), facts.isRemovable(site.right, in: body),
        facts.mayReorder(z, site.third, in: body)
      else { return nil }
      let choice = body.makeSelect(x, y, condition: site.third, type: body.type(of: x))
      return body.makeBinary(body.opcode(of: site.left), choice, z)
    },
    Rule("c ? z + x : z + y -> z + (c ? x : y)", at: .select) { body, site, facts in
      guard let (z, x) = body.binaryOperands(of: site.left), let (other, y) = body.binaryOperands(of: site.right),
        body.opcode(of: site.left) == body.opcode(of: site.right), body.type(of: x) == body.type(of: y),
        !body.info(of: site.left).attributes.contains(.mayTrap), facts.areEqual(z, other, in: body),
        facts.isRemovable(site.left, in: body), facts.isRemovable(site.right, in: body)
      else { return nil }
      let choice = body.makeSelect(x, y, condition: site.third, type: body.type(of: x))
      return body.makeBinary(body.opcode(of: site.left), z, choice)
    },
    Rule("if c (op x) else (op y) -> op(if c x else y)", at: .if) { body, site, _ in
      guard !site.third.isNone, body.type(of: site.id).isValue, body.info(of: site.right).shape == .unary,
        body.opcode(of: site.right) == body.opcode(of: site.third)
      else { return nil }
      let (x, y) = (body.operand(0, of: site.right), body.operand(0, of: site.third))
      guard body.type(of: x) == body.type(of: y), body.type(of: x).isValue else { return nil }
      let choice = body.makeIf(site.left, then: x, else: y, type: body.type(of: x))
      body.moveBranchHint(from: site.id, to: choice)
      return body.makeUnary(body.opcode(of: site.right), choice)
    },
  ]

  private static func select(
    _ ifTrue: NodeID, _ ifFalse: NodeID, _ condition: NodeID, like site: RuleSite, in body: inout Body
  ) -> NodeID {
    body.append(
      NodeRecord(
        site.opcode, body.type(of: site.id), a: ifTrue.rawValue, b: ifFalse.rawValue, c: condition.rawValue))
  }
}

import Analysis
import IR

/// What of a condition does not change whether it is zero.
enum ConditionRules {
  static let rules: [Rule] = ownRules + partRules

  private static let ownRules: [Rule] = [
    .constant("bool(x != 0) -> bool(x)", on: .ne, .gtU, in: .condition) { _, site, _ in
      site.constant == 0 && site.width == .w32 ? site.left : nil
    },
    Rule("bool(!!x) -> bool(x)", at: .i32Eqz, in: .condition) { body, site, _ in
      body.operand(of: site.left, .i32Eqz)
    },
    Rule("bool(0 - x) -> bool(x)", at: .i32Sub, in: .condition) { body, site, _ in
      body.integer(site.left) == 0 ? site.right : nil
    },
    Rule("bool(x - y) -> x != y", at: .i32Sub, .i32Xor, in: .condition) { body, site, _ in
      body.make(.ne, .w32, site.left, site.right)
    },
    .constant("bool(x + C) -> x != -C", on: .add, in: .condition) { body, site, _ in
      let opposite = (0 &- site.constant) & site.width.mask
      guard site.width.constantSize(opposite) <= site.width.constantSize(site.constant) else { return nil }
      return body.make(.ne, .w32, site.left, opposite)
    },
    .constant("bool(x << C) -> bool(x), no bit lost", on: .shl, .shrS, .shrU, .rotl, .rotr, in: .condition) {
      body, site, facts in unshifted(site.id, .w32, facts, in: body)
    },
    .constant("bool(x * C) -> bool(x), C odd", on: .mul, in: .condition) { _, site, _ in
      site.constant & 1 == 1 ? site.left : nil
    },
    Rule("bool(popcnt x) -> bool(x)", at: .i32Popcnt, in: .condition) { _, site, _ in site.left },
  ]

  /// `x` of a shift of it by a constant that loses no bit which may be set.
  static func unshifted(
    _ id: NodeID, _ width: Width, _ facts: borrowing Simplifier, in body: borrowing Body
  ) -> NodeID? {
    for rotation in [IntegerOperation.rotl, .rotr] {
      if let (x, _) = body.constantOperands(of: id, rotation) { return x }
    }
    for shift in [IntegerOperation.shl, .shrU, .shrS] {
      guard let (x, count) = body.constantOperands(of: id, shift) else { continue }
      let kept = shift == .shl ? width.mask >> width.shift(count) : width.mask << width.shift(count)
      return facts.bits(of: x, in: body).possible & ~kept == 0 ? x : nil
    }
    return nil
  }

  private static let partRules: [Rule] = [
    Rule("bool(x | y) -> bool(x) | bool(y)", at: .i32Or, in: .condition) { body, site, facts in
      let x = facts.simplifyCondition(site.left, in: &body)
      let y = facts.simplifyCondition(site.right, in: &body)
      if x == site.left && y == site.right { return nil }
      return body.make(.or, .w32, x, y)
    },
    Rule("bool(c ? x : y) -> c ? bool(x) : bool(y)", at: .select, in: .condition) { body, site, facts in
      let x = facts.simplifyCondition(site.left, in: &body)
      let y = facts.simplifyCondition(site.right, in: &body)
      if x == site.left && y == site.right { return nil }
      return body.makeSelect(x, y, condition: site.third, type: .i32)
    },
    Rule("bool(if c x else y) -> if c bool(x) else bool(y)", at: .if, in: .condition) { body, site, facts in
      guard body.type(of: site.id) == .i32 else { return nil }
      let x = facts.simplifyCondition(site.right, in: &body)
      let y = facts.simplifyCondition(site.third, in: &body)
      if x == site.right && y == site.third { return nil }
      let result = body.makeIf(site.left, then: x, else: y, type: .i32)
      body.moveBranchHint(from: site.id, to: result)
      return result
    },
    Rule("bool((...; x)) -> (...; bool(x))", at: .block, in: .condition) { body, site, facts in
      guard body.isSequence(site.id), body.type(of: site.id) == .i32, case .block(let block) = body[site.id],
        !block.items.isEmpty
      else { return nil }
      let last = block.items.count - 1
      let old = body[block.items, last]
      let new = facts.simplifyCondition(old, in: &body)
      if new == old { return nil }
      body.setOperand(last, of: site.id, to: new)
      // The list goes over to the new node: the items need not be copied.
      return body.makeBlock(block.items, label: .none, type: .i32)
    },
  ]
}

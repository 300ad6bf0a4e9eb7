import Analysis
import IR

/// `and`, `or`, `xor`.
enum BitwiseRules {
  static let rules: [Rule] = andRules + orRules + xorRules + factorRules

  private static let andRules: [Rule] = [
    .constant("x & 0 -> 0", on: .and) { body, site, facts in
      guard site.constant == 0 else { return nil }
      return facts.makeSequence(discarding: site.left, then: site.right, in: &body)
    },
    .constant("x & C -> x, bits of x within C", on: .and) { body, site, facts in
      facts.bits(of: site.left, in: body).possible & ~site.constant == 0 ? site.left : nil
    },
    .constant("x & C -> D, all its bits known", on: .and) { body, site, facts in
      let known = facts.bits(of: site.left, in: body)
      guard site.constant & ~(known.zeros | known.ones) == 0 else { return nil }
      let value = body.makeInteger(known.ones & site.constant, site.width)
      return facts.makeSequence(discarding: site.left, then: value, in: &body)
    },
    .constant("(x & C) & D -> x & (C & D)", on: .and, left: .and) { body, site, _ in
      guard let (x, mask) = body.constantOperands(of: site.left, .and) else { return nil }
      return body.make(.and, site.width, x, mask & site.constant)
    },
    Rule("x & x -> x", on: .and, .or) { body, site, facts in
      facts.areEqual(site.left, site.right, in: body) ? site.left : nil
    },
    Rule("(x & y) & y -> x & y", on: .and, .or, left: .and, .or) { body, site, facts in
      guard let (_, y) = body.operands(of: site.left, site.operation) else { return nil }
      return facts.areEqual(y, site.right, in: body) ? site.left : nil
    },
    Rule("y & (x & y) -> x & y", on: .and, .or, right: .and, .or) { body, site, facts in
      guard let (x, y) = body.operands(of: site.right, site.operation),
        facts.isRemovable(site.left, in: body), facts.isRemovable(site.right, in: body),
        facts.areEqual(site.left, y, in: body) || facts.areEqual(site.left, x, in: body)
      else { return nil }
      return site.right
    },
  ]

  private static let orRules: [Rule] = [
    .constant("x | 0 -> x", on: .or, .xor) { _, site, _ in site.constant == 0 ? site.left : nil },
    .constant("x | -1 -> -1", on: .or) { body, site, facts in
      guard site.constant == site.width.mask else { return nil }
      return facts.makeSequence(discarding: site.left, then: site.right, in: &body)
    },
    .constant("x | C -> x, bits of C set in x", on: .or) { body, site, facts in
      site.constant & ~facts.bits(of: site.left, in: body).ones == 0 ? site.left : nil
    },
    .constant("(x | C) | D -> x | (C | D)", on: .or, left: .or) { body, site, _ in
      guard let (x, bits) = body.constantOperands(of: site.left, .or) else { return nil }
      return body.make(.or, site.width, x, bits | site.constant)
    },
    .constant("(x & C) | D -> x | D, C and D all ones", on: .or, left: .and) { body, site, facts in
      guard let (x, mask) = body.constantOperands(of: site.left, .and) else { return nil }
      let lost = ~mask & ~site.constant & facts.bits(of: x, in: body).possible
      return lost == 0 ? body.make(.or, site.width, x, site.right) : nil
    },
    Rule("x | (x & y) -> x", on: .or) { body, site, facts in absorb(.and, body, site, facts) },
    Rule("x & (x | y) -> x", on: .and) { body, site, facts in absorb(.or, body, site, facts) },
  ]

  /// The operand that the other one, an `operation` on it, adds nothing to.
  private static func absorb(
    _ operation: IntegerOperation, _ body: borrowing Body, _ site: RuleSite, _ facts: borrowing Simplifier
  ) -> NodeID? {
    for (x, other) in [(site.left, site.right), (site.right, site.left)] {
      guard let (left, right) = body.operands(of: other, operation), facts.isRemovable(other, in: body),
        facts.isRemovable(x, in: body)
      else { continue }
      if facts.areEqual(x, left, in: body) || facts.areEqual(x, right, in: body) { return x }
    }
    return nil
  }

  private static let xorRules: [Rule] = [
    Rule("x ^ x -> 0", on: .xor, .sub) { body, site, facts in
      guard facts.areEqual(site.left, site.right, in: body) else { return nil }
      return facts.makeSequence(discarding: site.left, then: body.makeInteger(0, site.width), in: &body)
    },
    .constant("(x ^ C) ^ D -> x ^ (C ^ D)", on: .xor, left: .xor) { body, site, _ in
      guard let (x, bits) = body.constantOperands(of: site.left, .xor) else { return nil }
      return body.make(.xor, site.width, x, bits ^ site.constant)
    },
    .constant("(x < y) ^ 1 -> x >= y", on: .xor) { body, site, _ in
      guard site.constant == 1, site.width == .w32 else { return nil }
      let opcode = body.opcode(of: site.left)
      guard opcode == .i32Eqz || opcode == .i64Eqz || opcode.inverseComparison != nil else { return nil }
      return body.makeUnary(.i32Eqz, site.left)
    },
    .constant("x ^ 1 -> x == 0, x a boolean", on: .xor) { body, site, facts in
      guard site.constant == 1, site.width == .w32, facts.bits(of: site.left, in: body).isBoolean else { return nil }
      return body.makeUnary(.i32Eqz, site.left)
    },
    Rule("(x ^ y) ^ y -> x", on: .xor, left: .xor) { body, site, facts in
      guard let (x, y) = body.operands(of: site.left, .xor), facts.areEqual(y, site.right, in: body),
        facts.isRemovable(y, in: body)
      else { return nil }
      return x
    },
  ]

  private static let factorRules: [Rule] = [
    Rule("(x & C) | (y & C) -> (x | y) & C", on: .or, .xor, left: .and, right: .and) { body, site, _ in
      guard let (x, mask) = body.constantOperands(of: site.left, .and),
        let (y, other) = body.constantOperands(of: site.right, .and), mask == other
      else { return nil }
      return body.make(.and, site.width, body.make(site.operation, site.width, x, y), mask)
    },
    Rule("(x & C) | (x & D) -> x & (C | D)", on: .or, left: .and, right: .and) { body, site, facts in
      guard let (x, mask) = body.constantOperands(of: site.left, .and),
        let (y, other) = body.constantOperands(of: site.right, .and), facts.areEqual(x, y, in: body)
      else { return nil }
      return body.make(.and, site.width, x, mask | other)
    },
    Rule("(x ^ C) ^ (y ^ D) -> (x ^ y) ^ (C ^ D)", on: .xor, left: .xor, right: .xor) { body, site, _ in
      guard let (x, bits) = body.constantOperands(of: site.left, .xor),
        let (y, other) = body.constantOperands(of: site.right, .xor)
      else { return nil }
      return body.make(.xor, site.width, body.make(.xor, site.width, x, y), bits ^ other)
    },
    Rule("~x & ~y -> ~(x | y)", on: .and, .or, left: .xor, right: .xor) { body, site, _ in
      guard let (x, bits) = body.constantOperands(of: site.left, .xor), bits == site.width.mask,
        let (y, other) = body.constantOperands(of: site.right, .xor), other == site.width.mask
      else { return nil }
      let dual: IntegerOperation = site.opcode == IntegerOperation.and.opcode(site.width) ? .or : .and
      return body.make(.xor, site.width, body.make(dual, site.width, x, y), site.width.mask)
    },
    Rule(
      "(x << C) | (y << C) -> (x | y) << C", on: .and, .or, .xor, left: .shl, .shrU, .shrS, right: .shl, .shrU, .shrS
    ) { body, site, _ in
      for shift in [IntegerOperation.shl, .shrU, .shrS] {
        guard let (x, count) = body.constantOperands(of: site.left, shift),
          let (y, other) = body.constantOperands(of: site.right, shift),
          site.width.shift(count) == site.width.shift(other)
        else { continue }
        return body.make(shift, site.width, body.make(site.operation, site.width, x, y), count)
      }
      return nil
    },
  ]
}

import Analysis
import IR

/// `add` and `sub`.
enum SumRules {
  static let rules: [Rule] = constantRules + negationRules + cancelRules

  private static let constantRules: [Rule] = [
    .constant("x + 0 -> x", on: .add, .sub) { _, site, _ in site.constant == 0 ? site.left : nil },
    .constant("x - C -> x + -C, where that is no longer", on: .sub) { body, site, _ in
      let opposite = (0 &- site.constant) & site.width.mask
      guard site.width.constantSize(opposite) <= site.width.constantSize(site.constant) else { return nil }
      return body.make(.add, site.width, site.left, opposite)
    },
    .constant("x + C -> x - -C, where that is shorter", on: .add) { body, site, _ in
      let opposite = (0 &- site.constant) & site.width.mask
      guard site.width.constantSize(opposite) < site.width.constantSize(site.constant) else { return nil }
      return body.make(.sub, site.width, site.left, opposite)
    },
    .constant("(x + C) + D -> x + (C + D)", on: .add, .sub, left: .add, .sub) { body, site, _ in
      guard let (x, constant) = addend(of: site.left, site.width, in: body) else { return nil }
      return body.make(.add, site.width, x, constant &+ ownAddend(site))
    },
    .constant("(C - x) + D -> (C + D) - x", on: .add, .sub, left: .sub) { body, site, _ in
      guard let (left, x) = body.operands(of: site.left, .sub), let constant = body.integer(left) else { return nil }
      return body.make(.sub, site.width, body.makeInteger(constant &+ ownAddend(site), site.width), x)
    },
    Rule("(x + C) + y -> (x + y) + C", on: .add, left: .add, .sub) { body, site, _ in
      guard let (x, constant) = addend(of: site.left, site.width, in: body), body.integer(site.right) == nil
      else { return nil }
      return body.make(.add, site.width, body.make(.add, site.width, x, site.right), constant)
    },
    Rule("x + (y + C) -> (x + y) + C", on: .add, right: .add, .sub) { body, site, _ in
      guard let (y, constant) = addend(of: site.right, site.width, in: body) else { return nil }
      return body.make(.add, site.width, body.make(.add, site.width, site.left, y), constant)
    },
    Rule("(x + C) - y -> (x - y) + C", on: .sub, left: .add, .sub) { body, site, _ in
      guard let (x, constant) = addend(of: site.left, site.width, in: body), body.integer(site.right) == nil
      else { return nil }
      return body.make(.add, site.width, body.make(.sub, site.width, x, site.right), constant)
    },
    Rule("x - (y + C) -> (x - y) + -C", on: .sub, right: .add, .sub) { body, site, _ in
      guard body.integer(site.left) == nil, let (y, constant) = addend(of: site.right, site.width, in: body)
      else { return nil }
      return body.make(.add, site.width, body.make(.sub, site.width, site.left, y), 0 &- constant)
    },
    Rule("C - (x + D) -> (C - D) - x", on: .sub, right: .add, .sub) { body, site, _ in
      guard let constant = body.integer(site.left), let (x, other) = addend(of: site.right, site.width, in: body)
      else { return nil }
      return body.make(.sub, site.width, body.makeInteger(constant &- other, site.width), x)
    },
    Rule("C - (D - x) -> x + (C - D)", on: .sub, right: .sub) { body, site, _ in
      guard let constant = body.integer(site.left), let (left, x) = body.operands(of: site.right, .sub),
        let other = body.integer(left)
      else { return nil }
      return body.make(.add, site.width, x, constant &- other)
    },
  ]

  private static let negationRules: [Rule] = [
    Rule("x + (0 - y) -> x - y", on: .add, right: .sub) { body, site, _ in
      guard let y = negated(site.right, in: body) else { return nil }
      return body.make(.sub, site.width, site.left, y)
    },
    Rule("(0 - x) + y -> y - x", on: .add, left: .sub) { body, site, facts in
      guard let x = negated(site.left, in: body), facts.mayReorder(x, site.right, in: body) else { return nil }
      return body.make(.sub, site.width, site.right, x)
    },
    Rule("x - (0 - y) -> x + y", on: .sub, right: .sub) { body, site, _ in
      guard let y = negated(site.right, in: body) else { return nil }
      return body.make(.add, site.width, site.left, y)
    },
    Rule("0 - (x - y) -> y - x", on: .sub, right: .sub) { body, site, facts in
      guard body.integer(site.left) == 0, let (x, y) = body.operands(of: site.right, .sub),
        facts.mayReorder(x, y, in: body)
      else { return nil }
      return body.make(.sub, site.width, y, x)
    },
    .constant("(x ^ -1) + 1 -> 0 - x", on: .add, left: .xor) { body, site, _ in
      guard site.constant == 1, let (x, bits) = body.constantOperands(of: site.left, .xor), bits == site.width.mask
      else { return nil }
      return body.make(.sub, site.width, body.makeInteger(0, site.width), x)
    },
  ]

  private static let cancelRules: [Rule] = [
    Rule("(x - y) + y -> x", on: .add, left: .sub) { body, site, facts in
      guard let (x, y) = body.operands(of: site.left, .sub), facts.areEqual(y, site.right, in: body),
        facts.isRemovable(y, in: body)
      else { return nil }
      return x
    },
    Rule("(x + y) - y -> x", on: .sub, left: .add) { body, site, facts in
      guard let (x, y) = body.operands(of: site.left, .add), facts.areEqual(y, site.right, in: body),
        facts.isRemovable(y, in: body)
      else { return nil }
      return x
    },
    Rule("(x + y) - x -> y", on: .sub, left: .add) { body, site, facts in
      guard let (x, y) = body.operands(of: site.left, .add), facts.isRemovable(x, in: body),
        facts.isRemovable(y, in: body), facts.areEqual(x, site.right, in: body)
      else { return nil }
      return y
    },
    Rule("x + x -> x << 1", on: .add) { body, site, facts in
      // Where x is a local, that saves nothing.
      let isShort = body.opcode(of: site.right) == .localGet && body.opcode(of: site.left) == .localGet
      guard !isShort, body.integer(site.right) == nil, facts.areEqual(site.left, site.right, in: body)
      else { return nil }
      return body.make(.shl, site.width, site.left, 1)
    },
    Rule("x * y + x * z -> x * (y + z)", on: .add, .sub, left: .mul, right: .mul) { body, site, facts in
      guard let (x, y) = body.operands(of: site.left, .mul), let (other, z) = body.operands(of: site.right, .mul),
        facts.isRemovable(site.left, in: body), facts.isRemovable(site.right, in: body)
      else { return nil }
      if facts.areEqual(x, other, in: body) {
        return body.make(.mul, site.width, x, body.make(site.operation, site.width, y, z))
      }
      if facts.areEqual(y, z, in: body) {
        return body.make(.mul, site.width, body.make(site.operation, site.width, x, other), y)
      }
      return nil
    },
  ]

  /// `x` and `C` of `x + C` or `x - -C`.
  static func addend(of id: NodeID, _ width: Width, in body: borrowing Body) -> (x: NodeID, constant: UInt64)? {
    if let (x, constant) = body.constantOperands(of: id, .add) { return (x, constant) }
    if let (x, constant) = body.constantOperands(of: id, .sub) { return (x, (0 &- constant) & width.mask) }
    return nil
  }

  /// What the site, which adds or subtracts a constant, adds.
  private static func ownAddend(_ site: RuleSite) -> UInt64 {
    site.operation == .sub ? 0 &- site.constant : site.constant
  }

  /// `x` of `0 - x`.
  private static func negated(_ id: NodeID, in body: borrowing Body) -> NodeID? {
    guard let (zero, x) = body.operands(of: id, .sub), body.integer(zero) == 0 else { return nil }
    return x
  }
}

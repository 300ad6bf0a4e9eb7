import Analysis
import IR

/// `mul`, `div`, `rem`.
enum ProductRules {
  static let rules: [Rule] = productRules + divisionRules + remainderRules

  private static let productRules: [Rule] = [
    .constant("x * 0 -> 0", on: .mul) { body, site, facts in
      guard site.constant == 0 else { return nil }
      return facts.makeSequence(discarding: site.left, then: site.right, in: &body)
    },
    .constant("x * 1 -> x", on: .mul, .divS, .divU) { _, site, _ in site.constant == 1 ? site.left : nil },
    .constant("x * -1 -> 0 - x", on: .mul) { body, site, _ in
      guard site.constant == site.width.mask else { return nil }
      return body.make(.sub, site.width, body.makeInteger(0, site.width), site.left)
    },
    .constant("x * 2^C -> x << C", on: .mul) { body, site, _ in
      guard let exponent = site.constant.exponentOfTwo else { return nil }
      return body.make(.shl, site.width, site.left, exponent)
    },
    .constant("(x * C) * D -> x * (C * D)", on: .mul) { body, site, _ in
      guard let (x, factor) = scale(of: site.left, site.width, in: body) else { return nil }
      return shorterProduct(x, factor &* site.constant, than: site, in: &body)
    },
    .constant("(x * C) << D -> x * (C << D)", on: .shl) { body, site, _ in
      guard let (x, factor) = body.constantOperands(of: site.left, .mul) else { return nil }
      return shorterProduct(x, factor << site.width.shift(site.constant), than: site, in: &body)
    },
    .constant("(0 - x) * C -> x * -C", on: .mul) { body, site, _ in
      guard let (zero, x) = body.operands(of: site.left, .sub), body.integer(zero) == 0 else { return nil }
      return body.make(.mul, site.width, x, 0 &- site.constant)
    },
  ]

  /// `x * factor` instead of the site, whose left operand has a constant too, if the constants do not get longer.
  private static func shorterProduct(_ x: NodeID, _ factor: UInt64, than site: RuleSite, in body: inout Body) -> NodeID?
  {
    let factor = factor & site.width.mask
    guard let (_, inner) = body.binaryOperands(of: site.left), let constant = body.integer(inner) else { return nil }
    let old = site.width.constantSize(constant) + site.width.constantSize(site.constant) + 2
    guard site.width.constantSize(factor) <= old else { return nil }
    return body.make(.mul, site.width, x, factor)
  }

  /// `x` and `C` of `x * C` or `x << log2 C`.
  private static func scale(of id: NodeID, _ width: Width, in body: borrowing Body) -> (x: NodeID, constant: UInt64)? {
    if let (x, constant) = body.constantOperands(of: id, .mul) { return (x, constant) }
    if let (x, count) = body.constantOperands(of: id, .shl) { return (x, 1 << width.shift(count)) }
    return nil
  }

  private static let divisionRules: [Rule] = [
    .constant("x /u 2^C -> x >>u C", on: .divU) { body, site, _ in
      guard let exponent = site.constant.exponentOfTwo else { return nil }
      return body.make(.shrU, site.width, site.left, exponent)
    },
    .constant("x /u C -> x >=u C, C above half", on: .divU) { body, site, _ in
      // Only for i32, whose comparisons are numbers of its own type.
      guard site.width == .w32, site.constant > site.width.signBit else { return nil }
      return body.make(site.constant == site.width.mask ? .eq : .geU, site.width, site.left, site.right)
    },
    .constant("x /s C -> x /u C, x not negative", on: .divS) { body, site, facts in
      guard site.constant & site.width.signBit == 0, facts.bits(of: site.left, in: body).isNonNegative
      else { return nil }
      return body.make(.divU, site.width, site.left, site.right)
    },
    .constant("x /s MIN -> x == MIN", on: .divS) { body, site, _ in
      guard site.width == .w32, site.constant == site.width.signBit else { return nil }
      return body.make(.eq, site.width, site.left, site.right)
    },
    .constant("(x /u C) /u D -> x /u (C * D)", on: .divU) { body, site, _ in
      guard let (x, divisor) = body.constantOperands(of: site.left, .divU) else { return nil }
      let (product, overflow) = divisor.multipliedReportingOverflow(by: site.constant)
      guard !overflow, product <= site.width.mask, product != 0 else { return nil }
      let old = site.width.constantSize(divisor) + site.width.constantSize(site.constant) + 2
      return site.width.constantSize(product) <= old ? body.make(.divU, site.width, x, product) : nil
    },
    .constant("x /s -1 -> 0 - x, if no trap matters", on: .divS) { body, site, facts in
      guard site.constant == site.width.mask, facts.assumptions.ignoresTraps else { return nil }
      return body.make(.sub, site.width, body.makeInteger(0, site.width), site.left)
    },
  ]

  private static let remainderRules: [Rule] = [
    .constant("x %u 2^C -> x & (2^C - 1)", on: .remU) { body, site, _ in
      guard site.constant.exponentOfTwo != nil else { return nil }
      return body.make(.and, site.width, site.left, site.constant - 1)
    },
    .constant("x %s 1 -> 0", on: .remS) { body, site, facts in
      guard site.constant == 1 || site.constant == site.width.mask else { return nil }
      return facts.makeSequence(discarding: site.left, then: body.makeInteger(0, site.width), in: &body)
    },
    .constant("x %s C -> x %u C, x not negative", on: .remS) { body, site, facts in
      guard site.constant & site.width.signBit == 0, site.constant != 0,
        facts.bits(of: site.left, in: body).isNonNegative
      else { return nil }
      return body.make(.remU, site.width, site.left, site.right)
    },
    .constant("x %s -C -> x %s C", on: .remS) { body, site, _ in
      let opposite = (0 &- site.constant) & site.width.mask
      guard site.constant & site.width.signBit != 0, site.constant != site.width.signBit,
        site.width.constantSize(opposite) <= site.width.constantSize(site.constant)
      else { return nil }
      return body.make(.remS, site.width, site.left, opposite)
    },
    .constant("bool(x %s 2^C) -> bool(x & (2^C - 1))", on: .remS, in: .condition) { body, site, _ in
      lowBits(of: site, in: &body)
    },
    .constant("x %s 2^C == 0 -> x & (2^C - 1) == 0", on: .eq, .ne) { body, site, _ in
      guard site.constant == 0, let (x, divisor) = body.constantOperands(of: site.left, .remS),
        let mask = lowMask(below: divisor, site.width)
      else { return nil }
      return body.make(site.operation, site.width, body.make(.and, site.width, x, mask), site.right)
    },
    Rule("!(x %s 2^C) -> !(x & (2^C - 1))", on: .eqz) { body, site, _ in
      guard let (x, divisor) = body.constantOperands(of: site.left, .remS),
        let mask = lowMask(below: divisor, site.width)
      else { return nil }
      return body.makeEqz(site.width, body.make(.and, site.width, x, mask))
    },
  ]

  private static func lowBits(of site: RuleSite, in body: inout Body) -> NodeID? {
    guard let mask = lowMask(below: site.constant, site.width) else { return nil }
    return body.make(.and, site.width, site.left, mask)
  }

  /// The bits whose all being zero makes a number divisible by `divisor`; nil if it is not a power of two, but for its
  /// sign.
  private static func lowMask(below divisor: UInt64, _ width: Width) -> UInt64? {
    let magnitude = divisor & width.signBit == 0 ? divisor : (0 &- divisor) & width.mask
    return magnitude.exponentOfTwo == nil ? nil : magnitude - 1
  }
}

extension Body {
  /// The first two operands of a node that has two words of them.
  func binaryOperands(of id: NodeID) -> (left: NodeID, right: NodeID)? {
    guard case .binary(let node) = self[id] else { return nil }
    return (node.left, node.right)
  }
}

import Analysis
import IR

/// What of a value does not change the bits that somebody looks at: `low(x)` is a value of which only some bits matter.
enum BitDemandRules {
  static let rules: [Rule] = ownRules + partRules

  private static let ownRules: [Rule] = [
    .constant("low(x & C) -> low(x)", on: .and, in: .bits) { _, site, facts in
      facts.demanded & site.width.mask & ~site.constant == 0 ? site.left : nil
    },
    .constant("low(x | C) -> low(x)", on: .or, .xor, in: .bits) { _, site, facts in
      facts.demanded & site.constant == 0 ? site.left : nil
    },
    .constant("low(x + C) -> low(x)", on: .add, .sub, in: .bits) { _, site, facts in
      facts.demanded.upToHighestBit & site.constant == 0 ? site.left : nil
    },
    Rule("low(extend8_s x) -> low(x)", at: .i32Extend8S, .i64Extend8S, in: .bits) { _, site, facts in
      facts.demanded <= 0xff ? site.left : nil
    },
    Rule("low(extend16_s x) -> low(x)", at: .i32Extend16S, .i64Extend16S, in: .bits) { _, site, facts in
      facts.demanded <= 0xffff ? site.left : nil
    },
    Rule("low(extend32_s x) -> low(x)", at: .i64Extend32S, in: .bits) { _, site, facts in
      facts.demanded <= 0xffff_ffff ? site.left : nil
    },
    .constant("low((x << C) >> C) -> low(x)", on: .shrS, .shrU, in: .bits) { body, site, facts in
      guard let (x, count) = body.constantOperands(of: site.left, .shl) else { return nil }
      let shift = site.width.shift(count)
      guard shift == site.width.shift(site.constant),
        facts.demanded & site.width.mask & ~(site.width.mask >> shift) == 0
      else { return nil }
      return x
    },
  ]

  private static let partRules: [Rule] = [
    Rule("low(x + y) -> low(x) + low(y)", on: .add, .sub, .mul, in: .bits) { body, site, facts in
      parts(of: site, facts.demanded.upToHighestBit, &facts, in: &body)
    },
    Rule("low(x & y) -> low(x) & low(y)", on: .and, .or, .xor, in: .bits) { body, site, facts in
      var demanded = facts.demanded
      if site.operation == .and, let mask = body.integer(site.right) { demanded &= mask }
      return parts(of: site, demanded, &facts, in: &body)
    },
    .constant("low(x << C) -> low(x) << C", on: .shl, .shrU, in: .bits) { body, site, facts in
      let count = site.width.shift(site.constant)
      let demanded = facts.demanded & site.width.mask
      let own = site.operation == .shl ? demanded >> count : (demanded << count) & site.width.mask
      let x = facts.simplifyBits(site.left, of: own, in: &body)
      return x == site.left ? nil : body.make(site.operation, site.width, x, site.right)
    },
    Rule("low(wrap x) -> wrap low(x)", at: .i32WrapI64, .i64ExtendI32S, .i64ExtendI32U, in: .bits) {
      body, site, facts in
      // What is above 32 bits of an extension comes from its sign.
      if facts.demanded > 0xffff_ffff && site.opcode == .i64ExtendI32S { return nil }
      let x = facts.simplifyBits(site.left, of: facts.demanded & 0xffff_ffff, in: &body)
      return x == site.left ? nil : body.makeUnary(site.opcode, x)
    },
    Rule("low(c ? x : y) -> c ? low(x) : low(y)", at: .select, in: .bits) { body, site, facts in
      let x = facts.simplifyBits(site.left, of: facts.demanded, in: &body)
      let y = facts.simplifyBits(site.right, of: facts.demanded, in: &body)
      if x == site.left && y == site.right { return nil }
      return body.makeSelect(x, y, condition: site.third, type: body.type(of: site.id))
    },
  ]

  /// The operation on operands of which only some bits matter.
  private static func parts(
    of site: RuleSite, _ demanded: UInt64, _ facts: inout Simplifier, in body: inout Body
  ) -> NodeID? {
    let x = facts.simplifyBits(site.left, of: demanded, in: &body)
    let y = facts.simplifyBits(site.right, of: demanded, in: &body)
    return x == site.left && y == site.right ? nil : body.make(site.operation, site.width, x, y)
  }
}

extension UInt64 {
  /// All bits up to the highest that is set: those that carries into the set ones come from.
  var upToHighestBit: UInt64 { self == 0 ? 0 : .max >> UInt64(leadingZeroBitCount) }
}

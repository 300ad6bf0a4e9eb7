import Analysis
import IR

/// `shl`, `shr`, `rotl`, `rotr`.
enum ShiftRules {
  static let rules: [Rule] = countRules + chainRules + pairRules

  private static let countRules: [Rule] = [
    .constant("x << 0 -> x", on: .shl, .shrS, .shrU, .rotl, .rotr) { _, site, _ in
      site.width.shift(site.constant) == 0 ? site.left : nil
    },
    .constant("x << C -> x << (C mod width)", on: .shl, .shrS, .shrU, .rotl, .rotr) { body, site, _ in
      guard site.constant >= UInt64(site.width.bitCount) else { return nil }
      return body.make(site.operation, site.width, site.left, site.width.shift(site.constant))
    },
    Rule("0 << x -> 0", on: .shl, .shrS, .shrU, .rotl, .rotr) { body, site, facts in
      guard let value = body.integer(site.left), facts.isRemovable(site.right, in: body) else { return nil }
      if value == 0 { return site.left }
      let operation = site.operation
      let keepsOnes = operation == .shrS || operation == .rotl || operation == .rotr
      return keepsOnes && value == site.width.mask ? site.left : nil
    },
    .constant("x >>s C -> x, no bit changes", on: .shrS) { body, site, facts in
      facts.bits(of: site.left, in: body).signBits == site.width.bitCount ? site.left : nil
    },
    .constant("x >>s C -> x >>u C, x not negative", on: .shrS) { body, site, facts in
      guard facts.bits(of: site.left, in: body).isNonNegative else { return nil }
      return body.make(.shrU, site.width, site.left, site.right)
    },
    .constant("x << C -> 0, all bits lost", on: .shl, .shrU) { body, site, facts in
      let known = facts.bits(of: site.left, in: body)
      let isLost: Bool
      if site.operation == .shl {
        isLost = (known.possible << site.width.shift(site.constant)) & site.width.mask == 0
      } else {
        isLost = known.possible >> site.width.shift(site.constant) == 0
      }
      guard isLost, known.possible != 0 else { return nil }
      return facts.makeSequence(discarding: site.left, then: body.makeInteger(0, site.width), in: &body)
    },
  ]

  private static let chainRules: [Rule] = [
    .constant("(x << C) << D -> x << (C + D)", on: .shl, .shrU, .shrS) { body, site, facts in
      guard let (x, count) = body.constantOperands(of: site.left, site.operation) else { return nil }
      let sum = site.width.shift(count) + site.width.shift(site.constant)
      let limit = UInt64(site.width.bitCount)
      if sum < limit { return body.make(site.operation, site.width, x, sum) }
      if site.operation == .shrS { return body.make(.shrS, site.width, x, limit - 1) }
      return facts.makeSequence(discarding: x, then: body.makeInteger(0, site.width), in: &body)
    },
    .constant("rotl(rotl(x, C), D) -> rotl(x, C + D)", on: .rotl, .rotr) { body, site, _ in
      guard let (x, count) = body.constantOperands(of: site.left, site.operation) else { return nil }
      return body.make(site.operation, site.width, x, site.width.shift(count &+ site.constant))
    },
    .constant("rotl(rotr(x, C), D) -> rotl(x, D - C)", on: .rotl, .rotr) { body, site, _ in
      let other: IntegerOperation = site.operation == .rotl ? .rotr : .rotl
      guard let (x, count) = body.constantOperands(of: site.left, other) else { return nil }
      return body.make(site.operation, site.width, x, site.width.shift(site.constant &- count))
    },
  ]

  private static let pairRules: [Rule] = [
    .constant("(x << C) >>u C -> x & (-1 >>u C)", on: .shrU) { body, site, _ in
      guard let (x, count) = body.constantOperands(of: site.left, .shl),
        site.width.shift(count) == site.width.shift(site.constant)
      else { return nil }
      return shorterMask(x, site.width.mask >> site.width.shift(count), site, in: &body)
    },
    .constant("(x >> C) << C -> x & (-1 << C)", on: .shl) { body, site, _ in
      guard
        let (x, count) = body.constantOperands(of: site.left, .shrU)
          ?? body.constantOperands(of: site.left, .shrS),
        site.width.shift(count) == site.width.shift(site.constant)
      else { return nil }
      return shorterMask(x, site.width.mask & site.width.mask << site.width.shift(count), site, in: &body)
    },
    .constant("(x << C) >>s C -> x, sign bits of x above C", on: .shrS) { body, site, facts in
      guard let (x, count) = body.constantOperands(of: site.left, .shl) else { return nil }
      let shift = site.width.shift(count)
      guard shift == site.width.shift(site.constant), facts.bits(of: x, in: body).signBits > Int(shift)
      else { return nil }
      return x
    },
    .constant("(x << 24) >>s 24 -> extend8_s x", on: .shrS) { body, site, facts in
      guard facts.assumptions.hasSignExtension, let (x, count) = body.constantOperands(of: site.left, .shl),
        site.width.shift(count) == site.width.shift(site.constant),
        let opcode = signExtension(from: site.width.bitCount - Int(site.width.shift(count)), site.width)
      else { return nil }
      return body.makeUnary(opcode, x)
    },
    .constant("(x << C) >>u D -> x << (C - D), no bit lost", on: .shrU) { body, site, facts in
      guard let (x, count) = body.constantOperands(of: site.left, .shl) else { return nil }
      let (left, right) = (site.width.shift(count), site.width.shift(site.constant))
      guard left != right, facts.bits(of: x, in: body).possible & ~(site.width.mask >> left) == 0 else { return nil }
      return left > right
        ? body.make(.shl, site.width, x, left - right) : body.make(.shrU, site.width, x, right - left)
    },
  ]

  /// `x & mask` if it is no longer than two shifts.
  private static func shorterMask(_ x: NodeID, _ mask: UInt64, _ site: RuleSite, in body: inout Body) -> NodeID? {
    // Each shift takes an opcode and a constant of two bytes.
    site.width.constantSize(mask) + 2 <= 6 ? body.make(.and, site.width, x, mask) : nil
  }

  /// The instruction that extends the sign of the low `bits` bits.
  static func signExtension(from bits: Int, _ width: Width) -> Opcode? {
    switch (bits, width) {
    case (8, .w32): return .i32Extend8S
    case (16, .w32): return .i32Extend16S
    case (8, .w64): return .i64Extend8S
    case (16, .w64): return .i64Extend16S
    case (32, .w64): return .i64Extend32S
    default: return nil
    }
  }
}

import Analysis
import IR

/// Comparisons of integers, and of floats where one takes the place of another.
enum ComparisonRules {
  static let rules: [Rule] = zeroRules + rangeRules + movingRules + eqzRules + joiningRules

  private static let zeroRules: [Rule] = [
    .constant("x == 0 -> !x", on: .eq) { body, site, _ in
      site.constant == 0 ? body.makeEqz(site.width, site.left) : nil
    },
    .constant("x <u 1 -> !x", on: .ltU) { body, site, _ in
      site.constant == 1 ? body.makeEqz(site.width, site.left) : nil
    },
    .constant("x <=u 0 -> !x", on: .leU) { body, site, _ in
      site.constant == 0 ? body.makeEqz(site.width, site.left) : nil
    },
    .constant("x >=u 1 -> x != 0", on: .geU) { body, site, _ in
      site.constant == 1 ? body.make(.ne, site.width, site.left, 0) : nil
    },
    .constant("x >u 0 -> x != 0", on: .gtU) { body, site, _ in
      site.constant == 0 ? body.make(.ne, site.width, site.left, 0) : nil
    },
    .constant("x != 0 -> x, x a boolean", on: .ne, .gtS, .gtU) { body, site, facts in
      guard site.constant == 0, site.width == .w32, facts.bits(of: site.left, in: body).isBoolean else { return nil }
      return site.left
    },
    .constant("x == 1 -> x, x a boolean", on: .eq, .geU, .geS) { body, site, facts in
      guard site.constant == 1, site.width == .w32, facts.bits(of: site.left, in: body).isBoolean else { return nil }
      return site.left
    },
    .constant("x != 1 -> !x, x a boolean", on: .ne, .ltS, .ltU) { body, site, facts in
      guard site.constant == 1, facts.bits(of: site.left, in: body).isBoolean else { return nil }
      return body.makeEqz(site.width, site.left)
    },
    .constant("x >s 0 -> x != 0, x not negative", on: .gtS) { body, site, facts in
      guard site.constant == 0, facts.bits(of: site.left, in: body).isNonNegative else { return nil }
      return body.make(.ne, site.width, site.left, site.right)
    },
    .constant("x <s 1 -> !x, x not negative", on: .ltS, .leS) { body, site, facts in
      guard site.constant == (site.operation == .ltS ? 1 : 0), facts.bits(of: site.left, in: body).isNonNegative
      else { return nil }
      return body.makeEqz(site.width, site.left)
    },
  ]

  private static let rangeRules: [Rule] = [
    Rule("x < x -> 0", on: .eq, .ne, .ltS, .ltU, .gtS, .gtU, .leS, .leU, .geS, .geU) { body, site, facts in
      guard facts.areEqual(site.left, site.right, in: body) else { return nil }
      let holds: Bool
      switch site.operation {
      case .eq, .leS, .leU, .geS, .geU: holds = true
      default: holds = false
      }
      return facts.makeSequence(discarding: site.left, then: body.makeI32Const(holds ? 1 : 0), in: &body)
    },
    .constant("x < C -> 0 or 1, by the range of x", on: .ltS, .ltU, .gtS, .gtU, .leS, .leU, .geS, .geU, .eq, .ne) {
      body, site, facts in
      guard let holds = outcome(of: site, facts.bits(of: site.left, in: body)) else { return nil }
      return facts.makeSequence(discarding: site.left, then: body.makeI32Const(holds ? 1 : 0), in: &body)
    },
    .constant("x < C -> x <= C - 1, where that is shorter", on: .ltS, .ltU, .geS, .geU) { body, site, _ in
      let below = (site.constant &- 1) & site.width.mask
      guard site.width.constantSize(below) < site.width.constantSize(site.constant) else { return nil }
      switch site.operation {
      case .ltS where site.constant != site.width.signBit: return body.make(.leS, site.width, site.left, below)
      case .geS where site.constant != site.width.signBit: return body.make(.gtS, site.width, site.left, below)
      case .ltU where site.constant != 0: return body.make(.leU, site.width, site.left, below)
      case .geU where site.constant != 0: return body.make(.gtU, site.width, site.left, below)
      default: return nil
      }
    },
    .constant("x <= C -> x < C + 1, where that is shorter", on: .leS, .leU, .gtS, .gtU) { body, site, _ in
      let above = (site.constant &+ 1) & site.width.mask
      guard site.width.constantSize(above) < site.width.constantSize(site.constant) else { return nil }
      switch site.operation {
      case .leS where above != site.width.signBit: return body.make(.ltS, site.width, site.left, above)
      case .gtS where above != site.width.signBit: return body.make(.geS, site.width, site.left, above)
      case .leU where above != 0: return body.make(.ltU, site.width, site.left, above)
      case .gtU where above != 0: return body.make(.geU, site.width, site.left, above)
      default: return nil
      }
    },
  ]

  /// Whether the comparison of a value with the constant holds, if it does for all values or for none.
  private static func outcome(of site: RuleSite, _ known: KnownBits) -> Bool? {
    let constant = site.constant
    switch site.operation {
    case .eq, .ne:
      guard constant & known.zeros != 0 || ~constant & known.ones != 0 else { return nil }
      return site.operation == .ne
    case .ltU: return below(known.unsignedRange, constant)
    case .geU: return below(known.unsignedRange, constant).map { !$0 }
    case .leU: return above(known.unsignedRange, constant).map { !$0 }
    case .gtU: return above(known.unsignedRange, constant)
    case .ltS: return below(known.signedRange, site.width.signed(constant))
    case .geS: return below(known.signedRange, site.width.signed(constant)).map { !$0 }
    case .leS: return above(known.signedRange, site.width.signed(constant)).map { !$0 }
    case .gtS: return above(known.signedRange, site.width.signed(constant))
    default: return nil
    }
  }

  /// Whether all of the range is below the limit (true) or none (false).
  private static func below<Number: Comparable>(_ range: ClosedRange<Number>, _ limit: Number) -> Bool? {
    range.upperBound < limit ? true : range.lowerBound >= limit ? false : nil
  }

  private static func above<Number: Comparable>(_ range: ClosedRange<Number>, _ limit: Number) -> Bool? {
    range.lowerBound > limit ? true : range.upperBound <= limit ? false : nil
  }

  private static let movingRules: [Rule] = [
    .constant("x + C == D -> x == D - C", on: .eq, .ne) { body, site, _ in
      guard let (x, constant) = SumRules.addend(of: site.left, site.width, in: body) else { return nil }
      return shorterComparison(x, site.constant &- constant, site, in: &body)
    },
    .constant("x ^ C == D -> x == C ^ D", on: .eq, .ne) { body, site, _ in
      guard let (x, bits) = body.constantOperands(of: site.left, .xor) else { return nil }
      return shorterComparison(x, site.constant ^ bits, site, in: &body)
    },
    .constant("C - x == D -> x == C - D", on: .eq, .ne) { body, site, _ in
      guard let (left, x) = body.operands(of: site.left, .sub), let constant = body.integer(left) else { return nil }
      return shorterComparison(x, constant &- site.constant, site, in: &body)
    },
    .constant("x - y != 0 -> x != y", on: .ne) { body, site, _ in
      guard site.constant == 0,
        let (x, y) = body.operands(of: site.left, .sub) ?? body.operands(of: site.left, .xor)
      else { return nil }
      return body.make(.ne, site.width, x, y)
    },
    Rule("x + C == y + C -> x == y", on: .eq, .ne) { body, site, _ in
      guard let (x, constant) = SumRules.addend(of: site.left, site.width, in: body),
        let (y, other) = SumRules.addend(of: site.right, site.width, in: body), constant == other
      else { return nil }
      return body.make(site.operation, site.width, x, y)
    },
    Rule("x + y == x -> !y", on: .eq) { body, site, facts in
      for operation in [IntegerOperation.add, .xor, .sub] {
        guard let (x, y) = body.operands(of: site.left, operation), facts.isRemovable(site.left, in: body),
          facts.areEqual(x, site.right, in: body)
        else { continue }
        return body.makeEqz(site.width, y)
      }
      return nil
    },
    .constant("x & 2^C == 2^C -> x & 2^C != 0", on: .eq, .ne) { body, site, _ in
      guard site.constant.exponentOfTwo != nil, let (_, mask) = body.constantOperands(of: site.left, .and),
        mask == site.constant
      else { return nil }
      return site.operation == .eq
        ? body.make(.ne, site.width, site.left, 0) : body.makeEqz(site.width, site.left)
    },
  ]

  /// `x == constant` (or `!=`, as the site has it) if that is no longer than the site.
  private static func shorterComparison(_ x: NodeID, _ constant: UInt64, _ site: RuleSite, in body: inout Body)
    -> NodeID?
  {
    // The operation that goes takes three bytes at least.
    let constant = constant & site.width.mask
    guard site.width.constantSize(constant) <= site.width.constantSize(site.constant) + 3 else { return nil }
    return body.make(site.operation, site.width, x, constant)
  }

  private static let eqzRules: [Rule] = [
    Rule("!(x < y) -> x >= y", at: .i32Eqz) { body, site, _ in
      guard let inverse = body.opcode(of: site.left).inverseComparison,
        let (x, y) = body.binaryOperands(of: site.left)
      else { return nil }
      return body.makeBinary(inverse, x, y)
    },
    Rule("!!x -> x, x a boolean", at: .i32Eqz) { body, site, facts in
      guard let x = body.operand(of: site.left, .i32Eqz), facts.bits(of: x, in: body).isBoolean else { return nil }
      return x
    },
    Rule("!(x - y) -> x == y", on: .eqz) { body, site, _ in
      guard let (x, y) = body.operands(of: site.left, .sub) ?? body.operands(of: site.left, .xor) else { return nil }
      return body.make(.eq, site.width, x, y)
    },
    Rule("!(x + C) -> x == -C", on: .eqz) { body, site, _ in
      guard let (x, constant) = SumRules.addend(of: site.left, site.width, in: body) else { return nil }
      return body.make(.eq, site.width, x, 0 &- constant)
    },
    Rule("!x -> 0, x not zero", on: .eqz) { body, site, facts in
      // To drop x and give zero would be longer.
      guard facts.bits(of: site.left, in: body).isNonZero, facts.isRemovable(site.left, in: body) else { return nil }
      return body.makeI32Const(0)
    },
    Rule("!C -> 0 or 1", on: .eqz) { body, site, _ in
      guard let constant = body.integer(site.left) else { return nil }
      return body.makeI32Const(constant == 0 ? 1 : 0)
    },
    Rule("!(x << C) -> !x, no bit lost", on: .eqz) { body, site, facts in
      guard let x = ConditionRules.unshifted(site.left, site.width, facts, in: body) else { return nil }
      return body.makeEqz(site.width, x)
    },
  ]

  private static let joiningRules: [Rule] = [
    Rule("!x & !y -> !(x | y)", at: .i32And) { body, site, _ in
      for width in [Width.w32, .w64] {
        let eqz = IntegerOperation.eqz.opcode(width)
        guard let x = body.operand(of: site.left, eqz), let y = body.operand(of: site.right, eqz) else { continue }
        return body.makeEqz(width, body.make(.or, width, x, y))
      }
      return nil
    },
    Rule("x != 0 | y != 0 -> (x | y) != 0", at: .i32Or) { body, site, _ in
      guard let (x, zero) = body.constantOperands(of: site.left, .ne), zero == 0,
        let (y, other) = body.constantOperands(of: site.right, .ne), other == 0,
        body.opcode(of: site.left) == body.opcode(of: site.right)
      else { return nil }
      let width = body.opcode(of: site.left).width
      return body.make(.ne, width, body.make(.or, width, x, y), 0)
    },
    Rule("x <s 0 & y <s 0 -> (x & y) <s 0", at: .i32And, .i32Or, .i32Xor) { body, site, _ in
      for comparison in [IntegerOperation.ltS, .geS] {
        guard let (x, zero) = body.constantOperands(of: site.left, comparison), zero == 0,
          let (y, other) = body.constantOperands(of: site.right, comparison), other == 0,
          body.opcode(of: site.left) == body.opcode(of: site.right)
        else { continue }
        let width = body.opcode(of: site.left).width
        return body.make(
          comparison == .geS && site.opcode == .i32Xor ? .ltS : comparison, width,
          body.make(joining(site.opcode, comparison), width, x, y), 0)
      }
      return nil
    },
    Rule("x < y | x == y -> x <= y", at: .i32Or, .i32And) { body, site, facts in
      guard let (x, y) = body.binaryOperands(of: site.left), let (x2, y2) = body.binaryOperands(of: site.right),
        let first = IntegerOperation(body.opcode(of: site.left)), first.isComparison,
        let second = IntegerOperation(body.opcode(of: site.right)), second.isComparison,
        body.opcode(of: site.left).width == body.opcode(of: site.right).width,
        facts.isRemovable(site.left, in: body), facts.isRemovable(site.right, in: body)
      else { return nil }
      let width = body.opcode(of: site.left).width
      let sides: IntegerOperation
      if facts.areEqual(x, x2, in: body), facts.areEqual(y, y2, in: body) {
        sides = second
      } else if facts.areEqual(x, y2, in: body), facts.areEqual(y, x2, in: body) {
        sides = second.reversed!
      } else {
        return nil
      }
      return RelationSet.join(first, sides, isUnion: site.opcode == .i32Or, width, x, y, in: &body)
    },
  ]

  /// What joins two signs so that the comparison of the result with zero joins two comparisons.
  private static func joining(_ opcode: Opcode, _ comparison: IntegerOperation) -> IntegerOperation {
    if opcode == .i32Xor { return .xor }
    return (opcode == .i32And) == (comparison == .ltS) ? .and : .or
  }
}

/// A comparison as the set of the outcomes less, equal, greater for which it holds.
private enum RelationSet {
  private static let signed: [IntegerOperation?] = [nil, .ltS, .eq, .leS, .gtS, .ne, .geS, nil]
  private static let unsigned: [IntegerOperation?] = [nil, .ltU, .eq, .leU, .gtU, .ne, .geU, nil]

  /// One comparison that holds where either does, or where both do.
  static func join(
    _ first: IntegerOperation, _ second: IntegerOperation, isUnion: Bool, _ width: Width, _ x: NodeID, _ y: NodeID,
    in body: inout Body
  ) -> NodeID? {
    for table in [signed, unsigned] {
      guard let a = table.firstIndex(of: first), let b = table.firstIndex(of: second) else { continue }
      let set = isUnion ? a | b : a & b
      if let operation = table[set] { return body.make(operation, width, x, y) }
      return body.makeI32Const(set == 0 ? 0 : 1)
    }
    return nil
  }
}

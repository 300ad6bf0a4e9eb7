import Analysis
import IR

/// Floats, where the result is the same to the bit, or a NaN among those that the specification allows (4.3.3): an
/// operation that computes makes a signalling NaN quiet, so it may not go where its operand may be one.
enum FloatRules {
  static let rules: [Rule] = signRules + identityRules + precisionRules

  private static let signRules: [Rule] = [
    Rule("-(-x) -> x", at: .f32Neg, .f64Neg) { body, site, _ in body.operand(of: site.left, site.opcode) },
    Rule("abs(-x) -> abs x", at: .f32Abs, .f64Abs) { body, site, _ in
      let negation: Opcode = site.opcode == .f32Abs ? .f32Neg : .f64Neg
      if let x = body.operand(of: site.left, negation) { return body.makeUnary(site.opcode, x) }
      return body.opcode(of: site.left) == site.opcode ? site.left : nil
    },
    Rule("x + (-y) -> x - y", at: .f32Add, .f64Add, .f32Sub, .f64Sub) { body, site, _ in
      guard let y = negated(site.right, in: body) else { return nil }
      return body.makeBinary(opposite(site.opcode), site.left, y)
    },
    Rule("(-x) + y -> y - x", at: .f32Add, .f64Add) { body, site, facts in
      guard let x = negated(site.left, in: body), facts.mayReorder(x, site.right, in: body) else { return nil }
      return body.makeBinary(opposite(site.opcode), site.right, x)
    },
    Rule("(-x) * (-y) -> x * y", at: .f32Mul, .f64Mul, .f32Div, .f64Div) { body, site, _ in
      guard let x = negated(site.left, in: body), let y = negated(site.right, in: body) else { return nil }
      return body.makeBinary(site.opcode, x, y)
    },
    Rule("(-x) * C -> x * -C", at: .f32Mul, .f64Mul, .f32Div, .f64Div) { body, site, _ in
      guard let x = negated(site.left, in: body), let constant = number(site.right, in: body) else { return nil }
      return body.makeBinary(site.opcode, x, body.makeFloat(-constant, like: site.right))
    },
    Rule("copysign(-x, y) -> copysign(x, y)", at: .f32Copysign, .f64Copysign) { body, site, _ in
      guard [.f32Neg, .f64Neg, .f32Abs, .f64Abs].contains(body.opcode(of: site.left)) else { return nil }
      return body.makeBinary(site.opcode, body.operand(0, of: site.left), site.right)
    },
    Rule("copysign(x, C) -> abs x", at: .f32Copysign, .f64Copysign) { body, site, _ in
      guard body.isFloatConstant(site.right) else { return nil }
      let isSingle = site.opcode == .f32Copysign
      let record = body.nodes[site.right.index]
      let isNegative = (isSingle ? record.a : record.b) >> 31 != 0
      let magnitude = body.makeUnary(isSingle ? .f32Abs : .f64Abs, site.left)
      return isNegative ? body.makeUnary(isSingle ? .f32Neg : .f64Neg, magnitude) : magnitude
    },
  ]

  private static let identityRules: [Rule] = [
    Rule("x * 1 -> x, x computed", at: .f32Mul, .f64Mul, .f32Div, .f64Div) { body, site, facts in
      guard number(site.right, in: body) == 1, facts.assumptions.fastMath || isComputed(site.left, in: body)
      else { return nil }
      return site.left
    },
    Rule("x * -1 -> -x, NaNs aside", at: .f32Mul, .f64Mul, .f32Div, .f64Div) { body, site, facts in
      guard facts.assumptions.fastMath, number(site.right, in: body) == -1 else { return nil }
      return body.makeUnary(negation(site.opcode), site.left)
    },
    Rule("x - 0 -> x, x computed", at: .f32Add, .f64Add, .f32Sub, .f64Sub) { body, site, facts in
      guard let constant = number(site.right, in: body), constant == 0,
        facts.assumptions.fastMath || isComputed(site.left, in: body)
      else { return nil }
      // To add +0 would turn -0 into +0.
      let isAdd = site.opcode == .f32Add || site.opcode == .f64Add
      return (constant.sign == .minus) == isAdd || facts.assumptions.fastMath ? site.left : nil
    },
    Rule("x * 2 -> x + x", at: .f32Mul, .f64Mul) { body, site, _ in
      guard case .localGet(let local) = body[site.left], number(site.right, in: body) == 2 else { return nil }
      return body.makeBinary(site.opcode == .f32Mul ? .f32Add : .f64Add, site.left, body.makeLocalGet(local))
    },
    Rule("x / 2^C -> x * 2^-C", at: .f32Div, .f64Div) { body, site, _ in
      guard let constant = number(site.right, in: body) else { return nil }
      let isSingle = site.opcode == .f32Div
      // The power and its reciprocal have no fraction bits, so both are exact.
      guard isSingle ? Float(constant).hasExactReciprocal : constant.hasExactReciprocal else { return nil }
      return body.makeBinary(
        isSingle ? .f32Mul : .f64Mul, site.left, body.makeFloat(1 / constant, like: site.right))
    },
    Rule(
      "floor(floor x) -> floor x", at: .f32Ceil, .f32Floor, .f32Trunc, .f32Nearest, .f64Ceil, .f64Floor, .f64Trunc,
      .f64Nearest
    ) { body, site, _ in isIntegral(site.left, in: body) ? site.left : nil },
  ]

  private static let precisionRules: [Rule] = [
    Rule("demote(promote x + promote y) -> x + y", at: .f32DemoteF64) { body, site, _ in
      // A double has more than twice the bits and two: rounding twice gives what rounding once does (Figueroa, "When is
      // double rounding innocuous?", 1995).
      guard let (left, right) = body.binaryOperands(of: site.left), let opcode = single(body.opcode(of: site.left)),
        let x = demoted(left, in: &body), let y = demoted(right, in: &body)
      else { return nil }
      return body.makeBinary(opcode, x, y)
    },
    Rule("demote(sqrt(promote x)) -> sqrt x", at: .f32DemoteF64) { body, site, _ in
      guard body.info(of: site.left).shape == .unary, let opcode = single(body.opcode(of: site.left)),
        let x = body.operand(of: body.operand(0, of: site.left), .f64PromoteF32)
      else { return nil }
      return body.makeUnary(opcode, x)
    },
    Rule("demote(f64.convert_i32 x) -> f32.convert_i32 x", at: .f32DemoteF64) { body, site, _ in
      if let x = body.operand(of: site.left, .f64ConvertI32S) { return body.makeUnary(.f32ConvertI32S, x) }
      return body.operand(of: site.left, .f64ConvertI32U).map { body.makeUnary(.f32ConvertI32U, $0) }
    },
    Rule("demote(promote x) -> x, x computed", at: .f32DemoteF64) { body, site, facts in
      guard let x = body.operand(of: site.left, .f64PromoteF32),
        facts.assumptions.fastMath || isComputed(x, in: body)
      else { return nil }
      return x
    },
    Rule(
      "promote x < promote y -> x < y", at: .f64Eq, .f64Ne, .f64Lt, .f64Gt, .f64Le, .f64Ge
    ) { body, site, _ in
      guard let opcode = single(site.opcode), let x = body.operand(of: site.left, .f64PromoteF32),
        let y = demoted(site.right, in: &body)
      else { return nil }
      return body.makeBinary(opcode, x, y)
    },
    Rule(
      "trunc_f64(promote x) -> trunc_f32 x", at: .i32TruncF64S, .i32TruncF64U, .i64TruncF64S, .i64TruncF64U,
      .i32TruncSatF64S, .i32TruncSatF64U, .i64TruncSatF64S, .i64TruncSatF64U
    ) { body, site, _ in
      guard let x = body.operand(of: site.left, .f64PromoteF32), let opcode = single(site.opcode) else { return nil }
      return body.makeUnary(opcode, x)
    },
  ]
}

extension FloatRules {
  /// `x` of `-x`.
  private static func negated(_ id: NodeID, in body: borrowing Body) -> NodeID? {
    body.operand(of: id, .f32Neg) ?? body.operand(of: id, .f64Neg)
  }

  /// A constant of either type, but for NaNs.
  private static func number(_ id: NodeID, in body: borrowing Body) -> Double? {
    let value: Double
    switch body[id] {
    case .f32Const(let bits): value = Double(Float(bitPattern: bits))
    case .f64Const(let bits): value = Double(bitPattern: bits)
    default: return nil
    }
    return value.isNaN ? nil : value
  }

  private static func negation(_ opcode: Opcode) -> Opcode {
    opcode == .f32Mul || opcode == .f32Div ? .f32Neg : .f64Neg
  }

  private static func opposite(_ opcode: Opcode) -> Opcode {
    switch opcode {
    case .f32Add: return .f32Sub
    case .f32Sub: return .f32Add
    case .f64Add: return .f64Sub
    default: return .f64Add
    }
  }

  /// Whether the value is the result of a computation, so that it is no signalling NaN.
  private static func isComputed(_ id: NodeID, in body: borrowing Body) -> Bool {
    let number = body.opcode(of: id).rawValue
    return number >= Opcode.f32Ceil.rawValue && number <= Opcode.f32Max.rawValue
      || number >= Opcode.f64Ceil.rawValue && number <= Opcode.f64Max.rawValue
      || number >= Opcode.f32ConvertI32S.rawValue && number <= Opcode.f64PromoteF32.rawValue
  }

  /// Whether the value is an integer, an infinity or a quiet NaN.
  private static func isIntegral(_ id: NodeID, in body: borrowing Body) -> Bool {
    switch body.opcode(of: id) {
    case .f32Ceil, .f32Floor, .f32Trunc, .f32Nearest, .f64Ceil, .f64Floor, .f64Trunc, .f64Nearest, .f32ConvertI32S,
      .f32ConvertI32U, .f32ConvertI64S, .f32ConvertI64U, .f64ConvertI32S, .f64ConvertI32U, .f64ConvertI64S,
      .f64ConvertI64U:
      return true
    default: return false
    }
  }

  /// `x` of `promote x`, or a constant that an f32 can hold as one.
  private static func demoted(_ id: NodeID, in body: inout Body) -> NodeID? {
    if let x = body.operand(of: id, .f64PromoteF32) { return x }
    guard body.opcode(of: id) == .f64Const, let value = number(id, in: body), Double(Float(value)) == value
    else { return nil }
    return body.makeF32Const(bits: Float(value).bitPattern)
  }

  /// The f32 instruction that does what the f64 one does, so that promoting operands before or demoting the result
  /// afterwards makes no difference.
  private static func single(_ opcode: Opcode) -> Opcode? {
    switch opcode {
    case .f64Add: return .f32Add
    case .f64Sub: return .f32Sub
    case .f64Mul: return .f32Mul
    case .f64Div: return .f32Div
    case .f64Min: return .f32Min
    case .f64Max: return .f32Max
    case .f64Sqrt: return .f32Sqrt
    case .f64Ceil: return .f32Ceil
    case .f64Floor: return .f32Floor
    case .f64Trunc: return .f32Trunc
    case .f64Nearest: return .f32Nearest
    case .f64Eq: return .f32Eq
    case .f64Ne: return .f32Ne
    case .f64Lt: return .f32Lt
    case .f64Gt: return .f32Gt
    case .f64Le: return .f32Le
    case .f64Ge: return .f32Ge
    case .i32TruncF64S: return .i32TruncF32S
    case .i32TruncF64U: return .i32TruncF32U
    case .i64TruncF64S: return .i64TruncF32S
    case .i64TruncF64U: return .i64TruncF32U
    case .i32TruncSatF64S: return .i32TruncSatF32S
    case .i32TruncSatF64U: return .i32TruncSatF32U
    case .i64TruncSatF64S: return .i64TruncSatF32S
    case .i64TruncSatF64U: return .i64TruncSatF32U
    default: return nil
    }
  }
}

extension BinaryFloatingPoint {
  /// Is a power of two whose reciprocal is a normal number, too.
  fileprivate var hasExactReciprocal: Bool {
    isNormal && significandBitPattern == 0 && (1 / self).isNormal
  }
}

extension Body {
  /// A constant of the type of another one, which can hold it.
  fileprivate mutating func makeFloat(_ value: Double, like constant: NodeID) -> NodeID {
    opcode(of: constant) == .f32Const
      ? makeF32Const(bits: Float(value).bitPattern) : makeF64Const(bits: value.bitPattern)
  }
}

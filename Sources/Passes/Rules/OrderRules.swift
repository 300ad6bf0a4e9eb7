import IR

/// Operands into the order that the other rules expect.
enum OrderRules {
  static let rules: [Rule] = [
    Rule("C + x -> x + C", on: .add, .mul, .and, .or, .xor, .eq, .ne) { body, site, _ in
      guard body.integer(site.left) != nil, body.integer(site.right) == nil else { return nil }
      return body.make(site.operation, site.width, site.right, site.left)
    },
    Rule("C < x -> x > C", on: .ltS, .ltU, .gtS, .gtU, .leS, .leU, .geS, .geU) { body, site, _ in
      guard body.integer(site.left) != nil, body.integer(site.right) == nil else { return nil }
      return body.make(site.operation.reversed!, site.width, site.right, site.left)
    },
    Rule(
      "C +. x -> x +. C", at: .f32Add, .f32Mul, .f32Min, .f32Max, .f32Eq, .f32Ne, .f64Add, .f64Mul, .f64Min, .f64Max,
      .f64Eq, .f64Ne, .f32Lt, .f32Gt, .f32Le, .f32Ge, .f64Lt, .f64Gt, .f64Le, .f64Ge
    ) { body, site, _ in
      guard body.isFloatConstant(site.left), !body.isFloatConstant(site.right) else { return nil }
      return body.makeBinary(site.opcode.reversedFloatOpcode, site.right, site.left)
    },
  ]
}

extension Body {
  func isFloatConstant(_ id: NodeID) -> Bool {
    let opcode = opcode(of: id)
    return opcode == .f32Const || opcode == .f64Const
  }
}

extension Opcode {
  /// What gives the same with the operands the other way round, for a commutative operation or a comparison of floats.
  var reversedFloatOpcode: Opcode {
    switch self {
    case .f32Lt: return .f32Gt
    case .f32Gt: return .f32Lt
    case .f32Le: return .f32Ge
    case .f32Ge: return .f32Le
    case .f64Lt: return .f64Gt
    case .f64Gt: return .f64Lt
    case .f64Le: return .f64Ge
    case .f64Ge: return .f64Le
    default: return self
    }
  }
}

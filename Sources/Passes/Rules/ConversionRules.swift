import Analysis
import IR

/// From one type to another, and loads and stores that convert on the way.
enum ConversionRules {
  static let rules: [Rule] = wrapRules + extendRules + signRules + loadRules + storeRules + floatRules

  private static let wrapRules: [Rule] = [
    Rule("wrap(extend x) -> x", at: .i32WrapI64) { body, site, _ in
      body.operand(of: site.left, .i64ExtendI32U) ?? body.operand(of: site.left, .i64ExtendI32S)
    },
    Rule("wrap C -> C", at: .i32WrapI64) { body, site, _ in
      body.integer(site.left).map { body.makeInteger($0, .w32) }
    },
    Rule("wrap(extend x + y) -> x + wrap y", at: .i32WrapI64) { body, site, _ in
      for operation in [IntegerOperation.add, .sub, .mul, .and, .or, .xor] {
        guard let (left, right) = body.operands(of: site.left, operation) else { continue }
        guard let (x, y) = narrowed(left, right, in: &body) else { return nil }
        return body.make(operation, .w32, x, y)
      }
      return nil
    },
    Rule("wrap(extend x << C) -> x << C", at: .i32WrapI64) { body, site, _ in
      guard let (left, count) = body.constantOperands(of: site.left, .shl), let x = extended(left, in: body),
        Width.w64.shift(count) < 32
      else { return nil }
      return body.make(.shl, .w32, x, Width.w64.shift(count))
    },
    Rule("wrap(extend_u x >>u C) -> x >>u C", at: .i32WrapI64) { body, site, _ in
      for (shift, extend) in [(IntegerOperation.shrU, Opcode.i64ExtendI32U), (.shrS, .i64ExtendI32S)] {
        guard let (left, count) = body.constantOperands(of: site.left, shift), Width.w64.shift(count) < 32,
          let x = body.operand(of: left, extend)
        else { continue }
        return body.make(shift, .w32, x, Width.w64.shift(count))
      }
      return nil
    },
  ]

  private static func extended(_ id: NodeID, in body: borrowing Body) -> NodeID? {
    body.operand(of: id, .i64ExtendI32U) ?? body.operand(of: id, .i64ExtendI32S)
  }

  /// The low halves of two operands, if that takes no more instructions than one `wrap` of the result.
  private static func narrowed(_ left: NodeID, _ right: NodeID, in body: inout Body) -> (NodeID, NodeID)? {
    switch (extended(left, in: body), extended(right, in: body)) {
    case (let x?, let y?): return (x, y)
    case (let x?, nil): return (x, body.makeUnary(.i32WrapI64, right))
    case (nil, let y?): return (body.makeUnary(.i32WrapI64, left), y)
    default: return nil
    }
  }

  private static let extendRules: [Rule] = [
    Rule("extend_u(wrap x) -> x, high half zero", at: .i64ExtendI32U) { body, site, facts in
      guard let x = body.operand(of: site.left, .i32WrapI64), facts.bits(of: x, in: body).possible <= 0xffff_ffff
      else { return nil }
      return x
    },
    Rule("extend_s(wrap x) -> x, high half signs", at: .i64ExtendI32S) { body, site, facts in
      guard let x = body.operand(of: site.left, .i32WrapI64), facts.bits(of: x, in: body).signBits > 32
      else { return nil }
      return x
    },
    Rule("extend_s(wrap x) -> extend32_s x", at: .i64ExtendI32S) { body, site, facts in
      guard facts.assumptions.hasSignExtension, let x = body.operand(of: site.left, .i32WrapI64) else { return nil }
      return body.makeUnary(.i64Extend32S, x)
    },
    Rule("extend_s x -> extend_u x, x not negative", at: .i64ExtendI32S) { body, site, facts in
      guard facts.bits(of: site.left, in: body).isNonNegative else { return nil }
      return body.makeUnary(.i64ExtendI32U, site.left)
    },
    Rule("extend C -> C", at: .i64ExtendI32S, .i64ExtendI32U) { body, site, _ in
      guard let constant = body.integer(site.left) else { return nil }
      let value = site.opcode == .i64ExtendI32S ? UInt64(bitPattern: Width.w32.signed(constant)) : constant
      guard Width.w64.constantSize(value) <= Width.w32.constantSize(constant) + 1 else { return nil }
      return body.makeInteger(value, .w64)
    },
  ]

  private static let signRules: [Rule] = [
    Rule(
      "extend8_s x -> x, high bits all signs", at: .i32Extend8S, .i32Extend16S, .i64Extend8S, .i64Extend16S,
      .i64Extend32S
    ) { body, site, facts in
      let known = facts.bits(of: site.left, in: body)
      return known.signBits > known.width.bitCount - signedBits(of: site.opcode) ? site.left : nil
    },
  ]

  private static func signedBits(of opcode: Opcode) -> Int {
    switch opcode {
    case .i32Extend8S, .i64Extend8S: return 8
    case .i32Extend16S, .i64Extend16S: return 16
    default: return 32
    }
  }

  private static let loadRules: [Rule] = [
    Rule("wrap(i64.load8_u) -> i32.load8_u", at: .i32WrapI64) { body, site, _ in
      switch body.opcode(of: site.left) {
      case .i64Load8S: return retyped(site.left, .i32Load8S, in: &body)
      case .i64Load8U: return retyped(site.left, .i32Load8U, in: &body)
      case .i64Load16S: return retyped(site.left, .i32Load16S, in: &body)
      case .i64Load16U: return retyped(site.left, .i32Load16U, in: &body)
      case .i64Load32S, .i64Load32U: return retyped(site.left, .i32Load, in: &body)
      default: return nil
      }
    },
    Rule("extend_u(i32.load8_u) -> i64.load8_u", at: .i64ExtendI32U, .i64ExtendI32S) { body, site, _ in
      let isSigned = site.opcode == .i64ExtendI32S
      switch body.opcode(of: site.left) {
      case .i32Load8U: return retyped(site.left, .i64Load8U, in: &body)
      case .i32Load16U: return retyped(site.left, .i64Load16U, in: &body)
      case .i32Load8S where isSigned: return retyped(site.left, .i64Load8S, in: &body)
      case .i32Load16S where isSigned: return retyped(site.left, .i64Load16S, in: &body)
      case .i32Load: return retyped(site.left, isSigned ? .i64Load32S : .i64Load32U, in: &body)
      default: return nil
      }
    },
    Rule(
      "extend8_s(load8_u) -> load8_s", at: .i32Extend8S, .i32Extend16S, .i64Extend8S, .i64Extend16S, .i64Extend32S
    ) { body, site, _ in
      switch (site.opcode, body.opcode(of: site.left)) {
      case (.i32Extend8S, .i32Load8U): return retyped(site.left, .i32Load8S, in: &body)
      case (.i32Extend16S, .i32Load16U): return retyped(site.left, .i32Load16S, in: &body)
      case (.i64Extend8S, .i64Load8U): return retyped(site.left, .i64Load8S, in: &body)
      case (.i64Extend16S, .i64Load16U): return retyped(site.left, .i64Load16S, in: &body)
      case (.i64Extend32S, .i64Load32U): return retyped(site.left, .i64Load32S, in: &body)
      default: return nil
      }
    },
    .constant("load8_s & 255 -> load8_u", on: .and) { body, site, _ in
      switch (body.opcode(of: site.left), site.constant) {
      case (.i32Load8S, 0xff): return retyped(site.left, .i32Load8U, in: &body)
      case (.i32Load16S, 0xffff): return retyped(site.left, .i32Load16U, in: &body)
      case (.i64Load8S, 0xff): return retyped(site.left, .i64Load8U, in: &body)
      case (.i64Load16S, 0xffff): return retyped(site.left, .i64Load16U, in: &body)
      case (.i64Load32S, 0xffff_ffff): return retyped(site.left, .i64Load32U, in: &body)
      default: return nil
      }
    },
    Rule(
      "reinterpret(load x) -> load x", at: .i32ReinterpretF32, .i64ReinterpretF64, .f32ReinterpretI32,
      .f64ReinterpretI64
    ) { body, site, _ in
      switch (site.opcode, body.opcode(of: site.left)) {
      case (.i32ReinterpretF32, .f32Load): return retyped(site.left, .i32Load, in: &body)
      case (.i64ReinterpretF64, .f64Load): return retyped(site.left, .i64Load, in: &body)
      case (.f32ReinterpretI32, .i32Load): return retyped(site.left, .f32Load, in: &body)
      case (.f64ReinterpretI64, .i64Load): return retyped(site.left, .f64Load, in: &body)
      default: return nil
      }
    },
  ]

  /// The same load by an instruction that loads as many bytes.
  private static func retyped(_ load: NodeID, _ opcode: Opcode, in body: inout Body) -> NodeID {
    let record = body.nodes[load.index]
    return body.append(NodeRecord(opcode, opcode.info.result, a: record.a, b: record.b, c: record.c))
  }

  private static let storeRules: [Rule] = [
    Rule("i64.store8(extend x) -> i32.store8 x", at: .i64Store8, .i64Store16, .i64Store32) { body, site, _ in
      guard let x = extended(site.right, in: body) else { return nil }
      return restored(site, narrowStore(site.opcode), x, in: &body)
    },
    Rule("i32.store(wrap x) -> i64.store32 x", at: .i32Store8, .i32Store16, .i32Store) { body, site, _ in
      guard let x = body.operand(of: site.right, .i32WrapI64) else { return nil }
      let opcode: Opcode =
        site.opcode == .i32Store8 ? .i64Store8 : site.opcode == .i32Store16 ? .i64Store16 : .i64Store32
      return restored(site, opcode, x, in: &body)
    },
    Rule("store(reinterpret x) -> store x", at: .i32Store, .i64Store, .f32Store, .f64Store) { body, site, _ in
      switch (site.opcode, body.opcode(of: site.right)) {
      case (.i32Store, .i32ReinterpretF32): return restored(site, .f32Store, body.operand(0, of: site.right), in: &body)
      case (.i64Store, .i64ReinterpretF64): return restored(site, .f64Store, body.operand(0, of: site.right), in: &body)
      case (.f32Store, .f32ReinterpretI32): return restored(site, .i32Store, body.operand(0, of: site.right), in: &body)
      case (.f64Store, .f64ReinterpretI64): return restored(site, .i64Store, body.operand(0, of: site.right), in: &body)
      default: return nil
      }
    },
    Rule("i64.store32 C -> i32.store C", at: .i64Store32, .i64Store16, .i64Store8) { body, site, _ in
      guard let constant = body.integer(site.right) else { return nil }
      let value = body.makeInteger(constant & Width.w32.mask, .w32)
      return restored(site, narrowStore(site.opcode), value, in: &body)
    },
  ]

  /// The store of an i32 that stores as many bytes as that of an i64.
  private static func narrowStore(_ opcode: Opcode) -> Opcode {
    opcode == .i64Store8 ? .i32Store8 : opcode == .i64Store16 ? .i32Store16 : .i32Store
  }

  /// The same store by an instruction that stores as many bytes.
  private static func restored(_ site: RuleSite, _ opcode: Opcode, _ value: NodeID, in body: inout Body) -> NodeID {
    let record = body.nodes[site.id.index]
    return body.append(NodeRecord(opcode, .none, a: record.a, b: value.rawValue, c: record.c))
  }

  private static let floatRules: [Rule] = [
    Rule(
      "reinterpret(reinterpret x) -> x", at: .i32ReinterpretF32, .i64ReinterpretF64, .f32ReinterpretI32,
      .f64ReinterpretI64
    ) { body, site, _ in
      switch (site.opcode, body.opcode(of: site.left)) {
      case (.i32ReinterpretF32, .f32ReinterpretI32), (.i64ReinterpretF64, .f64ReinterpretI64),
        (.f32ReinterpretI32, .i32ReinterpretF32), (.f64ReinterpretI64, .i64ReinterpretF64):
        return body.operand(0, of: site.left)
      default: return nil
      }
    },
    Rule(
      "f64.convert_i64(extend x) -> f64.convert_i32 x", at: .f32ConvertI64S, .f32ConvertI64U, .f64ConvertI64S,
      .f64ConvertI64U
    ) { body, site, _ in
      let isSingle = site.opcode == .f32ConvertI64S || site.opcode == .f32ConvertI64U
      if let x = body.operand(of: site.left, .i64ExtendI32U) {
        return body.makeUnary(isSingle ? .f32ConvertI32U : .f64ConvertI32U, x)
      }
      guard site.opcode == .f32ConvertI64S || site.opcode == .f64ConvertI64S,
        let x = body.operand(of: site.left, .i64ExtendI32S)
      else { return nil }
      return body.makeUnary(isSingle ? .f32ConvertI32S : .f64ConvertI32S, x)
    },
  ]
}

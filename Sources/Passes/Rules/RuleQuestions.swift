import Analysis
import IR
import Support

// What rules ask about subtrees. Each question looks at a bounded number of nodes.

extension Simplifier {
  private static var sizeLimit: Int { 32 }

  /// The effects of a subtree; nil if it is too large to tell.
  private func effects(of id: NodeID, in body: borrowing Body) -> Effects? {
    switch body.opcode(of: id) {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const: return Effects.none
    case .localGet: return Effects(of: id, in: body)
    default: break
    }
    return body.boundedEffects(of: id, limit: Self.sizeLimit)
  }

  /// Whether nobody notices if the node is not computed.
  func isRemovable(_ id: NodeID, in body: borrowing Body) -> Bool {
    guard let effects = effects(of: id, in: body) else { return false }
    return !(assumptions.ignoresTraps ? effects.withoutTraps : effects).hasSideEffects
  }

  /// Whether two neighbours may be computed in either order.
  func mayReorder(_ first: NodeID, _ second: NodeID, in body: borrowing Body) -> Bool {
    guard let first = effects(of: first, in: body), let second = effects(of: second, in: body) else { return false }
    // A trap that never happens may still be what a branch keeps from happening.
    if assumptions.ignoresTraps && !first.transfersControl && !second.transfersControl {
      return first.withoutTraps.mayReorder(with: second.withoutTraps)
    }
    return first.mayReorder(with: second)
  }

  /// `value`, after what `unused` does besides computing its own.
  func makeSequence(discarding unused: NodeID, then value: NodeID, in body: inout Body) -> NodeID {
    if isRemovable(unused, in: body) { return value }
    return body.makeBlock([body.makeDropIfNeeded(unused), value], type: body.type(of: value))
  }

  /// Whether `second`, computed right after `first`, gives the same value; it may then be removed.
  func areEqual(_ first: NodeID, _ second: NodeID, in body: borrowing Body) -> Bool {
    if case .localTee(let tee) = body[first], case .localGet(let local) = body[second] {
      // The value itself may be of a subtype.
      return tee.local == local && body.type(of: tee.value).isConcrete
    }
    var budget = Self.sizeLimit
    return isCopy(first, second, in: body, &budget, depth: 6)
  }

  /// Whether the subtrees are the same, and made only of what gives the same value when it is computed again.
  private func isCopy(
    _ first: NodeID, _ second: NodeID, in body: borrowing Body, _ budget: inout Int, depth: Int
  ) -> Bool {
    let (a, b) = (body.nodes[first.index], body.nodes[second.index])
    guard a.opcode == b.opcode, a.type == b.type, depth > 0, budget > 0 else { return false }
    budget -= 1
    let info = body.info(of: first)
    switch info.shape {
    case .localGet, .globalGet, .i32Const, .i64Const, .f32Const, .f64Const, .refNull, .refFunc, .memorySize, .tableSize:
      return a.a == b.a && a.b == b.b
    case .load:
      if info.code >> 16 == 0xfe || body.memarg(a.c) != body.memarg(b.c) { return false }
    case .extractLane, .structGet, .arrayGet, .refTest, .refCast:
      guard hasSameImmediates(first, second, in: body) else { return false }
    case .unary, .binary, .ternary, .select, .selectTyped, .refIsNull, .refEq, .refAsNonNull, .refI31, .i31Get,
      .arrayLen, .refConvert:
      break
    default: return false
    }
    for position in 0..<body.operandCount(of: first) {
      let (left, right) = (body.operand(position, of: first), body.operand(position, of: second))
      if !isCopy(left, right, in: body, &budget, depth: depth - 1) { return false }
    }
    return true
  }

  private func hasSameImmediates(_ first: NodeID, _ second: NodeID, in body: borrowing Body) -> Bool {
    switch (body[first], body[second]) {
    case (.extractLane(let a), .extractLane(let b)): return a.lane == b.lane
    case (.structGet(let a), .structGet(let b)): return a.type == b.type && a.field == b.field
    case (.arrayGet(let a), .arrayGet(let b)): return a.type == b.type
    case (.refTest(let a), .refTest(let b)), (.refCast(let a), .refCast(let b)): return a.target == b.target
    default: return false
    }
  }
}

extension Body {
  /// The bits of a constant integer, zero-extended; nil if the node is another.
  @inline(__always)
  func integer(_ id: NodeID) -> UInt64? {
    let record = nodes[id.index]
    guard record.opcode == .i32Const || record.opcode == .i64Const else { return nil }
    return UInt64(record.a) | UInt64(record.b) << 32
  }

  /// The operands of an operation on integers of either width; nil if the node is another.
  @inline(__always)
  func operands(of id: NodeID, _ operation: IntegerOperation) -> (left: NodeID, right: NodeID)? {
    let record = nodes[id.index]
    guard record.opcode == operation.opcode(.w32) || record.opcode == operation.opcode(.w64) else { return nil }
    return (NodeID(rawValue: record.a), NodeID(rawValue: record.b))
  }

  /// The operands of an operation on integers whose second is a constant, zero-extended.
  @inline(__always)
  func constantOperands(of id: NodeID, _ operation: IntegerOperation) -> (left: NodeID, constant: UInt64)? {
    guard let (left, right) = operands(of: id, operation), let constant = integer(right) else { return nil }
    return (left, constant)
  }

  /// The operand of a node with one operand and this opcode.
  @inline(__always)
  func operand(of id: NodeID, _ opcode: Opcode) -> NodeID? {
    let record = nodes[id.index]
    return record.opcode == opcode ? NodeID(rawValue: record.a) : nil
  }

  mutating func makeInteger(_ bits: UInt64, _ width: Width) -> NodeID {
    width == .w32 ? makeI32Const(Int32(truncatingIfNeeded: bits)) : makeI64Const(Int64(bitPattern: bits))
  }

  mutating func make(_ operation: IntegerOperation, _ width: Width, _ left: NodeID, _ right: NodeID) -> NodeID {
    makeBinary(operation.opcode(width), left, right)
  }

  /// An operation whose second operand is a constant.
  mutating func make(_ operation: IntegerOperation, _ width: Width, _ left: NodeID, _ constant: UInt64) -> NodeID {
    makeBinary(operation.opcode(width), left, makeInteger(constant & width.mask, width))
  }

  mutating func makeEqz(_ width: Width, _ operand: NodeID) -> NodeID {
    makeUnary(IntegerOperation.eqz.opcode(width), operand)
  }
}

extension Width {
  /// Bytes that a constant takes, its opcode aside (signed LEB128).
  func constantSize(_ bits: UInt64) -> Int { signedLEBSize(signed(bits)) }

  /// The shift that is meant by a count: only its low bits count.
  func shift(_ count: UInt64) -> UInt64 { count & UInt64(bitCount - 1) }
}

extension UInt64 {
  /// The exponent, if it is a power of two.
  var exponentOfTwo: UInt64? { nonzeroBitCount == 1 ? UInt64(trailingZeroBitCount) : nil }
}

extension Effects {
  fileprivate var withoutTraps: Effects {
    var effects = self
    effects.flags.remove(.traps)
    return effects
  }
}

import IR
import PassManager
import Support

/// What is known of the nodes of a body that has been gone through so far.
struct ConstantFolding: ~Copyable {
  /// The value of a node that has no effect, and the bytes of its instructions.
  private struct Known: BitwiseCopyable {
    let value: Constant
    let byteCount: UInt32
  }

  private var known = Column<Known>()
  /// By node: 1 + the index in `known`; 0 if its value is not known.
  private var indices = Column<UInt32>()
  private let declarations: Declarations

  init(with declarations: Declarations) { self.declarations = declarations }

  mutating func rewrite(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.info(of: id).shape {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc: return id
    case .globalGet: return foldGlobal(id, in: &body) ?? id
    case let shape where shape.isComputation: return fold(id, in: &body) ?? foldArms(below: id, in: &body) ?? id
    case .select, .selectTyped: return fold(id, in: &body) ?? decide(id, in: &body)
    case .brIf, .brTable: return decide(id, in: &body)
    default: return id
    }
  }

  // MARK: Values

  /// Takes note of what a `local.get` yields.
  mutating func note(_ value: Constant, readBy id: NodeID, in body: inout Body) {
    note(value, of: id, byteCount: 1 + unsignedByteCount(body.local(of: id).rawValue), in: body)
  }

  /// The value of a node that has been gone through, and has no effect.
  func value(_ id: NodeID, in body: borrowing Body) -> Constant? {
    if let constant = body.constant(id) { return constant }
    guard id.index < indices.count, indices[id.index] > 0 else { return nil }
    return known[Int(indices[id.index]) - 1].value
  }

  private func byteCount(_ id: NodeID, in body: borrowing Body) -> Int {
    if let constant = body.constant(id) { return constant.byteCount }
    return Int(known[Int(indices[id.index]) - 1].byteCount)
  }

  /// Notes the value of the node; returns the constant that takes its place, if it is no longer.
  private mutating func fold(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard let value = body.evaluate(id, declarations, { self.value($0, in: body) }) else { return nil }
    var size = ownByteCount(id, in: body)
    var isPure = true
    body.forEachOperand(of: id) { operand in
      if self.value(operand, in: body) == nil { isPure = false } else { size += byteCount(operand, in: body) }
    }
    // The other arm of a `select` may do something.
    return isPure ? take(value, of: id, byteCount: size, in: &body) : nil
  }

  private mutating func foldGlobal(_ id: NodeID, in body: inout Body) -> NodeID? {
    guard case .globalGet(let global) = body[id], let bits = declarations.globals[global.index].constantBits,
      let value = Constant(body.type(of: id), bits: V128(low: bits, high: 0))
    else { return nil }
    return take(value, of: id, byteCount: 1 + unsignedByteCount(global.rawValue), in: &body)
  }

  /// A constant in the place of the node, if that is no longer; else what is known is kept for the nodes above.
  private mutating func take(_ value: Constant, of id: NodeID, byteCount: Int, in body: inout Body) -> NodeID? {
    if value.byteCount <= byteCount { return body.makeConstant(value, body.type(of: id), declarations) }
    note(value, of: id, byteCount: byteCount, in: body)
    return nil
  }

  private mutating func note(_ value: Constant, of id: NodeID, byteCount: Int, in body: borrowing Body) {
    if id.index >= indices.count { indices.resize(to: body.nodes.count, filling: 0) }
    known.append(Known(value: value, byteCount: UInt32(truncatingIfNeeded: byteCount)))
    indices[id.index] = UInt32(known.count)
  }

  private func ownByteCount(_ id: NodeID, in body: borrowing Body) -> Int {
    switch body.opcode(of: id).info.code >> 16 {
    case 0: 1
    case 0xfd: body.info(of: id).shape == .shuffle ? 18 : 3
    default: 2
    }
  }

  // MARK: Parts

  /// Takes an operation whose operands are constants, but one that is a choice between constants, into the choice.
  private mutating func foldArms(below id: NodeID, in body: inout Body) -> NodeID? {
    var choice = NodeID.none
    var constantBytes = ownByteCount(id, in: body)
    for position in 0..<body.operandCount(of: id) {
      let operand = body.operand(position, of: id)
      if value(operand, in: body) != nil {
        constantBytes += byteCount(operand, in: body)
      } else if choice.isNone && armPositions(of: operand, in: body) != nil {
        choice = operand
      } else {
        return nil
      }
    }
    guard !choice.isNone, let positions = armPositions(of: choice, in: body) else { return nil }
    var arms: [Constant] = []
    for position in positions {
      let arm = body.operand(position, of: choice)
      let result = body.evaluate(id, declarations) { $0 == choice ? value(arm, in: body) : value($0, in: body) }
      guard let result else { return nil }
      constantBytes += byteCount(arm, in: body) - result.byteCount
      arms.append(result)
    }
    if constantBytes < 0 { return nil }
    for (position, arm) in zip(positions, arms) {
      body.setOperand(position, of: choice, to: body.makeConstant(arm, body.type(of: id), declarations))
    }
    body.setType(of: choice, to: body.type(of: id))
    return choice
  }

  /// Where the arms of a `select` or `if` are, if both are constants.
  private func armPositions(of id: NodeID, in body: borrowing Body) -> Range<Int>? {
    let positions: Range<Int>
    switch body.opcode(of: id) {
    case .select, .selectTyped: positions = 0..<2
    case .if: positions = 1..<3
    default: return nil
    }
    for position in positions {
      let arm = body.operand(position, of: id)
      if arm.isNone || value(arm, in: body) == nil { return nil }
    }
    return positions
  }

  /// What a `select`, `br_if` or `br_table` does whose condition or index is known.
  private func decide(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body[id] {
    case .select(let node):
      guard let condition = body.constant(node.condition) else { return id }
      let (arm, other) = condition.isTrue ? (node.ifTrue, node.ifFalse) : (node.ifFalse, node.ifTrue)
      return body.hasSideEffects(other) ? id : arm
    case .brIf(let node):
      guard let condition = body.constant(node.condition) else { return id }
      if condition.isTrue { return body.makeBr(node.label, value: node.value) }
      return node.value.isNone ? body.makeEmptySequence() : node.value
    case .brTable(let node):
      guard case .i32(let index) = body.constant(node.index) else { return id }
      return body.makeBr(body.label(min(Int(index), node.labelCount - 1), of: node), value: node.value)
    default: return id
    }
  }
}

extension Shape {
  /// Computes its value of its operands alone, as far as `Body.evaluate` knows.
  var isComputation: Bool {
    switch self {
    case .unary, .binary, .ternary, .extractLane, .replaceLane, .shuffle, .refIsNull, .refEq, .refAsNonNull, .refI31,
      .i31Get, .structNew, .structNewDefault, .structGet, .arrayNewFixed, .arrayLen, .arrayGet:
      return true
    default: return false
    }
  }
}

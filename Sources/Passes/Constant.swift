import IR
import Interpreter

/// A value that is known.
enum Constant: Equatable, BitwiseCopyable {
  case i32(UInt32), i64(UInt64)
  /// Bits.
  case f32(UInt32), f64(UInt64)
  case v128(V128)

  /// The operand of a scalar or vector instruction as the interpreter takes it.
  var bits: V128 {
    switch self {
    case .i32(let bits), .f32(let bits): V128(low: UInt64(bits), high: 0)
    case .i64(let bits), .f64(let bits): V128(low: bits, high: 0)
    case .v128(let vector): vector
    }
  }

  /// - Parameter type: that of a number or vector.
  init?(_ type: ResultType, bits: V128) {
    switch type {
    case .i32: self = .i32(UInt32(truncatingIfNeeded: bits.low))
    case .i64: self = .i64(bits.low)
    case .f32: self = .f32(UInt32(truncatingIfNeeded: bits.low))
    case .f64: self = .f64(bits.low)
    case .v128: self = .v128(bits)
    default: return nil
    }
  }

  /// Of the instruction that gives the value.
  var byteCount: Int {
    switch self {
    case .i32(let bits): 1 + signedByteCount(Int64(Int32(bitPattern: bits)))
    case .i64(let bits): 1 + signedByteCount(Int64(bitPattern: bits))
    case .f32: 5
    case .f64: 9
    case .v128: 18
    }
  }

  /// Whether a condition of this value holds.
  var isTrue: Bool { self != .i32(0) }
}

private func signedByteCount(_ value: Int64) -> Int {
  let significant = 65 - (value < 0 ? ~value : value).leadingZeroBitCount
  return (significant + 6) / 7
}

extension Body {
  /// The value of a constant instruction.
  func constant(_ id: NodeID) -> Constant? {
    switch self[id] {
    case .i32Const(let value): .i32(UInt32(bitPattern: value))
    case .i64Const(let value): .i64(UInt64(bitPattern: value))
    case .f32Const(let bits): .f32(bits)
    case .f64Const(let bits): .f64(bits)
    case .v128Const(let vector): .v128(vector)
    default: nil
    }
  }

  mutating func makeConstant(_ value: Constant) -> NodeID {
    switch value {
    case .i32(let bits): makeI32Const(Int32(bitPattern: bits))
    case .i64(let bits): makeI64Const(Int64(bitPattern: bits))
    case .f32(let bits): makeF32Const(bits: bits)
    case .f64(let bits): makeF64Const(bits: bits)
    case .v128(let vector): makeV128Const(vector)
    }
  }

  /// What a node yields that computes a number or vector of its operands alone; nil if one of them is not known, if it
  /// traps, or if the result is the engine's to choose.
  func evaluate(_ id: NodeID, _ value: (NodeID) -> Constant?) -> Constant? {
    switch self[id] {
    case .unary(let node): return evaluate(id, value(node.operand), .i32(0), .i32(0))
    case .binary(let node): return evaluate(id, value(node.left), value(node.right), .i32(0))
    case .ternary(let node): return evaluate(id, value(node.first), value(node.second), value(node.third))
    case .extractLane(let node):
      guard case .v128(let vector) = value(node.vector) else { return nil }
      let lane = Vector.extractLane(node.opcode, vector, lane: node.lane)
      return Constant(type(of: id), bits: V128(low: lane, high: 0))
    case .replaceLane(let node):
      guard case .v128(let vector) = value(node.vector), let lane = value(node.value) else { return nil }
      return .v128(Vector.replaceLane(node.opcode, vector, lane: node.lane, lane.bits.low))
    case .shuffle(let node):
      guard case .v128(let left) = value(node.left), case .v128(let right) = value(node.right) else { return nil }
      return .v128(Vector.shuffle(left, right, lanes: node.lanes))
    case .select(let node):
      guard let condition = value(node.condition) else { return nil }
      return value(condition.isTrue ? node.ifTrue : node.ifFalse)
    case .structGet(let node):
      // Of a structure that is made for this alone. Packed fields need more than the value.
      guard node.opcode == .structGet else { return nil }
      switch self[node.reference] {
      case .structNewDefault: return Constant(type(of: id), bits: V128(low: 0, high: 0))
      case .structNew(let new):
        let fields = (0..<new.fields.count).map { value(self[new.fields, $0]) }
        return fields.contains(nil) ? nil : fields[Int(node.field)]
      default: return nil
      }
    case .i31Get(let node):
      guard case .refI31(let operand) = self[node.operand], case .i32(let bits) = value(operand) else { return nil }
      let low = Int32(bitPattern: bits << 1)
      return .i32(node.opcode == .i31GetS ? UInt32(bitPattern: low >> 1) : UInt32(bitPattern: low) >> 1)
    default: return nil
    }
  }

  private func evaluate(_ id: NodeID, _ first: Constant?, _ second: Constant?, _ third: Constant?) -> Constant? {
    guard let first, let second, let third else { return nil }
    let opcode = opcode(of: id)
    let code = opcode.info.code
    if code >> 16 == 0xfd {
      // A relaxed instruction does what the engine's others of the kind do.
      if code & 0xffff >= 0x100 { return nil }
      return Constant(type(of: id), bits: Vector.evaluate(opcode, first.bits, second.bits, third.bits))
    }
    guard let result = try? Numeric.evaluate(opcode, first.bits.low, second.bits.low) else { return nil }
    return Constant(type(of: id), bits: V128(low: result, high: 0))
  }
}

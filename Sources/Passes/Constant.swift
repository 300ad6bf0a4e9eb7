import IR
import Interpreter
import Support

/// A value that is known.
enum Constant: Equatable, BitwiseCopyable {
  case i32(UInt32), i64(UInt64)
  /// Bits.
  case f32(UInt32), f64(UInt64)
  case v128(V128)
  /// A null reference, whatever its type.
  case null
  case function(FunctionID)
  /// What `ref.i31` makes of these bits.
  case i31(UInt32)
  /// What the node makes of known values whenever it runs: a `struct.new` or the like. Each time it is another object.
  case object(NodeID)

  /// The operand of a scalar or vector instruction as the interpreter takes it; a reference has none.
  var bits: V128 {
    switch self {
    case .i32(let bits), .f32(let bits): V128(low: UInt64(bits), high: 0)
    case .i64(let bits), .f64(let bits): V128(low: bits, high: 0)
    case .v128(let vector): vector
    case .null, .function, .i31, .object: V128(low: 0, high: 0)
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

  /// The zero or null of a type; nil if it has none.
  init?(defaultOf type: ResultType) {
    if type.isValue && type.valueType.isReference {
      guard type.valueType.isNullable else { return nil }
      self = .null
    } else {
      self.init(type, bits: V128(low: 0, high: 0))
    }
  }

  /// Of the instruction that gives the value.
  var byteCount: Int {
    switch self {
    case .i32(let bits): 1 + signedLEBSize(Int64(Int32(bitPattern: bits)))
    case .i64(let bits): 1 + signedLEBSize(Int64(bitPattern: bits))
    case .f32: 5
    case .f64: 9
    case .v128: 18
    case .null: 2
    case .function(let function): 1 + unsignedLEBSize(UInt64(function.rawValue))
    // No one instruction gives it.
    case .i31, .object: Constant.unwritten
    }
  }

  /// More bytes than any constant has.
  static var unwritten: Int { 1 << 16 }

  /// Whether a condition of this value holds.
  var isTrue: Bool { self != .i32(0) }
}

extension Body {
  /// The value of a constant instruction.
  func constant(_ id: NodeID) -> Constant? {
    let record = nodes[id.index]
    switch record.opcode {
    case .i32Const: return .i32(record.a)
    case .i64Const: return .i64(UInt64(record.a) | UInt64(record.b) << 32)
    case .f32Const: return .f32(record.a)
    case .f64Const: return .f64(UInt64(record.a) | UInt64(record.b) << 32)
    case .v128Const:
      guard case .v128Const(let vector) = self[id] else { return nil }
      return .v128(vector)
    case .refNull: return .null
    case .refFunc: return .function(FunctionID(rawValue: record.a))
    default: return nil
    }
  }

  /// - Parameter type: of the node whose place it takes.
  mutating func makeConstant(_ value: Constant, _ type: ResultType, _ declarations: Declarations) -> NodeID {
    switch value {
    case .i32(let bits): return makeI32Const(Int32(bitPattern: bits))
    case .i64(let bits): return makeI64Const(Int64(bitPattern: bits))
    case .f32(let bits): return makeF32Const(bits: bits)
    case .f64(let bits): return makeF64Const(bits: bits)
    case .v128(let vector): return makeV128Const(vector)
    case .null: return makeRefNull(TypeTable.bottom(of: declarations.types.top(of: type.valueType.heapType)))
    case .function(let function): return append(NodeRecord(.refFunc, type, a: function.rawValue))
    case .i31, .object: preconditionFailure("no constant")
    }
  }
}

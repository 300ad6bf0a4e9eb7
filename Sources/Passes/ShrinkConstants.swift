import IR
import PassManager
import Support

/// Writes constants that are long as what is computed of short ones. For size alone: the last of all, as other passes
/// compute it.
///
///     (f64.const 2)                    (f64.convert_i32_s (i32.const 2))
///     (f64.const 0.5)             ->   (f64.promote_f32 (f32.const 0.5))
///     (i64.const 0xffffffff)           (i64.extend_i32_u (i32.const -1))
///     (i64.const 1 << 52)              (i64.shl (i64.const 1) (i64.const 52))
///
/// Linear.
struct ShrinkConstants: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.rewriteBottomUp { body, id in
      switch body.opcode(of: id) {
      case .f64Const, .f32Const, .i64Const, .v128Const: body.shrinkConstant(id)
      default: break
      }
      return id
    }
  }
}

/// The shortest way to write a constant that is known so far.
private enum ShortForm {
  /// Of an i32, an i64 or an f32, which is given as bits.
  case unary(Opcode, NodeRecord)
  /// Of two i64.
  case shift(Opcode, Int64, Int64)
}

extension Body {
  fileprivate mutating func shrinkConstant(_ id: NodeID) {
    let form: ShortForm?
    switch self[id] {
    case .f64Const(let bits): form = Self.shortForm(of: Double(bitPattern: bits))
    case .f32Const(let bits): form = Self.shortForm(of: Float(bitPattern: bits))
    case .i64Const(let value): form = Self.shortForm(of: value)
    case .v128Const(let value): form = Self.shortForm(of: value)
    default: form = nil
    }
    switch form {
    case .unary(let opcode, let operand):
      let operand = append(operand)
      shrinkConstant(operand)
      replace(id, with: NodeRecord(opcode, type(of: id), a: operand.rawValue))
    case .shift(let opcode, let value, let count):
      let (left, right) = (makeI64Const(value), makeI64Const(count))
      replace(id, with: NodeRecord(opcode, .i64, a: left.rawValue, b: right.rawValue))
    case nil: break
    }
  }

  private static func shortForm(of value: Double) -> ShortForm? {
    // NaNs may lose bits on the way, and zero its sign.
    if value.isNaN || value == 0 && value.sign == .minus { return nil }
    if let integer = Int32(exactly: value), 2 + signedLEBSize(Int64(integer)) < 6 {
      return .unary(.f64ConvertI32S, i32(integer))
    }
    let single = Float(value)
    if Double(single) == value { return .unary(.f64PromoteF32, NodeRecord(.f32Const, .f32, a: single.bitPattern)) }
    if let integer = Int64(exactly: value), 2 + signedLEBSize(integer) < 9 {
      return .unary(.f64ConvertI64S, i64(integer))
    }
    return nil
  }

  private static func shortForm(of value: Float) -> ShortForm? {
    if value.isNaN || value == 0 && value.sign == .minus { return nil }
    guard let integer = Int32(exactly: value), 2 + signedLEBSize(Int64(integer)) < 5 else { return nil }
    return .unary(.f32ConvertI32S, i32(integer))
  }

  private static func shortForm(of value: Int64) -> ShortForm? {
    var size = 1 + signedLEBSize(value)
    if size <= 4 { return nil }
    var form: ShortForm?
    if let unsigned = UInt32(exactly: value) {
      let operand = Int32(bitPattern: unsigned)
      if 2 + signedLEBSize(Int64(operand)) < size {
        size = 2 + signedLEBSize(Int64(operand))
        form = .unary(.i64ExtendI32U, i32(operand))
      }
    }
    let zeros = value.trailingZeroBitCount
    if 4 + signedLEBSize(value >> Int64(zeros)) < size {
      size = 4 + signedLEBSize(value >> Int64(zeros))
      form = .shift(.i64Shl, value >> Int64(zeros), Int64(zeros))
    }
    // Ones behind zeros.
    let leading = value.leadingZeroBitCount
    let shifted = value << Int64(leading) | ((1 << Int64(leading)) - 1)
    if leading > 0, Int64(bitPattern: UInt64(bitPattern: shifted) >> UInt64(leading)) == value,
      4 + signedLEBSize(shifted) < size
    {
      form = .shift(.i64ShrU, shifted, Int64(leading))
    }
    return form
  }

  /// Vectors whose lanes are equal.
  private static func shortForm(of value: V128) -> ShortForm? {
    guard value.low == value.high else { return nil }
    let (byte, half) = (Int8(truncatingIfNeeded: value.low), Int16(truncatingIfNeeded: value.low))
    let word = Int32(truncatingIfNeeded: value.low)
    if value.low == UInt64(UInt8(bitPattern: byte)) &* 0x0101_0101_0101_0101 {
      return .unary(.i8x16Splat, i32(Int32(byte)))
    }
    if value.low == UInt64(UInt16(bitPattern: half)) &* 0x0001_0001_0001_0001 {
      return .unary(.i16x8Splat, i32(Int32(half)))
    }
    if value.low == UInt64(UInt32(bitPattern: word)) &* 0x0000_0001_0000_0001 { return .unary(.i32x4Splat, i32(word)) }
    return .unary(.i64x2Splat, i64(Int64(bitPattern: value.low)))
  }

  private static func i32(_ value: Int32) -> NodeRecord { NodeRecord(.i32Const, .i32, a: UInt32(bitPattern: value)) }

  private static func i64(_ value: Int64) -> NodeRecord {
    let bits = UInt64(bitPattern: value)
    return NodeRecord(
      .i64Const, .i64, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32))
  }
}

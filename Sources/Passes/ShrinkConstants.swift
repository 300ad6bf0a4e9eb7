import IR
import PassManager
import Support

/// Writes constants that are long as what is computed of short ones, and tests of signs without constants. For size
/// alone: the last of all, as other passes compute it.
///
///     (f64.const 2)                    (f64.convert_i32_s (i32.const 2))
///     (f64.const 0.5)             ->   (f64.promote_f32 (f32.const 0.5))
///     (i64.const 0xffffffff)           (i64.extend_i32_u (i32.const -1))
///     (i64.const 1 << 52)              (i64.shl (i64.const 1) (i64.const 52))
///     (i32.lt_s x (i32.const 0))       (i32.eqz (i32.clz x))
///     (br_if $l (i32.ge_s x 0))        (br_if $l (i32.clz x))
///
/// Linear.
struct ShrinkConstants: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.rewriteBottomUp { body, id in
      switch body.opcode(of: id) {
      case .f64Const, .f32Const, .i64Const, .i32Const, .v128Const: body.shrinkConstant(id)
      case .i32LtS, .i64LtS, .i32LeS, .i64LeS: body.shrinkNegativeTest(id)
      case .if, .brIf, .select: body.shrinkCondition(of: id)
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
  /// Of two integers.
  case shift(Opcode, Int64, Int)
}

extension Body {
  fileprivate mutating func shrinkConstant(_ id: NodeID) {
    let form: ShortForm?
    switch self[id] {
    case .f64Const(let bits): form = Self.shortForm(of: Double(bitPattern: bits))
    case .f32Const(let bits): form = Self.shortForm(of: Float(bitPattern: bits))
    case .i64Const(let value): form = Self.shortForm(of: value)
    case .i32Const(let value): form = Self.shortForm(of: value)
    case .v128Const(let value): form = Self.shortForm(of: value)
    default: form = nil
    }
    switch form {
    case .unary(let opcode, let operand):
      let operand = append(operand)
      shrinkConstant(operand)
      replace(id, with: NodeRecord(opcode, type(of: id), a: operand.rawValue))
    case .shift(let opcode, let value, let count):
      let isWide = type(of: id) == .i64
      let left = isWide ? makeI64Const(value) : makeI32Const(Int32(truncatingIfNeeded: value))
      let right = isWide ? makeI64Const(Int64(count)) : makeI32Const(Int32(count))
      replace(id, with: NodeRecord(opcode, type(of: id), a: left.rawValue, b: right.rawValue))
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
      form = .shift(.i64Shl, value >> Int64(zeros), zeros)
    }
    // Ones behind zeros.
    let leading = value.leadingZeroBitCount
    let shifted = value << Int64(leading) | ((1 << Int64(leading)) - 1)
    if leading > 0, Int64(bitPattern: UInt64(bitPattern: shifted) >> UInt64(leading)) == value,
      4 + signedLEBSize(shifted) < size
    {
      form = .shift(.i64ShrU, shifted, leading)
    }
    return form
  }

  private static func shortForm(of value: Int32) -> ShortForm? {
    if 1 + signedLEBSize(Int64(value)) < 6 { return nil }
    let zeros = value.trailingZeroBitCount
    if 4 + signedLEBSize(Int64(value >> Int32(zeros))) < 6 { return .shift(.i32Shl, Int64(value >> Int32(zeros)), zeros) }
    // Ones behind zeros.
    let leading = value.leadingZeroBitCount
    let shifted = value << Int32(leading) | ((1 << Int32(leading)) - 1)
    if leading > 0, 4 + signedLEBSize(Int64(shifted)) < 6 { return .shift(.i32ShrU, Int64(shifted), leading) }
    return nil
  }

  /// Of the shortest way that the pass knows to write the constant.
  static func shortestByteCount(of constant: Constant) -> Int {
    let form: ShortForm?
    switch constant {
    case .i32(let bits): form = shortForm(of: Int32(bitPattern: bits))
    case .i64(let bits): form = shortForm(of: Int64(bitPattern: bits))
    case .f32(let bits): form = shortForm(of: Float(bitPattern: bits))
    case .f64(let bits): form = shortForm(of: Double(bitPattern: bits))
    case .v128(let vector): form = shortForm(of: vector)
    case .null, .function, .i31, .object: form = nil
    }
    switch form {
    case .unary(let opcode, let operand):
      let own = opcode.info.code < 0x100 ? 1 : 2
      switch operand.opcode {
      case .i32Const: return own + shortestByteCount(of: .i32(operand.a))
      case .f32Const: return own + shortestByteCount(of: .f32(operand.a))
      default: return own + shortestByteCount(of: .i64(UInt64(operand.a) | UInt64(operand.b) << 32))
      }
    case .shift(_, let value, _): return 4 + signedLEBSize(value)
    case nil: return constant.byteCount
    }
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

  // MARK: Signs

  /// `x < 0` -> `!clz(x)`: a number has no leading zeros if it is negative.
  fileprivate mutating func shrinkNegativeTest(_ id: NodeID) {
    guard let (value, isWide) = signTest(id, .i32LtS, .i32LeS) else { return }
    let count = makeUnary(isWide ? .i64Clz : .i32Clz, value)
    replace(id, with: NodeRecord(isWide ? .i64Eqz : .i32Eqz, .i32, a: count.rawValue))
  }

  /// `if x >= 0` -> `if clz(x)`.
  fileprivate mutating func shrinkCondition(of id: NodeID) {
    let position = opcode(of: id) == .if ? 0 : opcode(of: id) == .brIf ? 1 : 2
    guard let (value, isWide) = signTest(operand(position, of: id), .i32GeS, .i32GtS) else { return }
    let count = makeUnary(isWide ? .i64Clz : .i32Clz, value)
    setOperand(position, of: id, to: isWide ? makeUnary(.i32WrapI64, count) : count)
  }

  /// The number that is compared with zero by `withZero` or with -1 by `withMinusOne`, or by the same of i64.
  private func signTest(_ id: NodeID, _ withZero: Opcode, _ withMinusOne: Opcode) -> (value: NodeID, isWide: Bool)? {
    let opcode = opcode(of: id)
    let isWide: Bool
    switch opcode {
    case .i32LtS, .i32LeS, .i32GeS, .i32GtS: isWide = false
    case .i64LtS, .i64LeS, .i64GeS, .i64GtS: isWide = true
    default: return nil
    }
    let narrow: Opcode
    switch opcode {
    case .i64LtS: narrow = .i32LtS
    case .i64LeS: narrow = .i32LeS
    case .i64GeS: narrow = .i32GeS
    case .i64GtS: narrow = .i32GtS
    default: narrow = opcode
    }
    let constant: Int64
    switch self[operand(1, of: id)] {
    case .i32Const(let value): constant = Int64(value)
    case .i64Const(let value): constant = value
    default: return nil
    }
    guard narrow == withZero && constant == 0 || narrow == withMinusOne && constant == -1 else { return nil }
    return (operand(0, of: id), isWide)
  }

  private static func i32(_ value: Int32) -> NodeRecord { NodeRecord(.i32Const, .i32, a: UInt32(bitPattern: value)) }

  private static func i64(_ value: Int64) -> NodeRecord {
    let bits = UInt64(bitPattern: value)
    return NodeRecord(
      .i64Const, .i64, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32))
  }
}

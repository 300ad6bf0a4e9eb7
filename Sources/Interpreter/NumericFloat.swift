import IR

extension Numeric {
  /// An instruction on one or two floats of the same type, which is `Value`.
  ///
  /// Long because it is a table: a row for each operation.
  @inline(__always)
  static func float<Value: FloatType>(_ opcode: Opcode, _: Value.Type, _ a: UInt64, _ b: UInt64) -> UInt64 {
    let x = Value(word: a)
    let y = Value(word: b)
    switch opcode {
    case .f32Add, .f64Add: return canonical(x + y).word
    case .f32Sub, .f64Sub: return canonical(x - y).word
    case .f32Mul, .f64Mul: return canonical(x * y).word
    case .f32Div, .f64Div: return canonical(x / y).word
    case .f32Sqrt, .f64Sqrt: return squareRoot(x).word
    case .f32Min, .f64Min: return minimum(x, y).word
    case .f32Max, .f64Max: return maximum(x, y).word
    case .f32Ceil, .f64Ceil: return ceiling(x).word
    case .f32Floor, .f64Floor: return floor(x).word
    case .f32Trunc, .f64Trunc: return truncate(x).word
    case .f32Nearest, .f64Nearest: return nearest(x).word
    case .f32Abs, .f64Abs: return absolute(x).word
    case .f32Neg, .f64Neg: return negate(x).word
    case .f32Copysign, .f64Copysign: return copySign(x, from: y).word
    case .f32Eq, .f64Eq: return word(x == y)
    case .f32Ne, .f64Ne: return word(x != y)
    case .f32Lt, .f64Lt: return word(x < y)
    case .f32Gt, .f64Gt: return word(x > y)
    case .f32Le, .f64Le: return word(x <= y)
    case .f32Ge, .f64Ge: return word(x >= y)
    default: preconditionFailure("\(opcode) is no instruction on floats")
    }
  }

  /// The result of arithmetic: any NaN becomes the positive canonical one (the deterministic profile's `nans`).
  @inline(__always)
  static func canonical<Value: FloatType>(_ result: Value) -> Value { result == result ? result : .nan }

  /// The smaller operand, where -0 is less than +0; NaN if one operand is.
  @inline(__always)
  static func minimum<Value: FloatType>(_ x: Value, _ y: Value) -> Value {
    if x < y { return x }
    if y < x { return y }
    return x == y ? Value(bits: x.bits | y.bits) : .nan
  }

  /// The larger operand, where +0 is greater than -0; NaN if one operand is.
  @inline(__always)
  static func maximum<Value: FloatType>(_ x: Value, _ y: Value) -> Value {
    if x > y { return x }
    if y > x { return y }
    return x == y ? Value(bits: x.bits & y.bits) : .nan
  }

  @inline(__always)
  static func squareRoot<Value: FloatType>(_ x: Value) -> Value { canonical(x.squareRoot()) }

  @inline(__always)
  static func ceiling<Value: FloatType>(_ x: Value) -> Value { canonical(x.rounded(.up)) }

  @inline(__always)
  static func floor<Value: FloatType>(_ x: Value) -> Value { canonical(x.rounded(.down)) }

  @inline(__always)
  static func truncate<Value: FloatType>(_ x: Value) -> Value { canonical(x.rounded(.towardZero)) }

  /// The nearest integral number; of two equally near ones the even one.
  @inline(__always)
  static func nearest<Value: FloatType>(_ x: Value) -> Value { canonical(x.rounded(.toNearestOrEven)) }

  /// `x * y + z`, rounded once.
  @inline(__always)
  static func fusedMultiplyAdd<Value: FloatType>(_ x: Value, _ y: Value, _ z: Value) -> Value {
    canonical(z.addingProduct(x, y))
  }

  // Sign operations work on the bits, so that a NaN keeps all others.

  @inline(__always)
  static func absolute<Value: FloatType>(_ x: Value) -> Value { Value(bits: x.bits & ~signBit(of: Value.self)) }

  @inline(__always)
  static func negate<Value: FloatType>(_ x: Value) -> Value { Value(bits: x.bits ^ signBit(of: Value.self)) }

  @inline(__always)
  static func copySign<Value: FloatType>(_ x: Value, from y: Value) -> Value {
    let sign = signBit(of: Value.self)
    return Value(bits: x.bits & ~sign | y.bits & sign)
  }

  @inline(__always)
  private static func signBit<Value: FloatType>(of _: Value.Type) -> Value.Bits {
    1 &<< Value.Bits(truncatingIfNeeded: Value.Bits.bitWidth - 1)
  }
}

import IR

extension Vector {
  /// Instructions from float lanes to the same, of type `Lane`; nil for others.
  ///
  /// Long because it is a table: a row for each operation.
  static func float<Lane: FloatType>(
    _ opcode: Opcode, _: Lane.Type, _ a: V128, _ b: V128, _ c: V128
  ) -> V128? {
    switch opcode {
    case .f32x4Add, .f64x2Add: return map(a, b) { (x: Lane, y) in Numeric.canonical(x + y) }
    case .f32x4Sub, .f64x2Sub: return map(a, b) { (x: Lane, y) in Numeric.canonical(x - y) }
    case .f32x4Mul, .f64x2Mul: return map(a, b) { (x: Lane, y) in Numeric.canonical(x * y) }
    case .f32x4Div, .f64x2Div: return map(a, b) { (x: Lane, y) in Numeric.canonical(x / y) }
    case .f32x4Min, .f64x2Min, .f32x4RelaxedMin, .f64x2RelaxedMin:
      return map(a, b) { (x: Lane, y) in Numeric.minimum(x, y) }
    case .f32x4Max, .f64x2Max, .f32x4RelaxedMax, .f64x2RelaxedMax:
      return map(a, b) { (x: Lane, y) in Numeric.maximum(x, y) }
    case .f32x4Pmin, .f64x2Pmin: return map(a, b) { (x: Lane, y) in y < x ? y : x }
    case .f32x4Pmax, .f64x2Pmax: return map(a, b) { (x: Lane, y) in x < y ? y : x }
    case .f32x4RelaxedMadd, .f64x2RelaxedMadd:
      return map(a, b, c) { (x: Lane, y, z) in Numeric.fusedMultiplyAdd(x, y, z) }
    case .f32x4RelaxedNmadd, .f64x2RelaxedNmadd:
      return map(a, b, c) { (x: Lane, y, z) in Numeric.fusedMultiplyAdd(Numeric.negate(x), y, z) }
    case .f32x4Sqrt, .f64x2Sqrt: return map(a) { (x: Lane) in Numeric.squareRoot(x) }
    case .f32x4Ceil, .f64x2Ceil: return map(a) { (x: Lane) in Numeric.ceiling(x) }
    case .f32x4Floor, .f64x2Floor: return map(a) { (x: Lane) in Numeric.floor(x) }
    case .f32x4Trunc, .f64x2Trunc: return map(a) { (x: Lane) in Numeric.truncate(x) }
    case .f32x4Nearest, .f64x2Nearest: return map(a) { (x: Lane) in Numeric.nearest(x) }
    case .f32x4Abs, .f64x2Abs: return map(a) { (x: Lane) in Numeric.absolute(x) }
    case .f32x4Neg, .f64x2Neg: return map(a) { (x: Lane) in Numeric.negate(x) }
    case .f32x4Eq, .f64x2Eq: return compare(a, b) { (x: Lane, y) in x == y }
    case .f32x4Ne, .f64x2Ne: return compare(a, b) { (x: Lane, y) in x != y }
    case .f32x4Lt, .f64x2Lt: return compare(a, b) { (x: Lane, y) in x < y }
    case .f32x4Gt, .f64x2Gt: return compare(a, b) { (x: Lane, y) in x > y }
    case .f32x4Le, .f64x2Le: return compare(a, b) { (x: Lane, y) in x <= y }
    case .f32x4Ge, .f64x2Ge: return compare(a, b) { (x: Lane, y) in x >= y }
    case .f32x4Splat, .f64x2Splat: return splat(Lane(word: a.low))
    default: return nil
    }
  }

  /// Instructions between integer and float lanes, or between float lanes of two widths; nil for others.
  static func conversion(_ opcode: Opcode, _ a: V128) -> V128? {
    switch opcode {
    case .i32x4TruncSatF32x4S, .i32x4RelaxedTruncF32x4S:
      return convert(a) { (x: Float) in Numeric.saturate(x, to: Int32.self) }
    case .i32x4TruncSatF32x4U, .i32x4RelaxedTruncF32x4U:
      return convert(a) { (x: Float) in Numeric.saturate(x, to: UInt32.self) }
    case .i32x4TruncSatF64x2SZero, .i32x4RelaxedTruncF64x2SZero:
      return convert(a) { (x: Double) in Numeric.saturate(x, to: Int32.self) }
    case .i32x4TruncSatF64x2UZero, .i32x4RelaxedTruncF64x2UZero:
      return convert(a) { (x: Double) in Numeric.saturate(x, to: UInt32.self) }
    case .f32x4ConvertI32x4S: return convert(a) { (x: Int32) in Float(x) }
    case .f32x4ConvertI32x4U: return convert(a) { (x: UInt32) in Float(x) }
    case .f64x2ConvertLowI32x4S: return convert(a) { (x: Int32) in Double(x) }
    case .f64x2ConvertLowI32x4U: return convert(a) { (x: UInt32) in Double(x) }
    case .f32x4DemoteF64x2Zero: return convert(a) { (x: Double) in Numeric.demote(x) }
    case .f64x2PromoteLowF32x4: return convert(a) { (x: Float) in Numeric.promote(x) }
    default: return nil
    }
  }
}

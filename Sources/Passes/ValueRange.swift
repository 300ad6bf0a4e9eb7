import IR

/// The values that an i32 may have: its bounds, taken as signed and as unsigned. Of values of other types it tells
/// whether they are zero, or null: 0 stands for that, and all else for others.
struct ValueRange: BitwiseCopyable, Equatable {
  private(set) var signedMin = Int32.min
  private(set) var signedMax = Int32.max
  private(set) var unsignedMin = UInt32.min
  private(set) var unsignedMax = UInt32.max

  /// All values.
  init() {}

  /// One value.
  init(_ value: Int32) {
    signedMin = value
    signedMax = value
    unsignedMin = UInt32(bitPattern: value)
    unsignedMax = UInt32(bitPattern: value)
  }

  /// Values from 0 up, taken as unsigned.
  init(upTo limit: UInt32) {
    unsignedMax = limit
    adjust()
  }

  static var notZero: ValueRange {
    var range = ValueRange()
    range.exclude(0)
    return range
  }

  var isZero: Bool { unsignedMax == 0 }
  var isNotZero: Bool { unsignedMin > 0 || signedMax < 0 || signedMin > 0 }

  /// Whether each value, or none, compares so with a constant; nil if that differs. `opcode` is a comparison of i32.
  func outcome(of opcode: Opcode, with constant: Int32) -> Bool? {
    let unsigned = UInt32(bitPattern: constant)
    switch opcode {
    case .i32Eq: return isEqual(to: constant)
    case .i32Ne: return isEqual(to: constant).map { !$0 }
    case .i32LtS: return signedMax < constant ? true : signedMin >= constant ? false : nil
    case .i32LeS: return signedMax <= constant ? true : signedMin > constant ? false : nil
    case .i32GtS: return signedMin > constant ? true : signedMax <= constant ? false : nil
    case .i32GeS: return signedMin >= constant ? true : signedMax < constant ? false : nil
    case .i32LtU: return unsignedMax < unsigned ? true : unsignedMin >= unsigned ? false : nil
    case .i32LeU: return unsignedMax <= unsigned ? true : unsignedMin > unsigned ? false : nil
    case .i32GtU: return unsignedMin > unsigned ? true : unsignedMax <= unsigned ? false : nil
    case .i32GeU: return unsignedMin >= unsigned ? true : unsignedMax < unsigned ? false : nil
    default: return nil
    }
  }

  private func isEqual(to constant: Int32) -> Bool? {
    let unsigned = UInt32(bitPattern: constant)
    if constant < signedMin || constant > signedMax || unsigned < unsignedMin || unsigned > unsignedMax { return false }
    return signedMin == signedMax || unsignedMin == unsignedMax ? true : nil
  }

  /// Leaves the values that compare so with a constant. `opcode` is a comparison of i32; others tell nothing. With no
  /// value left the bounds are any: what follows cannot run.
  mutating func narrow(by opcode: Opcode, _ constant: Int32) {
    let unsigned = UInt32(bitPattern: constant)
    switch opcode {
    case .i32Eq: self = ValueRange(constant)
    case .i32Ne: exclude(constant)
    case .i32LtS where constant > .min: signedMax = min(signedMax, constant - 1)
    case .i32LeS: signedMax = min(signedMax, constant)
    case .i32GtS where constant < .max: signedMin = max(signedMin, constant + 1)
    case .i32GeS: signedMin = max(signedMin, constant)
    case .i32LtU where unsigned > 0: unsignedMax = min(unsignedMax, unsigned - 1)
    case .i32LeU: unsignedMax = min(unsignedMax, unsigned)
    case .i32GtU where unsigned < .max: unsignedMin = max(unsignedMin, unsigned + 1)
    case .i32GeU: unsignedMin = max(unsignedMin, unsigned)
    default: break
    }
    adjust()
  }

  private mutating func exclude(_ constant: Int32) {
    let unsigned = UInt32(bitPattern: constant)
    if signedMin == constant && constant < .max { signedMin += 1 }
    if signedMax == constant && constant > .min { signedMax -= 1 }
    if unsignedMin == unsigned && unsigned < .max { unsignedMin += 1 }
    if unsignedMax == unsigned && unsigned > 0 { unsignedMax -= 1 }
    adjust()
  }

  /// Where all values have the same sign, both orders are one.
  private mutating func adjust() {
    if signedMin >= 0 || signedMax < 0 {
      unsignedMin = max(unsignedMin, UInt32(bitPattern: signedMin))
      unsignedMax = min(unsignedMax, UInt32(bitPattern: signedMax))
    }
    if unsignedMax <= UInt32(Int32.max) || unsignedMin > UInt32(Int32.max) {
      signedMin = max(signedMin, Int32(bitPattern: unsignedMin))
      signedMax = min(signedMax, Int32(bitPattern: unsignedMax))
    }
  }
}

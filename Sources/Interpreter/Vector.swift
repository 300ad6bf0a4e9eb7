import IR

/// Vector instructions as pure functions (specification 4.3, "Numerics").
///
/// Where the specification leaves a choice, this makes that of its deterministic profile: a NaN that arithmetic
/// gives is the positive canonical one, a relaxed instruction does what its strict one does, and a relaxed
/// multiply-add rounds once.
package enum Vector {
  /// The result of a vector instruction without immediates.
  ///
  /// Scalar operands (of splats and shifts) and results (of `any_true`, `all_true` and `bitmask`) stand in `low`.
  /// Operands beyond those of the instruction are ignored. An opcode of another kind is a mistake of the caller.
  package static func evaluate(_ opcode: Opcode, _ a: V128, _ b: V128, _ c: V128) -> V128 {
    guard let result = sameLanes(opcode, a, b, c) ?? conversion(opcode, a) ?? widening(opcode, a, b, c) else {
      preconditionFailure("\(opcode) is no vector instruction without immediates")
    }
    return result
  }

  /// Instructions whose operands and result have the same lanes, as the mnemonic begins; nil for others.
  private static func sameLanes(_ opcode: Opcode, _ a: V128, _ b: V128, _ c: V128) -> V128? {
    switch LaneShape.shapes[Int(opcode.rawValue)] {
    case .v128: return bitwise(opcode, a, b, c)
    case .i8x16:
      return comparison(opcode, Int8.self, a, b) ?? integer(opcode, Int8.self, a, b, c) ?? bytes(opcode, a, b)
    case .i16x8: return comparison(opcode, Int16.self, a, b) ?? integer(opcode, Int16.self, a, b, c)
    case .i32x4: return comparison(opcode, Int32.self, a, b) ?? integer(opcode, Int32.self, a, b, c)
    case .i64x2: return comparison(opcode, Int64.self, a, b) ?? integer(opcode, Int64.self, a, b, c)
    case .f32x4: return float(opcode, Float.self, a, b, c)
    case .f64x2: return float(opcode, Double.self, a, b, c)
    case nil: return nil
    }
  }
}

/// How an instruction divides vectors into lanes.
private enum LaneShape: String {
  case v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2

  /// By opcode number, what the mnemonic begins with; nil where that is not a vector.
  static let shapes: [LaneShape?] = OpcodeTable.rows.map {
    LaneShape(rawValue: String($0.mnemonic.prefix { $0 != "." }))
  }
}

extension V128 {
  /// A scalar operand or result of a vector instruction.
  @inline(__always) init(word: UInt64) { self.init(low: word, high: 0) }

  @inline(__always) init(_ condition: Bool) { self.init(word: Numeric.word(condition)) }

  /// A vector of what `lane` gives for each index.
  @inline(__always)
  init<Lane: LaneType>(_: Lane.Type, lane: (Int) -> Lane) {
    var lanes = Lane.Lanes()
    for index in 0..<Lane.Lanes.scalarCount { lanes[index] = lane(index) }
    self = unsafeBitCast(lanes, to: V128.self)
  }

  @inline(__always)
  func lanes<Lane: LaneType>(_: Lane.Type) -> Lane.Lanes { unsafeBitCast(self, to: Lane.Lanes.self) }

  /// The upper half in the place of the lower.
  @inline(__always) var upperHalf: V128 { V128(low: high, high: high) }
}

/// Lane by lane.
extension Vector {
  @inline(__always)
  static func map<Lane: LaneType>(_ a: V128, _ operation: (Lane) -> Lane) -> V128 {
    let x = a.lanes(Lane.self)
    return V128(Lane.self) { operation(x[$0]) }
  }

  @inline(__always)
  static func map<Lane: LaneType>(_ a: V128, _ b: V128, _ operation: (Lane, Lane) -> Lane) -> V128 {
    let x = a.lanes(Lane.self)
    let y = b.lanes(Lane.self)
    return V128(Lane.self) { operation(x[$0], y[$0]) }
  }

  @inline(__always)
  static func map<Lane: LaneType>(
    _ a: V128, _ b: V128, _ c: V128, _ operation: (Lane, Lane, Lane) -> Lane
  ) -> V128 {
    let x = a.lanes(Lane.self)
    let y = b.lanes(Lane.self)
    let z = c.lanes(Lane.self)
    return V128(Lane.self) { operation(x[$0], y[$0], z[$0]) }
  }

  /// Lanes of ones where the relation holds, and of zeros where not.
  @inline(__always)
  static func compare<Lane: LaneType>(_ a: V128, _ b: V128, _ relation: (Lane, Lane) -> Bool) -> V128 {
    let x = a.lanes(Lane.self)
    let y = b.lanes(Lane.self)
    return V128(Lane.Bits.self) { relation(x[$0], y[$0]) ? .max : 0 }
  }

  /// From lanes to lanes of another type: as many as both vectors have, from the first; zeros in the others.
  @inline(__always)
  static func convert<Source: LaneType, Target: LaneType>(
    _ a: V128, _ operation: (Source) -> Target
  ) -> V128 {
    let x = a.lanes(Source.self)
    return V128(Target.self) { $0 < Source.Lanes.scalarCount ? operation(x[$0]) : Target(bits: 0) }
  }
}

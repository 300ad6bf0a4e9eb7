import IR

// Lanes that go in, out, and elsewhere.

extension Vector {
  /// The lane at `lane`, as the word of a scalar operand. Takes the `extract_lane` instructions, and lane stores, for
  /// which it gives the bits to store.
  package static func extractLane(_ opcode: Opcode, _ vector: V128, lane: UInt8) -> UInt64 {
    let index = Int(lane)
    switch opcode {
    case .i8x16ExtractLaneS: return Int32(vector.lanes(Int8.self)[index]).word
    case .i8x16ExtractLaneU, .v128Store8Lane: return vector.lanes(UInt8.self)[index].word
    case .i16x8ExtractLaneS: return Int32(vector.lanes(Int16.self)[index]).word
    case .i16x8ExtractLaneU, .v128Store16Lane: return vector.lanes(UInt16.self)[index].word
    case .i32x4ExtractLane, .f32x4ExtractLane, .v128Store32Lane: return vector.lanes(UInt32.self)[index].word
    case .i64x2ExtractLane, .f64x2ExtractLane, .v128Store64Lane: return vector.lanes(UInt64.self)[index]
    default: preconditionFailure("\(opcode) extracts no lane")
    }
  }

  /// The vector with the low bits of `value` in the lane at `lane`. Takes the `replace_lane` instructions, and lane
  /// loads, for which `value` is what memory holds.
  package static func replaceLane(_ opcode: Opcode, _ vector: V128, lane: UInt8, _ value: UInt64) -> V128 {
    switch opcode {
    case .i8x16ReplaceLane, .v128Load8Lane: return replace(vector, lane, UInt8(word: value))
    case .i16x8ReplaceLane, .v128Load16Lane: return replace(vector, lane, UInt16(word: value))
    case .i32x4ReplaceLane, .f32x4ReplaceLane, .v128Load32Lane: return replace(vector, lane, UInt32(word: value))
    case .i64x2ReplaceLane, .f64x2ReplaceLane, .v128Load64Lane: return replace(vector, lane, value)
    default: preconditionFailure("\(opcode) replaces no lane")
    }
  }

  /// `i8x16.shuffle`: the bytes that `lanes` numbers, those of `b` from 16.
  package static func shuffle(_ a: V128, _ b: V128, lanes: V128) -> V128 {
    V128(UInt8.self) {
      let index = Int(lanes[$0])
      return index < 16 ? a[index] : b[index - 16]
    }
  }

  /// The vector that a load makes of the bytes it read, 1 to 16 of them, little endian from `low`. Takes every vector
  /// load but lane loads.
  package static func loadResult(_ opcode: Opcode, _ bytes: V128) -> V128 {
    switch opcode {
    case .v128Load: return bytes
    case .v128Load8x8S: return extend(bytes, Int8.self, Int16.self)
    case .v128Load8x8U: return extend(bytes, UInt8.self, UInt16.self)
    case .v128Load16x4S: return extend(bytes, Int16.self, Int32.self)
    case .v128Load16x4U: return extend(bytes, UInt16.self, UInt32.self)
    case .v128Load32x2S: return extend(bytes, Int32.self, Int64.self)
    case .v128Load32x2U: return extend(bytes, UInt32.self, UInt64.self)
    case .v128Load8Splat: return splat(UInt8(word: bytes.low))
    case .v128Load16Splat: return splat(UInt16(word: bytes.low))
    case .v128Load32Splat: return splat(UInt32(word: bytes.low))
    case .v128Load64Splat: return splat(bytes.low)
    case .v128Load32Zero: return V128(word: UInt32(word: bytes.low).word)
    case .v128Load64Zero: return V128(word: bytes.low)
    default: preconditionFailure("\(opcode) loads no vector")
    }
  }

  /// `value` in every lane.
  @inline(__always)
  static func splat<Lane: LaneType>(_ value: Lane) -> V128 { V128(Lane.self) { _ in value } }

  /// Instructions on i8x16 alone that move bytes; nil for others.
  static func bytes(_ opcode: Opcode, _ a: V128, _ b: V128) -> V128? {
    switch opcode {
    case .i8x16Swizzle, .i8x16RelaxedSwizzle:
      return V128(UInt8.self) { b[$0] < 16 ? a[Int(b[$0])] : 0 }
    default: return nil
    }
  }

  @inline(__always)
  private static func replace<Lane: LaneType>(_ vector: V128, _ lane: UInt8, _ value: Lane) -> V128 {
    let lanes = vector.lanes(Lane.self)
    return V128(Lane.self) { $0 == Int(lane) ? value : lanes[$0] }
  }
}

import IR

/// Which bits of one of its operands a node looks at, if not at all.
struct BitDemand: BitwiseCopyable {
  let position: Int
  let mask: UInt64

  private init(_ position: Int, _ mask: UInt64) {
    self.position = position
    self.mask = mask
  }

  /// Nil if the node looks at all bits of all operands.
  init?(of id: NodeID, _ opcode: Opcode, in body: borrowing Body) {
    switch opcode {
    case .i32Store8, .i64Store8, .i32AtomicStore8, .i64AtomicStore8, .i8x16ReplaceLane: self.init(1, 0xff)
    case .i32Store16, .i64Store16, .i32AtomicStore16, .i64AtomicStore16, .i16x8ReplaceLane: self.init(1, 0xffff)
    case .i64Store32, .i64AtomicStore32: self.init(1, 0xffff_ffff)
    case .i32Extend8S, .i64Extend8S, .i8x16Splat: self.init(0, 0xff)
    case .i32Extend16S, .i64Extend16S, .i16x8Splat: self.init(0, 0xffff)
    case .i64Extend32S, .i32WrapI64: self.init(0, 0xffff_ffff)
    case .refI31: self.init(0, 0x7fff_ffff)
    case .i32And, .i64And:
      guard let mask = body.integer(body.operand(1, of: id)) else { return nil }
      self.init(0, mask)
    case .i32Shl, .i32ShrS, .i32ShrU, .i64Shl, .i64ShrS, .i64ShrU:
      self.init(ofShift: id, opcode, in: body)
    case .i32Rotl, .i32Rotr: self.init(1, 31)
    case .i64Rotl, .i64Rotr: self.init(1, 63)
    default: return nil
    }
  }

  private init(ofShift id: NodeID, _ opcode: Opcode, in body: borrowing Body) {
    let width = opcode.width
    let limit = UInt64(width.bitCount - 1)
    guard let count = body.integer(body.operand(1, of: id)) else {
      self.init(1, limit)
      return
    }
    let isLeft = opcode == .i32Shl || opcode == .i64Shl
    self.init(0, isLeft ? width.mask >> (count & limit) : width.mask & (width.mask << (count & limit)))
  }
}

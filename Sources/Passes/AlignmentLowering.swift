import IR
import PassManager

/// Takes accesses apart that are not promised to be aligned, for engines on which those are slow or fail.
///
///     (i32.load align=2 (local.get $x))     ->     (i32.or (i32.load16_u (local.get $x))
///                                                    (i32.shl (i32.load16_u offset=2 (local.get $x)) (i32.const 16)))
///
/// What is stored goes to memory from the highest address down, so that an access out of bounds traps before anything has
/// been written. Vectors stay as they are. After Binaryen's pass of this name. Linear; takes one local for each store.
struct AlignmentLowering: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var lowering = Lowering()
    body.rewriteBottomUp { body, id in
      switch body[id] {
      case .load(let node):
        guard let pieces = Pieces(of: node.opcode, node.memarg, in: body, node.address) else { return id }
        return lowering.lower(node, pieces, in: &body)
      case .store(let node):
        guard let pieces = Pieces(of: node.opcode, node.memarg, in: body, node.address) else { return id }
        return lowering.lower(node, pieces, in: &body)
      default: return id
      }
    }
  }
}

/// How an access is taken apart.
private struct Pieces: BitwiseCopyable {
  /// Bytes of a piece: 1, 2 or 4.
  let size: Int
  let count: Int
  let memarg: Memarg

  /// Nil if the access is as aligned as can be, atomic, of a vector, or always out of bounds.
  init?(of opcode: Opcode, _ memarg: Memarg, in body: borrowing Body, _ address: NodeID) {
    let info = opcode.info
    guard info.code < 0x100, memarg.alignment < info.alignment else { return nil }
    let type = body.type(of: address)
    guard type == .i32 || type == .i64 else { return nil }
    size = 1 << Int(memarg.alignment)
    count = 1 << Int(info.alignment - memarg.alignment)
    self.memarg = memarg
    let limit: UInt64 = type == .i64 ? .max : 0xffff_ffff
    if memarg.offset > limit - UInt64(size * count) { return nil }
  }

  func memarg(of piece: Int) -> Memarg {
    Memarg(offset: memarg.offset + UInt64(piece * size), alignment: memarg.alignment, memory: memarg.memory)
  }
}

/// The locals in use.
private struct Lowering {
  /// For what the loads of a piece share, and for what is stored: nothing comes between assignment and use.
  private var addresses: (i32: LocalID?, i64: LocalID?) = (nil, nil)
  private var values: (i32: LocalID?, i64: LocalID?) = (nil, nil)

  mutating func lower(_ node: LoadNode, _ pieces: Pieces, in body: inout Body) -> NodeID {
    let local = localForAddress(of: body.type(of: node.address), in: &body)
    let isWide = node.opcode.isWide
    var result = NodeID.none
    for piece in 0..<pieces.count {
      let address = piece == 0 ? body.makeLocalTee(local, node.address) : body.makeLocalGet(local)
      let isSigned = piece == pieces.count - 1 && node.opcode.extendsSign
      let word = body.pack(pieces.memarg(of: piece))
      let opcode = Opcode.load(pieces.size, isWide: isWide, isSigned: isSigned)
      let load = body.append(NodeRecord(opcode, opcode.info.result, a: address.rawValue, c: word))
      let shifted = body.shift(load, isWide ? .i64Shl : .i32Shl, by: 8 * pieces.size * piece)
      result = piece == 0 ? shifted : body.makeBinary(isWide ? .i64Or : .i32Or, result, shifted)
    }
    switch node.opcode {
    case .f32Load: return body.makeUnary(.f32ReinterpretI32, result)
    case .f64Load: return body.makeUnary(.f64ReinterpretI64, result)
    default: return result
    }
  }

  mutating func lower(_ node: StoreNode, _ pieces: Pieces, in body: inout Body) -> NodeID {
    // What is computed to be stored may contain other stores.
    let address = body.makeLocal(body.type(of: node.address).valueType)
    let isWide = node.opcode.isWide
    let value = localForValue(isWide: isWide, in: &body)
    var bits = node.value
    if node.opcode == .f32Store { bits = body.makeUnary(.i32ReinterpretF32, bits) }
    if node.opcode == .f64Store { bits = body.makeUnary(.i64ReinterpretF64, bits) }
    var items = [body.makeLocalSet(address, node.address), body.makeLocalSet(value, bits)]
    for piece in (0..<pieces.count).reversed() {
      let target = body.makeLocalGet(address)
      let part = body.shift(body.makeLocalGet(value), isWide ? .i64ShrU : .i32ShrU, by: 8 * pieces.size * piece)
      let opcode = Opcode.store(pieces.size, isWide: isWide)
      let word = body.pack(pieces.memarg(of: piece))
      items.append(body.append(NodeRecord(opcode, .none, a: target.rawValue, b: part.rawValue, c: word)))
    }
    return body.makeBlock(items, type: .none)
  }

  private mutating func localForAddress(of type: ResultType, in body: inout Body) -> LocalID {
    if type == .i64 {
      if addresses.i64 == nil { addresses.i64 = body.makeLocal(.i64) }
      return addresses.i64!
    }
    if addresses.i32 == nil { addresses.i32 = body.makeLocal(.i32) }
    return addresses.i32!
  }

  private mutating func localForValue(isWide: Bool, in body: inout Body) -> LocalID {
    if isWide {
      if values.i64 == nil { values.i64 = body.makeLocal(.i64) }
      return values.i64!
    }
    if values.i32 == nil { values.i32 = body.makeLocal(.i32) }
    return values.i32!
  }
}

extension Body {
  fileprivate mutating func shift(_ value: NodeID, _ opcode: Opcode, by count: Int) -> NodeID {
    if count == 0 { return value }
    let isWide = opcode == .i64Shl || opcode == .i64ShrU
    return makeBinary(opcode, value, isWide ? makeI64Const(Int64(count)) : makeI32Const(Int32(count)))
  }
}

extension Opcode {
  /// Whether 64 bits are loaded or stored, or 64 are loaded of fewer.
  fileprivate var isWide: Bool {
    switch self {
    case .i64Load, .i64Load8S, .i64Load8U, .i64Load16S, .i64Load16U, .i64Load32S, .i64Load32U, .f64Load, .i64Store,
      .i64Store8, .i64Store16, .i64Store32, .f64Store:
      true
    default: false
    }
  }

  fileprivate var extendsSign: Bool {
    switch self {
    case .i32Load16S, .i64Load16S, .i64Load32S: true
    default: false
    }
  }

  fileprivate static func load(_ size: Int, isWide: Bool, isSigned: Bool) -> Opcode {
    switch (size, isWide) {
    case (1, false): isSigned ? .i32Load8S : .i32Load8U
    case (2, false): isSigned ? .i32Load16S : .i32Load16U
    case (1, true): isSigned ? .i64Load8S : .i64Load8U
    case (2, true): isSigned ? .i64Load16S : .i64Load16U
    default: isSigned ? .i64Load32S : .i64Load32U
    }
  }

  fileprivate static func store(_ size: Int, isWide: Bool) -> Opcode {
    switch (size, isWide) {
    case (1, false): .i32Store8
    case (2, false): .i32Store16
    case (1, true): .i64Store8
    case (2, true): .i64Store16
    default: .i64Store32
    }
  }
}

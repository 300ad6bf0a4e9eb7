import IR
import Support

/// Finds what is known of integer values by looking at what computes them, through locals: what holds of all that they
/// are assigned.
///
/// A question looks at a bounded number of nodes and so takes constant time; it is answered from the tree as it stands,
/// so that rewriting leaves nothing stale. More is known of locals that are assigned once if a walk notes what it passes.
package struct ValueFacts: ~Copyable {
  /// By local: how often it is assigned, parameters counting once; more than one is two.
  private var assignments = Column<UInt8>()
  /// By local: what is known of all that it is assigned, and its zero.
  private var locals = Column<KnownBits>()

  /// Linear in the nodes and the locals.
  package init(of body: borrowing Body) {
    assignments.resize(to: body.parameterCount, filling: 1)
    assignments.resize(to: body.localCount, filling: 0)
    // A local that is declared begins with zero. Nothing is known of other locals while this is found.
    var values = Column<KnownBits>(capacity: body.localCount)
    values.resize(to: body.parameterCount, filling: .unknown(.w64))
    let zeros = (KnownBits.constant(0, .w32), KnownBits.constant(0, .w64))
    for index in body.parameterCount..<body.localCount {
      let width = body.type(of: LocalID(index)).integerWidth
      values.append(width == .w32 ? zeros.0 : width == .w64 ? zeros.1 : .unknown(.w64))
    }
    // Nodes that are out of the tree may name locals that are gone.
    body.forEachNodeWithLocals { id in
      switch body.opcode(of: id) {
      case .localSet, .localTee:
        let local = body.local(of: id)
        count(local)
        if values[local.index].isUnknown { break }
        values[local.index] = values[local.index].union(bits(of: body.localValue(of: id), in: body))
      case .tupleSet:
        body.forEachLocal(of: id) { local in
          count(local)
          values[local.index] = .unknown(.w64)
        }
      default: break
      }
    }
    locals = values
  }

  private mutating func count(_ local: LocalID) {
    assignments[local.index] = assignments[local.index] == 0 ? 1 : 2
  }

  /// Notes what an assignment says of its local, if it is the only one: it may know more by now.
  package mutating func note(_ node: LocalSetNode, in body: borrowing Body) {
    let local = node.local.index
    guard local < assignments.count, assignments[local] == 1, let width = body.type(of: node.local).integerWidth
    else { return }
    // The local may be read before it is assigned, and is zero then.
    locals[local] = bits(of: node.value, in: body).union(.constant(0, width))
  }

  /// What is known of the value of a node, which is an integer.
  package func bits(of id: NodeID, in body: borrowing Body) -> KnownBits { bits(of: id, in: body, depth: 6) }

  private func bits(of id: NodeID, in body: borrowing Body, depth: Int) -> KnownBits {
    let width = body.type(of: id).valueWidth
    if depth == 0 { return .unknown(width) }
    switch body[id] {
    case .i32Const(let value): return .constant(UInt64(UInt32(bitPattern: value)), .w32)
    case .i64Const(let value): return .constant(UInt64(bitPattern: value), .w64)
    case .localGet(let local): return bits(of: local, width)
    case .localTee(let node): return bits(of: node.value, in: body, depth: depth - 1)
    case .binary(let node):
      guard let operation = IntegerOperation(node.opcode) else { return result(of: node.opcode, width) }
      if operation.isComparison { return .atMost(1, .w32) }
      return bits(of: node.left, in: body, depth: depth - 1)
        .applying(operation, bits(of: node.right, in: body, depth: depth - 1))
    case .unary(let node): return bits(of: node, width, in: body, depth: depth)
    case .load(let node): return bits(ofLoad: node.opcode, width)
    case .select(let node):
      return bits(of: node.ifTrue, in: body, depth: depth - 1)
        .union(bits(of: node.ifFalse, in: body, depth: depth - 1))
    case .if(let node):
      return joined(node.thenArm, node.elseArm, width, in: body, depth: depth)
    case .block(let block):
      guard block.label.isNone, !block.items.isEmpty else { return .unknown(width) }
      return joined(body[block.items, block.items.count - 1], .none, width, in: body, depth: depth)
    case .keep(let items): return bits(of: body[items, 0], in: body, depth: depth - 1)
    case .refIsNull, .refEq, .refTest: return .atMost(1, .w32)
    default: return .unknown(width)
    }
  }

  private func bits(of local: LocalID, _ width: Width) -> KnownBits {
    // A local that was made since the scan has not been seen.
    guard local.index < locals.count, locals[local.index].width == width else { return .unknown(width) }
    return locals[local.index]
  }

  /// What one of two values is that control may come out with.
  private func joined(_ first: NodeID, _ second: NodeID, _ width: Width, in body: borrowing Body, depth: Int)
    -> KnownBits
  {
    var result: KnownBits?
    for arm in [first, second] where !arm.isNone {
      let type = body.type(of: arm)
      if type == .unreachable { continue }
      if type != width.type { return .unknown(width) }
      let bits = bits(of: arm, in: body, depth: depth - 1)
      result = result?.union(bits) ?? bits
    }
    return result ?? .unknown(width)
  }

  private func bits(of node: UnaryNode, _ width: Width, in body: borrowing Body, depth: Int) -> KnownBits {
    switch node.opcode {
    case .i32Eqz, .i64Eqz, .v128AnyTrue: return .atMost(1, .w32)
    case .i32Extend8S, .i64Extend8S: return bits(of: node.operand, in: body, depth: depth - 1).extendingSign(from: 8)
    case .i32Extend16S, .i64Extend16S:
      return bits(of: node.operand, in: body, depth: depth - 1).extendingSign(from: 16)
    case .i64Extend32S: return bits(of: node.operand, in: body, depth: depth - 1).extendingSign(from: 32)
    case .i64ExtendI32S: return bits(of: node.operand, in: body, depth: depth - 1).widened(signed: true)
    case .i64ExtendI32U: return bits(of: node.operand, in: body, depth: depth - 1).widened(signed: false)
    case .i32WrapI64: return bits(of: node.operand, in: body, depth: depth - 1).wrapped
    default:
      if let operation = IntegerOperation(node.opcode) { return KnownBits.unknown(width).applying(operation) }
      return result(of: node.opcode, width)
    }
  }

  private func result(of opcode: Opcode, _ width: Width) -> KnownBits {
    switch opcode {
    case .f32Eq, .f32Ne, .f32Lt, .f32Gt, .f32Le, .f32Ge, .f64Eq, .f64Ne, .f64Lt, .f64Gt, .f64Le, .f64Ge,
      .i8x16AllTrue, .i16x8AllTrue, .i32x4AllTrue, .i64x2AllTrue:
      return .atMost(1, .w32)
    default: return .unknown(width)
    }
  }

  private func bits(ofLoad opcode: Opcode, _ width: Width) -> KnownBits {
    switch opcode {
    case .i32Load8U, .i64Load8U, .i32AtomicLoad8U, .i64AtomicLoad8U: return .atMost(0xff, width)
    case .i32Load16U, .i64Load16U, .i32AtomicLoad16U, .i64AtomicLoad16U: return .atMost(0xffff, width)
    case .i64Load32U, .i64AtomicLoad32U: return .atMost(0xffff_ffff, width)
    case .i32Load8S, .i64Load8S: return KnownBits(width, zeros: 0, ones: 0, signBits: width.bitCount - 7)
    case .i32Load16S, .i64Load16S: return KnownBits(width, zeros: 0, ones: 0, signBits: width.bitCount - 15)
    case .i64Load32S: return KnownBits(width, zeros: 0, ones: 0, signBits: 33)
    default: return .unknown(width)
    }
  }
}

extension ValueType {
  /// The width of an integer type.
  package var integerWidth: Width? { self == .i32 ? .w32 : self == .i64 ? .w64 : nil }
}

extension ResultType {
  /// The width of an integer type; of another type that of i32, of which nothing is asked.
  fileprivate var valueWidth: Width { self == .i64 ? .w64 : .w32 }
}

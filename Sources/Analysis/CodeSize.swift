import IR
import Support

extension LocalID {
  /// Bytes of an instruction that reads or assigns it.
  package var accessByteCount: Int { 1 + unsignedLEBSize(UInt64(rawValue)) }
}

extension Body {
  /// About how many bytes the subtree takes: exact but for labels far away, and for constructs that are written without
  /// a label of their own.
  package func byteCount(of top: NodeID) -> Int {
    var total = 0
    forEachNode(from: top) { total += ownByteCount(of: $0) }
    return total
  }

  /// The same of the node itself, its operands aside.
  package func ownByteCount(of id: NodeID) -> Int {
    let info = info(of: id)
    switch info.shape {
    case .tupleMake, .keep, .payload: return 0
    case .block: return isSequence(id) ? 0 : 3
    case .loop: return 3
    case .if: return operand(2, of: id).isNone ? 3 : 4
    case .i32Const, .i64Const: return 1 + constantByteCount(of: id)
    case .f32Const: return 5
    case .f64Const: return 9
    case .v128Const, .shuffle: return 18
    case .tupleSet: return 2 * arity(of: type(of: operand(0, of: id)))
    case .load, .store: return 2 + unsignedLEBSize(memarg(nodes[id.index].c).offset)
    default: break
    }
    var size = info.code < 0x100 ? 1 : 2
    switch info.shape {
    // These have words that say nothing.
    case .unreachable, .nop, .throwRef, .refIsNull, .refAsNonNull, .refEq, .refConvert, .refI31, .i31Get, .arrayLen: break
    case .memorySize, .memoryGrow, .refNull: size += 1
    default: forEachImmediate(of: id) { size += unsignedLEBSize(UInt64($0)) }
    }
    forEachLabel(of: id) { _ in size += 1 }
    return size
  }

  private func constantByteCount(of id: NodeID) -> Int {
    switch self[id] {
    case .i32Const(let constant): return signedLEBSize(Int64(constant))
    case .i64Const(let constant): return signedLEBSize(constant)
    default: preconditionFailure("no integer constant")
    }
  }
}

import Analysis
import IR
import Support

/// Addresses, and copies and fills of few bytes.
enum MemoryRules {
  static let rules: [Rule] = [
    Rule(
      "load offset=D C -> load (C + D)", at: .i32Load, .i64Load, .f32Load, .f64Load, .i32Load8S, .i32Load8U,
      .i32Load16S, .i32Load16U, .i64Load8S, .i64Load8U, .i64Load16S, .i64Load16U, .i64Load32S, .i64Load32U, .v128Load,
      .i32Store, .i64Store, .f32Store, .f64Store, .i32Store8, .i32Store16, .i64Store8, .i64Store16, .i64Store32,
      .v128Store, left: .i32Const, .i64Const
    ) { body, site, _ in
      let record = body.nodes[site.id.index]
      var memarg = body.memarg(record.c)
      guard memarg.offset != 0, let address = body.integer(site.left) else { return nil }
      let width: Width = body.type(of: site.left) == .i32 ? .w32 : .w64
      // The address that is accessed is not reduced to the width: the constant must not be either.
      let (sum, overflow) = address.addingReportingOverflow(memarg.offset)
      guard !overflow, sum <= width.mask,
        width.constantSize(sum) + 1 <= width.constantSize(address) + unsignedLEBSize(memarg.offset)
      else { return nil }
      memarg.offset = 0
      let constant = body.makeInteger(sum, width)
      let word = body.pack(memarg)
      return body.append(NodeRecord(record.opcode, record.type, a: constant.rawValue, b: record.b, c: word))
    },
    Rule("memory.copy x y 8 -> store x (load y)", at: .memoryCopy) { body, site, facts in
      guard case .memoryCopy(let node) = body[site.id], let count = body.integer(node.count) else { return nil }
      if count == 0 && facts.assumptions.ignoresTraps {
        return body.makeBlock([body.makeDropIfNeeded(node.to), body.makeDropIfNeeded(node.from)], type: .none)
      }
      // Both check their bounds before the store happens, as the copy does.
      guard node.source.rawValue == 0, node.destination.rawValue == 0, let (load, store) = access(count)
      else { return nil }
      let word = body.pack(Memarg(offset: 0, alignment: 0, memory: node.source))
      let value = body.append(NodeRecord(load, load.info.result, a: node.from.rawValue, c: word))
      return body.append(NodeRecord(store, .none, a: node.to.rawValue, b: value.rawValue, c: word))
    },
    Rule("memory.fill x C 8 -> store x C", at: .memoryFill) { body, site, facts in
      guard case .memoryFill(let node) = body[site.id], let count = body.integer(node.count) else { return nil }
      if count == 0 && facts.assumptions.ignoresTraps {
        return body.makeBlock([body.makeDropIfNeeded(node.address), body.makeDropIfNeeded(node.value)], type: .none)
      }
      guard let (_, store) = access(count), let value = filling(node.value, count, in: &body) else { return nil }
      let word = body.pack(Memarg(offset: 0, alignment: 0, memory: node.memory))
      return body.append(NodeRecord(store, .none, a: node.address.rawValue, b: value.rawValue, c: word))
    },
  ]

  private static func access(_ count: UInt64) -> (load: Opcode, store: Opcode)? {
    switch count {
    case 1: return (.i32Load8U, .i32Store8)
    case 2: return (.i32Load16U, .i32Store16)
    case 4: return (.i32Load, .i32Store)
    case 8: return (.i64Load, .i64Store)
    default: return nil
    }
  }

  /// What to store to fill so many bytes, if that is no longer than the fill.
  private static func filling(_ value: NodeID, _ count: UInt64, in body: inout Body) -> NodeID? {
    if count == 1 { return value }
    guard let byte = body.integer(value) else { return nil }
    let width: Width = count == 8 ? .w64 : .w32
    let bits = (byte & 0xff) &* 0x0101_0101_0101_0101 & (.max >> (64 - 8 * count))
    // The fill has three bytes, and a count of two.
    guard width.constantSize(bits) + 3 <= Width.w32.constantSize(byte) + 5 else { return nil }
    return body.makeInteger(bits, width)
  }
}

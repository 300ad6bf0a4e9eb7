import IR

/// What kinds of nodes figures tell apart: instructions by name, except that the many loads, stores and computations
/// on numbers are one kind each.
enum NodeKinds {
  static let count = OpcodeTable.rows.count

  /// By opcode: the opcode that stands for its kind.
  static let representatives: [Int] = {
    var first: [Shape: Int] = [:]
    return OpcodeTable.rows.enumerated().map { index, row in
      guard families[row.shape] != nil else { return index }
      if first[row.shape] == nil { first[row.shape] = index }
      return first[row.shape]!
    }
  }()

  /// The name of the kind that an opcode stands for.
  static func name(_ representative: Int) -> String {
    let row = OpcodeTable.rows[representative]
    return families[row.shape] ?? row.mnemonic
  }

  private static let families: [Shape: String] = [
    .load: "load", .store: "store", .loadLane: "load lane", .storeLane: "store lane", .rmw: "atomic rmw",
    .cmpxchg: "atomic cmpxchg", .atomicWait: "atomic wait", .unary: "unary", .binary: "binary", .ternary: "ternary",
    .extractLane: "extract lane", .replaceLane: "replace lane", .select: "select", .selectTyped: "select",
    .refTest: "ref.test", .refCast: "ref.cast", .structGet: "struct.get", .arrayGet: "array.get",
  ]
}

extension Body {
  /// Number of nodes of each kind, by the opcode that stands for it. Nodes that only hold others together and have no
  /// bytes of their own don't count. Linear.
  func countNodes() -> [Int] {
    var counts = [Int](repeating: 0, count: NodeKinds.count)
    forEachNode { id in
      switch self[id] {
      case .block(let block) where block.label.isNone || block.label == .function: break
      case .keep, .payload: break
      default: counts[NodeKinds.representatives[Int(opcode(of: id).rawValue)]] += 1
      }
    }
    return counts
  }
}

import IR
import PassManager
import Support

/// Keeps a constant that is long and used often in a local, where that is shorter.
///
///     (call $f (f64.const 0.1))          (local.set $c (f64.const 0.1))
///     (call $g (f64.const 0.1))    ->    (call $f (local.get $c))
///                                        (call $g (local.get $c))
///
/// Smaller, but not faster, and other passes undo it: for the end. After Binaryen's pass of this name. Takes the time
/// of sorting the constants.
struct ConstHoisting: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var uses: [Use] = []
    body.forEachNode { id in
      // Shorter ones are no longer than what reads a local.
      if let constant = body.constant(id), constant.byteCount > 2, let use = Use(constant, id, at: uses.count) {
        uses.append(use)
      }
    }
    if uses.count < 2 { return }
    uses.sort()
    var runs: [Range<Int>] = []
    var start = 0
    for end in 1...uses.count where end == uses.count || !uses[end].isSame(as: uses[start]) {
      if end - start > 1 { runs.append(start..<end) }
      start = end
    }
    // What is used most gets the shortest index, what comes first in the code if they are used alike.
    runs.sort { $0.count != $1.count ? $0.count > $1.count : uses[$0.lowerBound].place < uses[$1.lowerBound].place }
    var sets: [NodeID] = []
    for run in runs where Self.pays(uses[run.lowerBound].byteCount, run.count, local: body.localCount) {
      sets.append(hoist(uses[run], in: &body))
    }
    guard !sets.isEmpty, case .block(let block) = body[body.root] else { return }
    body.setItems(of: body.root, to: body.makeList(sets + body.nodes(in: block.items)))
  }

  /// A constant where it is used. Sorted by the constant, and by place.
  private struct Use: Comparable {
    let type: UInt8
    let bits: V128
    let byteCount: Int
    let node: NodeID
    let place: Int

    init?(_ constant: Constant, _ node: NodeID, at place: Int) {
      switch constant {
      case .i32: type = 0
      case .i64: type = 1
      case .f32: type = 2
      case .f64: type = 3
      case .v128: type = 4
      case .null, .function, .i31, .object: return nil
      }
      bits = constant.bits
      byteCount = constant.byteCount
      self.node = node
      self.place = place
    }

    func isSame(as other: Use) -> Bool { type == other.type && bits == other.bits }

    static func < (left: Use, right: Use) -> Bool {
      (left.type, left.bits.high, left.bits.low, left.place)
        < (right.type, right.bits.high, right.bits.low, right.place)
    }
  }

  private static func pays(_ byteCount: Int, _ count: Int, local: Int) -> Bool {
    let access = 1 + unsignedLEBSize(UInt64(local))
    // The local may need a run of its own among the declarations.
    return byteCount + access + 2 + count * access < count * byteCount
  }

  private func hoist(_ uses: ArraySlice<Use>, in body: inout Body) -> NodeID {
    let first = body.nodes[uses.first!.node.index]
    let local = body.makeLocal(first.type.valueType)
    for use in uses {
      let get = body.makeLocalGet(local)
      body.replace(use.node, with: body.nodes[get.index])
    }
    let constant = body.append(first)
    return body.makeLocalSet(local, constant)
  }
}

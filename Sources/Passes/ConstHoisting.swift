import IR
import PassManager
import Support

/// Keeps a constant that is long and used often in a local, where that is shorter.
///
///     (call $f (f64.const 0.1))          (local.set $c (f64.const 0.1))
///     (call $g (f64.const 0.1))    ->    (call $f (local.get $c))
///                                        (call $g (local.get $c))
///
/// The assignment is the first use itself, if control comes through that before all the others; else it stands at the
/// beginning of the function. Smaller, but not faster, and other passes undo it: for the end. After Binaryen's pass of
/// this name. Takes the time of sorting the constants.
struct ConstHoisting: FunctionPass {
  /// Constants are written in the shortest way later on (`shrink-constants`).
  var countsShortForms = false

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var uses: [Use] = []
    body.forEachNode { id in
      // Shorter ones are no longer than what reads a local.
      guard let constant = body.constant(id), constant.byteCount > 2 else { return }
      let byteCount = countsShortForms ? Body.shortestByteCount(of: constant) : constant.byteCount
      if byteCount > 2, let use = Use(constant, byteCount, id, at: uses.count) { uses.append(use) }
    }
    if uses.count < 2 { return }
    uses.sort()
    var runs: [Range<Int>] = []
    var start = 0
    for end in 1...uses.count where end == uses.count || !uses[end].isSame(as: uses[start]) {
      if Self.pays(uses[start].byteCount, end - start, local: body.localCount, isTee: true) { runs.append(start..<end) }
      start = end
    }
    if runs.isEmpty { return }
    // What is used most gets the shortest index, what comes first in the code if they are used alike.
    runs.sort { $0.count != $1.count ? $0.count > $1.count : uses[$0.lowerBound].place < uses[$1.lowerBound].place }
    var order = FirstUses(of: body, runs.count)
    for (number, run) in runs.enumerated() {
      for index in run { order.runs[uses[index].node.index] = UInt32(number + 1) }
    }
    body.walkDominance(&order)
    var sets: [NodeID] = []
    for (number, run) in runs.enumerated() {
      let isTee = order.dominates[number]
      if Self.pays(uses[run.lowerBound].byteCount, run.count, local: body.localCount, isTee: isTee) {
        let set = hoist(uses[run], isTee: isTee, in: &body)
        if !isTee { sets.append(set) }
      }
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

    init?(_ constant: Constant, _ byteCount: Int, _ node: NodeID, at place: Int) {
      switch constant {
      case .i32: type = 0
      case .i64: type = 1
      case .f32: type = 2
      case .f64: type = 3
      case .v128: type = 4
      case .null, .function, .i31, .object: return nil
      }
      bits = constant.bits
      self.byteCount = byteCount
      self.node = node
      self.place = place
    }

    func isSame(as other: Use) -> Bool { type == other.type && bits == other.bits }

    static func < (left: Use, right: Use) -> Bool {
      (left.type, left.bits.high, left.bits.low, left.place)
        < (right.type, right.bits.high, right.bits.low, right.place)
    }
  }

  private static func pays(_ byteCount: Int, _ count: Int, local: Int, isTee: Bool) -> Bool {
    let access = LocalID(local).accessByteCount
    // The local may need a run of its own among the declarations.
    return byteCount + 2 + (isTee ? count : count + 1) * access < count * byteCount
  }

  private func hoist(_ uses: ArraySlice<Use>, isTee: Bool, in body: inout Body) -> NodeID {
    let first = body.nodes[uses.first!.node.index]
    let local = body.makeLocal(first.type.valueType)
    for use in isTee ? uses.dropFirst() : uses {
      let get = body.makeLocalGet(local)
      body.replace(use.node, with: body.nodes[get.index])
    }
    let constant = body.append(first)
    if !isTee { return body.makeLocalSet(local, constant) }
    let tee = body.makeLocalTee(local, constant)
    body.replace(uses.first!.node, with: body.nodes[tee.index])
    return tee
  }
}

/// Finds the constants whose first use control comes through before all the others.
private struct FirstUses: DominanceVisitor, ~Copyable {
  var times = DominatingTimes()
  /// By node: 1 + the number of the constant that it is; 0 if it is none that matters.
  var runs = Column<UInt32>()
  /// By constant.
  var dominates: [Bool]
  /// By constant: when its first use came; 0 if it has not come yet.
  private var firstTimes: [UInt32]

  init(of body: borrowing Body, _ count: Int) {
    runs.resize(to: body.nodes.count, filling: 0)
    dominates = Array(repeating: true, count: count)
    firstTimes = Array(repeating: 0, count: count)
  }

  mutating func leave(_ id: NodeID, in body: inout Body) -> NodeID {
    if id.index >= runs.count || runs[id.index] == 0 { return id }
    let number = Int(runs[id.index]) - 1
    if firstTimes[number] == 0 {
      firstTimes[number] = times.tick()
    } else if !times.contains(firstTimes[number]) {
      dominates[number] = false
    }
    return id
  }

  /// A loop changes no constant.
  mutating func beginLoop(_ id: NodeID, in body: borrowing Body) {}
}

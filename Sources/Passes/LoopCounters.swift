import Analysis
import IR
import PassManager
import Support

/// Drops a counter that does nothing but end a loop, if something else that the loop counts tells when to end.
///
///     (loop $again                                     (local.set $end
///       (br_if $out                                      (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
///         (i32.eq (i32.load (local.get $p)) $x))       (loop $again
///       (local.set $p                                    (br_if $out
///         (i32.add (local.get $p) (i32.const 4)))  ->      (i32.eq (i32.load (local.get $p)) $x))
///       (br_if $again                                    (local.set $p
///         (local.tee $n                                    (i32.add (local.get $p) (i32.const 4)))
///           (i32.add (local.get $n) (i32.const -1)))))   (br_if $again (i32.ne (local.get $p) (local.get $end))))
///
/// What is counted in steps of four comes back to where it was after 2^30 rounds. So $n must be known to be smaller; it
/// may be 0, for 2^32 rounds, but then the loop must do nothing that a round like an earlier one would change. In steps
/// of one all that does not matter.
///
/// After the linear function test replacement of optimizing compilers (Allen, Cocke and Kennedy, "Reduction of operator
/// strength", 1981), the other way round: these get rid of what indexes. Near-linear.
struct LoopCounters: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var counters = CounterSearch(in: body)
    if counters.hasNone { return }
    counters.find(in: body, context.declarations)
    if counters.hasNone { return }
    counters.makeTests(in: &body)
    body.rewriteBottomUp { body, id in
      body.opcode(of: id) == .loop ? counters.makeEnd(before: id, in: &body) : id
    }
  }
}

private struct CounterSearch: ~Copyable {
  /// Nodes of a loop that are looked at.
  private static let nodeLimit = 512

  /// `(br_if $again (local.tee $n (i32.add (local.get $n) (i32.const -1))))`, where nothing else branches to the loop.
  private struct Test: BitwiseCopyable {
    let branch: NodeID
    let loop: NodeID
    let counter: LocalID
    /// What is counted as well, in which steps.
    var other = LocalID.none
    var step: Int32 = 0
    /// The local that has what the other is in the end.
    var end = LocalID.none
    /// The locals that the two come from, and the loop in front of which these have the values already.
    var otherSource = LocalID.none
    var counterSource = LocalID.none
    var place = NodeID.none
    /// The next test whose end is found out there.
    var next: Int32 = -1
  }

  private var tests = Column<Test>()
  /// By node: the first test whose end is found out in front of it; -1 if there is none.
  private var numbers = Column<Int32>()

  var hasNone: Bool { tests.isEmpty }

  init(in body: borrowing Body) {
    let isPossible = (0..<body.nodes.count).contains { Self.counter(testedBy: NodeID($0), in: body) != nil }
    if !isPossible { return }
    let uses = LabelUses(of: body)
    var loops = Column<NodeID>()
    loops.resize(to: Int(body.labelCount), filling: .none)
    body.walk(from: body.root) { id in
      if case .loop(let loop) = body[id], !loop.label.isNone { loops[loop.label.index] = id }
      return true
    } exit: { id in
      guard let counter = Self.counter(testedBy: id, in: body) else { return }
      let label = body.label(ofBranch: id)
      if loops[label.index].isNone || uses[label] != 1 { return }
      tests.append(Test(branch: id, loop: loops[label.index], counter: counter))
    }
  }

  private static func counter(testedBy id: NodeID, in body: borrowing Body) -> LocalID? {
    guard body.opcode(of: id) == .brIf, case .brIf(let branch) = body[id], branch.value.isNone,
      case .localTee(let tee) = body[branch.condition], step(of: tee, in: body) == -1
    else { return nil }
    return tee.local
  }

  /// What an assignment adds to its local; nil if it does something else.
  private static func step(of set: LocalSetNode, in body: borrowing Body) -> Int32? {
    guard case .binary(let sum) = body[set.value], sum.opcode == .i32Add, case .localGet(set.local) = body[sum.left],
      case .i32Const(let step) = body[sum.right]
    else { return nil }
    return step
  }

  // MARK: Something else that is counted

  /// Keeps the tests for which there is something.
  mutating func find(in body: borrowing Body, _ declarations: Declarations) {
    let flow = ControlFlowGraph(of: body)
    let values = CountedValues(in: body, flow)
    var found = Column<Test>()
    for index in 0..<tests.count {
      var test = tests[index]
      guard let counter = values.counter(testedBy: test.branch, flow, in: body) else { continue }
      let header = values.graph.block(ofPhi: counter)
      for phi in values.graph.phis(in: header) where phi != counter && values.graph.isUsed(phi: phi) {
        guard let step = values.step(ofPhi: phi, flow, in: body), step.magnitude.nonzeroBitCount == 1 else { continue }
        let shift = step.magnitude.trailingZeroBitCount
        if shift > 0 {
          let isSmall = values.startWidth(ofPhi: counter, flow, in: body) <= 32 - shift
          guard isSmall, values.isOnly(phi, besides: counter, in: header),
            doesNothing(test.loop, in: body, declarations)
          else { continue }
        }
        test.other = values.graph.local(ofPhi: phi)
        test.step = step
        test.otherSource = values.source(ofPhi: phi, flow, in: body) ?? test.other
        test.counterSource = values.source(ofPhi: counter, flow, in: body) ?? test.counter
        found.append(test)
        break
      }
    }
    tests = found
    findPlaces(in: body)
  }

  /// The end is found out in front of as many loops as do not change what it comes from.
  private mutating func findPlaces(in body: borrowing Body) {
    if tests.isEmpty { return }
    let facts = LoopFacts(of: body)
    numbers.resize(to: body.nodes.count, filling: -1)
    for index in 0..<tests.count { numbers[tests[index].loop.index] = Int32(index) }
    var open: [(number: Int, id: NodeID)] = []
    var count = 0
    body.walk(from: body.root) { id in
      guard body.opcode(of: id) == .loop else { return true }
      if numbers[id.index] >= 0 {
        let index = Int(numbers[id.index])
        let isCopied = tests[index].otherSource != tests[index].other && tests[index].counterSource != tests[index].counter
        for loop in open.reversed().prefix(isCopied ? 8 : 0) {
          if facts.assigns(tests[index].otherSource, inLoop: loop.number)
            || facts.assigns(tests[index].counterSource, inLoop: loop.number)
          {
            break
          }
          tests[index].place = loop.id
        }
        numbers[id.index] = -1
      }
      open.append((count, id))
      count += 1
      return true
    } exit: { id in
      if body.opcode(of: id) == .loop { open.removeLast() }
    }
    for index in 0..<tests.count {
      if tests[index].place.isNone {
        tests[index].place = tests[index].loop
        tests[index].otherSource = tests[index].other
        tests[index].counterSource = tests[index].counter
      }
      // Several may be found out in front of one loop.
      tests[index].next = numbers[tests[index].place.index]
      numbers[tests[index].place.index] = Int32(index)
    }
  }

  /// Whether a round of the loop that begins like an earlier one leads to the same.
  private func doesNothing(_ loop: NodeID, in body: borrowing Body, _ declarations: Declarations) -> Bool {
    var pending = [body.operand(0, of: loop)]
    var count = 1
    while let id = pending.popLast() {
      let effects = Effects(of: id, in: body)
      if !effects.flags.isDisjoint(with: [.allWrites, .calls, .throwsException, .mayNotReturn]) { return false }
      switch body.opcode(of: id) {
      case .loop, .try, .tryTable: return false
      default: break
      }
      if effects.flags.contains(.readsMemory) && declarations.memories.contains(where: \.isShared) { return false }
      count += body.operandCount(of: id)
      if count > Self.nodeLimit { return false }
      body.forEachOperand(of: id) { pending.append($0) }
    }
    return true
  }

  // MARK: Changes

  mutating func makeTests(in body: inout Body) {
    for index in 0..<tests.count {
      tests[index].end = body.makeLocal(.i32)
      let (other, end) = (body.makeLocalGet(tests[index].other), body.makeLocalGet(tests[index].end))
      body.setOperand(1, of: tests[index].branch, to: body.makeBinary(.i32Ne, other, end))
    }
  }

  /// Puts assignments of ends in front of a loop, if there are any that belong there.
  func makeEnd(before loop: NodeID, in body: inout Body) -> NodeID {
    guard loop.index < numbers.count, numbers[loop.index] >= 0 else { return loop }
    var items: [NodeID] = []
    var next = numbers[loop.index]
    while next >= 0 {
      let test = tests[Int(next)]
      var count = body.makeLocalGet(test.counterSource)
      let shift = Int32(test.step.magnitude.trailingZeroBitCount)
      if shift > 0 { count = body.makeBinary(.i32Shl, count, body.makeI32Const(shift)) }
      let start = body.makeLocalGet(test.otherSource)
      let end = body.makeBinary(test.step > 0 ? .i32Add : .i32Sub, start, count)
      items.append(body.makeLocalSet(test.end, end))
      next = test.next
    }
    return body.makeBlock(items + [loop], type: body.type(of: loop))
  }
}

/// What is known of values that go round loops.
private struct CountedValues: ~Copyable {
  let graph: LocalGraph
  /// By node: the access that it is; -1 if it is none.
  private var accesses = Column<Int32>()
  /// By value: how many reads see it, and how many phis that are used.
  private var readCounts = Column<UInt32>()
  private var phiCounts = Column<UInt32>()

  init(in body: borrowing Body, _ flow: borrowing ControlFlowGraph) {
    graph = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    accesses.resize(to: body.nodes.count, filling: -1)
    readCounts.resize(to: graph.valueCount, filling: 0)
    phiCounts.resize(to: graph.valueCount, filling: 0)
    for index in 0..<flow.accesses.count {
      accesses[flow.accesses[index].node.index] = Int32(index)
      if flow.accesses[index].isWrite || graph.value(readBy: index).isNone { continue }
      readCounts[graph.value(readBy: index).index] += 1
    }
    for phi in 0..<graph.phiCount where graph.isUsed(phi: phi) {
      for index in 0..<graph.operandCount(ofPhi: phi) where !graph.operand(index, ofPhi: phi).isNone {
        phiCounts[graph.operand(index, ofPhi: phi).index] += 1
      }
    }
  }

  /// The phi of a counter that only its decrement reads, which only the branch back to the loop and the phi see.
  func counter(testedBy branch: NodeID, _ flow: borrowing ControlFlowGraph, in body: borrowing Body) -> Int? {
    let tee = body.operand(1, of: branch)
    let write = Int(accesses[tee.index])
    guard write > 0, !graph.value(readBy: write - 1).isNone, let phi = graph.phi(graph.value(readBy: write - 1)),
      back(ofPhi: phi, flow) == graph.value(writtenBy: write), readCounts[graph.value(ofPhi: phi).index] == 1,
      phiCounts[graph.value(ofPhi: phi).index] == 0, readCounts[graph.value(writtenBy: write).index] == 0,
      phiCounts[graph.value(writtenBy: write).index] == 1
    else { return nil }
    // The branch ends the block that the edge comes from.
    let header = graph.block(ofPhi: phi)
    let last = flow.predecessor(flow.predecessorCount(of: header) - 1, of: header)
    return flow.accessRange(of: last).contains(write) ? phi : nil
  }

  /// What comes to the phi by the only way back to the loop that it begins.
  private func back(ofPhi phi: Int, _ flow: borrowing ControlFlowGraph) -> LocalValue {
    let block = graph.block(ofPhi: phi)
    let count = flow.predecessorCount(of: block)
    guard count > 1, flow.predecessor(count - 1, of: block) >= block, flow.predecessor(count - 2, of: block) < block
    else { return .none }
    return graph.operand(count - 1, ofPhi: phi)
  }

  /// What each round adds to the value; nil if it does something else.
  func step(ofPhi phi: Int, _ flow: borrowing ControlFlowGraph, in body: borrowing Body) -> Int32? {
    let back = back(ofPhi: phi, flow)
    guard !back.isNone, let write = graph.write(back), write > 0,
      graph.value(readBy: write - 1) == graph.value(ofPhi: phi), !flow.accesses[write - 1].isWrite
    else { return nil }
    let node = flow.accesses[write].node
    switch body[node] {
    case .localSet(let set), .localTee(let set):
      guard case .binary(let sum) = body[set.value], sum.opcode == .i32Add, sum.left == flow.accesses[write - 1].node,
        case .i32Const(let step) = body[sum.right]
      else { return nil }
      return step
    default: return nil
    }
  }

  /// Whether nothing else goes round the loop.
  func isOnly(_ phi: Int, besides counter: Int, in header: BlockID) -> Bool {
    graph.phis(in: header).allSatisfy { $0 == phi || $0 == counter || !graph.isUsed(phi: $0) }
  }

  /// The local that the value is copied from in front of the loop; nil if it is something else.
  func source(ofPhi phi: Int, _ flow: borrowing ControlFlowGraph, in body: borrowing Body) -> LocalID? {
    guard graph.operandCount(ofPhi: phi) == 2, let write = graph.write(graph.operand(0, ofPhi: phi)),
      case .localSet(let set) = body[flow.accesses[write].node], case .localGet(let local) = body[set.value],
      body.type(of: local) == .i32
    else { return nil }
    return local
  }

  // MARK: Sizes

  /// How many bits the value that comes into the loop has at most.
  func startWidth(ofPhi phi: Int, _ flow: borrowing ControlFlowGraph, in body: borrowing Body) -> Int {
    (0..<graph.operandCount(ofPhi: phi) - 1).map { width(of: graph.operand($0, ofPhi: phi), flow, in: body, depth: 6) }
      .max() ?? 32
  }

  private func width(
    of value: LocalValue, _ flow: borrowing ControlFlowGraph, in body: borrowing Body, depth: Int
  ) -> Int {
    guard !value.isNone, let write = graph.write(value) else { return 32 }
    switch body[flow.accesses[write].node] {
    case .localSet(let set), .localTee(let set): return width(of: set.value, flow, in: body, depth: depth - 1)
    default: return 32
    }
  }

  private func width(of id: NodeID, _ flow: borrowing ControlFlowGraph, in body: borrowing Body, depth: Int) -> Int {
    if depth <= 0 { return 32 }
    switch body[id] {
    case .i32Const(let value): return 32 - value.leadingZeroBitCount
    case .localGet: return width(of: graph.value(readBy: Int(accesses[id.index])), flow, in: body, depth: depth)
    case .localTee(let tee): return width(of: tee.value, flow, in: body, depth: depth)
    case .load(let load):
      switch load.opcode {
      case .i32Load8U: return 8
      case .i32Load16U: return 16
      default: return 32
      }
    case .binary(let node) where node.opcode == .i32And:
      return min(
        width(of: node.left, flow, in: body, depth: depth - 1), width(of: node.right, flow, in: body, depth: depth - 1))
    case .binary(let node) where node.opcode == .i32ShrU:
      guard case .i32Const(let count) = body[node.right] else { return 32 }
      return max(0, width(of: node.left, flow, in: body, depth: depth - 1) - Int(count & 31))
    default: return 32
    }
  }
}

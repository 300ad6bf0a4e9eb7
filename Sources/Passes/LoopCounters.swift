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

  /// `(br_if $again (local.tee $n (i32.add (local.get $n) (i32.const -1))))`, where nothing else branches to the loop;
  /// or with `i32.eqz` and a branch out of it.
  private struct Test: BitwiseCopyable {
    let branch: NodeID
    let loop: NodeID
    /// How many loops it is in.
    let depth: Int
    let countdown: Countdown
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

  private struct Countdown: BitwiseCopyable {
    let tee: NodeID
    let counter: LocalID
    /// Zero leads away.
    let leaves: Bool
  }

  private var tests = Column<Test>()
  /// By node: the first test whose end is found out in front of it; -1 if there is none.
  private var numbers = Column<Int32>()

  var hasNone: Bool { tests.isEmpty }

  init(in body: borrowing Body) {
    body.forEachLoopBranch(where: { Self.countdown(testedBy: $0, in: body) != nil }) { branch, loop, depth in
      guard let countdown = Self.countdown(testedBy: branch, in: body) else { return }
      if countdown.leaves == (body.label(ofConstruct: loop) == body.label(ofBranch: branch)) { return }
      tests.append(Test(branch: branch, loop: loop, depth: depth, countdown: countdown))
    }
  }

  private static func countdown(testedBy id: NodeID, in body: borrowing Body) -> Countdown? {
    guard body.opcode(of: id) == .brIf, case .brIf(let branch) = body[id], branch.value.isNone else { return nil }
    var node = branch.condition
    var leaves = false
    if case .unary(let test) = body[node], test.opcode == .i32Eqz {
      node = test.operand
      leaves = true
    }
    guard case .localTee(let tee) = body[node], step(of: tee, in: body) == -1 else { return nil }
    return Countdown(tee: node, counter: tee.local, leaves: leaves)
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
      guard let counter = values.counter(countedBy: test.countdown.tee, flow) else { continue }
      let header = values.graph.block(ofPhi: counter)
      // It is the loop around the test that counts.
      if flow.loopDepth(of: header) != test.depth { continue }
      for phi in values.graph.phis(in: header) where phi != counter && values.graph.isUsed(phi: phi) {
        // The assignment comes in each round, and before the test.
        guard let (step, write) = values.step(ofPhi: phi, flow, in: body), step.magnitude.nonzeroBitCount == 1,
          write < values.access(at: test.countdown.tee)
        else { continue }
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
        test.counterSource = values.source(ofPhi: counter, flow, in: body) ?? test.countdown.counter
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
        let isCopied = tests[index].otherSource != tests[index].other
          && tests[index].counterSource != tests[index].countdown.counter
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
        tests[index].counterSource = tests[index].countdown.counter
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
      let opcode = tests[index].countdown.leaves ? Opcode.i32Eq : .i32Ne
      body.setOperand(1, of: tests[index].branch, to: body.makeBinary(opcode, other, end))
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

import Analysis
import IR
import PassManager
import Support

/// Computes a simple value again wherever it is needed, where that is less to run than keeping it in a local.
///
///     (local.set $end (i32.add (local.get $p) (i32.const 8)))        (if (local.get $x)
///     (if (local.get $x)                                               (then (call $f
///       (then (call $f (local.get $end)))                        ->      (i32.add (local.get $p) (i32.const 8))))
///       (else (call $g (local.get $end))))                             (else (call $g
///                                                                        (i32.add (local.get $p) (i32.const 8)))))
///
/// That is so where a value is kept on all ways and needed on some, or kept in each round of a loop and needed behind it.
/// All reads of the value must see nothing else, and what it is computed from must be the same there: locals still have
/// the values that they had (static single assignment tells), memory has not changed. A load stays where it was, as it
/// may trap: it may be repeated if it was made in passing, by `local.tee`.
///
/// How often code runs is a guess (`BlockFrequencies`); each byte that is added has to save an instruction. Near-linear.
struct Rematerialization: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    let flow = ControlFlowGraph(of: body)
    var values = KeptValues(in: body, flow, context.declarations)
    if !values.hasCandidates { return }
    let dominators = Dominators(of: flow)
    let locals = LocalGraph(
      of: flow, dominators, localCount: body.localCount, lastQueries: values.queries(in: body, flow))
    values.weigh(flow, dominators, locals)
    if values.hasLoads { values.rejectChangedLoads(in: &body, flow) }
    values.choose(flow, locals)
    values.apply(to: &body, flow)
  }
}

/// The values that may be computed again, and what that would save.
private struct KeptValues: ~Copyable {
  /// Instructions of a value.
  private static let sizeLimit = 5

  private struct Candidate: BitwiseCopyable {
    /// The access that keeps the value.
    let write: Int
    let size: Int
    /// How many accesses before `write` read what it is computed from.
    let readCount: Int
    let isTee: Bool
    let loads: Bool
    /// Bytes of the value, and of an access to the local.
    let byteCount: Int
    let accessSize: Int
    /// How many loops it is kept in.
    var loopDepth = 0
    /// What is saved less what is added, by how often it runs; bytes that are added less those that are saved.
    var gain: Float = 0
    var growth = 0
    /// The last access that reads it, and in `nextReads` those before.
    var lastRead: Int32 = -1
    var isRejected = false
    /// It is to be computed again.
    var isChosen = false
    /// Another is to be computed again from it.
    var isNeeded = false
  }

  private var candidates = Column<Candidate>()
  /// By access: the candidate that it keeps or, when that is known, reads; -1 if there is none.
  private var numbers = Column<Int32>()
  private var nextReads = Column<Int32>()
  private(set) var hasLoads = false

  var hasCandidates: Bool { !candidates.isEmpty }

  init(in body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ declarations: Declarations) {
    for index in 0..<flow.accesses.count {
      guard flow.accesses[index].isWrite, let candidate = Self.candidate(index, in: body, flow, declarations) else {
        continue
      }
      if numbers.isEmpty {
        numbers.resize(to: flow.accesses.count, filling: -1)
        nextReads.resize(to: flow.accesses.count, filling: -1)
      }
      numbers[index] = Int32(candidates.count)
      candidates.append(candidate)
      if candidate.loads { hasLoads = true }
    }
  }

  private static func candidate(
    _ index: Int, in body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ declarations: Declarations
  ) -> Candidate? {
    let access = flow.accesses[index]
    let opcode = body.opcode(of: access.node)
    guard opcode == .localSet || opcode == .localTee, !body.type(of: access.local).isReference else { return nil }
    let isTee = opcode == .localTee
    var size = 0
    var reads = 0
    var loads = false
    var pending = InlineArray<16, NodeID>(repeating: .none)
    var count = 1
    pending[0] = body.localValue(of: access.node)
    while count > 0 {
      count -= 1
      let id = pending[count]
      size += 1
      if size > sizeLimit { return nil }
      switch body[id] {
      case .localGet: reads += 1
      case .i32Const, .i64Const, .f32Const, .f64Const: break
      case .unary, .binary:
        if !body.info(of: id).attributes.contains(.pure) || Effects.mayTrap(id, in: body) { return nil }
      case .load(let node):
        guard isTee, !loads, !declarations.memories[node.memarg.memory.index].isShared,
          body.info(of: id).shape == .load
        else { return nil }
        loads = true
      default: return nil
      }
      for position in 0..<body.operandCount(of: id) {
        pending[count] = body.operand(position, of: id)
        count += 1
      }
    }
    // One that is computed from itself is another one then.
    for read in index - reads..<index where flow.accesses[read].local == access.local { return nil }
    let byteCount = body.byteCount(of: body.localValue(of: access.node))
    return Candidate(
      write: index, size: size, readCount: reads, isTee: isTee, loads: loads, byteCount: byteCount,
      accessSize: access.local.accessByteCount)
  }

  /// By local: the last block where it may be read in the place of a value that is computed from it.
  func queries(in body: borrowing Body, _ flow: borrowing ControlFlowGraph) -> Column<BlockID> {
    var lastReads = Column<BlockID>()
    lastReads.resize(to: body.localCount, filling: .entry)
    for number in 0..<flow.blockCount {
      for index in flow.accessRange(of: BlockID(number)) where !flow.accesses[index].isWrite {
        lastReads[flow.accesses[index].local.index] = BlockID(number)
      }
    }
    var queries = Column<BlockID>()
    queries.resize(to: body.localCount, filling: .none)
    for number in 0..<candidates.count {
      let candidate = candidates[number]
      let last = lastReads[flow.accesses[candidate.write].local.index]
      for read in candidate.write - candidate.readCount..<candidate.write {
        let local = flow.accesses[read].local.index
        queries[local] = queries[local].isNone ? last : max(queries[local], last)
      }
    }
    return queries
  }

  // MARK: Gains

  /// Finds what reads the values, what is changed by then, and what computing them again saves.
  mutating func weigh(
    _ flow: borrowing ControlFlowGraph, _ dominators: borrowing Dominators, _ locals: borrowing LocalGraph
  ) {
    for phi in 0..<locals.phiCount where locals.isUsed(phi: phi) {
      for index in 0..<locals.operandCount(ofPhi: phi) {
        if let number = candidate(of: locals.operand(index, ofPhi: phi), locals) { candidates[number].isRejected = true }
      }
    }
    let frequencies = BlockFrequencies(of: flow)
    var current = CurrentValues(of: locals)
    for place in 0..<dominators.order.count {
      let block = dominators.order[place]
      current.enter(block, of: locals, dominators)
      let (frequency, depth) = (frequencies[block], flow.loopDepth(of: block))
      for index in flow.accessRange(of: block) {
        let access = flow.accesses[index]
        if access.isWrite {
          current.write(access.local, index, of: locals)
          noteWrite(index, frequency, depth, locals)
        } else if let number = candidate(of: locals.value(readBy: index), locals) {
          noteRead(index, of: number, frequency, current, flow, locals)
          // How seldom a loop comes to what is in it is too much to guess.
          if depth > candidates[number].loopDepth { candidates[number].isRejected = true }
        }
      }
    }
  }

  private func candidate(of value: LocalValue, _ locals: borrowing LocalGraph) -> Int? {
    guard !value.isNone, let write = locals.write(value), numbers[write] >= 0 else { return nil }
    return Int(numbers[write])
  }

  private mutating func noteWrite(_ index: Int, _ frequency: Float, _ depth: Int, _ locals: borrowing LocalGraph) {
    let number = Int(numbers[index])
    if number < 0 { return }
    candidates[number].loopDepth = depth
    let candidate = candidates[number]
    candidates[number].gain += frequency * Float(candidate.isTee ? 1 : candidate.size + 1)
    candidates[number].growth -= candidate.accessSize + (candidate.isTee ? 0 : candidate.byteCount)
    for read in index - candidate.readCount..<index where locals.value(readBy: read).isNone {
      candidates[number].isRejected = true
    }
  }

  private mutating func noteRead(
    _ index: Int, of number: Int, _ frequency: Float, _ current: borrowing CurrentValues,
    _ flow: borrowing ControlFlowGraph, _ locals: borrowing LocalGraph
  ) {
    let candidate = candidates[number]
    nextReads[index] = candidate.lastRead
    numbers[index] = Int32(number)
    candidates[number].lastRead = Int32(index)
    candidates[number].gain -= frequency * Float(candidate.size - 1)
    candidates[number].growth += candidate.byteCount - candidate.accessSize
    for read in candidate.write - candidate.readCount..<candidate.write
    where current[flow.accesses[read].local] != locals.value(readBy: read) {
      candidates[number].isRejected = true
    }
  }

  /// A load gives the same again as long as memory is the same.
  mutating func rejectChangedLoads(in body: inout Body, _ flow: borrowing ControlFlowGraph) {
    var states = MemoryStates(of: body)
    var isWanted = false
    for number in 0..<candidates.count where candidates[number].loads && isWorthwhile(candidates[number]) {
      isWanted = true
      states.ask(at: flow.accesses[candidates[number].write].node)
      forEachRead(of: candidates[number]) { states.ask(at: flow.accesses[$0].node) }
    }
    if !isWanted { return }
    body.walkDominance(&states)
    for number in 0..<candidates.count where candidates[number].loads && isWorthwhile(candidates[number]) {
      let state = states.answer(at: flow.accesses[candidates[number].write].node)
      var isSame = true
      forEachRead(of: candidates[number]) {
        if states.answer(at: flow.accesses[$0].node) != state { isSame = false }
      }
      if !isSame { candidates[number].isRejected = true }
    }
  }

  private func forEachRead(of candidate: Candidate, _ visit: (Int) -> Void) {
    var read = candidate.lastRead
    while read >= 0 {
      visit(Int(read))
      read = nextReads[Int(read)]
    }
  }

  private func isWorthwhile(_ candidate: Candidate) -> Bool {
    !candidate.isRejected && candidate.lastRead >= 0 && candidate.gain > max(0, Float(candidate.growth))
  }

  // MARK: Changes

  /// Of values that are computed from each other every other one may be computed again.
  mutating func choose(_ flow: borrowing ControlFlowGraph, _ locals: borrowing LocalGraph) {
    for number in 0..<candidates.count where isWorthwhile(candidates[number]) && !candidates[number].isNeeded {
      let candidate = candidates[number]
      let operands = candidate.write - candidate.readCount..<candidate.write
      let isApart = operands.allSatisfy { read in
        self.candidate(of: locals.value(readBy: read), locals).map { !candidates[$0].isChosen } ?? true
      }
      if !isApart { continue }
      candidates[number].isChosen = true
      for read in operands {
        if let operand = self.candidate(of: locals.value(readBy: read), locals) { candidates[operand].isNeeded = true }
      }
    }
  }

  mutating func apply(to body: inout Body, _ flow: borrowing ControlFlowGraph) {
    for number in 0..<candidates.count where candidates[number].isChosen {
      let assignment = flow.accesses[candidates[number].write].node
      let value = body.localValue(of: assignment)
      forEachRead(of: candidates[number]) { read in
        let node = flow.accesses[read].node
        let copy = Self.copy(of: value, in: &body)
        body.replace(node, with: body.nodes[copy.index])
      }
      body.replace(assignment, with: candidates[number].isTee ? body.nodes[value.index] : NodeRecord(.nop, .none))
    }
  }

  /// Another tree like this one, which is small.
  private static func copy(of id: NodeID, in body: inout Body) -> NodeID {
    let copy = body.append(body.nodes[id.index])
    for position in 0..<body.operandCount(of: id) {
      let operand = Self.copy(of: body.operand(position, of: id), in: &body)
      body.setOperand(position, of: copy, to: operand)
    }
    return copy
  }
}

/// Tells at nodes that are asked for which state memory is in.
private struct MemoryStates: DominanceVisitor, ~Copyable {
  private static let asked = UInt32.max

  var times = DominatingTimes()
  private var state = ReadableState()
  private let facts: LoopFacts
  private var loopCount = 0
  /// By node.
  private var answers = Column<UInt32>()

  init(of body: borrowing Body) {
    facts = LoopFacts(of: body)
    answers.resize(to: body.nodes.count, filling: 0)
  }

  mutating func ask(at id: NodeID) { answers[id.index] = Self.asked }
  func answer(at id: NodeID) -> UInt32 { answers[id.index] }

  mutating func beginLoop(_ id: NodeID, in body: borrowing Body) {
    state.perform(facts.effects(ofLoop: loopCount), at: &times)
    loopCount += 1
  }

  mutating func leave(_ id: NodeID, in body: inout Body) -> NodeID {
    if !body.info(of: id).attributes.contains(.pure) { state.perform(Effects(of: id, in: body).flags, at: &times) }
    if answers[id.index] == Self.asked { answers[id.index] = state.number(of: .memory, at: &times) }
    return id
  }
}

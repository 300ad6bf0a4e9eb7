import IR
import Support

struct BlockExitID: EntityID {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A range of `SetSinking.parked`.
struct ParkedSets: BitwiseCopyable {
  var start = 0
  var end = 0

  var range: Range<Int> { start..<end }
}

/// A `br` or `br_if` without value, as the walk met it.
struct BlockExit: BitwiseCopyable {
  let branch: NodeID
  /// The sets that could move to it.
  let sets: ParkedSets
  /// What held there.
  let floor: Int
  let time: UInt32
  /// Another exit of the block.
  let previous: BlockExitID
}

struct ResultPlanID: EntityID {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// How a construct without result can become the value of a set: the sets that its ways end with give their values.
struct ResultPlan: BitwiseCopyable {
  let construct: NodeID
  let local: LocalID
  /// The set at the end of the block, or of the arm that was visited first; `none` if control does not come there.
  let first: SinkableID
  /// Of the other arm; of a block, the set before it that the first branch takes along, if that has no other.
  var second = SinkableID.none
  /// Block: its last `br` or `br_if`.
  var lastExit = BlockExitID.none
  /// Bytes that it saves at once.
  var gain = 0
  var isDone = false
}

/// What is known of a local while the ways through a construct are compared.
struct LocalMark: BitwiseCopyable {
  /// Which comparison this is of.
  var serial: UInt32 = 0
  var count: UInt32 = 0
  /// The last set that was marked, and where.
  var set = SinkableID.none
  var exit = BlockExitID.none
}

extension SetSinking {
  /// Nodes of a construct that are looked at again to find out what the construct does.
  private static let descriptionLimit = 200

  // MARK: Planning

  /// `(if c (then (local.set $x v)))` -> `(local.set $x (if c (then v) (else (local.get $x))))`, which pays if the set can
  /// then move on.
  mutating func planIf(_ id: NodeID, _ construct: OpenConstruct, in body: inout Body) -> ResultPlanID {
    guard rules.makesTees else { return .none }
    var best = SinkableID.none
    var set = sets.lastAlive(from: construct.armStart)
    while !set.isNone {
      if sets[set].plan.isNone && isDefaultable(sets[set].local, in: body) && isBetter(set, than: best) { best = set }
      set = sets.lastAlive(from: construct.armStart, before: set)
    }
    if best.isNone { return .none }
    return add(ResultPlan(construct: id, local: sets[best].local, first: best, gain: -3))
  }

  /// `(if c (then (local.set $x v)) (else (local.set $x w)))` -> `(local.set $x (if c (then v) (else w)))`
  mutating func planIfElse(_ frame: Frame, _ construct: OpenConstruct, in body: inout Body) -> ResultPlanID {
    if construct.firstArm.range.isEmpty { return .none }
    beginMarks(localCount: body.localCount)
    for index in construct.firstArm.range { mark(parked[index], at: .none) }
    var best = SinkableID.none
    var set = sets.lastAlive(from: construct.armStart)
    while !set.isNone {
      if isMarked(sets[set].local) && isBetter(set, than: best) { best = set }
      set = sets.lastAlive(from: construct.armStart, before: set)
    }
    if best.isNone { return .none }
    let local = sets[best].local
    return add(
      ResultPlan(
        construct: frame.node, local: local, first: marks[local.index].set, second: best,
        gain: 2 + gain(of: marks[local.index].set) + gain(of: best)))
  }

  /// `(block $l ... (local.set $x v) (br $l) ... (local.set $x w))` -> `(local.set $x (block $l ... (br $l v) ... w))`
  private mutating func planBlock(_ id: NodeID, _ construct: OpenConstruct, in body: inout Body) -> ResultPlanID {
    if construct.isFixed || construct.lastExit.isNone { return .none }
    guard case .block(let block) = body[id], !block.items.isEmpty else { return .none }
    let falls = !body.diverges(body[block.items, block.items.count - 1])
    if falls && sets.lastAlive(from: construct.start).isNone { return .none }
    beginMarks(localCount: body.localCount)
    var exitCount: UInt32 = 0
    var conditionalCount = 0
    var exit = construct.lastExit
    var first = exit
    while !exit.isNone {
      let record = exits[exit.index]
      exitCount += 1
      if body.opcode(of: record.branch) == .brIf { conditionalCount += 1 }
      for index in record.sets.range { mark(parked[index], at: exit) }
      first = exit
      exit = record.previous
    }
    var best = SinkableID.none
    var bestBefore = SinkableID.none
    var set = falls ? sets.lastAlive(from: construct.start) : .none
    while !set.isNone {
      if isBetter(set, than: best), let before = setAtOtherExits(set, exitCount, first, construct) {
        best = set
        bestBefore = before
      }
      set = sets.lastAlive(from: construct.start, before: set)
    }
    if !falls {
      for index in exits[first.index].sets.range {
        let set = parked[index]
        if marks[sets[set].local.index].count == exitCount && isBetter(set, than: best) { best = set }
      }
    }
    if best.isNone { return .none }
    let ways = Int(exitCount) + (falls ? 1 : 0)
    return add(
      ResultPlan(
        construct: id, local: sets[best].local, first: falls ? best : .none, second: bestBefore,
        lastExit: construct.lastExit, gain: 2 * (ways - conditionalCount - 1) - conditionalCount))
  }

  /// Whether all exits of a block have a set of the same local as its end: `none` if so, the one before the block if
  /// the first exit has that instead; else nil.
  private func setAtOtherExits(
    _ set: SinkableID, _ exitCount: UInt32, _ first: BlockExitID, _ construct: OpenConstruct
  ) -> SinkableID? {
    let mark = marks[sets[set].local.index]
    let count = mark.serial == markSerial ? mark.count : 0
    if count == exitCount { return SinkableID.none }
    if count < exitCount - 1 || count > 0 && mark.exit == first { return nil }
    return setBefore(set, takenAlongBy: first, construct)
  }

  /// The set of the same local that stands before the construct and that its first exit can take along.
  private func setBefore(_ id: SinkableID, takenAlongBy exit: BlockExitID, _ construct: OpenConstruct) -> SinkableID? {
    var before = sets[id].previous
    for _ in 0..<8 where !before.isNone && before.index >= construct.start { before = sets[before].previous }
    if before.isNone || before.index >= construct.start || before.index < exits[exit.index].floor { return nil }
    let set = sets[before]
    switch set.state {
    case .alive: return before
    case .stopped: return set.stopTime > exits[exit.index].time ? before : nil
    case .taken: return nil
    }
  }

  /// What the value of a set costs, if it is that of a construct that gets its result for it.
  private func gain(of set: SinkableID) -> Int {
    sets[set].plan.isNone ? 0 : plans[sets[set].plan.index].gain
  }

  private mutating func add(_ plan: ResultPlan) -> ResultPlanID {
    plans.append(plan)
    return ResultPlanID(plans.count - 1)
  }

  /// Locals that are read once come first: their sets are most likely to move on.
  func isBetter(_ set: SinkableID, than best: SinkableID) -> Bool {
    if best.isNone { return true }
    let (local, other) = (sets[set].local, sets[best].local)
    let isSingle = getCounts[local.index] == 1
    let otherIsSingle = getCounts[other.index] == 1
    return isSingle == otherIsSingle ? local < other : isSingle
  }

  // MARK: Marks

  private mutating func beginMarks(localCount: Int) {
    if marks.count < localCount { marks.resize(to: localCount, filling: LocalMark()) }
    markSerial += 1
  }

  private mutating func mark(_ set: SinkableID, at exit: BlockExitID) {
    let local = sets[set].local
    let isFirst = marks[local.index].serial != markSerial
    marks[local.index] = LocalMark(
      serial: markSerial, count: isFirst ? 1 : marks[local.index].count + 1, set: set, exit: exit)
  }

  private func isMarked(_ local: LocalID) -> Bool { marks[local.index].serial == markSerial }

  // MARK: Doing it

  mutating func leaveBlock(_ id: NodeID, in body: inout Body) {
    let construct = constructs.last
    sets.resolveBranches(construct.branchCount)
    let plan = planBlock(id, construct, in: &body)
    if construct.branchCount > 0 { sets.stopAll(in: construct.start..<sets.count) }
    closeConstruct(isStraight: construct.branchCount == 0)
    if !plan.isNone { end(id, plan, from: construct.start, in: &body) }
  }

  /// The construct that there is a plan for has ended; sets within it have numbers from `start` on. If the plan pays at
  /// once, it is carried out; else it waits until it would.
  mutating func end(_ id: NodeID, _ plan: ResultPlanID, from start: Int, in body: inout Body) {
    let local = plans[plan.index].local
    let takesAlong = body.opcode(of: id) == .block && !plans[plan.index].second.isNone
    if plans[plan.index].gain > 0 || takesAlong && getCounts[local.index] == 1 {
      makeResult(plan, in: &body)
      write(local, in: &body)
      guard isSinkable(local) else { return sets.noteWrite(local) }
      sets.open(from: start)
      if describe(body.localValue(of: id), in: &body) {
        sets.close(asValueOf: id, local, construct: constructs.last.serial)
      } else {
        sets.closeInPlace()
        sets.noteWrite(local)
      }
    } else if !takesAlong && sets.lastAlive(from: start).isNone {
      sets.open(from: start)
      if describe(id, in: &body) {
        if body.opcode(of: id) == .if { sets.noteRead(local) }
        sets.close(asValueOf: id, local, plan: plan, construct: constructs.last.serial)
      } else {
        sets.closeInPlace()
      }
    }
  }

  /// Tells the innermost group what all the nodes of a construct do. Gives up, and returns false, if there are many: the
  /// next walk learns it as it goes.
  private mutating func describe(_ id: NodeID, in body: inout Body) -> Bool {
    markSerial += 1
    if labelMarks.count < body.labelCount { labelMarks.resize(to: Int(body.labelCount), filling: 0) }
    var rest = Self.descriptionLimit
    body.walk(
      from: id,
      enter: { node in
        rest -= 1
        if rest < 0 { return false }
        switch body.opcode(of: node) {
        case .block, .loop:
          let label = LabelID(rawValue: body.nodes[node.index].a)
          if !label.isNone { labelMarks[label.index] = markSerial }
        default: break
        }
        return true
      },
      exit: { node in
        if rest >= 0 { describeNode(node, in: body) }
      })
    return rest >= 0
  }

  private mutating func describeNode(_ id: NodeID, in body: borrowing Body) {
    switch body.opcode(of: id) {
    case .localGet: sets.noteRead(body.local(of: id))
    case .localSet, .localTee: sets.noteWrite(body.local(of: id))
    case .tupleSet:
      guard case .tupleSet(let node) = body[id] else { preconditionFailure() }
      for index in 0..<node.localCount {
        let local = body.local(index, of: node)
        if !local.isNone { sets.noteWrite(local) }
      }
    case .br, .brIf, .brTable, .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail, .tryTable:
      body.forEachLabel(of: id) { label in
        if label == .function || labelMarks[label.index] != markSerial { sets.noteFlags(.branches) }
      }
    case .block, .if, .try: break
    case .loop: sets.noteFlags(.mayNotReturn)
    default: sets.noteFlags(flags(of: id, in: body))
    }
  }

  /// Makes a construct a `local.set` of itself, and before that those that give it their values.
  mutating func makeResult(_ id: ResultPlanID, in body: inout Body) {
    var order = [id]
    var next = 0
    while next < order.count {
      forEachSet(of: plans[order[next].index]) { set in
        let plan = sets[set].plan
        if !plan.isNone && !plans[plan.index].isDone { order.append(plan) }
      }
      next += 1
    }
    for plan in order.reversed() where !plans[plan.index].isDone {
      plans[plan.index].isDone = true
      carryOut(plans[plan.index], in: &body)
    }
  }

  private func forEachSet(of plan: ResultPlan, _ visit: (SinkableID) -> Void) {
    if !plan.first.isNone { visit(plan.first) }
    if !plan.second.isNone { visit(plan.second) }
    var exit = plan.lastExit
    while !exit.isNone {
      let set = setTakenAlong(by: exit, plan)
      if set != plan.second { visit(set) }
      exit = exits[exit.index].previous
    }
  }

  /// The set whose value an exit of the block takes along.
  private func setTakenAlong(by exit: BlockExitID, _ plan: ResultPlan) -> SinkableID {
    for index in exits[exit.index].sets.range where sets[parked[index]].local == plan.local { return parked[index] }
    return plan.second
  }

  private mutating func carryOut(_ plan: ResultPlan, in body: inout Body) {
    let type = ResultType(body.type(of: plan.local))
    // The node of the construct becomes the set, so that whoever has it as operand need not know.
    var record = body.nodes[plan.construct.index]
    record.type = type
    let value = body.append(record)
    body.moveBranchHint(from: plan.construct, to: value)
    body.movePosition(from: plan.construct, to: value)
    body.replace(
      plan.construct, with: NodeRecord(.localSet, .none, a: plan.local.rawValue, b: value.rawValue))
    if body.opcode(of: value) == .block {
      makeExits(plan, type, in: &body)
      if !plan.first.isNone { endBlock(value, with: plan.first, type, in: &body) }
    } else {
      giveValue(toArm: 1, of: value, with: plan.first, type, in: &body)
      if plan.second.isNone {
        getCounts[plan.local.index] += 1
        let get = body.makeLocalGet(plan.local)
        body.setOperand(2, of: value, to: get)
      } else {
        giveValue(toArm: 2, of: value, with: plan.second, type, in: &body)
      }
    }
  }

  /// Takes the value out of a set, which stands there no more; `statement` is what is left of it.
  private mutating func takeValue(of id: SinkableID, in body: inout Body) -> (value: NodeID, statement: NodeID) {
    let statement = sets[id].node
    precondition(sets[id].state != .taken)
    let value = body.localValue(of: statement)
    if sets[id].state == .alive { sets.stop(id) }
    sets[id].state = .taken
    clear(statement, in: &body)
    return (value, statement)
  }

  private mutating func giveValue(
    toArm position: Int, of id: NodeID, with set: SinkableID, _ type: ResultType, in body: inout Body
  ) {
    let arm = body.operand(position, of: id)
    let (value, statement) = takeValue(of: set, in: &body)
    if arm == statement {
      body.setOperand(position, of: id, to: value)
    } else if body.isSequence(arm), body.operand(body.operandCount(of: arm) - 1, of: arm) == statement {
      body.setOperand(body.operandCount(of: arm) - 1, of: arm, to: value)
      body.setType(of: arm, to: type)
    } else {
      let sequence = body.makeBlock([arm, value], type: type)
      body.setOperand(position, of: id, to: sequence)
    }
  }

  private mutating func endBlock(_ id: NodeID, with set: SinkableID, _ type: ResultType, in body: inout Body) {
    let (value, statement) = takeValue(of: set, in: &body)
    let last = body.operandCount(of: id) - 1
    if body.operand(last, of: id) == statement { return body.setOperand(last, of: id, to: value) }
    guard case .block(let block) = body[id] else { preconditionFailure() }
    let sequence = body.makeBlock(block.items, label: .none, type: .none)
    let items = body.makeList([sequence, value])
    body.setItems(of: id, to: items)
  }

  private mutating func makeExits(_ plan: ResultPlan, _ type: ResultType, in body: inout Body) {
    var exit = plan.lastExit
    while !exit.isNone {
      let record = exits[exit.index]
      let (value, _) = takeValue(of: setTakenAlong(by: exit, plan), in: &body)
      giveValue(value, to: record.branch, plan.local, type, in: &body)
      exit = record.previous
    }
  }

  /// A `br_if` yields its value if it does not branch: the local keeps it, and it is dropped.
  private func giveValue(
    _ value: NodeID, to branch: NodeID, _ local: LocalID, _ type: ResultType, in body: inout Body
  ) {
    if body.opcode(of: branch) == .br { return body.setOperand(0, of: branch, to: value) }
    var record = body.nodes[branch.index]
    record.type = type
    let copy = body.append(record)
    body.moveBranchHint(from: branch, to: copy)
    body.movePosition(from: branch, to: copy)
    let tee = body.makeLocalTee(local, value)
    body.setOperand(0, of: copy, to: tee)
    body.replace(branch, with: NodeRecord(.drop, .none, a: copy.rawValue))
  }
}

import Analysis
import IR
import Support

/// A construct that the walk of `SetSinking` is in; of an `if`, its arms.
struct OpenConstruct: BitwiseCopyable {
  let label: LabelID
  /// Tells constructs apart.
  let serial: UInt32
  /// The number of the first set within.
  let start: Int
  /// What held before.
  let floor: Int
  let soloFloor: Int
  let divergenceCount: UInt32
  /// The number of the first set within the arm that is being visited.
  var armStart: Int
  /// Branches to its label so far.
  var branchCount = 0
  /// The outermost construct (by depth) that something within branches to.
  var outermostTarget = Int.max
  /// Whether it can't get a result: it has one, or is no block, or because of what branches to it.
  var isFixed: Bool
  /// Its last `br` or `br_if` so far.
  var lastExit = BlockExitID.none
  /// Sets at the end of the arm that was visited first: a range of `parked`.
  var firstArm = ParkedSets()
  /// Control does not come out of the arm that was visited first.
  var firstArmDiverges = false
}

/// Where an exception may be caught: depths of constructs that control is then at the end, or at a `catch`, of.
struct OpenHandler: BitwiseCopyable {
  /// The outermost construct that an exception thrown here may lead to; `Int.max` if none.
  let target: Int
  /// The same, if the handlers further in are passed over.
  let outermost: Int
}

extension SetSinking {
  /// Begins a construct other than `if`.
  mutating func enterConstruct(_ id: NodeID, in body: inout Body) {
    switch body[id] {
    case .block(let block):
      if !block.label.isNone { open(block.label, mayGetResult: body.type(of: id) == .none) }
    case .loop(let loop):
      open(loop.label)
      sets.floor = sets.count
      sets.soloFloor = sets.count
    case .try(let node): enterTry(node)
    case .tryTable(let table): enterTryTable(table, in: &body)
    default: preconditionFailure()
    }
  }

  private mutating func open(_ label: LabelID, mayGetResult: Bool = false) {
    constructCount += 1
    if !label.isNone { labelDepths[label.index] = UInt32(constructs.count) }
    constructs.append(
      OpenConstruct(
        label: label, serial: constructCount, start: sets.count, floor: sets.floor, soloFloor: sets.soloFloor,
        divergenceCount: divergenceCount, armStart: sets.count, isFixed: !(mayGetResult && rules.makesResults)))
  }

  /// Ends the innermost construct: ways that parted within have met again, unless they lead further out.
  ///
  /// - Parameter isStraight: control comes out only if it does of all that is within.
  mutating func closeConstruct(isStraight: Bool = false) {
    let construct = constructs.popLast()
    if !isStraight { divergenceCount = construct.divergenceCount }
    sets.soloFloor = construct.soloFloor
    if construct.outermostTarget >= constructs.count {
      sets.floor = construct.floor
    } else if !constructs.isEmpty {
      constructs.last.outermostTarget = min(constructs.last.outermostTarget, construct.outermostTarget)
    }
  }

  mutating func leaveConstruct(_ frame: Frame, in body: inout Body) {
    let id = frame.node
    switch body[id] {
    case .block(let block):
      if block.label.isNone || block.label == .function { return }
      leaveBlock(id, in: &body)
    case .loop:
      let construct = constructs.last
      sets.stopAll(in: construct.start..<max(construct.start, sets.floor))
      sets.resolveBranches(construct.branchCount)
      closeConstruct(isStraight: true)
      if construct.branchCount > 0 { sets.perform(.mayNotReturn) }
    case .if: leaveIf(frame, in: &body)
    case .try:
      sets.stopAll(in: constructs.last.start..<sets.count)
      sets.resolveBranches(constructs.last.branchCount)
      closeConstruct()
    case .tryTable:
      handlers.removeLast(1)
      // What is thrown outside is caught elsewhere.
      sets.stop(having: .throwsException)
      closeConstruct()
    default: preconditionFailure()
    }
  }

  // MARK: if

  /// The condition has been visited. Returns whether the second arm is to come first: of two arms the one that control
  /// does not leave, so that the sets at the end of the other may go on.
  mutating func beginArms(of id: NodeID, in body: inout Body) -> Bool {
    guard case .if(let node) = body[id] else { preconditionFailure() }
    open(.none)
    let swaps = !node.elseArm.isNone && body.diverges(node.elseArm) && !body.diverges(node.thenArm)
    constructs.last.firstArmDiverges = swaps || body.diverges(node.thenArm)
    sets.floor = sets.count
    return swaps
  }

  /// The first arm has been visited, there may be another.
  mutating func endArm(of id: NodeID, in body: inout Body) {
    if body.operand(2, of: id).isNone { return }
    let start = constructs.last.armStart
    let parkedStart = parked.count
    if mayGetResult(id, in: body) && !constructs.last.firstArmDiverges { park(in: max(start, sets.floor)..<sets.count) }
    constructs.last.firstArm = ParkedSets(start: parkedStart, end: parked.count)
    sets.stopAll(in: start..<sets.count)
    sets.floor = sets.count
    constructs.last.armStart = sets.count
  }

  private mutating func leaveIf(_ frame: Frame, in body: inout Body) {
    guard case .if(let node) = body[frame.node] else { preconditionFailure() }
    let construct = constructs.last
    var plan = ResultPlanID.none
    let mayGetResult = mayGetResult(frame.node, in: body) && !construct.firstArmDiverges
    let secondArm = frame.swapsArms ? node.thenArm : node.elseArm
    if node.elseArm.isNone {
      if mayGetResult { plan = planIf(frame.node, construct, in: &body) }
      sets.stopAll(in: construct.armStart..<sets.count)
    } else if !construct.firstArmDiverges || body.diverges(secondArm) {
      if mayGetResult { plan = planIfElse(frame, construct, in: &body) }
      sets.stopAll(in: construct.armStart..<sets.count)
    }
    closeConstruct(isStraight: !node.elseArm.isNone && construct.firstArmDiverges && body.diverges(secondArm))
    if !plan.isNone { end(frame.node, plan, from: Int(frame.mark), in: &body) }
  }

  @inline(__always)
  private func mayGetResult(_ id: NodeID, in body: borrowing Body) -> Bool {
    rules.makesResults && body.type(of: id) == .none
  }

  // MARK: Branches

  /// Branches as the node does.
  ///
  /// - Parameter mark: `br_if`: the number of the first set within the condition.
  mutating func branch(_ id: NodeID, mark: UInt32, in body: inout Body) {
    switch body.opcode(of: id) {
    case .br, .brIf:
      let end = body.opcode(of: id) == .br ? sets.count : Int(mark)
      branch(to: body.label(ofBranch: id), by: id, hasValue: !body.operand(0, of: id).isNone, before: end)
    default: body.forEachLabel(of: id) { branch(to: $0, by: id, hasValue: true, before: 0) }
    }
  }

  /// - Parameter end: the number of the first set that does not come before the place where the branch has its value.
  private mutating func branch(
    to label: LabelID, by id: NodeID, hasValue: Bool, before end: Int
  ) {
    if label == .function { return sets.perform(.branches) }
    let depth = Int(labelDepths[label.index])
    let construct = constructs[depth]
    constructs[depth].branchCount += 1
    sets.countBranches(1)
    if hasValue {
      constructs[depth].isFixed = true
    } else if !construct.isFixed {
      let start = parked.count
      park(in: max(construct.start, sets.floor)..<max(construct.start, sets.floor, end))
      exits.append(
        BlockExit(
          branch: id, sets: ParkedSets(start: start, end: parked.count), floor: sets.floor, time: sets.time, previous: construct.lastExit))
      constructs[depth].lastExit = BlockExitID(exits.count - 1)
    }
    leadAway(to: depth)
  }

  /// Control may go from here to the construct at `depth`, or go on: what was set before may not be set later only.
  private mutating func leadAway(to depth: Int) {
    sets.time += 1
    sets.floor = sets.count
    constructs.last.outermostTarget = min(constructs.last.outermostTarget, depth)
  }

  /// Puts the alive sets with these numbers on the list `parked`.
  private mutating func park(in range: Range<Int>) {
    var id = sets.lastAlive(below: range.upperBound)
    while !id.isNone && id.index >= range.lowerBound {
      parked.append(id)
      id = sets[id].before
    }
  }

  // MARK: Exceptions

  private mutating func enterTry(_ node: TryNode) {
    open(node.label)
    let outer = handlers.isEmpty ? Int.max : handlers.last.target
    let outermost = handlers.isEmpty ? Int.max : handlers.last.outermost
    let own = constructs.count - 1
    if !node.delegate.isNone {
      noteBranch(delegating: node.delegate)
      // Some of the handlers are passed over.
      handlers.append(OpenHandler(target: outermost, outermost: outermost))
    } else {
      handlers.append(
        OpenHandler(target: node.hasCatchAll ? own : min(own, outer), outermost: min(own, outermost)))
    }
    // What did not throw within may not throw within.
    sets.stop(having: .throwsException)
  }

  /// What throws nothing must not leave the construct that it delegates to either.
  private mutating func noteBranch(delegating label: LabelID) {
    if label == .function { return }
    let depth = Int(labelDepths[label.index])
    constructs[depth].branchCount += 1
    constructs[depth].isFixed = true
    sets.countBranches(1)
  }

  /// The body of a legacy `try` has been visited, or one of its other arms.
  mutating func beginCatch(ofArm position: Int) {
    if position == 1 { handlers.removeLast(1) }
    sets.stopAll(in: constructs.last.start..<sets.count)
    sets.floor = sets.count
  }

  private mutating func enterTryTable(_ table: TryTableNode, in body: inout Body) {
    var target = handlers.isEmpty ? Int.max : handlers.last.target
    var outermost = handlers.isEmpty ? Int.max : handlers.last.outermost
    for index in 0..<table.clauseCount {
      let clause = body.catchClause(index, of: table)
      if !clause.kind.hasTag && index == 0 { target = .max }
      if clause.label == .function { continue }
      let depth = Int(labelDepths[clause.label.index])
      constructs[depth].branchCount += 1
      constructs[depth].isFixed = true
      sets.countBranches(1)
      target = min(target, depth)
      outermost = min(outermost, depth)
    }
    open(.none)
    handlers.append(OpenHandler(target: target, outermost: outermost))
    sets.stop(having: .throwsException)
  }

  /// Something throws that may be caught in this body.
  mutating func throwException() {
    if handlers.last.target != .max { leadAway(to: handlers.last.target) }
  }
}

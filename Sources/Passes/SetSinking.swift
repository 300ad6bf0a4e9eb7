import Analysis
import IR
import Support

/// One walk over a body in the order of evaluation that moves sets of locals down to where the locals are read.
///
/// Along a straight way a set moves to the next `local.get`, as long as nothing that happens in between minds. It moves
/// past whole constructs likewise, and out of their ends; into a construct only where the way is straight, or if it is
/// of the only `local.get` and has no effect, so that nobody misses it where it is not computed. It never moves into a
/// loop.
struct SetSinking: ~Copyable {
  struct Rules {
    /// A set may become a `local.tee`.
    var makesTees = true
    /// Constructs may get results.
    var makesResults = true
    /// A value may become an operand of something else than a set.
    var nests = true
  }

  /// A node that something has to be remembered of: `local.set`, `if`, `br_if` or `try`.
  struct Frame: BitwiseCopyable {
    let node: NodeID
    /// How many operands have been visited; not of `local.set`.
    var visitedCount = 0
    /// `br_if` and `if`: the number of the first set within the condition; `local.set`: the divergences before it.
    var mark: UInt32 = 0
    /// `local.set`: whether it may become sinkable.
    var hasGroup = false
    /// The second arm of an `if` is visited before the first.
    var swapsArms = false

    /// Of the operand that is being visited.
    var position: Int { swapsArms ? 3 - visitedCount : visitedCount }
  }

  let rules: Rules
  /// Effects that do not count.
  let ignoredFlags: Effects.Flags
  /// By local: the number of `local.get`.
  var getCounts: Column<UInt32>
  /// The last walk has met a local that is set to what another has.
  private(set) var hasCopies = false

  /// How many nodes have been met that control does not come out of, those aside that are in a construct which it came
  /// out of by another way.
  var divergenceCount: UInt32 = 0
  var sets: SinkableSets
  private var frames = Column<Frame>()
  var constructs = Column<OpenConstruct>()
  var constructCount: UInt32 = 0
  var handlers = Column<OpenHandler>()
  /// By label: which of `constructs` has it.
  var labelDepths = Column<UInt32>()
  var parked = Column<SinkableID>()
  var exits = Column<BlockExit>()
  var plans = Column<ResultPlan>()
  var marks = Column<LocalMark>()
  var markSerial: UInt32 = 0
  var labelMarks = Column<UInt32>()
  private let anchor = Anchor()

  init(of body: borrowing Body, getCounts: consuming Column<UInt32>, rules: Rules, ignoring flags: Effects.Flags) {
    self.rules = rules
    ignoredFlags = flags
    self.getCounts = getCounts
    sets = SinkableSets(localCount: 0)
    labelDepths.resize(to: Int(body.labelCount), filling: .max)
  }

  /// Goes over the body once. Returns how many nodes that changed.
  mutating func run(on body: inout Body) -> Int {
    let before = body.changeCount
    sets = SinkableSets(localCount: body.localCount)
    parked.removeAll()
    exits.removeAll()
    plans.removeAll()
    hasCopies = false
    var walk = TreeWalk(from: body.root)
    while true {
      let step = walk.next()
      let id = step.node
      var result = id
      if step.isPause {
        walk.leavePause()
        begin(&walk, in: &body)
        continue
      } else if step.isLast {
        result = leave(id, in: &body)
      } else if body.opcode(of: id) == .localGet {
        result = visitGet(id, body.local(of: id), parent: walk.parent, in: &body)
      } else if enter(id, &walk, in: &body) {
        continue
      } else if body.opcode(of: id) != .block {
        perform(id, in: &body)
      }
      walk.leave(step)
      if walk.isDone { return body.changeCount - before }
      if result != id { replace(id, with: result, in: walk, &body) }
    }
  }

  private func replace(_ id: NodeID, with result: NodeID, in walk: borrowing TreeWalk, _ body: inout Body) {
    let parent = walk.parent
    switch body.opcode(of: parent) {
    case .if, .brIf, .try: body.setOperand(frames.last.position, of: parent, to: result)
    default: body.setOperand(body.operandCount(of: parent) - 1 - walk.remainingCount, of: parent, to: result)
    }
  }

  /// A node other than `local.get` comes; false if it has no operands.
  @inline(__always)
  private mutating func enter(_ id: NodeID, _ walk: inout TreeWalk, in body: inout Body) -> Bool {
    switch body.opcode(of: id) {
    case .localSet:
      let hasGroup = enterSet(id, in: &body)
      if body.opcode(of: id) == .localSet { frames.append(Frame(node: id, mark: divergenceCount, hasGroup: hasGroup)) }
    case .if, .brIf, .try:
      frames.append(Frame(node: id, mark: UInt32(sets.count)))
      if body.opcode(of: id) == .try { enterConstruct(id, in: &body) }
      walk.enterWithPauses(id, in: body)
      return true
    case .block, .loop, .tryTable:
      if body.operandCount(of: id) == 0 { return false }
      enterConstruct(id, in: &body)
    default: break
    }
    return walk.enter(id, in: body)
  }

  /// Another operand than the first of an `if`, `try` or `br_if` is to be visited.
  private mutating func begin(_ walk: inout TreeWalk, in body: inout Body) {
    frames.last.visitedCount += 1
    let frame = frames.last
    switch body.opcode(of: frame.node) {
    case .if where frame.visitedCount == 1:
      frames.last.swapsArms = beginArms(of: frame.node, in: &body)
      if frames.last.swapsArms { walk.swapOperands() }
    case .if: endArm(of: frame.node, in: &body)
    case .try: beginCatch(ofArm: frame.visitedCount)
    default: frames.last.mark = UInt32(sets.count)
    }
  }

  private mutating func leave(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .localSet: leaveSet(frames.popLast(), in: &body)
    case .localTee: return leaveTee(id, in: &body)
    case .tupleSet: leaveTupleSet(id, in: &body)
    case .drop: leaveDrop(id, in: &body)
    case .block, .loop, .tryTable: leaveConstruct(Frame(node: id), in: &body)
    case .if, .try: leaveConstruct(frames.popLast(), in: &body)
    case .brIf: branch(id, mark: frames.popLast().mark, in: &body)
    case .br, .brTable:
      branch(id, mark: 0, in: &body)
      divergenceCount += 1
    case .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail: branch(id, mark: 0, in: &body)
    default: perform(id, in: &body)
    }
    return id
  }

  // MARK: What sets meet

  /// Tells the sets what a node does that is neither a construct nor a branch nor writes a local.
  @inline(__always)
  private mutating func perform(_ id: NodeID, in body: inout Body) {
    let attributes = body.info(of: id).attributes
    if attributes.contains(.pure) && !attributes.contains(.mayTrap) { return }
    performEffects(id, in: &body)
  }

  private mutating func performEffects(_ id: NodeID, in body: inout Body) {
    let flags = flags(of: id, in: body)
    // A trap that never happens may still be what a branch keeps from happening.
    if !ignoredFlags.isEmpty && Effects.mayTrap(id, in: body) { sets.stop(having: .branches) }
    if flags.isEmpty { return }
    if body.type(of: id) == .unreachable { divergenceCount += 1 }
    sets.perform(flags)
    if flags.contains(.throwsException) && !handlers.isEmpty { throwException() }
  }

  /// What a node does that is neither a construct nor a branch nor writes a local.
  func flags(of id: NodeID, in body: borrowing Body) -> Effects.Flags {
    let shape = body.info(of: id).shape
    if (shape == .load || shape == .store) && !body.isAtomic(id) {
      let access: Effects.Flags = shape == .load ? .readsMemory : .writesMemory
      return access.union(.traps).subtracting(ignoredFlags)
    }
    let effects = Effects(of: id, in: body)
    var flags = effects.flags.subtracting(.takesPayload)
    if !flags.contains(.calls) && body.opcode(of: id) != .unreachable { flags.subtract(ignoredFlags) }
    if effects.branchCount > 0 { flags.insert(.branches) }
    return flags
  }

  mutating func write(_ local: LocalID, in body: inout Body) {
    if let previous = sets.current(of: local), previous.index >= sets.floor, sets[previous].plan.isNone {
      discard(previous, in: &body)
    }
    sets.write(local)
    // Where a branch leads, or where an exception is caught, locals are read.
    sets.stop(having: handlers.isEmpty ? .branches : [.branches, .throwsException])
  }

  // MARK: Sets

  /// Whether a set of the local may move somewhere.
  @inline(__always)
  func isSinkable(_ local: LocalID) -> Bool {
    getCounts[local.index] == 1 || rules.makesTees && getCounts[local.index] > 0
  }

  private mutating func enterSet(_ id: NodeID, in body: inout Body) -> Bool {
    let local = body.local(of: id)
    if getCounts[local.index] == 0 {
      body.replace(id, with: NodeRecord(.drop, .none, a: body.localValue(of: id).rawValue))
      return false
    }
    guard isSinkable(local), body.opcode(of: body.localValue(of: id)) != .payload else { return false }
    sets.open(from: sets.count)
    return true
  }

  private mutating func leaveSet(_ frame: Frame, in body: inout Body) {
    let (id, hasGroup) = (frame.node, frame.hasGroup)
    let local = body.local(of: id)
    let value = body.localValue(of: id)
    noteCopy(of: value, in: body)
    if body.opcode(of: value) == .localTee && body.local(of: value) == local {
      body.setOperand(0, of: id, to: body.localValue(of: value))
    } else if isCopy(value, of: local, in: body) {
      if hasGroup { sets.closeInPlace() }
      getCounts[local.index] -= 1
      return clear(id, in: &body)
    }
    write(local, in: &body)
    // From behind a value that control does not come out of, nothing may come to life before it.
    if hasGroup && isSinkable(local) && divergenceCount == frame.mark {
      sets.close(asValueOf: id, local, construct: constructs.last.serial)
    } else {
      if hasGroup { sets.closeInPlace() }
      sets.noteWrite(local)
    }
  }

  private mutating func leaveTee(_ id: NodeID, in body: inout Body) -> NodeID {
    let local = body.local(of: id)
    let value = body.localValue(of: id)
    noteCopy(of: value, in: body)
    if getCounts[local.index] == 0 || isCopy(value, of: local, in: body) {
      return value
    }
    write(local, in: &body)
    sets.noteWrite(local)
    return id
  }

  @inline(__always)
  private mutating func noteCopy(of value: NodeID, in body: borrowing Body) {
    let opcode = body.opcode(of: value)
    if opcode == .localGet || opcode == .localTee { hasCopies = true }
  }

  /// Whether the local has the value anyway.
  @inline(__always)
  private func isCopy(_ value: NodeID, of local: LocalID, in body: borrowing Body) -> Bool {
    let opcode = body.opcode(of: value)
    return (opcode == .localGet || opcode == .localTee) && body.local(of: value) == local
  }

  private mutating func leaveTupleSet(_ id: NodeID, in body: inout Body) {
    guard case .tupleSet(let node) = body[id] else { preconditionFailure() }
    for index in 0..<node.localCount {
      let local = body.local(index, of: node)
      if local.isNone { continue }
      write(local, in: &body)
      sets.noteWrite(local)
    }
  }

  /// `(drop (local.tee $x v))` -> `(local.set $x v)`; what has no effect is not computed in order to be dropped.
  private mutating func leaveDrop(_ id: NodeID, in body: inout Body) {
    let value = body.operand(0, of: id)
    switch body.opcode(of: value) {
    case .localTee:
      let (local, newValue) = (body.local(of: value), body.localValue(of: value))
      body.replace(id, with: NodeRecord(.localSet, .none, a: local.rawValue, b: newValue.rawValue))
    case .localGet:
      getCounts[body.local(of: value).index] -= 1
      clear(id, in: &body)
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc: clear(id, in: &body)
    default: break
    }
  }

  /// Leaves nothing where a statement stood.
  mutating func clear(_ id: NodeID, in body: inout Body) {
    body.replace(id, with: NodeRecord(.block, .none, a: LabelID.none.rawValue))
  }

  /// Removes a set whose local is written again before it is read.
  private mutating func discard(_ id: SinkableID, in body: inout Body) {
    let set = sets[id]
    let value = body.localValue(of: set.node)
    sets.remove(id)
    if set.flags.isDisjoint(with: [.sideEffects, .writesLocals]) {
      body.forEachNode(from: value) { part in
        if body.opcode(of: part) == .localGet { getCounts[body.local(of: part).index] -= 1 }
      }
      clear(set.node, in: &body)
    } else {
      body.replace(set.node, with: NodeRecord(.drop, .none, a: value.rawValue))
    }
  }

  // MARK: Gets

  /// What takes the place of a `local.get`: the value that the local was set to, if it may move here.
  private mutating func visitGet(_ id: NodeID, _ local: LocalID, parent: NodeID, in body: inout Body) -> NodeID {
    guard let set = sets.current(of: local), mayMove(set, to: parent, in: body) else {
      sets.read(local)
      return id
    }
    if !sets[set].plan.isNone { makeResult(sets[set].plan, in: &body) }
    let statement = sets[set].node
    let value = body.localValue(of: statement)
    let isOnly = getCounts[local.index] == 1
    getCounts[local.index] -= 1
    sets.take(set)
    clear(statement, in: &body)
    if isOnly { return value }
    sets.noteWrite(local)
    body.replace(
      id, with: NodeRecord(.localTee, ResultType(body.type(of: local)), a: local.rawValue, b: value.rawValue))
    return id
  }

  /// Whether a set may move to an operand of `parent` that is a `local.get` now.
  @inline(__always)
  private func mayMove(_ id: SinkableID, to parent: NodeID, in body: borrowing Body) -> Bool {
    let set = sets[id]
    let isOnly = getCounts[set.local.index] == 1
    if id.index < sets.floor {
      guard isOnly && set.plan.isNone && id.index >= sets.soloFloor,
        set.flags.isDisjoint(with: [.sideEffects, .writesLocals])
      else { return false }
    }
    if !isOnly && !rules.makesTees { return false }
    // Validation has to see the set from all that reads the local.
    if !isOnly && !isDefaultable(set.local, in: body) && set.construct != constructs.last.serial { return false }
    if rules.nests { return true }
    if !set.plan.isNone { return false }
    let opcode = body.opcode(of: parent)
    return body.opcode(of: body.localValue(of: set.node)) == .localGet || opcode == .localSet || opcode == .localTee
  }

  func isDefaultable(_ local: LocalID, in body: borrowing Body) -> Bool {
    local.index < body.parameterCount || body.type(of: local).isDefaultable
  }
}

import IR
import Support

/// Goes through a body in the order of evaluation and tells a `ControlFlowBuilder` what it meets.
struct ControlFlowWalk: ~Copyable {
  var builder: ControlFlowBuilder
  private var constructs = Column<OpenConstruct>()
  /// By label: what receives an exception that is thrown around the construct, for `delegate`.
  private var receivers = Column<ReceiverID>()
  /// What receives an exception that is thrown here.
  private var receiver = ReceiverID.none
  /// Where the walk has the innermost of `constructs`.
  private var armsPlace = UInt32.max

  init(of body: borrowing Body, selection: consuming Column<Bool>) {
    builder = ControlFlowBuilder(labelCount: Int(body.labelCount), selection: selection)
    receivers.resize(to: Int(body.labelCount), filling: .none)
    builder.beginFunction()
    // Most nodes neither branch nor have to do with locals: they are passed over, but where an operand has to be told
    // from the others.
    var walk = TreeWalk(from: body.root)
    repeat {
      let step = walk.next()
      let id = step.node
      let shape = body.info(of: id).shape
      if !step.isLast {
        if walk.parentPlace == armsPlace {
          come(to: walk.remainingCount, in: body)
        } else if !shape.isControl && !shape.namesLocals {
          walk.replaceByOperands(id, in: body)
          continue
        }
        if walk.enter(id, in: body) {
          if shape.isConstruct { enter(id, at: walk.parentPlace, in: body) }
          continue
        }
      }
      switch shape {
      case .localGet: builder.add(id, body.local(of: id), isWrite: false)
      case .localSet, .localTee: builder.add(id, body.local(of: id), isWrite: true)
      default: if shape.isControl || shape == .tupleSet { leave(id, in: body) }
      }
      walk.leave(step)
    } while !walk.isDone
    builder.finish()
  }

  private mutating func enter(_ id: NodeID, at place: UInt32, in body: borrowing Body) {
    switch body.opcode(of: id) {
    case .block:
      let label = body.label(ofConstruct: id)
      if !label.isNone { receivers[label.index] = receiver }
    case .loop:
      let label = body.label(ofConstruct: id)
      if !label.isNone { receivers[label.index] = receiver }
      builder.beginLoop(label)
    case .if, .try, .tryTable:
      constructs.append(
        OpenConstruct(node: id, outerReceiver: receiver, place: place, operandCount: body.operandCount(of: id)))
      armsPlace = place
    default: break
    }
  }

  /// Comes to an operand of the innermost `if`, `try` or `try_table`: the first of so many that are yet to come.
  private mutating func come(to remaining: Int, in body: borrowing Body) {
    let construct = constructs.last
    let position = construct.operandCount - remaining
    switch body[construct.node] {
    case .if(let node): if position > 0 { beginArm(position, of: node) }
    case .try(let node):
      if position == 0 { enterBody(of: node) } else { beginHandler(position, of: node, in: body) }
    case .tryTable: receiver = builder.makeReceiver()
    default: preconditionFailure("no arms")
    }
  }

  private mutating func beginArm(_ position: Int, of node: IfNode) {
    if position == 1 {
      constructs.last.start = builder.current
      builder.begin(after: builder.current)
    } else {
      endArm()
      let start = constructs.last.start
      if node.elseArm.isNone { builder.resume(start) } else { builder.begin(after: start) }
    }
  }

  /// What runs now goes on at the end of the construct.
  private mutating func endArm() {
    constructs.last.ends = builder.waiting(in: constructs.last.ends)
    builder.stop()
  }

  // MARK: Handlers

  private mutating func enterBody(of node: TryNode) {
    if !node.delegate.isNone {
      receiver = node.delegate == .function ? .none : receivers[node.delegate.index]
    } else if node.arms.count > 1 {
      receiver = builder.makeReceiver()
    }
    if !node.label.isNone { receivers[node.label.index] = receiver }
  }

  private mutating func beginHandler(_ position: Int, of node: TryNode, in body: borrowing Body) {
    endArm()
    if position == 1 { leaveBody(of: node) }
    builder.begin(after: constructs.last.start)
  }

  /// The body of a `try` ends, its handlers follow: what they throw goes out of the `try`.
  private mutating func leaveBody(of node: TryNode) {
    let outer = constructs.last.outerReceiver
    constructs.last.start = builder.dispatch(receiver)
    if !node.hasCatchAll { builder.pass(from: constructs.last.start, to: outer) }
    receiver = outer
    if !node.label.isNone { receivers[node.label.index] = outer }
  }

  private mutating func leave(_ node: TryTableNode, in body: borrowing Body) {
    let outer = constructs.last.outerReceiver
    let end = builder.current
    let dispatch = builder.dispatch(receiver)
    receiver = outer
    if dispatch.isNone { return }
    var takesAll = false
    for index in 0..<node.clauseCount {
      let clause = body.catchClause(index, of: node)
      takesAll = takesAll || !clause.kind.hasTag
      builder.branch(from: dispatch, to: clause.label)
    }
    if !takesAll { builder.pass(from: dispatch, to: outer) }
    // The accesses of a block stand together: what follows is in a new one.
    builder.begin(after: end)
  }

  // MARK: Ends of nodes

  private mutating func leave(_ id: NodeID, in body: borrowing Body) {
    switch body.info(of: id).shape {
    case .tupleSet: leaveTupleSet(id, in: body)
    case .block: builder.end(body.label(ofConstruct: id))
    case .loop: builder.endLoop()
    case .if, .try, .tryTable: leaveArms(of: id, in: body)
    case .br, .brIf, .brTable, .brOnNull, .brOnCast: leaveBranch(id, in: body)
    case .call, .callIndirect, .callRef: leaveCall(id, in: body)
    case .throw, .throwRef, .rethrow: builder.leave(to: receiver)
    case .return, .unreachable: builder.stop()
    default: break
    }
  }

  private mutating func leaveTupleSet(_ id: NodeID, in body: borrowing Body) {
    guard case .tupleSet(let node) = body[id] else { return }
    for index in (0..<node.localCount).reversed() {
      let local = body.local(index, of: node)
      if !local.isNone { builder.add(id, local, isWrite: true) }
    }
  }

  private mutating func leaveArms(of id: NodeID, in body: borrowing Body) {
    switch body[id] {
    case .if(let node):
      if node.elseArm.isNone { beginArm(2, of: node) }
      // Without `else`, what runs is the block before the arm, which can't go on: others have been begun.
      if node.elseArm.isNone && constructs.last.ends.isEmpty { builder.begin(after: builder.current) }
      builder.meet(constructs.last.ends)
    case .try:
      receiver = constructs.last.outerReceiver
      builder.meet(constructs.last.ends)
    case .tryTable(let node): leave(node, in: body)
    default: preconditionFailure("no arms")
    }
    constructs.removeLast(1)
    armsPlace = constructs.isEmpty ? .max : constructs.last.place
  }

  private mutating func leaveBranch(_ id: NodeID, in body: borrowing Body) {
    body.forEachLabel(of: id) { builder.branch(to: $0) }
    if body.type(of: id) == .unreachable && isUnconditional(body.opcode(of: id)) {
      builder.stop()
    } else {
      builder.begin(after: builder.current)
    }
  }

  private func isUnconditional(_ opcode: Opcode) -> Bool { opcode == .br || opcode == .brTable }

  private mutating func leaveCall(_ id: NodeID, in body: borrowing Body) {
    switch body.opcode(of: id) {
    case .returnCall, .returnCallIndirect, .returnCallRef: builder.stop()
    default: builder.throw(to: receiver)
    }
  }
}

/// An `if`, `try` or `try_table` that the walk is in.
private struct OpenConstruct: BitwiseCopyable {
  let node: NodeID
  let outerReceiver: ReceiverID
  /// Of its operands: where the walk has them.
  let place: UInt32
  let operandCount: Int
  /// What its arms or handlers begin after.
  var start = BlockID.none
  /// What goes on at its end.
  var ends = WaitingList()
}

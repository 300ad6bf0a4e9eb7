import Analysis
import IR
import Support

/// Finds what is known of values through the locals that hold them.
///
/// Goes over the body once, in the order of evaluation, with the best to hope of what is not known yet: at the
/// beginning of a loop that is what control comes in with. What proves wrong at the end of a loop is taken back and all
/// that has been concluded from it: along a `LocalGraph` from values to their readers, and from operands to the nodes
/// above. A value gets worse twice at most, so that takes time linear in the body and the graph (Wegman and Zadeck,
/// "Constant propagation with conditional branches", 1991, without the branches).
struct ConstantPropagation: ~Copyable {
  private let flow: ControlFlowGraph
  private let locals: LocalGraph
  private var constants = Column<Constant>()
  /// What nodes yield.
  private var nodes = Column<Knowledge>()
  /// What locals hold, by `LocalValue`.
  private var values = Column<Knowledge>()
  /// By node: the access that it is.
  private var accesses = Column<UInt32>()
  /// By node: the one whose operand it is.
  private var parents = Column<NodeID>()
  /// Phis from here on have not been looked at.
  private var nextPhi = 0

  /// - Parameter candidates: by local: whether it may have a value that is known.
  init(of body: borrowing Body, candidates: consuming Column<Bool>, _ declarations: Declarations) {
    flow = ControlFlowGraph(of: body, selection: candidates)
    locals = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    nodes.resize(to: body.nodes.count, filling: .open)
    values.resize(to: locals.valueCount, filling: .open)
    accesses.resize(to: body.nodes.count, filling: .max)
    parents.resize(to: body.nodes.count, filling: .none)
    for index in 0..<flow.accesses.count {
      let node = flow.accesses[index].node
      accesses[node.index] = UInt32(index)
      if body.opcode(of: node) == .tupleSet { values[locals.value(writtenBy: index).index] = .varying }
    }
    for index in 0..<body.localCount {
      let initial = index < body.parameterCount ? nil : Constant(defaultOf: ResultType(body.type(of: LocalID(index))))
      values[index] = knowledge(initial)
    }
    goThrough(body, declarations)
    takeBack(declarations, in: body)
  }

  // No closure in an initializer: it moves all that has been initialized there and back for each node.
  private mutating func goThrough(_ body: borrowing Body, _ declarations: Declarations) {
    var walk = TreeWalk(from: body.root)
    while true {
      let step = walk.next()
      let id = step.node
      if !step.isLast, walk.enter(id, in: body) { continue }
      let knowledge = conclude(id, declarations, in: body)
      nodes[id.index] = knowledge
      // Here rather than in a method: a method that changes nothing is given a copy of `self`.
      let opcode = body.opcode(of: id)
      let access = accesses[id.index]
      if access != .max, opcode == .localSet || opcode == .localTee {
        values[locals.value(writtenBy: Int(access)).index] = knowledge
      }
      walk.leave(step)
      if walk.isDone { break }
      parents[id.index] = walk.parent
    }
    lookAtPhis(through: locals.phiCount - 1)
  }

  /// The constant that a read yields.
  private func constant(readBy access: Int) -> Constant? {
    let value = locals.value(readBy: access)
    return value.isNone ? nil : constant(values[value.index])
  }

  // MARK: Nodes

  private mutating func knowledge(_ constant: Constant?) -> Knowledge {
    guard let constant else { return .varying }
    constants.append(constant)
    return Knowledge(constants.count - 1)
  }

  private func constant(_ knowledge: Knowledge) -> Constant? { knowledge.index.map { constants[$0] } }

  private mutating func conclude(_ id: NodeID, _ declarations: Declarations, in body: borrowing Body) -> Knowledge {
    let shape = body.info(of: id).shape
    switch shape {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc:
      return knowledge(body.constant(id))
    case .localGet:
      let access = accesses[id.index]
      if access == .max { return .varying }
      let value = locals.value(readBy: Int(access))
      if value.isNone { return .varying }
      if let phi = locals.phi(value) { lookAtPhis(through: phi) }
      return values[value.index]
    case .localSet, .localTee: return nodes[body.localValue(of: id).index]
    case .block:
      guard body.isSequence(id), body.type(of: id).isValue, case .block(let block) = body[id], !block.items.isEmpty
      else { return .varying }
      return nodes[body[block.items, block.items.count - 1].index]
    case .select, .selectTyped:
      guard case .select(let node) = body[id] else { return .varying }
      let condition = nodes[node.condition.index]
      if condition == .open { return .open }
      guard let constant = constant(condition) else { return meet(nodes[node.ifTrue.index], nodes[node.ifFalse.index]) }
      return nodes[(constant.isTrue ? node.ifTrue : node.ifFalse).index]
    default: return shape.isComputation ? evaluate(id, declarations, in: body) : .varying
    }
  }

  private mutating func evaluate(_ id: NodeID, _ declarations: Declarations, in body: borrowing Body) -> Knowledge {
    var isOpen = false
    for position in 0..<body.operandCount(of: id) {
      let operand = nodes[body.operand(position, of: id).index]
      if operand == .varying { return .varying }
      if operand == .open { isOpen = true }
    }
    if isOpen { return .open }
    return knowledge(body.evaluate(id, declarations) { constant(nodes[$0.index]) })
  }

  /// What a `local.set` or `local.tee` assigns.
  private func writtenValue(_ id: NodeID, in body: borrowing Body) -> LocalValue? {
    switch body.opcode(of: id) {
    case .localSet, .localTee:
      let access = accesses[id.index]
      return access == .max ? nil : locals.value(writtenBy: Int(access))
    default: return nil
    }
  }

  // MARK: Phis

  private func meet(_ left: Knowledge, _ right: Knowledge) -> Knowledge {
    if left == right || right == .open { return left }
    if left == .open { return right }
    guard let first = constant(left), let second = constant(right), first == second else { return .varying }
    return left
  }

  private func meet(ofPhi phi: Int) -> Knowledge {
    var result = Knowledge.open
    for index in 0..<locals.operandCount(ofPhi: phi) {
      let operand = locals.operand(index, ofPhi: phi)
      result = operand.isNone ? .varying : meet(result, values[operand.index])
    }
    return result
  }

  /// Phis are in the order of their blocks: what comes to one from above has been looked at.
  private mutating func lookAtPhis(through last: Int) {
    while nextPhi <= last {
      values[locals.value(ofPhi: nextPhi).index] = meet(ofPhi: nextPhi)
      nextPhi += 1
    }
  }

  // MARK: What proved wrong

  private mutating func takeBack(_ declarations: Declarations, in body: borrowing Body) {
    var queue = Column<LocalValue>()
    for phi in 0..<locals.phiCount {
      let value = locals.value(ofPhi: phi)
      let knowledge = meet(ofPhi: phi)
      if knowledge == values[value.index] { continue }
      values[value.index] = knowledge
      queue.append(value)
    }
    if queue.isEmpty { return }
    let uses = ValueUses(of: locals, flow)
    while !queue.isEmpty {
      let value = queue.popLast()
      for position in uses.range(of: value) {
        let user = uses.user(at: position)
        if let phi = uses.phi(user) {
          worsen(locals.value(ofPhi: phi), by: values[value.index], &queue)
        } else {
          rise(from: flow.accesses[user].node, declarations, in: body, &queue)
        }
      }
    }
  }

  private mutating func worsen(_ value: LocalValue, by knowledge: Knowledge, _ queue: inout Column<LocalValue>) {
    let worse = meet(values[value.index], knowledge)
    if worse == values[value.index] { return }
    values[value.index] = worse
    queue.append(value)
  }

  /// Looks again at a node, and at those above as long as something changes.
  private mutating func rise(
    from start: NodeID, _ declarations: Declarations, in body: borrowing Body, _ queue: inout Column<LocalValue>
  ) {
    var id = start
    while !id.isNone, nodes[id.index] != .varying {
      let knowledge = conclude(id, declarations, in: body)
      // What was known has become another node's: constants are compared, not their places.
      let isSame = constant(knowledge) == constant(nodes[id.index])
      if isSame && (knowledge == .open) == (nodes[id.index] == .open) { return }
      nodes[id.index] = knowledge
      if let value = writtenValue(id, in: body) {
        values[value.index] = knowledge
        queue.append(value)
      }
      id = parents[id.index]
    }
  }

  // MARK: Use

  /// Puts constants into the place of reads where the code gets no longer by that, or the assignment is no longer
  /// needed; notes the others for `folding`.
  func apply(to body: inout Body, _ declarations: Declarations, _ folding: inout ConstantFolding) {
    var replacement = ReadReplacement(of: locals, flow)
    var sets = Column<NodeID>()
    for access in 0..<flow.accesses.count where !flow.accesses[access].isWrite {
      guard let constant = constant(readBy: access) else { continue }
      let (id, value) = (flow.accesses[access].node, locals.value(readBy: access))
      let set = replacement.set(of: value, locals, flow, in: body)
      if replacement.decide(value, constant, of: flow.accesses[access].local, set, in: body) {
        let new = body.makeConstant(constant, body.type(of: id), declarations)
        body.replace(id, with: body.nodes[new.index])
        if let set { sets.append(set) }
      } else {
        folding.note(constant, readBy: id, in: &body)
      }
    }
    for index in 0..<sets.count where body.opcode(of: sets[index]) == .localSet {
      body.removeSet(sets[index])
    }
  }
}

extension Body {
  /// Leaves of a `local.set` what its value does.
  fileprivate mutating func removeSet(_ id: NodeID) {
    let value = localValue(of: id)
    let rest = constant(value) == nil ? makeDrop(value) : makeEmptySequence()
    replace(id, with: nodes[rest.index])
  }
}

/// What is known of a value: nothing yet, that there is nothing to know, or the number of a constant.
private struct Knowledge: BitwiseCopyable, Equatable {
  private let bits: UInt32

  private init(bits: UInt32) { self.bits = bits }
  init(_ index: Int) { bits = UInt32(index) + 2 }

  static var open: Knowledge { Knowledge(bits: 0) }
  static var varying: Knowledge { Knowledge(bits: 1) }
  var index: Int? { bits < 2 ? nil : Int(bits) - 2 }
}

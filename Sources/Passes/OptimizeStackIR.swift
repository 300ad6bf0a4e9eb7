import Analysis
import IR
import PassManager
import Support

/// Leaves values on the stack that are assigned to a local only to be read again where the stack is as high.
///
///     (local.set $x (call $f))
///     (call $g)                       ->    (call $h
///     (call $h (local.get $x))                (keep (call $f) (call $g)))
///
/// In bytes that is the same code without `local.set` and `local.get`. The read has to be the only one that sees the
/// assignment, and see no other. Nothing changes places, so that effects do not matter.
///
/// After the pass of that name of Binaryen, which works on a list of instructions. Near-linear: the statements that
/// `keep` takes over are copied, a limited number of times for each.
struct OptimizeStackIR: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard Self.hasAssignment(body) else { return }
    var scheduling = StackScheduling(in: body)
    if !scheduling.hasCandidates { return }
    body.rewriteBottomUp { body, id in
      scheduling.visit(id, in: &body)
      return id
    }
  }

  private static func hasAssignment(_ body: borrowing Body) -> Bool {
    (0..<body.nodes.count).contains { body.nodes[$0].opcode == .localSet }
  }
}

private struct StackScheduling: ~Copyable {
  /// How far down the first operand of a first operand is looked for, and how far statements are passed on into operands
  /// of operands.
  private static let depthLimit = 64

  /// Where a node is: the operand of another.
  private struct Slot: BitwiseCopyable {
    let parent: NodeID
    let position: Int
  }

  /// By `local.get`: the assignment that it alone reads; `none` if there is no such.
  private var assignments = Column<NodeID>()
  /// By assignment: its place in the list that has it.
  private var places = Column<Int32>()
  private(set) var hasCandidates = false
  /// How many statements may yet be copied.
  private var budget: Int
  /// How often `takeOver` is under way.
  private var depth = 0

  init(in body: borrowing Body) {
    budget = 4096 + 16 * body.nodes.count
    let flow = ControlFlowGraph(of: body)
    let graph = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    // By access: the only read that sees what it writes.
    var readers = Column<Int32>()
    readers.resize(to: flow.accesses.count, filling: -1)
    for phi in 0..<graph.phiCount where graph.isUsed(phi: phi) {
      for index in 0..<graph.operandCount(ofPhi: phi) {
        if let write = graph.write(graph.operand(index, ofPhi: phi)) { readers[write] = -2 }
      }
    }
    for index in 0..<flow.accesses.count where !flow.accesses[index].isWrite {
      let value = graph.value(readBy: index)
      guard !value.isNone, let write = graph.write(value) else { continue }
      readers[write] = readers[write] == -1 ? Int32(index) : -2
    }
    for write in 0..<flow.accesses.count where readers[write] >= 0 {
      let (assignment, read) = (flow.accesses[write].node, flow.accesses[Int(readers[write])].node)
      if mayStay(assignment, in: body) { note(assignment, read, in: body) }
    }
  }

  /// Whether the value of an assignment may be on the stack instead.
  private func mayStay(_ assignment: NodeID, in body: borrowing Body) -> Bool {
    guard body.opcode(of: assignment) == .localSet else { return false }
    let value = body.localValue(of: assignment)
    return body.type(of: value).isValue && body.opcode(of: value) != .payload
  }

  private mutating func note(_ assignment: NodeID, _ read: NodeID, in body: borrowing Body) {
    if !hasCandidates {
      hasCandidates = true
      assignments.resize(to: body.nodes.count, filling: .none)
      places.resize(to: body.nodes.count, filling: -1)
    }
    assignments[read.index] = assignment
  }

  // MARK: Lists

  mutating func visit(_ id: NodeID, in body: inout Body) {
    switch body.opcode(of: id) {
    case .block: schedule(itemsOf: id, from: 0, in: &body)
    case .keep: schedule(itemsOf: id, from: 1, in: &body)
    case .if, .loop, .try, .tryTable: break
    default:
      let count = body.operandCount(of: id)
      for position in 0..<max(1, count) - 1 { passOn(from: Slot(parent: id, position: position), in: &body) }
    }
  }

  private mutating func schedule(itemsOf list: NodeID, from first: Int, in body: inout Body) {
    let total = body.operandCount(of: list)
    var count = first
    for position in first..<max(first, total) {
      let slot = Slot(parent: list, position: position)
      while let place = takeOver(from: list, first..<count, to: slot, in: &body) { count = place }
      let item = body.operand(position, of: list)
      if count != position { body.setOperand(count, of: list, to: item) }
      if item.index < places.count { places[item.index] = Int32(count) }
      count += 1
    }
    if count < total { body.truncateItems(of: list, to: count) }
  }

  /// Lets what is evaluated first at `slot` take over the value of an assignment among the statements of the list in
  /// `range`, which are what is evaluated just before, with all statements behind that; returns where the assignment was.
  private mutating func takeOver(
    from list: NodeID, _ range: Range<Int>, to slot: Slot, in body: inout Body
  ) -> Int? {
    guard let (leaf, leafSlot) = firstRead(at: slot, in: body), leaf.index < assignments.count else { return nil }
    let assignment = assignments[leaf.index]
    guard !assignment.isNone, places[assignment.index] >= 0 else { return nil }
    let place = Int(places[assignment.index])
    guard range.contains(place), body.operand(place, of: list) == assignment else { return nil }
    let moved = (place + 1..<range.upperBound).map { body.operand($0, of: list) }
    budget -= moved.count
    if budget < 0 || depth == Self.depthLimit { return nil }
    depth += 1
    defer { depth -= 1 }
    for (index, statement) in moved.enumerated() where statement.index < places.count {
      places[statement.index] = Int32(index + 1)
    }
    let value = body.localValue(of: assignment)
    let result = moved.isEmpty ? value : body.makeKeep(value, then: moved)
    body.setOperand(leafSlot.position, of: leafSlot.parent, to: result)
    passOn(from: leafSlot, in: &body)
    return place
  }

  /// The read that is evaluated first of all at `slot`, if it is one.
  private func firstRead(at slot: Slot, in body: borrowing Body) -> (NodeID, Slot)? {
    var slot = slot
    for _ in 0..<Self.depthLimit {
      let id = body.operand(slot.position, of: slot.parent)
      switch body.opcode(of: id) {
      case .localGet: return (id, slot)
      case .loop, .try, .tryTable, .payload: return nil
      case .block: if !body.isSequence(id) { return nil }
      default: break
      }
      guard let next = (0..<body.operandCount(of: id)).first(where: { !body.operand($0, of: id).isNone }) else {
        return nil
      }
      slot = Slot(parent: id, position: next)
    }
    return nil
  }

  // MARK: Operands

  /// Lets the operand behind that at `slot` take over from the statements of that one, if it is a `keep`, and so on.
  private mutating func passOn(from slot: Slot, in body: inout Body) {
    switch body.opcode(of: slot.parent) {
    case .block, .keep, .if, .loop, .try, .tryTable: return
    default: break
    }
    for position in slot.position..<body.operandCount(of: slot.parent) - 1 {
      let keep = body.operand(position, of: slot.parent)
      guard !keep.isNone, body.opcode(of: keep) == .keep else { return }
      let next = Slot(parent: slot.parent, position: position + 1)
      if body.operand(next.position, of: next.parent).isNone { return }
      let total = body.operandCount(of: keep)
      var count = total
      while let place = takeOver(from: keep, 1..<count, to: next, in: &body) { count = place }
      if count == total { return }
      if count > 1 {
        body.truncateItems(of: keep, to: count)
      } else {
        body.setOperand(position, of: slot.parent, to: body.operand(0, of: keep))
      }
    }
  }
}

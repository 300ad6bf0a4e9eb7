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
/// In bytes that is the same code without `local.set` and `local.get`. The read must see no other assignment; if others
/// see this one, too, it becomes `local.tee`, and only the `local.get` goes. Nothing changes places, so that effects do not matter; nor do they when the operands of
/// an addition do, so that a value which is the second becomes the first.
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

  private enum Readers: UInt8 {
    case unknown, one, several
  }

  /// Where a node is: the operand of another.
  private struct Slot: BitwiseCopyable {
    let parent: NodeID
    let position: Int
  }

  /// By `local.get`: the assignment that it sees; `none` if there are several.
  private var assignments = Column<NodeID>()
  /// By assignment: who sees it.
  private var readers = Column<Readers>()
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
    // By access: how much sees what it writes, where what meets another value counts twice.
    var uses = Column<UInt32>()
    uses.resize(to: flow.accesses.count, filling: 0)
    for phi in 0..<graph.phiCount where graph.isUsed(phi: phi) {
      for index in 0..<graph.operandCount(ofPhi: phi) {
        if let write = graph.write(graph.operand(index, ofPhi: phi)) { uses[write] += 2 }
      }
    }
    // By read: the write that it sees.
    var sources = Column<Int32>()
    sources.resize(to: flow.accesses.count, filling: -1)
    for index in 0..<flow.accesses.count where !flow.accesses[index].isWrite {
      let value = graph.value(readBy: index)
      guard !value.isNone, let write = graph.write(value) else { continue }
      uses[write] += 1
      sources[index] = Int32(write)
    }
    for read in 0..<flow.accesses.count where sources[read] >= 0 {
      let write = Int(sources[read])
      let assignment = flow.accesses[write].node
      if mayStay(assignment, in: body) { note(assignment, flow.accesses[read].node, isOnly: uses[write] == 1, in: body) }
    }
  }

  /// Whether the value of an assignment may be on the stack instead.
  private func mayStay(_ assignment: NodeID, in body: borrowing Body) -> Bool {
    guard body.opcode(of: assignment) == .localSet else { return false }
    let value = body.localValue(of: assignment)
    return body.type(of: value).isValue && body.opcode(of: value) != .payload
  }

  private mutating func note(_ assignment: NodeID, _ read: NodeID, isOnly: Bool, in body: borrowing Body) {
    if !hasCandidates {
      hasCandidates = true
      assignments.resize(to: body.nodes.count, filling: .none)
      places.resize(to: body.nodes.count, filling: -1)
      readers.resize(to: body.nodes.count, filling: .unknown)
    }
    assignments[read.index] = assignment
    readers[assignment.index] = isOnly ? .one : .several
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
      count = takeAll(from: list, first..<count, to: slot, in: &body)
      let item = body.operand(position, of: list)
      if count != position { body.setOperand(count, of: list, to: item) }
      if item.index < places.count { places[item.index] = Int32(count) }
      count += 1
    }
    if count < total { body.truncateItems(of: list, to: count) }
  }

  /// Lets what is evaluated first at `slot` take over values from the statements of the list in `range`, which are what
  /// is evaluated just before; returns where those end that are left.
  private mutating func takeAll(
    from list: NodeID, _ range: Range<Int>, to slot: Slot, in body: inout Body
  ) -> Int {
    var end = range.upperBound
    while true {
      var place = takeOver(from: list, range.lowerBound..<end, to: slot, in: &body)
      if place == nil && exchangeOperands(at: slot, forValueIn: list, range.lowerBound..<end, in: &body) {
        place = takeOver(from: list, range.lowerBound..<end, to: slot, in: &body)
      }
      guard let place else { return end }
      end = place
    }
  }

  /// Lets what is evaluated first at `slot` take over the value of an assignment, with all statements behind that;
  /// returns where the assignment was.
  private mutating func takeOver(
    from list: NodeID, _ range: Range<Int>, to slot: Slot, in body: inout Body
  ) -> Int? {
    guard let (leaf, leafSlot) = firstRead(at: slot, in: body),
      let place = place(ofAssignmentReadBy: leaf, in: list, range, body)
    else { return nil }
    let assignment = body.operand(place, of: list)
    let moved = (place + 1..<range.upperBound).map { body.operand($0, of: list) }
    budget -= moved.count
    if budget < 0 || depth == Self.depthLimit { return nil }
    depth += 1
    defer { depth -= 1 }
    for (index, statement) in moved.enumerated() where statement.index < places.count {
      places[statement.index] = Int32(index + 1)
    }
    let value = value(of: assignment, in: &body)
    let result = moved.isEmpty ? value : body.makeKeep(value, then: moved)
    body.setOperand(leafSlot.position, of: leafSlot.parent, to: result)
    passOn(from: leafSlot, in: &body)
    return place
  }

  /// What leaves the value of an assignment on the stack; the local gets it as well, if somebody else reads it.
  private func value(of assignment: NodeID, in body: inout Body) -> NodeID {
    guard case .localSet(let node) = body[assignment], readers[assignment.index] == .several else {
      return body.localValue(of: assignment)
    }
    return body.makeLocalTee(node.local, node.value)
  }

  /// Where in the range of the list the assignment is that this read sees; nil if it is elsewhere.
  private func place(
    ofAssignmentReadBy read: NodeID, in list: NodeID, _ range: Range<Int>, _ body: borrowing Body
  ) -> Int? {
    guard read.index < assignments.count, !assignments[read.index].isNone else { return nil }
    let assignment = assignments[read.index]
    let place = Int(places[assignment.index])
    guard range.contains(place), body.operand(place, of: list) == assignment else { return nil }
    return readers[assignment.index] == .one || !isPending(in: list, place + 1..<range.upperBound, body) ? place : nil
  }

  /// Whether an assignment in the range has one reader, for which it had better stay where it is.
  private func isPending(in list: NodeID, _ range: Range<Int>, _ body: borrowing Body) -> Bool {
    range.suffix(Self.depthLimit).contains { position in
      let statement = body.operand(position, of: list)
      return statement.index < readers.count && readers[statement.index] == .one
    }
  }

  /// Exchanges the operands of an operation that is among the first at `slot`, if the second reads a value that may then
  /// be taken over. It has been computed before the other operand in any case.
  private func exchangeOperands(
    at slot: Slot, forValueIn list: NodeID, _ range: Range<Int>, in body: inout Body
  ) -> Bool {
    var slot = slot
    for _ in 0..<Self.depthLimit {
      let id = body.operand(slot.position, of: slot.parent)
      if case .binary(let node) = body[id], body.opcode(of: node.right) == .localGet,
        place(ofAssignmentReadBy: node.right, in: list, range, body) != nil, let opcode = node.opcode.exchanged
      {
        body.replace(
          id, with: NodeRecord(opcode, body.type(of: id), a: node.right.rawValue, b: node.left.rawValue))
        return true
      }
      guard let next = firstOperand(of: id, in: body) else { return false }
      slot = Slot(parent: id, position: next)
    }
    return false
  }

  /// The position of the operand that is evaluated first, where the stack is as high as before the node.
  private func firstOperand(of id: NodeID, in body: borrowing Body) -> Int? {
    switch body.opcode(of: id) {
    case .loop, .try, .tryTable, .payload: return nil
    case .block: if !body.isSequence(id) { return nil }
    default: break
    }
    return (0..<body.operandCount(of: id)).first { !body.operand($0, of: id).isNone }
  }

  /// The read that is evaluated first of all at `slot`, if it is one.
  private func firstRead(at slot: Slot, in body: borrowing Body) -> (NodeID, Slot)? {
    var slot = slot
    for _ in 0..<Self.depthLimit {
      let id = body.operand(slot.position, of: slot.parent)
      if body.opcode(of: id) == .localGet { return (id, slot) }
      guard let next = firstOperand(of: id, in: body) else { return nil }
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
      let count = takeAll(from: keep, 1..<total, to: next, in: &body)
      if count == total { return }
      if count > 1 {
        body.truncateItems(of: keep, to: count)
      } else {
        body.setOperand(position, of: slot.parent, to: body.operand(0, of: keep))
      }
    }
  }
}

extension Opcode {
  /// What gives the same with the operands the other way round; nil if nothing does, to the last bit of a NaN.
  fileprivate var exchanged: Opcode? {
    if let operation = IntegerOperation(self) { return operation.reversed?.opcode(width) }
    switch self {
    case .f32Eq, .f32Ne, .f64Eq, .f64Ne: return self
    case .f32Lt, .f32Gt, .f32Le, .f32Ge, .f64Lt, .f64Gt, .f64Le, .f64Ge: return reversedFloatOpcode
    default: return nil
    }
  }
}

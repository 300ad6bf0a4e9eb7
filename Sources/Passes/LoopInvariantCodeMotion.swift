import Analysis
import IR
import PassManager
import Support

/// Moves statements that do the same each time out of loops.
///
///     (loop $again                                (local.set $x (i32.mul (local.get $p) (local.get $q)))
///       (local.set $x                             (loop $again
///         (i32.mul                       ->         (call $f (local.get $x))
///           (local.get $p)                          (br_if $again (local.get $c)))
///           (local.get $q)))
///       (call $f (local.get $x))
///       (br_if $again (local.get $c)))
///
/// It looks at the beginning of each loop, up to where control may go elsewhere: what comes there is sure to run. A
/// statement moves if it changes nothing but locals that the loop assigns nowhere else, depends on nothing that the loop
/// changes, and nobody in the loop has seen what it changes before. Constants and copies stay where they are.
///
/// After Binaryen's pass of that name. Near-linear: what moves out of many loops is looked at once for each, up to a
/// multiple of the body's nodes in all.
struct LoopInvariantCodeMotion: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard (0..<body.nodes.count).contains(where: { body.nodes[$0].opcode == .loop }) else { return }
    var motion = InvariantMotion(of: body, context.options)
    body.rewriteBottomUp { body, id in
      guard case .loop(let loop) = body[id] else { return id }
      return motion.moveOut(of: id, loop, in: &body)
    }
    if motion.hasMoved { body.flattenSequences() }
  }
}

private struct InvariantMotion: ~Copyable {
  /// A statement with more nodes than this is not looked at.
  private static let statementLimit = 256

  private let ignoredFlags: Effects.Flags
  private var effects: EffectsColumn
  private var times: LocalTimes
  private var budget: Int
  private(set) var hasMoved = false
  private var pending = Column<NodeID>()
  /// Of the statement being looked at.
  private var reads = Column<LocalID>()
  private var writes = Column<LocalID>()
  /// By local: how many of its sets have been moved out of which loop last, by serial number.
  private var movedSets = Column<(loop: UInt32, count: UInt32)>()
  private var loopSerial: UInt32 = 0

  init(of body: borrowing Body, _ options: PassOptions) {
    ignoredFlags = options.trapsNeverHappen || options.ignoresImplicitTraps ? .traps : []
    effects = EffectsColumn(of: body)
    times = LocalTimes(of: body)
    budget = 8 * body.nodes.count
    movedSets.resize(to: body.localCount, filling: (0, 0))
  }

  /// Goes through what runs first in a loop. Returns what takes the place of the loop.
  mutating func moveOut(of id: NodeID, _ loop: LoopNode, in body: inout Body) -> NodeID {
    loopSerial += 1
    var moved: [NodeID] = []
    var before = Effects.none
    pending.removeAll()
    pending.append(loop.body)
    while !pending.isEmpty && budget > 0 {
      let statement = pending.popLast()
      budget -= 1
      if case .block(let block) = body[statement] {
        budget -= block.items.count
        for index in (0..<block.items.count).reversed() { pending.append(body[block.items, index]) }
        continue
      }
      if isInteresting(statement, in: body) && mayMove(statement, outOf: id, past: before, in: body) {
        let copy = body.append(body.nodes[statement.index])
        body.movePosition(from: statement, to: copy)
        effects[copy] = effects[statement]
        times.note(copy, movedFrom: statement)
        moved.append(copy)
        body.replace(statement, with: NodeRecord(.block, .none, a: LabelID.none.rawValue))
        noteMovedSets()
        continue
      }
      before.formUnion(effects[statement])
      if before.transfersControl { break }
    }
    if moved.isEmpty { return id }
    hasMoved = true
    var all = effects[id]
    for statement in moved { all.formUnion(effects[statement]) }
    let sequence = body.makeBlock(moved + [id], type: body.type(of: id))
    effects[sequence] = all
    return sequence
  }

  /// Whether it is a statement that takes more than a constant or copy does.
  private func isInteresting(_ id: NodeID, in body: borrowing Body) -> Bool {
    guard body.type(of: id) == .none else { return false }
    switch body.opcode(of: id) {
    case .nop, .loop, .if, .try, .tryTable: return false
    case .localSet, .drop: return body.operandCount(of: body.operand(0, of: id)) > 0
    default: return true
    }
  }

  // MARK: Conditions

  /// - Parameter before: what the loop does before the statement.
  private mutating func mayMove(
    _ id: NodeID, outOf loop: NodeID, past before: Effects, in body: borrowing Body
  ) -> Bool {
    var own = effects[id]
    own.flags.subtract(ignoredFlags)
    if own.transfersControl || !own.flags.isDisjoint(with: [.calls, .allWrites]) { return false }
    // What it reads, the loop may not write. Each write flag is one bit above the read flag of the same state.
    if own.flags.rawValue << 1 & effects[loop].flags.rawValue & Effects.Flags.allWrites.rawValue != 0 { return false }
    guard findAccesses(of: id, in: body) else { return false }
    // Locals are looked at one by one.
    own.localsRead = 0
    var other = before
    other.localsRead = 0
    other.localsWritten = 0
    guard own.mayReorder(with: other) else { return false }
    for index in 0..<reads.count where writeCount(of: reads[index], in: loop) > 0 { return false }
    for index in 0..<writes.count {
      let local = writes[index]
      if writeCount(of: local, in: loop) > 1 || times.isRead(local, in: loop, before: id) { return false }
    }
    return true
  }

  /// Finds the locals that a statement reads and writes. Returns false if it makes objects, which would be others each
  /// time, or is too large.
  private mutating func findAccesses(of id: NodeID, in body: borrowing Body) -> Bool {
    reads.removeAll()
    writes.removeAll()
    let base = pending.count
    defer { pending.truncate(to: base) }
    pending.append(id)
    var count = 0
    while pending.count > base {
      let node = pending.popLast()
      count += 1
      budget -= 1
      if count > Self.statementLimit || body.info(of: node).attributes.contains(.generative) { return false }
      switch body.opcode(of: node) {
      case .localGet: reads.append(body.local(of: node))
      case .localSet, .localTee: writes.append(body.local(of: node))
      case .tupleSet:
        guard case .tupleSet(let set) = body[node] else { preconditionFailure() }
        for index in 0..<set.localCount {
          let local = body.local(index, of: set)
          if !local.isNone { writes.append(local) }
        }
      default: break
      }
      body.forEachOperand(of: node) { pending.append($0) }
    }
    return true
  }

  /// How many assignments to the local are left in the loop.
  private func writeCount(of local: LocalID, in loop: NodeID) -> Int {
    let moved = movedSets[local.index]
    return times.writeCount(of: local, in: loop) - (moved.loop == loopSerial ? Int(moved.count) : 0)
  }

  private mutating func noteMovedSets() {
    for index in 0..<writes.count {
      let local = writes[index].index
      if movedSets[local].loop != loopSerial { movedSets[local] = (loopSerial, 0) }
      movedSets[local].count += 1
    }
  }
}

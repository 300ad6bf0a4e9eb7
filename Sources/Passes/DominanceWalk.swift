import IR
import Support

/// Which of the times of a walk control is sure to have come through.
///
/// A walk in the order of evaluation counts time up as it finds things out. Where ways meet, what was found out on one of
/// them need not have happened.
struct DominatingTimes: ~Copyable {
  private struct Gap: BitwiseCopyable {
    let start: UInt32
    let end: UInt32
  }

  /// Ascending, with times between them that count.
  private var gaps = Column<Gap>()
  /// The time that comes next.
  var now: UInt32 = 1
  /// What came next when ways met last: since then the way has been straight.
  private(set) var lastMeeting: UInt32 = 0

  /// Another point in time; returns it.
  mutating func tick() -> UInt32 {
    now += 1
    return now - 1
  }

  /// Control may have come here without passing what came at `start` or since.
  mutating func forget(since start: UInt32) {
    while !gaps.isEmpty && gaps.last.start >= start { gaps.removeLast(1) }
    if start >= now { return }
    gaps.append(Gap(start: start, end: now))
    lastMeeting = now
  }

  /// Logarithmic in the number of constructs that have been left.
  @inline(__always)
  func contains(_ time: UInt32) -> Bool {
    if gaps.isEmpty || time >= gaps.last.end { return true }
    var low = 0
    var high = gaps.count - 1
    while low < high {
      let middle = (low + high) / 2
      if gaps[middle].end <= time { low = middle + 1 } else { high = middle }
    }
    return time < gaps[low].start
  }
}

/// What `Body.walkDominance` shows the body to.
protocol DominanceVisitor: ~Copyable {
  var times: DominatingTimes { get set }
  /// Comes after the operands. What it returns takes the place of the node.
  mutating func leave(_ id: NodeID, in body: inout Body) -> NodeID
  /// Comes before the body of a loop, which may have run before.
  mutating func beginLoop(_ id: NodeID, in body: borrowing Body)
}

extension DominanceVisitor where Self: ~Copyable {
  /// Nothing that was found out before is taken to hold within, as the loop may change it.
  mutating func beginLoop(_ id: NodeID, in body: borrowing Body) { times.forget(since: 0) }
}

/// An `if`, `try` or `try_table` that the walk is in.
private struct EnteredConstruct: BitwiseCopyable {
  let node: NodeID
  /// Where the walk has it.
  let place: UInt32
  let operandCount: Int
  /// When it began, or the arms of an `if` did.
  var start: UInt32
}

extension Body {
  /// Visits all nodes in the order of evaluation.
  mutating func walkDominance<Visitor: DominanceVisitor & ~Copyable>(_ visitor: inout Visitor) {
    // By label: when control may have gone there first.
    var firstBranches = Column<UInt32>()
    firstBranches.resize(to: Int(labelCount), filling: .max)
    var constructs = Column<EnteredConstruct>()
    var armsPlace = UInt32.max
    var walk = TreeWalk(from: root)
    while true {
      let step = walk.next()
      let id = step.node
      if step.isLast {
        let place = walk.parentPlace
        let start = place == armsPlace ? constructs.last.start : 0
        finish(id, start: start, &firstBranches, &visitor)
        if place == armsPlace {
          constructs.removeLast(1)
          armsPlace = constructs.isEmpty ? .max : constructs.last.place
        }
      } else {
        if walk.parentPlace == armsPlace { begin(walk.remainingCount, of: &constructs.last, &visitor) }
        if walk.enter(id, in: self) {
          switch opcode(of: id) {
          case .loop: visitor.beginLoop(id, in: self)
          case .if, .try, .tryTable:
            armsPlace = walk.parentPlace
            constructs.append(
              EnteredConstruct(
                node: id, place: armsPlace, operandCount: operandCount(of: id), start: visitor.times.now))
          default: break
          }
          continue
        }
      }
      let result = visitor.leave(id, in: &self)
      walk.leave(step)
      if walk.isDone { return }
      if result != id { replaceOperand(of: walk.parent, before: walk.remainingCount, by: result) }
    }
  }

  /// An operand comes: the first of so many that are yet to come.
  @inline(__always)
  private func begin<Visitor: DominanceVisitor & ~Copyable>(
    _ remaining: Int, of construct: inout EnteredConstruct, _ visitor: inout Visitor
  ) {
    let position = construct.operandCount - remaining
    let opcode = opcode(of: construct.node)
    if position == 0 || opcode == .tryTable { return }
    if opcode == .if && position == 1 {
      construct.start = visitor.times.now
    } else {
      visitor.times.forget(since: construct.start)
    }
  }

  /// The operands are done.
  /// - Parameter start: of an `if`, `try` or `try_table`.
  @inline(__always)
  private mutating func finish<Visitor: DominanceVisitor & ~Copyable>(
    _ id: NodeID, start: UInt32, _ firstBranches: inout Column<UInt32>, _ visitor: inout Visitor
  ) {
    switch opcode(of: id) {
    case .block:
      let label = label(ofConstruct: id)
      if !label.isNone { visitor.times.forget(since: firstBranches[label.index]) }
    case .if:
      // The first arm has been forgotten already, if there is a second.
      if operand(2, of: id).isNone || !diverges(operand(1, of: id)) { visitor.times.forget(since: start) }
    case .try: visitor.times.forget(since: start)
    case .br, .brIf, .brTable, .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail, .tryTable:
      let time = opcode(of: id) == .tryTable ? start : visitor.times.now
      forEachLabel(of: id) { firstBranches[$0.index] = min(firstBranches[$0.index], time) }
    default: break
    }
  }
}

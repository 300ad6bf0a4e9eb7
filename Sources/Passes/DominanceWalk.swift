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

  /// Another point in time; returns it.
  mutating func tick() -> UInt32 {
    now += 1
    return now - 1
  }

  /// Control may have come here without passing what came at `start` or since.
  mutating func forget(since start: UInt32) {
    while !gaps.isEmpty && gaps.last.start >= start { gaps.removeLast(1) }
    if start < now { gaps.append(Gap(start: start, end: now)) }
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

/// A construct that `Body.walkDominance` is in; only those that have to be remembered.
private struct DominanceFrame: BitwiseCopyable {
  /// When the construct, or the arms of an `if`, began.
  var start: UInt32
  /// `if` and `try`: the operand that is being visited.
  var position = 0
}

extension Body {
  /// Visits all nodes in the order of evaluation.
  mutating func walkDominance<Visitor: DominanceVisitor & ~Copyable>(_ visitor: inout Visitor) {
    // By label: when control may have gone there first.
    var firstBranches = Column<UInt32>()
    firstBranches.resize(to: Int(labelCount), filling: .max)
    var frames = Column<DominanceFrame>()
    var walk = TreeWalk(from: root)
    while true {
      let step = walk.next()
      let id = step.node
      if !step.isLast {
        if info(of: id).shape.rawValue <= Shape.tryTable.rawValue {
          if begin(id, &walk, &frames, &visitor) { continue }
        } else if walk.enter(id, in: self) {
          continue
        }
      } else if step.isPause {
        walk.leavePause()
        resume(walk.parent, &frames.last, &visitor)
        continue
      } else if info(of: id).shape.rawValue <= Shape.brOnCast.rawValue {
        finish(id, &frames, &firstBranches, &visitor)
      }
      let result = visitor.leave(id, in: &self)
      walk.leave(step)
      if walk.isDone { return }
      if result == id { continue }
      let parent = walk.parent
      let hasPauses = opcode(of: parent) == .if || opcode(of: parent) == .try
      let position = hasPauses ? frames.last.position : operandCount(of: parent) - 1 - walk.remainingCount
      setOperand(position, of: parent, to: result)
    }
  }

  /// A construct begins; false if there is nothing in it.
  private mutating func begin<Visitor: DominanceVisitor & ~Copyable>(
    _ id: NodeID, _ walk: inout TreeWalk, _ frames: inout Column<DominanceFrame>, _ visitor: inout Visitor
  ) -> Bool {
    switch opcode(of: id) {
    case .loop: visitor.beginLoop(id, in: self)
    case .if, .try:
      frames.append(DominanceFrame(start: visitor.times.now))
      walk.enterWithPauses(id, in: self)
      return true
    case .tryTable: frames.append(DominanceFrame(start: visitor.times.now))
    default: break
    }
    return walk.enter(id, in: self)
  }

  /// Another operand than the first of an `if` or `try` comes.
  private mutating func resume<Visitor: DominanceVisitor & ~Copyable>(
    _ id: NodeID, _ frame: inout DominanceFrame, _ visitor: inout Visitor
  ) {
    frame.position += 1
    if opcode(of: id) == .if && frame.position == 1 {
      frame.start = visitor.times.now
    } else {
      visitor.times.forget(since: frame.start)
    }
  }

  /// The operands of a control instruction are done.
  private mutating func finish<Visitor: DominanceVisitor & ~Copyable>(
    _ id: NodeID, _ frames: inout Column<DominanceFrame>, _ firstBranches: inout Column<UInt32>,
    _ visitor: inout Visitor
  ) {
    switch opcode(of: id) {
    case .block:
      let label = label(ofConstruct: id)
      if !label.isNone { visitor.times.forget(since: firstBranches[label.index]) }
    case .if:
      let start = frames.popLast().start
      // The first arm has been forgotten already, if there is a second.
      if operand(2, of: id).isNone || !diverges(operand(1, of: id)) { visitor.times.forget(since: start) }
    case .try: visitor.times.forget(since: frames.popLast().start)
    case .br, .brIf, .brTable, .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail, .tryTable:
      let time = opcode(of: id) == .tryTable ? frames.popLast().start : visitor.times.now
      forEachLabel(of: id) { firstBranches[$0.index] = min(firstBranches[$0.index], time) }
    default: break
    }
  }
}

extension Body {
  /// The label of a `block` or `loop`, without looking at the rest.
  func label(ofConstruct id: NodeID) -> LabelID { LabelID(rawValue: nodes[id.index].a) }
}

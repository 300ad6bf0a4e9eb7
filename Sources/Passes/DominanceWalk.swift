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
  /// Comes before the operands.
  mutating func enter(_ id: NodeID, in body: inout Body)
  /// Comes after the operands. What it returns takes the place of the node.
  mutating func leave(_ id: NodeID, in body: inout Body) -> NodeID
  /// Comes before the body of a loop, which may have run before.
  mutating func beginLoop(_ id: NodeID, in body: borrowing Body)
}

extension DominanceVisitor where Self: ~Copyable {
  /// Nothing that was found out before is taken to hold within, as the loop may change it.
  mutating func beginLoop(_ id: NodeID, in body: borrowing Body) { times.forget(since: 0) }
}

private struct DominanceFrame: BitwiseCopyable {
  let node: NodeID
  var next: Int32 = 0
  let count: Int32
  /// When the construct, or the arms of an `if`, began.
  var start: UInt32
}

extension Body {
  /// Visits all nodes in the order of evaluation.
  mutating func walkDominance<Visitor: DominanceVisitor & ~Copyable>(_ visitor: inout Visitor) {
    // By label: when control may have gone there first.
    var firstBranches = Column<UInt32>()
    firstBranches.resize(to: Int(labelCount), filling: .max)
    var frames = Column<DominanceFrame>()
    visitor.enter(root, in: &self)
    frames.append(DominanceFrame(node: root, count: Int32(operandCount(of: root)), start: visitor.times.now))
    while !frames.isEmpty {
      let frame = frames.last
      if frame.next == frame.count {
        frames.removeLast(1)
        finish(frame, &firstBranches, &visitor)
        let result = visitor.leave(frame.node, in: &self)
        if result != frame.node && !frames.isEmpty {
          setOperand(Int(frames.last.next) - 1, of: frames.last.node, to: result)
        }
        continue
      }
      frames.last.next += 1
      if frame.next > 0 { begin(frame.next, of: &frames.last, &visitor) }
      let operand = operand(Int(frame.next), of: frame.node)
      if operand.isNone { continue }
      let count = operandCount(of: operand)
      visitor.enter(operand, in: &self)
      if count == 0 {
        let result = visitor.leave(operand, in: &self)
        if result != operand { setOperand(Int(frame.next), of: frame.node, to: result) }
      } else {
        if opcode(of: operand) == .loop { visitor.beginLoop(operand, in: self) }
        frames.append(DominanceFrame(node: operand, count: Int32(count), start: visitor.times.now))
      }
    }
  }

  /// Another operand than the first comes.
  @inline(__always)
  private mutating func begin<Visitor: DominanceVisitor & ~Copyable>(
    _ position: Int32, of frame: inout DominanceFrame, _ visitor: inout Visitor
  ) {
    let opcode = opcode(of: frame.node)
    if opcode != .if && opcode != .try { return }
    if opcode == .if && position == 1 {
      frame.start = visitor.times.now
    } else {
      visitor.times.forget(since: frame.start)
    }
  }

  /// The operands are done.
  @inline(__always)
  private mutating func finish<Visitor: DominanceVisitor & ~Copyable>(
    _ frame: DominanceFrame, _ firstBranches: inout Column<UInt32>, _ visitor: inout Visitor
  ) {
    switch opcode(of: frame.node) {
    case .block:
      guard case .block(let block) = self[frame.node], !block.label.isNone else { return }
      visitor.times.forget(since: firstBranches[block.label.index])
    case .if:
      // The first arm has been forgotten already, if there is a second.
      if operand(2, of: frame.node).isNone || !diverges(operand(1, of: frame.node)) {
        visitor.times.forget(since: frame.start)
      }
    case .try: visitor.times.forget(since: frame.start)
    case .br, .brIf, .brTable, .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail, .tryTable:
      let time = opcode(of: frame.node) == .tryTable ? frame.start : visitor.times.now
      forEachLabel(of: frame.node) { firstBranches[$0.index] = min(firstBranches[$0.index], time) }
    default: break
    }
  }
}

import Analysis
import IR
import Support

/// A set that may move down.
struct PushableSet: BitwiseCopyable {
  let node: NodeID
  let local: LocalID
  /// Where the block whose item it is stands among the frames.
  let depth: Int
  /// How many branches had been met; or, if it reads the local of a set on the move, when that was: where the one goes
  /// the other has to go.
  var branchCount: UInt32
  /// How many `local.get` of its local are in sets that still move.
  var movingReads: UInt32 = 0
  var isMoving = true
  /// What it is put before; `none` if it stays.
  var destination = NodeID.none
}

/// Finds where pushable sets go: a walk in the order of evaluation, with sets on the move until something happens that
/// they have to stay in front of. They are indexed by what that may be, and each is stopped once.
///
/// A read that is part of a set on the move does not stop what it reads: both go on, and where the one stops so does the
/// other, in front of it.
struct PushWalk: ~Copyable {
  private struct Frame: BitwiseCopyable {
    let node: NodeID
    var next: Int32 = 0
    let count: Int32
  }

  private struct Link: BitwiseCopyable {
    let set: UInt32
    let next: UInt32
  }

  /// Where a set may go at most.
  private struct Stop: BitwiseCopyable {
    let set: UInt32
    /// In the frame at this depth, before the operand that is visited or before `item`.
    var depth = Int.max
    var item = NodeID.none
    /// Branches met before.
    let branchCount: UInt32
  }

  /// How many constructs a set goes into at once: bounds the work.
  private static let descentLimit = 32

  private let survey: PushSurvey
  private(set) var sets = Column<PushableSet>()
  private(set) var moveCount = 0
  private var frames = Column<Frame>()
  private var branchCount: UInt32 = 0
  /// By local: its set that is on the move.
  private var current = Column<UInt32>()
  /// By local: the sets on the move whose values read it. By kind of state likewise.
  private var readers = Column<UInt32>()
  private var stateReaders = Column<UInt32>()
  private var links = Column<Link>()
  /// What `findReads` finds.
  private var reads = Column<LocalID>()
  private var pending = Column<NodeID>()
  private var stops = Column<Stop>()

  init(of body: borrowing Body, _ survey: consuming PushSurvey) {
    self.survey = survey
    current.resize(to: body.localCount, filling: .max)
    readers.resize(to: body.localCount, filling: .max)
    stateReaders.resize(to: ReadableState.Kind.allCases.count, filling: .max)
  }

  mutating func run(on body: borrowing Body) {
    frames.append(Frame(node: body.root, count: Int32(body.operandCount(of: body.root))))
    while !frames.isEmpty {
      let frame = frames.last
      if frame.next == frame.count {
        perform(frame.node, in: body)
        frames.removeLast(1)
        continue
      }
      frames.last.next += 1
      let operand = body.operand(Int(frame.next), of: frame.node)
      if operand.isNone { continue }
      if body.opcode(of: operand) == .localSet && begin(operand, in: frame.node, in: body) { continue }
      let count = body.operandCount(of: operand)
      if count > 0 {
        frames.append(Frame(node: operand, count: Int32(count)))
      } else {
        perform(operand, in: body)
      }
    }
  }

  /// Puts a set on the move, if it may.
  private mutating func begin(_ id: NodeID, in parent: NodeID, in body: borrowing Body) -> Bool {
    let local = body.local(of: id)
    guard body.opcode(of: parent) == .block, survey.isPushable(id, of: local, in: parent) else { return false }
    let index = UInt32(sets.count)
    sets.append(PushableSet(node: id, local: local, depth: frames.count - 1, branchCount: branchCount))
    let flags = findReads(of: id, in: body)
    for position in 0..<reads.count {
      let read = reads[position].index
      if current[read] != .max {
        let other = Int(current[read])
        sets[other].movingReads += 1
        sets.last.branchCount = min(sets.last.branchCount, sets[other].branchCount)
      }
      links.append(Link(set: index, next: readers[read]))
      readers[read] = UInt32(links.count - 1)
    }
    current[local.index] = index
    for kind in ReadableState.Kind.allCases where flags.contains(kind.reads) {
      links.append(Link(set: index, next: stateReaders[kind.rawValue]))
      stateReaders[kind.rawValue] = UInt32(links.count - 1)
    }
    return true
  }

  /// Finds the locals that the value of a set reads; returns what else it does.
  private mutating func findReads(of set: NodeID, in body: borrowing Body) -> Effects.Flags {
    var flags = Effects.Flags()
    reads.removeAll()
    pending.append(body.localValue(of: set))
    while !pending.isEmpty {
      let id = pending.popLast()
      if body.opcode(of: id) == .localGet {
        reads.append(body.local(of: id))
      } else {
        if !body.info(of: id).attributes.contains(.pure) { flags.formUnion(Effects(of: id, in: body).flags) }
        body.forEachOperand(of: id) { pending.append($0) }
      }
    }
    return flags
  }

  // MARK: What happens

  /// What a node does stops the sets that mind. Comes after its operands, while its frame is the last if it has any.
  private mutating func perform(_ id: NodeID, in body: borrowing Body) {
    switch body.opcode(of: id) {
    case .localGet:
      let set = current[body.local(of: id).index]
      if set != .max { stop(set, in: body) }
    case .localSet, .localTee: stopReaders(of: body.local(of: id), in: body)
    case .tupleSet:
      guard case .tupleSet(let node) = body[id] else { preconditionFailure() }
      for index in 0..<node.localCount {
        let local = body.local(index, of: node)
        if !local.isNone { stopReaders(of: local, in: body) }
      }
    case .br, .brIf, .brTable, .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail, .return: branchCount += 1
    default:
      if body.info(of: id).attributes.contains(.pure) { return }
      let flags = Effects(of: id, in: body).flags
      if flags.isDisjoint(with: .allWrites) { return }
      for kind in ReadableState.Kind.allCases where flags.contains(kind.writes) {
        let list = stateReaders[kind.rawValue]
        stateReaders[kind.rawValue] = .max
        stopAll(list, in: body)
      }
    }
  }

  private mutating func stopReaders(of local: LocalID, in body: borrowing Body) {
    let list = readers[local.index]
    if list == .max { return }
    readers[local.index] = .max
    stopAll(list, in: body)
  }

  private mutating func stopAll(_ list: UInt32, in body: borrowing Body) {
    var list = list
    while list != .max {
      let link = links[Int(list)]
      if sets[Int(link.set)].isMoving { stop(link.set, in: body) }
      list = link.next
    }
  }

  // MARK: Ends

  /// The set goes no farther than here, and so do those whose locals it reads.
  private mutating func stop(_ set: UInt32, in body: borrowing Body) {
    stops.append(Stop(set: set, branchCount: branchCount))
    while !stops.isEmpty {
      let stop = stops.popLast()
      let index = Int(stop.set)
      if !sets[index].isMoving { continue }
      sets[index].isMoving = false
      current[sets[index].local.index] = .max
      let depth = settle(stop, in: body)
      let set = sets[index]
      let isMoved = !set.destination.isNone
      _ = findReads(of: set.node, in: body)
      for position in 0..<reads.count {
        let other = current[reads[position].index]
        if other == .max { continue }
        sets[Int(other)].movingReads -= 1
        stops.append(
          Stop(
            set: other, depth: depth, item: isMoved ? (stop.depth == depth ? stop.item : .none) : set.node,
            branchCount: isMoved ? stop.branchCount : set.branchCount))
      }
    }
  }

  /// Finds where a set goes, if that is worth it. Returns the depth of the frame in which it is then.
  private mutating func settle(_ stop: Stop, in body: borrowing Body) -> Int {
    let set = sets[Int(stop.set)]
    var depth = set.depth
    var best = depth
    var entersArm = false
    var bestEntersArm = false
    let limit = min(stop.depth, frames.count - 1, depth + Self.descentLimit)
    // A read in a set that goes on may come to be somewhere else.
    while depth < limit && set.movingReads == 0 {
      let inner = frames[depth + 1]
      if body.opcode(of: inner.node) == .if && inner.next > 1 {
        guard survey.endsReads(of: set.local, operand(in: inner, in: body)) else { break }
        entersArm = true
      } else {
        guard body.opcode(of: inner.node) == .block, survey.endsReads(of: set.local, inner.node) else { break }
      }
      depth += 1
      if mayInsert(in: inner.node, in: body) {
        best = depth
        bestEntersArm = entersArm
      }
    }
    if !bestEntersArm && set.branchCount == stop.branchCount { return set.depth }
    let isLimited = best == stop.depth && !stop.item.isNone
    sets[Int(stop.set)].destination = isLimited ? stop.item : operand(in: frames[best], in: body)
    moveCount += 1
    return best
  }

  /// The operand that is being visited.
  private func operand(in frame: Frame, in body: borrowing Body) -> NodeID {
    body.operand(Int(frame.next) - 1, of: frame.node)
  }

  /// Whether a block may get another item. One that gives its only item a label would need bytes of its own.
  private func mayInsert(in id: NodeID, in body: borrowing Body) -> Bool {
    guard case .block(let block) = body[id], !block.label.isNone, block.items.count == 1 else { return true }
    let opcode = body.opcode(of: body[block.items, 0])
    return opcode != .if && opcode != .tryTable
  }
}

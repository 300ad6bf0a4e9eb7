import IR
import Support

/// A place that control comes to from the end of a statement: before an operand of a node that is being walked.
struct JumpPlace: BitwiseCopyable, Equatable {
  var frame: Int32
  var index: Int32

  /// No statement follows that could be branched to.
  static let none = JumpPlace(frame: -2, index: 0)
  /// The end of the function.
  static let end = JumpPlace(frame: -1, index: 0)
}

/// A way to the test that a list goes on with.
struct JumpEdge: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// `br` or `br_if`.
    case branch
    /// Another branch, or a way that nothing is known of.
    case other
    /// Control comes out of the last item of a list.
    case endOfList
    /// Control comes out of the operand at `position`.
    case endOfOperand
    /// The condition of an `if` without `else` does not hold.
    case noElse
  }

  let node: NodeID
  let kind: Kind
  var position: UInt8 = 0
  /// Whether the condition of the test holds.
  let outcome: Bool?
  /// The edge to the same place that came before; -1 for none.
  var next: Int32 = -1

  /// Bytes to branch away where control would have fallen to the test.
  var redirectionSize: Int {
    switch kind {
    case .branch, .other: 0
    case .endOfList, .endOfOperand: 2
    case .noElse: 3
    }
  }
}

/// A node on the way from the root to where the walk is.
struct JumpFrame: BitwiseCopyable {
  let node: NodeID
  var next: Int32 = 0
  let count: Int32
  /// When the construct, or the arms of an `if`, began.
  var start: UInt32
  /// Where control goes from the end of the node.
  let exit: JumpPlace
  let isList: Bool
  /// In a list: the index of the next item that is not empty, or `count`.
  var following: Int32 = 0
  /// A label that leads to what follows the item at hand, and the last of the known ways there.
  var label = LabelID.none
  var edges: Int32 = -1
}

/// The walk of the pass: knows where labels and ends of statements lead.
struct JumpWalk: ~Copyable {
  let favorsSize: Bool
  var known: KnownRanges
  var frames = Column<JumpFrame>()
  var edges = Column<JumpEdge>()
  /// By label: where it leads while its construct is open, and whether something branches there.
  private var exits = Column<JumpPlace>()
  private(set) var isOpen = Column<Bool>()
  private var isTargeted = Column<Bool>()
  /// Labels to be made: they lead before the item `index` of the list `node`.
  private var newLabels: [(node: NodeID, index: Int32, label: LabelID)] = []
  /// Each `if` with a constant condition.
  private var decidedIfs: [NodeID] = []

  /// - Parameter locals: by local, whether tests of it are looked at.
  init(of body: borrowing Body, testing locals: consuming Column<Bool>, favorsSize: Bool) {
    self.favorsSize = favorsSize
    known = KnownRanges(of: body, tracking: locals)
    exits.resize(to: Int(body.labelCount), filling: .none)
    isOpen.resize(to: Int(body.labelCount), filling: false)
    isTargeted.resize(to: Int(body.labelCount), filling: false)
  }

  func exit(of label: LabelID) -> JumpPlace { label.index < exits.count ? exits[label.index] : .none }

  mutating func noteBranch(to label: LabelID) {
    if label.index < isTargeted.count { isTargeted[label.index] = true }
  }

  // MARK: The walk

  mutating func run(on body: inout Body) {
    enter(body.root, exit: body.type(of: body.root) == .none ? .end : .none, in: body)
    while !frames.isEmpty {
      let frame = frames.last
      if frame.next == frame.count {
        leave(frame, in: &body)
        frames.removeLast(1)
        continue
      }
      frames.last.next += 1
      if frame.isList {
        if body.isEmpty(body.operand(Int(frame.next), of: frame.node)) { continue }
        beginItem(Int(frame.next), in: &body)
      } else if frame.next > 0 {
        beginArm(Int(frame.next), of: frame, in: &body)
      }
      let operand = body.operand(Int(frame.next), of: frame.node)
      if !operand.isNone && mayMatter(operand, in: body) {
        enter(operand, exit: exit(of: Int(frame.next), of: frame, in: body), in: body)
      }
    }
  }

  private func mayMatter(_ id: NodeID, in body: borrowing Body) -> Bool {
    body.operandCount(of: id) > 0 || body.info(of: id).shape.rawValue <= Shape.return.rawValue
  }

  /// Where control goes from the end of an operand.
  private func exit(of position: Int, of frame: JumpFrame, in body: borrowing Body) -> JumpPlace {
    let current = frames.last
    switch body.opcode(of: frame.node) {
    case .block: return current.following < frame.count ? placeAfterItem : frame.exit
    case .loop: return frame.exit
    case .if where position > 0: return frame.exit
    default: return .none
    }
  }

  private var placeAfterItem: JumpPlace {
    JumpPlace(frame: Int32(frames.count - 1), index: frames.last.following)
  }

  private mutating func enter(_ id: NodeID, exit: JumpPlace, in body: borrowing Body) {
    var exit = exit
    var isList = false
    switch body.opcode(of: id) {
    case .block:
      guard case .block(let block) = body[id] else { break }
      isList = true
      if body.type(of: id) != .none && body.type(of: id) != .unreachable { exit = .none }
      if !block.label.isNone { open(block.label, exit: exit) }
    case .loop:
      guard case .loop(let loop) = body[id] else { break }
      known.times.forget(since: 0)
      if !loop.label.isNone {
        exits[loop.label.index] = JumpPlace(frame: Int32(frames.count), index: 0)
        isOpen[loop.label.index] = true
      }
    default: break
    }
    frames.append(
      JumpFrame(
        node: id, count: Int32(body.operandCount(of: id)), start: known.times.now, exit: exit, isList: isList))
  }

  private mutating func open(_ label: LabelID, exit: JumpPlace) {
    exits[label.index] = exit
    isOpen[label.index] = true
    if exit.frame >= 0 && frames[Int(exit.frame)].label.isNone { frames[Int(exit.frame)].label = label }
  }

  /// An item of the list at the top comes next.
  private mutating func beginItem(_ index: Int, in body: inout Body) {
    let isBypassed = decideTest(at: index, in: &body)
    frames.last.label = .none
    frames.last.edges = -1
    frames.last.following = following(Int32(index), in: frames.last, body)
    if isBypassed {
      let isLast = frames.last.following == frames.last.count
      let edge = JumpEdge(node: frames.last.node, kind: .other, outcome: nil)
      note(edge, to: isLast ? frames.last.exit : placeAfterItem, in: body)
    }
  }

  /// The item after one of a list that is not empty.
  func following(_ index: Int32, in frame: JumpFrame, _ body: borrowing Body) -> Int32 {
    var index = index + 1
    while index < frame.count && body.isEmpty(body.operand(Int(index), of: frame.node)) { index += 1 }
    return index
  }

  private mutating func beginArm(_ position: Int, of frame: JumpFrame, in body: inout Body) {
    switch body.opcode(of: frame.node) {
    case .if where position == 1:
      if decideIf(frame.node, in: &body) { decidedIfs.append(frame.node) }
      frames.last.start = known.times.now
      known.assume(body.operand(0, of: frame.node), true, in: body)
    case .if:
      if body.operand(2, of: frame.node).isNone { return }
      noteEnd(of: 1, of: frame, in: body)
      known.times.forget(since: frame.start)
      known.assume(body.operand(0, of: frame.node), false, in: body)
    case .try: known.times.forget(since: frame.start)
    default: break
    }
  }

  private mutating func leave(_ frame: JumpFrame, in body: inout Body) {
    let id = frame.node
    switch body.opcode(of: id) {
    case .localSet, .localTee: known.assign(body.local(of: id), valueOf: body.localValue(of: id), in: body)
    case .tupleSet: forgetLocals(of: id, in: body)
    case .block: leaveBlock(frame, in: body)
    case .loop: leaveLoop(frame, in: body)
    case .if: leaveIf(frame, in: body)
    case .try:
      known.times.forget(since: frame.start)
      note(JumpEdge(node: id, kind: .other, outcome: nil), to: frame.exit, in: body)
    case .tryTable:
      noteOtherBranches(of: id, in: body)
      note(JumpEdge(node: id, kind: .other, outcome: nil), to: frame.exit, in: body)
    case .br, .brIf, .brTable: leaveBranch(id, in: &body)
    case .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail: noteOtherBranches(of: id, in: body)
    default: break
    }
  }

  private mutating func forgetLocals(of id: NodeID, in body: borrowing Body) {
    guard case .tupleSet(let node) = body[id] else { return }
    for index in 0..<node.localCount {
      let local = body.local(index, of: node)
      if !local.isNone { known.assign(local, ValueRange()) }
    }
  }

  private mutating func leaveBlock(_ frame: JumpFrame, in body: borrowing Body) {
    guard case .block(let block) = body[frame.node] else { return }
    if !frame.exit.isNone {
      var last = block.items.count - 1
      while last >= 0 && body.isEmpty(body[block.items, last]) { last -= 1 }
      if last < 0 || fallsOut(body[block.items, last], in: body) {
        let outcome = outcome(at: frame.exit, in: body)
        note(JumpEdge(node: frame.node, kind: .endOfList, outcome: outcome), to: frame.exit, in: body)
      }
    }
    if block.label.isNone { return }
    isOpen[block.label.index] = false
    if isTargeted[block.label.index] { known.times.forget(since: frame.start) }
  }

  private mutating func leaveLoop(_ frame: JumpFrame, in body: borrowing Body) {
    noteEnd(of: 0, of: frame, in: body)
    if case .loop(let loop) = body[frame.node], !loop.label.isNone { isOpen[loop.label.index] = false }
  }

  private mutating func leaveIf(_ frame: JumpFrame, in body: borrowing Body) {
    guard case .if(let node) = body[frame.node] else { return }
    noteEnd(of: node.elseArm.isNone ? 1 : 2, of: frame, in: body)
    // Nothing is known of the first arm any more, if there is a second.
    if node.elseArm.isNone || !body.diverges(node.thenArm) { known.times.forget(since: frame.start) }
    if !node.elseArm.isNone {
      // The first arm may have assigned something else since.
      if body.diverges(node.elseArm) { known.assume(node.condition, true, before: frame.start, in: body) }
      return
    }
    let start = known.times.now
    known.assume(node.condition, false, in: body)
    note(
      JumpEdge(node: frame.node, kind: .noElse, outcome: outcome(at: frame.exit, in: body)), to: frame.exit, in: body)
    if !body.diverges(node.thenArm) { known.times.forget(since: start) }
  }

  // MARK: Ways to places

  /// Whether control comes out of a statement that does not note itself where it goes from there.
  private func fallsOut(_ item: NodeID, in body: borrowing Body) -> Bool {
    switch body.opcode(of: item) {
    case .block, .loop, .if, .try, .tryTable: false
    default: !body.diverges(item)
    }
  }

  private mutating func noteEnd(of position: Int, of frame: JumpFrame, in body: borrowing Body) {
    if frame.exit.isNone || !fallsOut(body.operand(position, of: frame.node), in: body) { return }
    let outcome = outcome(at: frame.exit, in: body)
    note(
      JumpEdge(node: frame.node, kind: .endOfOperand, position: UInt8(position), outcome: outcome), to: frame.exit,
      in: body)
  }

  mutating func note(_ edge: JumpEdge, to place: JumpPlace, in body: borrowing Body) {
    guard place.frame >= 0, frames[Int(place.frame)].isList, !test(at: place, in: body).isNone else { return }
    var edge = edge
    edge.next = frames[Int(place.frame)].edges
    edges.append(edge)
    frames[Int(place.frame)].edges = Int32(edges.count - 1)
  }

  private mutating func noteOtherBranches(of id: NodeID, in body: borrowing Body) {
    body.forEachLabel(of: id) { label in
      noteBranch(to: label)
      note(JumpEdge(node: id, kind: .other, outcome: nil), to: exit(of: label), in: body)
    }
  }

  /// A label that leads before the item of a list.
  mutating func makeLabel(before index: Int32, of list: NodeID, in body: inout Body) -> LabelID {
    let label = body.makeLabel()
    newLabels.append((list, index, label))
    return label
  }

  /// Puts the arms that run in the place of each `if` that is decided. To be called after the walk, which may have put
  /// branches into the arms.
  func removeDecidedIfs(in body: inout Body) {
    for id in decidedIfs {
      guard case .if(let node) = body[id], case .i32Const(let condition) = body[node.condition] else { continue }
      let arm = condition != 0 ? node.thenArm : node.elseArm
      let sequence = body.makeBlock(arm.isNone ? [] : [arm], type: body.type(of: id))
      body.replace(id, with: body.nodes[sequence.index])
    }
  }

  /// Makes the blocks for new labels. To be called after the walk.
  consuming func makeBlocks(in body: inout Body) {
    let labels = newLabels.sorted { ($0.node.index, $0.index) < ($1.node.index, $1.index) }
    var position = 0
    while position < labels.count {
      let list = labels[position].node
      guard case .block(let block) = body[list] else { preconditionFailure() }
      var items: [NodeID] = []
      var done = 0
      while position < labels.count && labels[position].node == list {
        let end = Int(labels[position].index)
        items += (done..<end).map { body[block.items, $0] }
        items = [body.makeBlock(items, label: labels[position].label, type: .none)]
        done = end
        position += 1
      }
      items += (done..<block.items.count).map { body[block.items, $0] }
      body.setItems(of: list, to: body.makeList(items))
    }
  }
}

extension JumpPlace {
  var isNone: Bool { self == .none }
}

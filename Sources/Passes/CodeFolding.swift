import Analysis
import IR
import PassManager
import Support

/// Lets control flow together before code that is the same, so that the code is there once.
///
///     (if c                     (if c
///       (then A (call $f))        (then A)
///       (else B (call $f)))  ->   (else B))
///                               (call $f)
///
/// The same for what stands before branches to one label and before its end, before `return` and the end of the
/// function, and for what ends with an instruction that control does not leave, such as `unreachable`: one of the
/// copies moves behind a block, the others become branches to its end. That is done where it takes fewer bytes.
///
/// One walk from the inside out. Ends are told apart by hashes of their last statements; what is compared at length is
/// the same or is not compared again, which makes the pass near-linear.
struct CodeFolding: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var walk = FoldingWalk(of: body)
    walk.run(on: &body)
  }
}

/// A place where code ends with a branch or with an instruction that control does not leave.
struct Tail: BitwiseCopyable {
  /// The block whose last item it is; or the construct that has it as an operand.
  let container: NodeID
  /// Which operand of the construct; -1 in a block.
  let position: Int32
  /// The branch, `return`, `unreachable`, ...
  let last: NodeID
  /// The `try` or `try_table` that first sees an exception from here.
  let handler: NodeID
  /// The one noted before it for the same label.
  let next: Int32
}

/// The walk, and what it has come by.
struct FoldingWalk: ~Copyable {
  /// A construct that the walk is in.
  private struct Frame: BitwiseCopyable {
    let node: NodeID
    let handler: NodeID
    /// `try`: how many of its arms have been visited.
    var armCount = 0
  }

  var uses = LabelUses()
  var comparison = CodeComparison()
  var tails = Column<Tail>()
  /// By label: the last tail that branches there, an index of `tails`; -1 if there is none.
  var tailsToLabel = Column<Int32>()
  /// The last one that ends otherwise.
  var lastTerminator: Int32 = -1
  /// By label: whether the walk is in the construct.
  var isOpen = Column<Bool>()
  /// By node: whether it has been dropped, or its items have gone to another block.
  private var isGone = Column<Bool>()
  /// By label: the node within which `isMovable` last came to its construct.
  var definitions = Column<NodeID>()
  /// Whether a read may need its local to have been written.
  let hasNonNullableLocals: Bool
  private var frames = Column<Frame>()
  /// By member of a group: the hash of a statement; `UInt64.max` if there is none.
  var hashes = Column<UInt64>()
  private var cursors = Column<ListCursor>()
  /// As in `BranchFlow`.
  private var flatteningBudget: Int
  private let anchor = Anchor()

  init(of body: borrowing Body) {
    tailsToLabel.resize(to: Int(body.labelCount), filling: -1)
    isOpen.resize(to: Int(body.labelCount), filling: false)
    hasNonNullableLocals = (body.parameterCount..<body.localCount).contains { !body.localTypes[$0].isDefaultable }
    flatteningBudget = 2 * body.nodes.count
  }

  mutating func run(on body: inout Body) {
    var walk = TreeWalk(from: body.root)
    while true {
      let step = walk.next()
      if step.isPause {
        walk.leavePause()
        frames.last.armCount += 1
        continue
      }
      let id = step.node
      let isConstruct = body.info(of: id).shape.isConstruct
      if !step.isLast {
        if isConstruct && body.operandCount(of: id) > 0 { push(id, in: body) }
        if body.opcode(of: id) == .try {
          walk.enterWithPauses(id, in: body)
          continue
        }
        if walk.enterPassingLeaves(id, in: body) { continue }
      }
      var result = id
      if isConstruct && !frames.isEmpty && frames.last.node == id {
        result = leave(id, handler: frames.last.handler, in: &body)
        frames.removeLast(1)
      } else if body.info(of: id).shape.rawValue <= Shape.brOnCast.rawValue {
        uses.count(id, in: body)
      }
      walk.leave(step)
      if walk.isDone { return }
      if result == id { continue }
      if body.opcode(of: walk.parent) == .try {
        body.setOperand(frames.last.armCount, of: walk.parent, to: result)
      } else {
        body.replaceOperand(id, of: walk.parent, before: walk.remainingCount, by: result)
      }
    }
  }

  private mutating func push(_ id: NodeID, in body: borrowing Body) {
    frames.append(Frame(node: id, handler: frames.isEmpty ? .none : handler(in: frames.last, body)))
    switch body.opcode(of: id) {
    case .block, .loop:
      let label = body.label(ofBranch: id)
      if !label.isNone { isOpen[label.index] = true }
    default: break
    }
  }

  private func handler(in frame: Frame, _ body: borrowing Body) -> NodeID {
    switch body.opcode(of: frame.node) {
    case .try where frame.armCount == 0, .tryTable: return frame.node
    default: return frame.handler
    }
  }

  /// Folds what ends in the construct; returns what takes its place.
  private mutating func leave(_ id: NodeID, handler: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .if:
      noteOperands(of: id, from: 1, handler: handler, in: &body)
      return foldArms(of: id, handler: handler, in: &body)
    case .block: leaveBlock(id, handler: handler, in: &body)
    case .loop:
      noteOperands(of: id, from: 0, handler: handler, in: &body)
      guard case .loop(let loop) = body[id], !loop.label.isNone else { break }
      if uses[loop.label] > 1 && body.isSequence(loop.body) { foldTails(of: loop.body, .loop(loop.label), handler: handler, in: &body) }
      isOpen[loop.label.index] = false
    case .try, .tryTable:
      uses.count(id, in: body)
      noteOperands(of: id, from: 0, handler: handler, in: &body)
    default: break
    }
    return id
  }

  private mutating func leaveBlock(_ id: NodeID, handler: NodeID, in body: inout Body) {
    flatten(id, in: &body)
    guard case .block(let block) = body[id] else { return }
    if !block.label.isNone {
      foldTails(of: id, .end(block.label), handler: handler, in: &body)
      if block.label == .function { foldTails(of: id, .terminators, handler: handler, in: &body) }
      isOpen[block.label.index] = false
    }
    noteTail(of: id, handler: handler, in: &body)
  }

  private mutating func flatten(_ id: NodeID, in body: inout Body) {
    guard flatteningBudget > 0, case .block(let block) = body[id] else { return }
    let cost = body.flattenItems(of: id, &cursors)
    if cost == 0 { return }
    flatteningBudget -= cost
    // What was noted of the sequences is of this block now.
    var pending = body.nodes(in: block.items)
    while let item = pending.popLast() {
      guard body.isSequence(item), case .block(let sequence) = body[item] else { continue }
      setGone(item, in: body)
      pending += body.nodes(in: sequence.items)
    }
  }

  // MARK: Notes

  /// Notes the end of a block, if control does not fall out there.
  mutating func noteTail(of block: NodeID, handler: NodeID, in body: inout Body) {
    let count = body.operandCount(of: block)
    if count > 0 { note(body.operand(count - 1, of: block), in: block, -1, handler: handler, &body) }
  }

  /// Notes operands of a construct that are no blocks: those have been noted when they were left.
  private mutating func noteOperands(of id: NodeID, from first: Int, handler: NodeID, in body: inout Body) {
    let opcode = body.opcode(of: id)
    for position in first..<body.operandCount(of: id) {
      let operand = body.operand(position, of: id)
      if operand.isNone || body.opcode(of: operand) == .block { continue }
      let isGuarded = opcode == .tryTable || opcode == .try && position == 0
      note(operand, in: id, Int32(position), handler: isGuarded ? id : handler, &body)
    }
  }

  mutating func note(
    _ last: NodeID, in container: NodeID, _ position: Int32, handler: NodeID, _ body: inout Body
  ) {
    var label = LabelID.none
    switch body.opcode(of: last) {
    case .br: label = body.label(ofBranch: last)
    case .return: label = .function
    case .unreachable, .throw, .throwRef, .returnCall, .returnCallIndirect, .returnCallRef: break
    default: return
    }
    let next = label.isNone ? lastTerminator : tailsToLabel[label.index]
    tails.append(Tail(container: container, position: position, last: last, handler: handler, next: next))
    let index = Int32(tails.count - 1)
    if label.isNone { lastTerminator = index } else { tailsToLabel[label.index] = index }
  }

  /// Whether the tail is still there.
  func isThere(_ tail: Tail, in body: borrowing Body) -> Bool {
    if isGone(tail.container) { return false }
    if tail.position >= 0 { return body.operand(Int(tail.position), of: tail.container) == tail.last }
    let count = body.operandCount(of: tail.container)
    return count > 0 && body.operand(count - 1, of: tail.container) == tail.last
  }

  // MARK: What is no longer there

  private func isGone(_ id: NodeID) -> Bool { id.index < isGone.count && isGone[id.index] }

  mutating func setGone(_ id: NodeID, in body: borrowing Body) {
    if id.index >= isGone.count { isGone.resize(to: body.nodes.count, filling: false) }
    isGone[id.index] = true
  }

  /// Code that is dropped does not count any more.
  mutating func forget(_ top: NodeID, in body: borrowing Body) {
    body.forEachNode(from: top) { id in
      if body.operandCount(of: id) > 0 || body.opcode(of: id) == .block { setGone(id, in: body) }
      body.forEachLabel(of: id) { uses[$0] -= 1 }
    }
  }

  mutating func makeLabel(in body: inout Body) -> LabelID {
    let label = body.makeLabel()
    tailsToLabel.resize(to: Int(body.labelCount), filling: -1)
    isOpen.resize(to: Int(body.labelCount), filling: false)
    return label
  }

  /// Whether the construct at hand is the only item of a block that is written for its own: one whose only item is an
  /// `if` is not.
  func isAloneInBlock(in body: borrowing Body) -> Bool {
    if frames.count < 2 { return false }
    let parent = frames[frames.count - 2].node
    guard case .block(let block) = body[parent] else { return false }
    return block.items.count == 1 && body[block.items, 0] == frames.last.node && !block.label.isNone
      && block.label != .function && uses[block.label] > 0
  }
}

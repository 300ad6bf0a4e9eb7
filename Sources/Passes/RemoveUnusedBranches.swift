import Analysis
import IR
import PassManager
import Support

/// Removes branches that go where control goes anyway, and gives the others their shortest form.
///
///     (block $out                      (if
///       (br_if $out                      (local.get $x)
///         (i32.eqz (local.get $x)))  ->  (then
///       (call $f))                         (call $f)))
///
/// A walk from the outside in tells for each node where control goes that falls out at its end; a label that leads to
/// the same place means the same. On the way back branches, `if`s and the lists of blocks are simplified. What that
/// uncovers is the work of another round; there are at most `roundLimit`, so the pass stays linear.
///
/// A block that nothing branches to any more loses its label, so that its items are seen among those around it.
struct RemoveUnusedBranches: FunctionPass {
  static let roundLimit = 4

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var flow = BranchFlow(limits: SpeculationLimits(context.options))
    for _ in 0..<Self.roundLimit {
      let before = body.changeCount
      flow.run(on: &body)
      if flow.hasThrows { CaughtThrows(declarations: context.declarations).rewrite(&body) }
      if flow.hasReferenceBranches { decideReferenceBranches(in: &body, context.declarations.types) }
      if body.changeCount == before { return }
    }
  }
}

private extension RemoveUnusedBranches {
  func decideReferenceBranches(in body: inout Body, _ types: TypeTable) {
    let before = body.changeCount
    DecidedReferenceBranches(types: types).rewrite(&body)
    // Code after a branch that is always taken would keep the blocks around it from ending with the branch.
    if body.changeCount != before { body.removeDeadCode() }
  }
}

/// A place that control reaches by falling out of a node or by branching there.
struct Exit: BitwiseCopyable, Equatable {
  var number: UInt32

  /// A place that no label leads to.
  static let none = Exit(number: .max)
  /// The end of the function.
  static let function = Exit(number: 0)

  var isNone: Bool { number == .max }
  var index: Int { Int(number) }
}

/// One round of the pass: exits of labels and nodes, and the walk.
struct BranchFlow: ~Copyable {
  /// A control instruction that the walk is in.
  private struct Frame: BitwiseCopyable {
    let node: NodeID
    /// Where control goes from the node's end.
    let exit: Exit
  }

  let limits: SpeculationLimits
  /// How often labels are named by the nodes that the walk has left: all uses, when it leaves the block.
  var uses = LabelUses()
  /// By node: whether it has operands, but no control instruction is at it or below, as a round before has found. It is
  /// not entered again.
  private var isPlain = Column<Bool>()
  /// Items that may still be copied to flatten lists, and be looked at again in the list they end up in: a bound for
  /// nests whose lists grow at every level. Beyond it, fewer branches are found to be unused.
  var flatteningBudget = 0
  var cursors = Column<ListCursor>()
  /// The body has a `throw`; a branch that looks at a reference.
  private(set) var hasThrows = false
  private(set) var hasReferenceBranches = false
  /// By label; `Exit.none` for those whose block has not been entered.
  private var exits = Column<Exit>()
  /// By exit: the outermost label that leads there, and the type of what arrives there.
  private var labels = Column<LabelID>()
  private var types = Column<ResultType>()
  private var frames = Column<Frame>()
  /// Where on the way of the walk the innermost node is that has had a control instruction below; -1: there is none.
  private var controlPlace = -1
  /// Memory for `ListRewrite`.
  var listItems = Column<NodeID>()
  private let anchor = Anchor()

  init(limits: SpeculationLimits) {
    self.limits = limits
  }

  private mutating func prepare(for body: inout Body) {
    uses = LabelUses()
    controlPlace = -1
    flatteningBudget = 2 * body.nodes.count
    labels.removeAll()
    types.removeAll()
    exits.removeAll()
    exits.resize(to: Int(body.labelCount), filling: .none)
    exits[LabelID.function.index] = makeExit(.function, type: body.type(of: body.root))
    isPlain.resize(to: body.nodes.count, filling: false)
  }

  private mutating func makeExit(_ label: LabelID, type: ResultType) -> Exit {
    labels.append(label)
    types.append(type)
    return Exit(number: UInt32(labels.count - 1))
  }

  func exit(of label: LabelID) -> Exit { exits[label.index] }

  mutating func makeLabel(in body: inout Body) -> LabelID {
    let label = body.makeLabel()
    exits.resize(to: Int(body.labelCount), filling: .none)
    return label
  }

  /// What arrives at an exit.
  func type(at exit: Exit) -> ResultType { types[exit.index] }

  /// The outermost label that leads where `label` does.
  func outermost(_ label: LabelID) -> LabelID {
    let exit = exits[label.index]
    return exit.isNone ? label : labels[exit.index]
  }

  // MARK: The walk

  /// One round.
  mutating func run(on body: inout Body) {
    prepare(for: &body)
    var walk = TreeWalk(from: body.root)
    while true {
      let step = walk.next()
      let id = step.node
      let isControl = body.info(of: id).shape.rawValue <= Shape.return.rawValue
      if !step.isLast, isControl ? enter(id, &walk, in: &body) : enterValue(id, &walk, in: body) { continue }
      var hasControl = isControl
      var result = id
      if isControl {
        result = leave(id, exit: frames.popLast().exit, in: &body)
      } else if step.isLast && Int(walk.parentPlace) <= controlPlace || body.opcode(of: id) == .throw {
        hasControl = true
        result = leaveValue(id, in: &body)
      } else if id.index < isPlain.count {
        isPlain[id.index] = true
      }
      walk.leave(step)
      if walk.isDone { return }
      if hasControl { controlPlace = Int(walk.parentPlace) }
      if result != id { body.replaceOperand(id, of: walk.parent, before: walk.remainingCount, by: result) }
    }
  }

  /// A node that is no control instruction comes; false if there is nothing to do below.
  @inline(__always)
  private mutating func enterValue(_ id: NodeID, _ walk: inout TreeWalk, in body: borrowing Body) -> Bool {
    if body.opcode(of: id) == .throw { hasThrows = true }
    if id.index < isPlain.count && isPlain[id.index] { return false }
    return walk.enterPassingLeaves(id, in: body)
  }

  private mutating func enter(_ id: NodeID, _ walk: inout TreeWalk, in body: inout Body) -> Bool {
    var exit = walk.isAtTop ? Exit.function : exit(of: id, in: walk, body)
    switch body.opcode(of: id) {
    case .block:
      let label = body.label(ofConstruct: id)
      if !label.isNone && label != .function {
        if exit.isNone { exit = makeExit(label, type: body.type(of: id)) }
        exits[label.index] = exit
      }
      frames.append(Frame(node: id, exit: exit))
      // Which item comes next has to be known.
      return walk.enter(id, in: body)
    case .loop:
      let label = body.label(ofConstruct: id)
      if !label.isNone { exits[label.index] = makeExit(label, type: .none) }
    default: break
    }
    frames.append(Frame(node: id, exit: exit))
    return walk.enterPassingLeaves(id, in: body)
  }

  /// Where control goes from the end of a node that the walk has come to.
  private func exit(of id: NodeID, in walk: borrowing TreeWalk, _ body: borrowing Body) -> Exit {
    let parent = walk.parent
    var exit = Exit.none
    switch body.opcode(of: parent) {
    case .block where walk.remainingCount > 1:
      exit = entryExit(of: body.operand(body.operandCount(of: parent) - walk.remainingCount + 1, of: parent), in: body)
    case .block, .loop, .try, .tryTable: exit = frames.last.exit
    case .if where body.operand(0, of: parent) != id: exit = frames.last.exit
    case .br: exit = exits[body.label(ofBranch: parent).index]
    case .return: exit = .function
    default: break
    }
    if exit.isNone { return exit }
    let type = body.type(of: id)
    return type == .unreachable || type == types[exit.index] ? exit : .none
  }

  /// Where control goes that comes to a branch without value.
  private func entryExit(of id: NodeID, in body: borrowing Body) -> Exit {
    switch body.opcode(of: id) {
    case .br:
      guard case .br(let branch) = body[id], branch.value.isNone else { return .none }
      return exits[branch.label.index]
    case .return: return types[0] == .none && body.operand(0, of: id).isNone ? .function : .none
    default: return .none
    }
  }

  // MARK: Nodes

  /// Simplifies a node that is no control instruction; returns what takes its place.
  private mutating func leaveValue(_ id: NodeID, in body: inout Body) -> NodeID {
    let opcode = body.opcode(of: id)
    let isAssignment = opcode == .localSet || opcode == .localTee
    return isAssignment && body.opcode(of: body.operand(0, of: id)) == .if ? simplifySet(id, in: &body) : id
  }

  /// Simplifies a control instruction whose operands have been; returns what takes its place.
  private mutating func leave(_ id: NodeID, exit: Exit, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .block, .loop, .if, .try, .tryTable, .br, .brIf, .brTable, .return, .brOnNull, .brOnNonNull, .brOnCast,
      .brOnCastFail:
      break
    default: return id
    }
    uses.count(id, in: body)
    switch body[id] {
    case .br(let branch): return simplifyBr(branch, id, exit: exit, in: &body)
    case .return(let node) where exit == .function:
      return node.value.isNone ? body.makeEmptySequence() : node.value
    case .brIf(let branch): return simplifyBrIf(branch, id, exit: exit, in: &body)
    case .brTable: return simplifyBrTable(id, in: &body)
    case .brOnNull, .brOnCast:
      hasReferenceBranches = true
      useOutermostLabels(of: id, in: &body)
      return id
    case .if(let node):
      refineType(of: id, exit: exit, in: &body)
      return simplifyIf(node, id, exit: exit, in: &body)
    case .block(let block):
      if !block.label.isNone && block.label != .function && uses[block.label] == 0 { body.setLabel(of: id, to: .none) }
      simplifyList(of: id, exit: exit, in: &body)
      refineType(of: id, exit: exit, in: &body)
      return moveIntoLoop(id, exit: exit, in: &body)
    case .tryTable:
      useOutermostLabels(of: id, in: &body)
      refineType(of: id, exit: exit, in: &body)
      return id
    case .loop(let loop):
      refineType(of: id, exit: exit, in: &body)
      if body.diverges(loop.body) { body.refineType(of: id, to: .unreachable) }
      return id
    case .try:
      refineType(of: id, exit: exit, in: &body)
      return id
    default: return id
    }
  }

  /// Of labels that lead to the same place the outermost is used, so that the others are free to vanish.
  mutating func useOutermostLabels(of id: NodeID, in body: inout Body) {
    body.mapBranchLabels(of: id) { label in
      let new = outermost(label)
      if new != label {
        uses[label] -= 1
        uses[new] += 1
      }
      return new
    }
  }

  /// A construct that control did not leave, and does now that a branch at its end is gone, gets the type of what
  /// comes out.
  private mutating func refineType(of id: NodeID, exit: Exit, in body: inout Body) {
    guard body.type(of: id) == .unreachable, !exit.isNone else { return }
    let isOpen: Bool
    switch body[id] {
    case .block(let block):
      isOpen = block.items.isEmpty || !body.diverges(body[block.items, block.items.count - 1])
    case .if(let node): isOpen = !node.elseArm.isNone && !(body.diverges(node.thenArm) && body.diverges(node.elseArm))
    case .loop(let loop): isOpen = !body.diverges(loop.body)
    case .tryTable(let node): isOpen = !body.diverges(node.body)
    case .try(let node): isOpen = body.nodes(in: node.arms).contains { !body.diverges($0) }
    default: isOpen = false
    }
    if isOpen { body.refineType(of: id, to: types[exit.index]) }
  }
}

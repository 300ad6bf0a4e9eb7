import Analysis
import IR
import PassManager
import Support

/// Saves negations of tests, and lets the test before a branch back to the beginning of a loop do what the branch does.
///
///     (loop $again                     (loop $again
///       ...                              ...
///       (br_if $out (i32.eqz c))  ->     (br_if $again c)
///       (br $again))                     (br $out))
///
/// Late, when other passes have seen to what there is to branch at all: these look for branches forwards. Nothing gets
/// longer by it. Linear.
struct ArrangeBranches: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard Self.hasBranch(body) else { return }
    var arrangement = BranchArrangement(of: body, favorsSize: context.options.shrinkLevel > 0)
    body.rewriteBottomUp { body, id in arrangement.visit(id, in: &body) }
  }

  private static func hasBranch(_ body: borrowing Body) -> Bool {
    (0..<body.nodes.count).contains { body.nodes[$0].opcode == .brIf || body.nodes[$0].opcode == .if }
  }
}

private struct BranchArrangement: ~Copyable {
  /// How many items of a list may each take over the rest of it: engines have limits to nesting.
  private static let nestingLimit = 40

  /// By node: the label that leads to where control goes from the node's end; `none` if there is none, or a value goes
  /// along.
  private var ends = Column<LabelID>()
  /// By label: the outermost that leads to the same place.
  private var outermost = Column<LabelID>()
  /// By label of a loop: its number in the order in which loops begin, from 1.
  private var loops = Column<UInt32>()
  private var uses = LabelUses()
  private let favorsSize: Bool
  /// By node: whether it is an `if` in a loop.
  private var isRepeated = Column<Bool>()

  init(of body: borrowing Body, favorsSize: Bool) {
    self.favorsSize = favorsSize
    uses = LabelUses(of: body)
    isRepeated.resize(to: body.nodes.count, filling: false)
    ends.resize(to: body.nodes.count, filling: .none)
    loops.resize(to: Int(body.labelCount), filling: 0)
    for label in 0..<body.labelCount { outermost.append(LabelID(rawValue: label)) }
    if body.type(of: body.root) == .none { ends[body.root.index] = .function }
    var loopCount: UInt32 = 0
    var depth = 0
    body.walk(from: body.root) { id in
      if case .loop(let loop) = body[id] {
        depth += 1
        loopCount += 1
        if !loop.label.isNone { loops[loop.label.index] = loopCount }
      }
      if depth > 0 && body.opcode(of: id) == .if { isRepeated[id.index] = true }
      passOnEnd(of: id, in: body)
      return true
    } exit: { id in
      if body.opcode(of: id) == .loop { depth -= 1 }
    }
  }

  /// Control that falls out of what is last in a construct goes where it goes from the end of that.
  private mutating func passOnEnd(of id: NodeID, in body: borrowing Body) {
    guard body.type(of: id) == .none else { return }
    switch body[id] {
    case .block(let block):
      if !block.label.isNone && ends[id.index].isNone { ends[id.index] = block.label }
      let end = ends[id.index]
      if end.isNone { return }
      if !block.label.isNone { outermost[block.label.index] = end }
      if !block.items.isEmpty { ends[body[block.items, block.items.count - 1].index] = end }
    case .if, .loop, .try, .tryTable:
      let end = ends[id.index]
      if !end.isNone { body.forEachOperand(of: id) { ends[$0.index] = end } }
    default: return
    }
  }

  /// Returns what takes the node's place.
  mutating func visit(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body[id] {
    case .block(let block) where block.items.count > 1: arrange(block, id, in: &body)
    case .if(let node) where node.elseArm.isNone: return passOver(node, id, in: &body)
    default: break
    }
    return id
  }

  private mutating func arrange(_ block: BlockNode, _ id: NodeID, in body: inout Body) {
    let end = id.index < ends.count && body.type(of: id) == .none ? ends[id.index] : .none
    var budget = Self.nestingLimit
    for index in (0..<block.items.count - 1).reversed() {
      switch body[body[block.items, index]] {
      case .brIf(let branch) where branch.value.isNone:
        if turnAround(index, branch, of: id, in: &body) { continue }
        guard budget > 0, !end.isNone, outermost[branch.label.index] == end else { continue }
        if let condition = negated(branch.condition, in: body) {
          budget -= 1
          uses[branch.label] -= 1
          nestRest(after: index, of: id, condition, otherwise: .none, in: &body)
        }
      case .if(let node) where node.elseArm.isNone && body.diverges(node.thenArm):
        // A tuple might take another type in the module.
        guard budget > 0, !body.type(of: id).isTuple, let condition = negated(node.condition, in: body) else { continue }
        budget -= 1
        nestRest(after: index, of: id, condition, otherwise: node.thenArm, in: &body)
      default: break
      }
    }
    if !block.label.isNone && block.label != .function && uses[block.label] == 0 { body.setLabel(of: id, to: .none) }
  }

  /// `(if (i32.eqz c) (then X))` -> `(br_if $l c) X`, where $l is at the end. In a loop a block may be made for that,
  /// which takes a byte more.
  private mutating func passOver(_ node: IfNode, _ id: NodeID, in body: inout Body) -> NodeID {
    guard id.index < ends.count, !body.diverges(node.thenArm), let condition = negated(node.condition, in: body) else {
      return id
    }
    let end = ends[id.index]
    let isAtEnd = !end.isNone && (end == .function || uses[end] > 0)
    if !isAtEnd && (favorsSize || !isRepeated[id.index]) { return id }
    let label = isAtEnd ? end : body.makeLabel()
    let branch = body.makeBrIf(label, condition: condition, type: .none)
    uses[label] += 1
    body.moveBranchHint(from: id, to: branch, negated: true)
    body.movePosition(from: id, to: branch)
    return body.makeBlock([branch, node.thenArm], label: isAtEnd ? .none : label, type: .none)
  }

  /// What is tested for being zero.
  private func negated(_ condition: NodeID, in body: borrowing Body) -> NodeID? {
    if case .unary(let node) = body[condition], node.opcode == .i32Eqz { return node.operand }
    return nil
  }

  /// `(br_if $a c) (br $b)` -> `(br_if $b (i32.eqz c)) (br $a)`, if that is shorter, or $b begins the inner loop.
  private mutating func turnAround(
    _ index: Int, _ branch: BrIfNode, of list: NodeID, in body: inout Body
  ) -> Bool {
    let (item, next) = (body.operand(index, of: list), body.operand(index + 1, of: list))
    guard case .br(let other) = body[next], other.value.isNone else { return false }
    let isNegated = negated(branch.condition, in: body) != nil
    let hasInverse = isNegated || body.opcode(of: branch.condition).inverseComparison != nil
    guard isNegated || hasInverse && loops[other.label.index] > loops[branch.label.index] else { return false }
    body.setOperand(1, of: item, to: body.makeInverse(of: branch.condition))
    body.moveBranchHint(from: item, to: item, negated: true)
    body.setLabel(of: item, to: other.label)
    if branch.label == .function {
      uses[.function] -= 1
      body.replace(next, with: NodeRecord(.return, .unreachable, a: NodeID.none.rawValue))
    } else {
      body.setLabel(of: next, to: branch.label)
    }
    return true
  }

  /// Makes the items after one the arm of an `if` that takes its place.
  private func nestRest(
    after index: Int, of list: NodeID, _ condition: NodeID, otherwise: NodeID, in body: inout Body
  ) {
    guard case .block(let block) = body[list] else { return }
    let item = body[block.items, index]
    let first = block.items.range.lowerBound + index + 1
    let last = body[block.items, block.items.count - 1]
    let type = body.diverges(last) ? ResultType.unreachable : body.type(of: last)
    let rest = NodeList(start: first, count: block.items.count - index - 1)
    let arm = rest.count == 1 ? last : body.makeBlock(rest, label: .none, type: type)
    let node = body.makeIf(condition, then: arm, else: otherwise, type: otherwise.isNone ? .none : type)
    body.moveBranchHint(from: item, to: node, negated: true)
    body.movePosition(from: item, to: node)
    body.setOperand(index, of: list, to: node)
    body.truncateItems(of: list, to: index + 1)
  }
}

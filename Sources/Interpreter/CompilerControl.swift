import IR
import Support

// Control instructions: what is emitted before, between and behind their parts.

extension CodeCompiler {
  /// What comes before the operands of a node.
  mutating func enter(_ step: inout Step) {
    switch body[step.node] {
    case .block(let node):
      if node.label.isNone { return }
      open(node.label, at: node.label == .function ? 0 : height)
    case .loop(let node):
      settleAll()
      if !node.label.isNone {
        open(node.label, at: height)
        bind(node.label.index)
      }
      step.first = code.count
      emit(Instruction(.loopHead))
    case .try(let node): enterTry(node, &step)
    case .tryTable(let node): enterTryTable(node, &step)
    default: return
    }
  }

  /// What comes before the operand at `position` of a node, behind the one before it.
  mutating func prepareOperand(_ position: Int, of step: Step) {
    switch body[step.node] {
    case .block: if position > 0 { pop() }
    case .keep: if position > 1 { pop() }
    case .if: prepareArm(position, of: step)
    case .try(let node): prepareArm(position, of: step, node)
    default: return
    }
  }

  /// The label's construct begins: values of branches to it go to `slot`.
  private mutating func open(_ label: LabelID, at slot: Int) {
    settleAll()
    labels[label.index].slot = Int32(slot)
    labels[label.index].handler = handler
  }

  /// Takes the value of a part and puts it where the value of the whole is expected.
  private mutating func take(to slot: Int) {
    let entry = pop()
    emitMove(from: Int(entry.slot), to: slot, width: Int(entry.width))
  }

  // MARK: block, loop, if

  mutating func emitBlock(_ node: BlockNode, _ step: Step) {
    let width = width(of: body.type(of: step.node))
    if node.items.count == 0 { pushResult(width: 0) }
    if node.label.isNone { return }
    take(to: Int(labels[node.label.index].slot))
    bind(node.label.index)
    if node.label == .function {
      emit(Instruction(.return))
    }
    pushResult(width: width)
  }

  mutating func emitKeep(_ node: NodeList) {
    if node.count > 1 { pop() }
  }

  /// The value is the body's.
  mutating func emitLoop(_ step: Step) {
    code[step.first].a = UInt32(code.count - step.first)
  }

  private mutating func prepareArm(_ position: Int, of step: Step) {
    if position == 1 {
      let condition = pop()
      let elseLabel = makeLabel()
      let endLabel = makeLabel()
      steps[steps.count - 1].first = elseLabel
      steps[steps.count - 1].second = endLabel
      settleAll()
      emitJump(to: elseLabel, if: condition, isTrue: false)
    } else if position == 2 {
      take(to: step.height)
      emitJump(to: step.second)
      bind(step.first)
    }
  }

  mutating func emitIf(_ node: IfNode, _ step: Step) {
    let width = width(of: body.type(of: step.node))
    take(to: step.height)
    if node.elseArm.isNone { bind(step.first) }
    bind(step.second)
    pushResult(width: width)
  }

  // MARK: Branches

  /// Moves the value at the top, if there is one, to where `label` expects it, and jumps there.
  private mutating func emitBranch(to label: LabelID, with value: Entry?) {
    if let value { emitMove(from: Int(value.slot), to: Int(labels[label.index].slot), width: Int(value.width)) }
    emitJump(to: label.index)
  }

  mutating func emitBr(_ node: BrNode) {
    emitBranch(to: node.label, with: node.value.isNone ? nil : pop())
    pushResult(width: 0)
  }

  mutating func emitReturn(_ node: ReturnNode) {
    if !node.value.isNone { take(to: 0) }
    emit(Instruction(.return))
    pushResult(width: 0)
  }

  mutating func emitBrIf(_ node: BrIfNode) {
    let condition = pop()
    emitConditionalBranch(to: node.label, hasValue: !node.value.isNone, if: condition, isTrue: true)
  }

  /// A branch whose value, at the top, is also the value of the node.
  mutating func emitConditionalBranch(to label: LabelID, hasValue: Bool, if condition: Entry, isTrue: Bool) {
    guard hasValue else {
      emitJump(to: label.index, if: condition, isTrue: isTrue)
      return pushResult(width: 0)
    }
    let value = entries.last
    if value.width == 0 || Int32(value.slot) == labels[label.index].slot {
      emitJump(to: label.index, if: condition, isTrue: isTrue)
    } else {
      let skip = makeLabel()
      emitJump(to: skip, if: condition, isTrue: !isTrue)
      emitBranch(to: label, with: value)
      bind(skip)
    }
  }

  mutating func emitBrTable(_ node: BrTableNode) {
    let index = pop()
    let value = node.value.isNone ? nil : pop()
    emit(Instruction(.jumpTable, a: Int(index.slot), b: node.labelCount - 1))
    let start = code.count
    for index in 0..<node.labelCount { emitJump(to: body.label(index, of: node).index) }
    if let value { emitStubs(from: start, count: node.labelCount, value) }
    pushResult(width: 0)
  }

  /// Lets the jumps of a table go by code that moves the value first, one for each target.
  private mutating func emitStubs(from start: Int, count: Int, _ value: Entry) {
    var stubs: [UInt32: Int] = [:]
    for position in start..<start + count {
      let label = code[position].a
      if Int32(value.slot) == labels[Int(label)].slot { continue }
      if stubs[label] == nil {
        let stub = makeLabel()
        bind(stub)
        emitBranch(to: LabelID(rawValue: label), with: value)
        stubs[label] = stub
      }
      code[position].a = UInt32(stubs[label]!)
    }
  }

  mutating func emitBrOnNull(_ node: BrOnNullNode) {
    let test = Instruction(.refIsNull)
    if node.opcode == .brOnNull {
      emitReferenceBranch(
        to: node.label, hasValue: !node.value.isNone, test, isTaken: true, passesReference: false,
        keepsReference: true)
    } else {
      emitReferenceBranch(
        to: node.label, hasValue: !node.value.isNone, test, isTaken: false, passesReference: true,
        keepsReference: false)
    }
  }

  mutating func emitBrOnCast(_ node: BrOnCastNode) {
    let type = context.type(node.target)
    emitReferenceBranch(
      to: node.label, hasValue: !node.value.isNone, Instruction(.refTest, c: Int(type.bits)),
      isTaken: node.opcode == .brOnCast, passesReference: true, keepsReference: true)
  }

  /// A branch on what `test` tells of the reference at the top, taken if that is `isTaken`.
  private mutating func emitReferenceBranch(
    to label: LabelID, hasValue: Bool, _ test: Instruction, isTaken: Bool, passesReference: Bool, keepsReference: Bool
  ) {
    let count = hasValue ? 2 : 1
    let base = bringHome(count)
    let reference = Int(pop().home)
    if hasValue { pop() }
    let width = reference - base
    let scratch = reference + 1
    highest = max(highest, scratch + 1)
    var test = test
    test.a = UInt32(scratch)
    test.b = UInt32(reference)
    emit(test)
    let skip = makeLabel()
    let condition = Entry(slot: UInt32(scratch), width: 1, home: 0, local: -1, previous: -1)
    emitJump(to: skip, if: condition, isTrue: !isTaken)
    emitMove(from: base, to: Int(labels[label.index].slot), width: passesReference ? width + 1 : width)
    emitJump(to: label.index)
    bind(skip)
    pushResult(width: keepsReference ? width + 1 : width)
  }
}

import IR
import Support

// Both forms of exception handling. What a handler protects is a range of code; an exception goes to the clause of the
// innermost handler around that takes it.

extension CodeCompiler {
  private mutating func openHandler() -> Int {
    let position = Int32(code.count)
    handlers.append(
      Handler(start: position, end: .max, enclosing: handler, next: handler, firstClause: 0, clauseCount: 0))
    handler = Int32(handlers.count - 1)
    return handlers.count - 1
  }

  /// The handler protects no code from here on; its clauses are the next `clauseCount`.
  private mutating func closeHandler(_ index: Int, clauseCount: Int) {
    handlers[index].end = Int32(code.count)
    handlers[index].firstClause = Int32(clauses.count)
    handlers[index].clauseCount = Int32(clauseCount)
    handler = handlers[index].enclosing
  }

  // MARK: Legacy

  mutating func enterTry(_ node: TryNode, _ step: inout Step) {
    settleAll()
    step.first = openHandler()
    step.second = makeLabel()
    if !node.delegate.isNone { handlers[step.first].next = labels[node.delegate.index].handler }
    if !node.label.isNone {
      labels[node.label.index].handler = Int32(step.first)
      labels[node.label.index].exceptionSlot = Int32(height)
    }
    // Keeps the exception while a catch body runs.
    pushResult(width: 1)
  }

  mutating func prepareArm(_ position: Int, of step: Step, _ node: TryNode) {
    if position == 0 { return }
    takeArm(to: step.height)
    if position == 1 { closeTry(node, step) }
    emitJump(to: step.second)
    lastResult = -1
    clauses[Int(handlers[step.first].firstClause) + position - 1].target = Int32(code.count)
  }

  private mutating func takeArm(to slot: Int) {
    let entry = pop()
    emitMove(from: Int(entry.slot), to: slot, width: Int(entry.width))
  }

  private mutating func closeTry(_ node: TryNode, _ step: Step) {
    closeHandler(step.first, clauseCount: node.arms.count - 1)
    if !node.label.isNone { labels[node.label.index].handler = handler }
    for index in 0..<node.arms.count - 1 {
      let tag = index < node.tagCount ? Int32(body.tag(index, of: node).rawValue) : -1
      clauses.append(
        HandlerClause(
          tag: tag, target: -1, arguments: tag < 0 ? -1 : Int32(step.height + 1), reference: Int32(step.height)))
    }
  }

  mutating func emitTry(_ node: TryNode, _ step: Step) {
    let width = width(of: body.type(of: step.node))
    takeArm(to: step.height)
    if node.arms.count == 1 { closeTry(node, step) }
    pop()
    bind(step.second)
    pushResult(width: width)
  }

  mutating func emitPayload(_ step: Step) {
    pushResult(width: width(of: body.type(of: step.node)))
  }

  mutating func emitRethrow(_ label: LabelID) {
    emit(Instruction(.throwRef, a: Int(labels[label.index].exceptionSlot)))
    pushResult(width: 0)
  }

  // MARK: try_table

  mutating func enterTryTable(_ node: TryTableNode, _ step: inout Step) {
    settleAll()
    step.first = openHandler()
  }

  /// The value is the body's.
  mutating func emitTryTable(_ node: TryTableNode, _ step: Step) {
    // What the body leaves in locals is read behind it, which can't throw.
    closeHandler(step.first, clauseCount: node.clauseCount)
    lastResult = -1
    for index in 0..<node.clauseCount {
      let clause = body.catchClause(index, of: node)
      let slot = labels[clause.label.index].slot
      let (tag, arguments, reference): (Int32, Int32, Int32)
      switch clause.kind {
      case .catch: (tag, arguments, reference) = (Int32(clause.tag.rawValue), slot, -1)
      case .catchRef: (tag, arguments, reference) = (Int32(clause.tag.rawValue), slot, -2)
      case .catchAll: (tag, arguments, reference) = (-1, -1, -1)
      case .catchAllRef: (tag, arguments, reference) = (-1, -1, slot)
      }
      clauseLabels.append((clauses.count, clause.label.index))
      clauses.append(HandlerClause(tag: tag, target: -1, arguments: arguments, reference: reference))
    }
  }

  mutating func emitThrow(_ node: ThrowNode) {
    let base = bringHome(node.arguments.count)
    for _ in 0..<node.arguments.count { pop() }
    emit(Instruction(.throw, a: node.tag.index, b: base))
    pushResult(width: 0)
  }
}

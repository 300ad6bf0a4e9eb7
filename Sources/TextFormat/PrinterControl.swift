import IR
import Support

// Structured control in the folded form. Two things are as `BodyEncoder` has them: a block whose only item is an `if`,
// `try` or `try_table` is that construct with a label; a construct of type `unreachable` has the type of what it ends,
// or none and an `unreachable` behind it.

extension TextPrinter {
  /// Begins `block`, `loop`, `if`, `try` or `try_table`.
  mutating func enterConstruct(
    _ id: NodeID, of body: borrowing Body, tail: UInt32, indentation: Int, isInline: Bool
  ) {
    var id = id
    let type = body.type(of: id)
    var owner = ConstructLabels()
    if case .block(let block) = body[id] {
      if block.label.isNone || block.label == .function {
        return pushSequence(id, of: body, tail: tail, indentation: indentation, isInline: isInline)
      }
      owner.first = block.label
      if let only = namedLabels.constructWithLabel(of: block, in: body) {
        nodeBudget -= 1
        id = only
      }
    }
    let kind: PrinterFrame.Kind
    switch body[id] {
    case .loop(let node):
      owner.first = node.label
      kind = .construct
    case .if: kind = .if
    case .try(let node):
      owner.second = owner.first
      owner.first = node.label
      kind = .try
    default: kind = .construct
    }
    let writtenTail = type != .unreachable ? type.bits : tail != PrinterFrame.notAtEnd ? tail : ResultType.none.bits
    var frame = PrinterFrame(
      id, kind, count: operandCount(of: id, kind, of: body), labels: owner, tail: writtenTail,
      indentation: indentation + 2, isInline: isInline)
    frame.isDivergent = type == .unreachable && tail == PrinterFrame.notAtEnd
    // The condition of `if` is outside of its label.
    frame.isOpen = kind != .if
    if hasPositions { appendPosition(of: id, of: body, indentation: indentation) }
    beginConstruct(frame, of: body, indentation: indentation)
    push(frame)
  }

  /// Prints what stands before the operands of a construct.
  private mutating func beginConstruct(_ frame: PrinterFrame, of body: borrowing Body, indentation: Int) {
    appendBranchHint(of: frame.node, of: body, indentation: indentation, isInline: frame.isInline)
    beginItem(indentation: indentation, isInline: frame.isInline)
    mnemonics.append(body.opcode(of: frame.node), to: &text)
    labels.declare(frame.labels, in: &text)
    appendBlockType(ResultType(bits: frame.tail), of: body)
    if case .tryTable(let node) = body[frame.node] { appendClauses(of: node, of: body) }
    if frame.isOpen { labels.open(frame.labels) }
  }

  private func operandCount(of id: NodeID, _ kind: PrinterFrame.Kind, of body: borrowing Body) -> Int {
    switch body[id] {
    case .if(let node): return node.elseArm.isNone ? 2 : 3
    case .try(let node): return node.arms.count
    default: return body.operandCount(of: id)
    }
  }

  private mutating func appendBlockType(_ type: ResultType, of body: borrowing Body) {
    if !type.isConcrete { return }
    text.appendText(" (result")
    for index in 0..<body.arity(of: type) {
      text.append(0x20)
      append(body.valueType(index, of: type))
    }
    text.append(0x29)
  }

  private mutating func appendClauses(of node: TryTableNode, of body: borrowing Body) {
    for index in 0..<node.clauseCount {
      let clause = body.catchClause(index, of: node)
      switch clause.kind {
      case .catch: text.appendText(" (catch")
      case .catchRef: text.appendText(" (catch_ref")
      case .catchAll: text.appendText(" (catch_all")
      case .catchAllRef: text.appendText(" (catch_all_ref")
      }
      if clause.kind.hasTag { append(clause.tag, in: identifiers.tags) }
      labels.append(clause.label, to: &text)
      text.append(0x29)
    }
  }

  /// The condition, then the arms.
  mutating func advanceIf(_ frame: PrinterFrame, of body: borrowing Body) {
    guard case .if(let node) = body[frame.node] else { return }
    switch frame.next {
    case 0:
      enter(
        node.condition, of: body, tail: PrinterFrame.notAtEnd, indentation: Int(frame.indentation),
        isInline: frame.isInline)
    case 1:
      labels.open(frame.labels)
      frames.last.isOpen = true
      enterArm(node.thenArm, "(then", of: frame)
    default: enterArm(node.elseArm, "(else", of: frame)
    }
  }

  /// The next arm of a legacy `try`, and what ends it.
  mutating func advanceTry(_ frame: PrinterFrame, of body: borrowing Body) {
    guard case .try(let node) = body[frame.node] else { return }
    let index = Int(frame.next)
    let arm = body[node.arms, index]
    if index == 0 {
      enterArm(arm, "(do", of: frame)
    } else if index <= node.tagCount {
      enterArm(arm, "(catch", of: frame, tag: body.tag(index - 1, of: node))
    } else {
      enterArm(arm, "(catch_all", of: frame)
    }
  }

  private mutating func enterArm(
    _ arm: NodeID, _ keyword: StaticString, of frame: PrinterFrame, tag: TagID? = nil
  ) {
    beginItem(indentation: Int(frame.indentation), isInline: frame.isInline)
    text.appendText(keyword)
    if let tag { append(tag, in: identifiers.tags) }
    push(
      PrinterFrame(
        arm, .arm, count: 1, tail: frame.tail, indentation: Int(frame.indentation) + 2, isInline: frame.isInline),
      isItem: false)
  }

  /// Ends a construct; `delegate` names a label outside of it.
  mutating func leave(_ frame: PrinterFrame, of body: borrowing Body) {
    if frame.isOpen { labels.close() }
    if frame.kind == .try, case .try(let node) = body[frame.node], !node.delegate.isNone {
      beginItem(indentation: Int(frame.indentation), isInline: frame.isInline)
      text.appendText("(delegate")
      labels.append(node.delegate, to: &text)
      text.append(0x29)
    }
    for _ in 0..<frame.closers { text.append(0x29) }
    if frame.isDivergent {
      beginItem(indentation: Int(frame.indentation) - 2, isInline: frame.isInline)
      text.appendText("(unreachable)")
    }
  }
}

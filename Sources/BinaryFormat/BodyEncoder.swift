import IR
import Support

/// Turns IR into body bytes: a body at rest, in the smallest form.
///
/// One encoder serves one worker for one body after another. Linear; nesting costs no machine stack.
///
/// What has no bytes: a block without label, the block of the function itself, and a labelled block around a single
/// `if`, `try` or `try_table`, which lends it its own label instead. A construct of type `unreachable` has a block type
/// nonetheless: at the end of another construct it takes that one's, elsewhere the empty one, and an `unreachable`
/// instruction after it tells the validator what the IR knows.
///
/// Nothing is written behind what control does not leave: reading the bytes back would not find it, and a
/// `local.set` that is cut off there can be missed by no `local.get` that is written (specification 3.4.9).
package struct BodyEncoder: ~Copyable {
  /// What is left to do, last first.
  struct Action: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
      /// Emit the node and all below.
      case visit
      /// Emit the instruction of a node whose operands have been emitted.
      case emit
      case openIf, elseArm, catchArm, end, endDelegate, endUnreachable
    }

    var kind: Kind
    var node: NodeID
    /// `visit`, `openIf`: the type of the construct that the node ends, as `ResultType.bits`; `notAtEnd` elsewhere.
    /// `catchArm`: the number of the arm.
    var detail: UInt32
  }

  static let notAtEnd = UInt32.max

  let infos = OpcodeTable.infos
  var actions = Column<Action>()
  var output = Column<UInt8>()
  /// By label: how many constructs are open outside of the one it names.
  var labelHeights = Column<UInt32>()
  /// Open constructs, the function included.
  var height: UInt32 = 0
  /// Control does not come to what would be written next.
  var isDead = false
  /// There is something that control does not come to.
  private var hasDeadCode = false
  var initialization = WrittenInitialization()
  var hasTupleTypes = false
  var hints: [BranchHint] = []
  var hasHints = false
  var positionMarks: [PositionMark] = []
  var hasPositions = false
  /// Where the instructions come from that are written now.
  var position = PositionID.nowhere
  var hasLabelNames = false
  /// Positions of the labels among those of the body, for the name section; filled if the body has label names.
  package private(set) var labelNames: [UInt32: Name] = [:]
  var labelPosition: UInt32 = 0
  var namedLabels = NamedLabels()

  package init() {}

  /// Encodes a function body: its locals, then its instructions. Dead code that passes left is removed from the body,
  /// and locals that have to be nullable now become so.
  package mutating func encode(_ body: inout Body) -> Code {
    encodeContents(of: body)
    if hasDeadCode {
      body.removeDeadCode()
      encodeContents(of: body)
    }
    if !initialization.missed.isEmpty {
      body.makeNullable(initialization.missed)
      encodeContents(of: body)
    }
    return Code(
      bytes: Bytes(copying: output), isCanonical: true, hasTupleTypes: hasTupleTypes, branchHints: hints,
      positions: positionMarks)
  }

  /// Encodes a constant expression.
  package mutating func encodeConstant(_ body: borrowing Body) -> ConstExpression {
    begin(body)
    encodeExpression(of: body)
    return ConstExpression(bytes: Bytes(copying: output))
  }

  /// Whether the last body's bytes are `bytes`; spares a caller that only wants to know a copy.
  package func wrote(_ bytes: Bytes) -> Bool {
    bytes.withUnsafeBytes { other in
      output.withUnsafeBuffer { $0.count == other.count && memcmp($0.baseAddress!, other.baseAddress!, $0.count) == 0 }
    }
  }

  private mutating func encodeContents(of body: borrowing Body) {
    begin(body)
    if hasPositions { movePosition(to: body.startPosition) }
    encodeLocals(of: body)
    encodeExpression(of: body)
  }

  private mutating func begin(_ body: borrowing Body) {
    output.removeAll()
    actions.removeAll()
    labelHeights.removeAll()
    labelHeights.resize(to: Int(body.labelCount), filling: 0)
    height = 1
    isDead = false
    hasDeadCode = false
    initialization.reset(parameterCount: body.parameterCount)
    hasTupleTypes = false
    hints = []
    hasHints = !body.branchHints.isEmpty
    positionMarks = []
    hasPositions = !body.positions.isEmpty
    position = .nowhere
    hasLabelNames = !body.labelNames.isEmpty
    labelNames = [:]
    labelPosition = 0
  }

  private mutating func encodeLocals(of body: borrowing Body) {
    var runs: UInt32 = 0
    var index = body.parameterCount
    while index < body.localCount {
      if index == body.parameterCount || body.localTypes[index] != body.localTypes[index - 1] { runs += 1 }
      index += 1
    }
    output.appendUnsigned(runs)
    var start = body.parameterCount
    while start < body.localCount {
      let type = body.localTypes[start]
      var end = start + 1
      while end < body.localCount && body.localTypes[end] == type { end += 1 }
      if !type.isDefaultable { initialization.locals.addUnset(from: start, count: end - start) }
      output.appendUnsigned(end - start)
      output.append(type)
      start = end
    }
  }

  private mutating func encodeExpression(of body: borrowing Body) {
    namedLabels.reset(walks: body.changeCount != 0)
    let type = body.type(of: body.root)
    actions.append(Action(kind: .end, node: body.root, detail: 0))
    actions.append(Action(kind: .visit, node: body.root, detail: type == .unreachable ? 0 : type.bits))
    while !actions.isEmpty {
      let action = actions.popLast()
      switch action.kind {
      case .visit where isDead, .emit where isDead: hasDeadCode = true
      case .visit: visit(action.node, detail: action.detail, of: body)
      case .emit: emit(action.node, of: body)
      case .openIf: openIf(action.node, detail: action.detail, of: body)
      case .elseArm:
        output.append(0x05)
        isDead = false
        initialization.reopen()
      case .catchArm: emitCatch(action.node, arm: Int(action.detail), of: body)
      case .end:
        // The end of a construct comes from where what stands before it does; only that of the function has its own.
        if action.node == body.root { notePosition(of: body.root, in: body) }
        close()
      case .endDelegate: emitDelegate(action.node, of: body)
      case .endUnreachable:
        output.append(0x00)
        isDead = true
      }
    }
  }

  private mutating func close() {
    output.append(0x0b)
    height -= 1
    isDead = false
    initialization.close()
  }

  private mutating func visit(_ node: NodeID, detail: UInt32, of body: borrowing Body) {
    let record = body.nodes[node.index]
    let info = infos[Int(record.opcode.rawValue)]
    switch info.shape {
    case .block: visitBlock(node, detail: detail, of: body)
    case .loop, .if, .try, .tryTable: visitConstruct(node, detail: detail, label: .none, of: body)
    default:
      let layout = info.layout
      if layout.wordCount == 0 && !layout.hasPool { return emit(node, of: body) }
      actions.append(Action(kind: .emit, node: node, detail: 0))
      for position in (0..<layout.wordCount).reversed() {
        let operand = NodeID(rawValue: record.word(layout.word(at: position)))
        if !operand.isNone { visitLater(operand) }
      }
      if layout.hasPool {
        for position in (0..<Int(record.c)).reversed() {
          visitLater(NodeID(rawValue: body.pool[Int(record.b) + position]))
        }
      }
    }
  }

  @inline(__always)
  private mutating func visitLater(_ node: NodeID, detail: UInt32 = BodyEncoder.notAtEnd) {
    actions.append(Action(kind: .visit, node: node, detail: detail))
  }

  private mutating func visitBlock(_ node: NodeID, detail: UInt32, of body: borrowing Body) {
    guard case .block(let block) = body[node] else { preconditionFailure() }
    if block.label.isNone || block.label == .function {
      return visitLater(block.items, detail: detail, of: body)
    }
    if let construct = namedLabels.constructWithLabel(of: block, in: body) {
      return visitConstruct(construct, as: body.type(of: node), detail: detail, label: block.label, of: body)
    }
    notePosition(of: node, in: body)
    let type = open(0x02, body.type(of: node), detail: detail, label: block.label, of: body)
    actions.append(Action(kind: .end, node: node, detail: 0))
    visitLater(block.items, detail: type.bits, of: body)
  }

  private mutating func visitLater(_ items: NodeList, detail: UInt32, of body: borrowing Body) {
    for index in (0..<items.count).reversed() {
      let isLast = index == items.count - 1
      visitLater(body[items, index], detail: isLast ? detail : BodyEncoder.notAtEnd)
    }
  }

  /// - Parameter outer: the type of the block whose label the construct takes over.
  private mutating func visitConstruct(
    _ node: NodeID, as outer: ResultType? = nil, detail: UInt32, label: LabelID, of body: borrowing Body
  ) {
    let type = outer ?? body.type(of: node)
    switch body[node] {
    case .loop(let loop):
      notePosition(of: node, in: body)
      let inner = open(0x03, type, detail: detail, label: loop.label, of: body)
      actions.append(Action(kind: .end, node: node, detail: 0))
      visitLater(loop.body, detail: inner.bits)
    case .if(let branch):
      // The condition comes before the `if` opens: its label and type have to wait on the stack of actions.
      pendingConstructs.append(PendingConstruct(type: type, label: label))
      actions.append(Action(kind: .openIf, node: node, detail: detail))
      visitLater(branch.condition)
    case .try(let legacy):
      notePosition(of: node, in: body)
      let inner = open(0x06, type, detail: detail, label: legacy.label, of: body)
      if !label.isNone { labelHeights[label.index] = height - 1 }
      let kind: Action.Kind = legacy.delegate.isNone ? .end : .endDelegate
      actions.append(Action(kind: kind, node: node, detail: 0))
      for index in (0..<legacy.arms.count).reversed() {
        visitLater(body[legacy.arms, index], detail: inner.bits)
        if index > 0 { actions.append(Action(kind: .catchArm, node: node, detail: UInt32(index))) }
      }
    case .tryTable(let table):
      notePosition(of: node, in: body)
      let inner = openTryTable(table, type, detail: detail, label: label, of: body)
      actions.append(Action(kind: .end, node: node, detail: 0))
      visitLater(table.body, detail: inner.bits)
    default: preconditionFailure()
    }
  }

  struct PendingConstruct: BitwiseCopyable {
    let type: ResultType
    let label: LabelID
  }

  /// Type and label of each `if` whose condition is being emitted.
  var pendingConstructs = Column<PendingConstruct>()

  private mutating func openIf(_ node: NodeID, detail: UInt32, of body: borrowing Body) {
    guard case .if(let branch) = body[node] else { preconditionFailure() }
    let pending = pendingConstructs.popLast()
    if isDead {
      hasDeadCode = true
      return
    }
    noteHint(of: node, in: body)
    notePosition(of: node, in: body)
    let type = open(0x04, pending.type, detail: detail, label: pending.label, of: body)
    actions.append(Action(kind: .end, node: node, detail: 0))
    if !branch.elseArm.isNone {
      visitLater(branch.elseArm, detail: type.bits)
      actions.append(Action(kind: .elseArm, node: node, detail: 0))
    }
    visitLater(branch.thenArm, detail: type.bits)
  }

  /// Emits the opcode and block type of a construct; returns the type that it has in the bytes.
  @discardableResult
  private mutating func open(
    _ opcode: UInt8, _ type: ResultType, detail: UInt32, label: LabelID, of body: borrowing Body
  ) -> ResultType {
    let written = writtenType(type, detail: detail)
    output.append(opcode)
    append(blockType: written, of: body)
    enter(label, of: body)
    return written
  }

  private mutating func enter(_ label: LabelID, of body: borrowing Body) {
    if !label.isNone { labelHeights[label.index] = height }
    if hasLabelNames {
      if !label.isNone, let name = body.labelNames[label] { labelNames[labelPosition] = name }
      labelPosition += 1
    }
    height += 1
    initialization.open()
  }

  private mutating func writtenType(_ type: ResultType, detail: UInt32) -> ResultType {
    if type != .unreachable { return type }
    if detail != BodyEncoder.notAtEnd { return ResultType(bits: detail) }
    actions.append(Action(kind: .endUnreachable, node: .none, detail: 0))
    return .none
  }

  private mutating func append(blockType type: ResultType, of body: borrowing Body) {
    if type == .none {
      output.append(0x40)
    } else if type.isTuple {
      hasTupleTypes = true
      output.append(Code.tupleBlockType)
      let count = body.arity(of: type)
      output.appendUnsigned(count)
      for index in 0..<count { output.append(body.valueType(index, of: type)) }
    } else {
      output.append(type.valueType)
    }
  }

  private mutating func openTryTable(
    _ table: TryTableNode, _ type: ResultType, detail: UInt32, label: LabelID, of body: borrowing Body
  ) -> ResultType {
    let written = writtenType(type, detail: detail)
    output.append(0x1f)
    append(blockType: written, of: body)
    output.appendUnsigned(table.clauseCount)
    for index in 0..<table.clauseCount {
      let clause = body.catchClause(index, of: table)
      output.append(UInt8(clause.kind.rawValue))
      if clause.kind.hasTag { output.appendUnsigned(clause.tag.rawValue) }
      append(clause.label)
    }
    enter(label, of: body)
    return written
  }

  private mutating func emitCatch(_ node: NodeID, arm: Int, of body: borrowing Body) {
    guard case .try(let legacy) = body[node] else { preconditionFailure() }
    isDead = false
    initialization.reopen()
    if arm <= legacy.tagCount {
      output.append(0x07)
      output.appendUnsigned(body.tag(arm - 1, of: legacy).rawValue)
    } else {
      output.append(0x19)
    }
  }

  private mutating func emitDelegate(_ node: NodeID, of body: borrowing Body) {
    guard case .try(let legacy) = body[node] else { preconditionFailure() }
    output.append(0x18)
    height -= 1
    isDead = false
    initialization.close()
    append(legacy.delegate)
  }

  /// Appends a label as the number of constructs between here and the one it names.
  mutating func append(_ label: LabelID) { output.appendUnsigned(height - 1 - labelHeights[label.index]) }

  mutating func noteHint(of node: NodeID, in body: borrowing Body) {
    guard hasHints, let isLikely = body.branchHints[node] else { return }
    hints.append(BranchHint(offset: UInt32(output.count), isLikely: isLikely))
  }
}

import IR
import PassManager
import Support

/// Takes expressions apart until each instruction has only constants and locals as operands, and no construct a value.
///
///     (i32.store                         (local.set $t (call $f))
///       (call $f)                        (local.set $u (i32.add (local.get $x) (i32.const 1)))
///       (i32.add              ->         (i32.store (local.get $t) (local.get $u))
///         (local.get $x)
///         (i32.const 1)))
///
/// Passes that come after see all values as locals, with one reaching assignment each. An assignment has one
/// instruction as its value. What stays: constructs whose value can't be in a local that begins with a default value,
/// and blocks that a `br_on_cast`, a `br_table` with a value or a handler passes a value to.
///
/// After Binaryen's pass of this name, which refuses exceptions and `br_on_...`. The code gets larger; -O4 makes it
/// smaller again.
struct Flatten: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.removeDeadCode()
    var flattening = ExpressionFlattening(of: body)
    body.rewriteBottomUp { body, id in flattening.rewrite(id, in: &body) }
    body.flattenSequences()
  }
}

/// Works from the inside out. What has been rewritten is a statement, a flat value (a constant, a `local.get`, or a
/// `tuple.make` of such), or a sequence of two items, the second of
/// which is a flat value.
struct ExpressionFlattening: ~Copyable {
  private var temporaries: TemporaryLocals
  private var results: LabelResults

  init(of body: borrowing Body) {
    temporaries = TemporaryLocals(of: body)
    results = LabelResults(of: body)
  }

  mutating func rewrite(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body[id] {
    case .unreachable, .nop, .localGet, .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc,
      .payload:
      return id
    case .block(let block): return finishBlock(id, block, in: &body)
    case .loop: return finishArms(of: id, 0..<1, in: &body)
    case .tryTable: return finishArms(of: id, 0..<1, in: &body)
    case .try(let node): return finishArms(of: id, 0..<node.arms.count, in: &body)
    case .if: return finishIf(id, in: &body)
    case .keep(let items): return finishKeep(items, in: &body)
    default: return finishOperation(id, in: &body)
    }
  }

  // MARK: Constructs

  private mutating func finishBlock(_ id: NodeID, _ block: BlockNode, in body: inout Body) -> NodeID {
    let type = body.type(of: id)
    if block.label == .function || !type.isConcrete { return id }
    if block.label.isNone {
      // The value comes last in a sequence of two, so that it is found in constant time.
      let last = block.items.count - 1
      let (statements, value) = detach(body[block.items, last], in: &body)
      body.setOperand(last, of: id, to: statements)
      body.setType(of: id, to: .none)
      return makeSequence([id], value, in: &body)
    }
    let locals = results.locals(of: block.label, &temporaries, in: &body)
    if locals.isEmpty { return store(id, in: &body) }
    finishArm(block.items.count - 1, of: id, locals, in: &body)
    body.setType(of: id, to: .none)
    return makeSequence([id], makeValue(of: locals, in: &body), in: &body)
  }

  private mutating func finishIf(_ id: NodeID, in body: inout Body) -> NodeID {
    let (before, condition) = detach(body.operand(0, of: id), in: &body)
    body.setOperand(0, of: id, to: condition)
    let result = finishArms(of: id, 1..<3, in: &body)
    guard body.type(of: result).isConcrete else { return body.makeBlock([before, result], type: body.type(of: result)) }
    let (construct, value) = detach(result, in: &body)
    return makeSequence([before, construct], value, in: &body)
  }

  private mutating func finishArms(of id: NodeID, _ positions: Range<Int>, in body: inout Body) -> NodeID {
    let type = body.type(of: id)
    guard type.isConcrete else { return id }
    guard body.valueTypes(of: type).allSatisfy(\.isDefaultable) else { return store(id, in: &body) }
    let locals = temporaries.make(type, in: &body)
    for position in positions { finishArm(position, of: id, locals, in: &body) }
    body.setType(of: id, to: .none)
    return makeSequence([id], makeValue(of: locals, in: &body), in: &body)
  }

  /// Assigns what the operand at `position` yields, if control comes out of it.
  private mutating func finishArm(_ position: Int, of id: NodeID, _ locals: [LocalID], in body: inout Body) {
    let arm = body.operand(position, of: id)
    guard body.type(of: arm).isConcrete else { return }
    let (statements, value) = detach(arm, in: &body)
    let assignment = assign(value, to: locals, in: &body)
    body.setOperand(position, of: id, to: body.makeBlock([statements, assignment], type: .none))
  }

  private mutating func finishKeep(_ items: NodeList, in body: inout Body) -> NodeID {
    let (before, value) = detach(body[items, 0], in: &body)
    var statements = [before]
    let kept = protect(value, &statements, in: &body)
    for index in 1..<items.count { statements.append(body[items, index]) }
    return makeSequence(statements, kept, in: &body)
  }

  // MARK: Operations

  private mutating func finishOperation(_ id: NodeID, in body: inout Body) -> NodeID {
    let count = body.operandCount(of: id)
    let lastSequence = (0..<count).last { isSequence(body.operand($0, of: id), in: body) } ?? -1
    var statements: [NodeID] = []
    for position in 0..<count {
      let operand = body.operand(position, of: id)
      if operand.isNone || position > lastSequence { continue }
      guard body.type(of: operand).isConcrete else { return body.makeBlock(statements + [operand], type: .unreachable) }
      let (before, value) = detach(operand, in: &body)
      statements.append(before)
      // A local that stands in front of statements may be another after them.
      let isEarly = position < lastSequence
      body.setOperand(position, of: id, to: isEarly ? protect(value, &statements, in: &body) : value)
    }
    return finish(id, after: statements, in: &body)
  }

  /// An operation with flat operands.
  private mutating func finish(_ id: NodeID, after statements: [NodeID], in body: inout Body) -> NodeID {
    switch body[id] {
    case .localSet(let node):
      if let only = retarget(statements, node.value, to: node.local, in: &body) { return only }
    case .localTee(let node):
      let set = retarget(statements, node.value, to: node.local, in: &body)
      let value = body.makeLocalGet(node.local)
      if let set { return makeSequence([set], value, in: &body) }
      return makeSequence(statements + [body.makeLocalSet(node.local, node.value)], value, in: &body)
    case .br(let node): return finishBranch(id, node.label, node.value, after: statements, in: &body)
    case .brIf(let node): return finishBranch(id, node.label, node.value, after: statements, in: &body)
    default: break
    }
    return put(id, after: statements, in: &body)
  }

  /// A `br` or `br_if`; the value is its first operand.
  private mutating func finishBranch(
    _ id: NodeID, _ label: LabelID, _ value: NodeID, after statements: [NodeID], in body: inout Body
  ) -> NodeID {
    if value.isNone { return put(id, after: statements, in: &body) }
    let locals = results.locals(of: label, &temporaries, in: &body)
    if locals.isEmpty { return put(id, after: statements, in: &body) }
    let type = body.type(of: id)
    body.setOperand(0, of: id, to: .none)
    if type == .unreachable {
      return body.makeBlock(statements + [assign(value, to: locals, in: &body), id], type: type)
    }
    // Not from the locals of the label, which the next branch to it assigns to.
    let (before, kept) = detach(makeRepeatable(value, in: &body), in: &body)
    let assignment = assign(makeCopy(of: kept, in: &body), to: locals, in: &body)
    body.setType(of: id, to: .none)
    return makeSequence(statements + [before, assignment, id], kept, in: &body)
  }

  /// The operation behind statements; what it yields is put into a local.
  private mutating func put(_ id: NodeID, after statements: [NodeID], in body: inout Body) -> NodeID {
    let type = body.type(of: id)
    if body.opcode(of: id) == .tupleMake {
      return statements.isEmpty ? id : makeSequence(statements, id, in: &body)
    }
    if type.isConcrete { return store(id, after: statements, in: &body) }
    return statements.isEmpty ? id : body.makeBlock(statements + [id], type: type)
  }

  private mutating func store(_ id: NodeID, after statements: [NodeID] = [], in body: inout Body) -> NodeID {
    let locals = temporaries.make(body.type(of: id), in: &body)
    let assignment = assign(id, to: locals, in: &body)
    return makeSequence(statements + [assignment], makeValue(of: locals, in: &body), in: &body)
  }
}

// MARK: Values

extension ExpressionFlattening {
  private func isSequence(_ id: NodeID, in body: borrowing Body) -> Bool { !id.isNone && body.isSequence(id) }

  private func makeSequence(_ statements: [NodeID], _ value: NodeID, in body: inout Body) -> NodeID {
    let before = statements.count == 1 ? statements[0] : body.makeBlock(statements, type: .none)
    return body.makeBlock([before, value], type: body.type(of: value))
  }

  /// What runs before the value, and the value.
  private func detach(_ id: NodeID, in body: inout Body) -> (statements: NodeID, value: NodeID) {
    guard body.isSequence(id), case .block(let block) = body[id] else { return (body.makeEmptySequence(), id) }
    return (body[block.items, 0], body[block.items, 1])
  }

  /// Assigns to temporary locals, of which the value knows nothing.
  private func assign(_ value: NodeID, to locals: [LocalID], in body: inout Body) -> NodeID {
    if locals.count == 1 { return body.makeLocalSet(locals[0], value) }
    guard case .tupleMake(let values) = body[value] else { return body.makeTupleSet(locals, value) }
    var assignments: [NodeID] = []
    for (index, local) in locals.enumerated() { assignments.append(body.makeLocalSet(local, body[values, index])) }
    return body.makeBlock(assignments, type: .none)
  }

  private func makeValue(of locals: [LocalID], in body: inout Body) -> NodeID {
    if locals.count == 1 { return body.makeLocalGet(locals[0]) }
    var gets: [NodeID] = []
    for local in locals { gets.append(body.makeLocalGet(local)) }
    return body.makeTupleMake(gets)
  }

  /// The flat value as one that can be computed twice: what a handler receives is there once.
  private mutating func makeRepeatable(_ value: NodeID, in body: inout Body) -> NodeID {
    body.opcode(of: value) == .payload ? store(value, in: &body) : value
  }

  private func makeCopy(of value: NodeID, in body: inout Body) -> NodeID {
    guard case .tupleMake(let values) = body[value] else { return body.append(body.nodes[value.index]) }
    let copies = body.nodes(in: values).map { makeCopy(of: $0, in: &body) }
    return body.makeTupleMake(copies)
  }

  /// The flat value as it is now, whatever the statements that come next assign to.
  private mutating func protect(_ value: NodeID, _ statements: inout [NodeID], in body: inout Body) -> NodeID {
    switch body[value] {
    case .localGet(let local):
      if temporaries.isTemporary(local) { return value }
      let copy = temporaries.make(body.type(of: value), in: &body)
      statements.append(assign(value, to: copy, in: &body))
      return makeValue(of: copy, in: &body)
    case .tupleMake(let values):
      for index in 0..<values.count {
        body.setOperand(index, of: value, to: protect(body[values, index], &statements, in: &body))
      }
      return value
    default: return value
    }
  }

  /// Makes the assignment of a temporary local, if that is where the value comes from, one of `local`.
  private mutating func retarget(_ statements: [NodeID], _ value: NodeID, to local: LocalID, in body: inout Body)
    -> NodeID?
  {
    guard statements.count == 1, case .localGet(let temporary) = body[value], temporaries.isTemporary(temporary) else {
      return nil
    }
    var last = statements[0]
    if isSequence(last, in: body), case .block(let block) = body[last], !block.items.isEmpty {
      last = body[block.items, block.items.count - 1]
    }
    guard case .localSet(let set) = body[last], set.local == temporary else { return nil }
    body.replace(last, with: body.nodes[body.makeLocalSet(local, set.value).index])
    temporaries.free(temporary, in: body)
    return statements[0]
  }
}

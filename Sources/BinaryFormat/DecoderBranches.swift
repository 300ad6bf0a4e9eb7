import IR
import Support

// Branches.
//
// A branch to a loop with parameters assigns the locals that hold them and then branches without value. Where the
// branch can't do that itself (`br_table`, `br_on_*`, clauses of `try_table`) it goes to a landing: a block around the
// instruction whose end makes the assignment and branches on.

extension BodyDecoder {
  /// The open construct that `depth` means, as an index into `frames`, where `frames.count` is `frame` itself.
  mutating func readLabel() throws -> Int {
    let start = reader.position
    let depth = try reader.readU32()
    guard depth <= UInt32(frames.count) else {
      throw reader.error("unknown label \(depth)", at: start, kind: .invalid)
    }
    return frames.count - Int(depth)
  }

  func labelType(_ index: Int) -> ResultType {
    index == frames.count ? frame.labelType : frames[index].labelType
  }

  /// The label of an open construct for a branch; a construct without label of its own is noted to need one.
  mutating func label(_ index: Int, in body: inout Body) -> LabelID {
    var target = index == frames.count ? frame : frames[index]
    if frame.isLive && !target.kind.hasOwnLabel {
      target.isTargeted = true
      if target.kind.isLegacyTry && target.branchLabel.isNone { target.branchLabel = body.makeLabel() }
      if index == frames.count { frame = target } else { frames[index] = target }
    }
    return target.kind.isLegacyTry ? target.branchLabel : target.label
  }

  private func isLoopWithParameters(_ index: Int) -> Bool {
    let target = index == frames.count ? frame : frames[index]
    return target.kind == .loop && target.parameters != .none
  }

  private mutating func assignParameters(_ value: NodeID, ofLoop index: Int, in body: inout Body) {
    guard frame.isLive else { return }
    let locals = parameterLocals(of: index == frames.count ? frame : frames[index], in: body)
    pushStatement(makeAssignment(of: value, to: locals, in: &body))
  }

  mutating func decodeBr(in body: inout Body) throws {
    let index = try readLabel()
    var value = try popTuple(labelType(index), in: &body)
    if isLoopWithParameters(index) {
      assignParameters(value, ofLoop: index, in: &body)
      value = .none
    }
    let label = label(index, in: &body)
    pushDiverging(NodeRecord(.br, .unreachable, a: label.rawValue, b: value.rawValue), in: &body)
  }

  mutating func decodeBrIf(in body: inout Body) throws {
    let hint = takeHint()
    let index = try readLabel()
    let type = labelType(index)
    let condition = try pop(.i32, isFirst: type == .none, in: &body)
    let value = try popTuple(type, in: &body)
    let label = label(index, in: &body)
    if isLoopWithParameters(index) && frame.isLive {
      assignParameters(value, ofLoop: index, in: &body)
      let node = body.makeBrIf(label, condition: condition, type: .none)
      setHint(hint, of: node, in: &body)
      pushStatement(node)
      for local in parameterLocals(of: index == frames.count ? frame : frames[index], in: body) {
        pushValue(body.makeLocalGet(local), body.type(of: local))
      }
      return
    }
    let node = make(
      NodeRecord(.brIf, type, a: label.rawValue, b: value.rawValue, c: condition.rawValue), in: &body)
    setHint(hint, of: node, in: &body)
    pushResult(node, type, in: &body)
  }

  mutating func decodeBrTable(in body: inout Body) throws {
    let count = try reader.readCount(of: "labels") + 1
    let landingStart = landings.count
    let start = body.pool.count
    body.pool.append(UInt32(count))
    var targets: [Int] = []
    var type = ResultType.none
    for position in 0..<count {
      let index = try readLabel()
      let targetType = labelType(index)
      if targetType != .none && targets.last != index { targets.append(index) }
      if position == 0 { type = targetType }
      guard body.arity(of: targetType) == body.arity(of: type) else {
        throw invalid("type mismatch: the labels of br_table take different numbers of values")
      }
      type = targetType
      body.pool.append(branchOrLandingLabel(index, from: landingStart, in: &body).rawValue)
    }
    let operand = try pop(.i32, isFirst: type == .none, in: &body)
    if validates { for index in targets { try checkTop(matches: labelType(index), in: body) } }
    let value = try popTuple(type, in: &body)
    let record = NodeRecord(
      .brTable, .unreachable, a: operand.rawValue, b: value.rawValue, c: UInt32(start))
    let node = land(make(record, in: &body), .unreachable, from: landingStart, in: &body)
    pushStatement(node)
    diverge(in: &body)
  }

  /// Checks the values on top of the stack, without taking them.
  private func checkTop(matches type: ResultType, in body: borrowing Body) throws {
    var remaining = body.arity(of: type)
    var index = stack.count - 1
    while remaining > 0 && index >= Int(frame.floor) {
      let entry = stack[index]
      for position in (0..<body.arity(of: entry.type)).reversed() where remaining > 0 {
        remaining -= 1
        let found = body.valueType(position, of: entry.type)
        try check(found, matches: body.valueType(remaining, of: type))
      }
      if entry.type == .unreachable { remaining -= 1 }
      index -= 1
    }
  }

  mutating func decodeBrOnNull(_ opcode: Opcode, in body: inout Body) throws {
    let index = try readLabel()
    let landingStart = landings.count
    let target = labelType(index)
    let types = body.valueTypes(of: target)
    if opcode == .brOnNull {
      let (reference, type) = try popReference(isFirst: types.isEmpty, in: &body)
      let value = try popTuple(target, in: &body)
      let rest = body.resultType(of: types + [type == .bottom ? type : type.asNonNull])
      try pushBranch(
        NodeRecord(opcode, rest, b: value.rawValue, c: reference.rawValue), to: index, from: landingStart, in: &body)
      return
    }
    guard let last = types.last, last.isReference else {
      throw invalid("type mismatch: br_on_non_null needs a label that takes a reference")
    }
    let initial = body.resultType(of: types.dropLast())
    let reference = try pop(last.asNullable, isFirst: types.count == 1, in: &body)
    let value = try popTuple(initial, in: &body)
    try pushBranch(
      NodeRecord(opcode, initial, b: value.rawValue, c: reference.rawValue), to: index, from: landingStart, in: &body)
  }

  mutating func decodeBrOnCast(_ opcode: Opcode, in body: inout Body) throws {
    let flags = try reader.readByte()
    guard flags <= 3 else { throw reader.error("malformed br_on_cast flags", at: reader.position - 1) }
    let index = try readLabel()
    let landingStart = landings.count
    let typeCount = declarations.types.count
    let source = ValueType.reference(to: try reader.readHeapType(typeCount: typeCount), isNullable: flags & 1 != 0)
    let target = ValueType.reference(to: try reader.readHeapType(typeCount: typeCount), isNullable: flags & 2 != 0)
    let types = body.valueTypes(of: labelType(index))
    let rest = declarations.types.difference(source, target)
    let (taken, left) = opcode == .brOnCast ? (target, rest) : (rest, target)
    guard let last = types.last else { throw invalid("type mismatch: br_on_cast needs a label that takes a reference") }
    guard declarations.types.matches(target, source) else {
      throw invalid("type mismatch: \(describe(target)) is no subtype of \(describe(source))")
    }
    try check(taken, matches: last)
    let initial = body.resultType(of: types.dropLast())
    let reference = try pop(source, isFirst: types.count == 1, in: &body)
    let value = try popTuple(initial, in: &body)
    body.pool.append(source.bits)
    body.pool.append(target.bits)
    let operands = value.isNone ? [reference] : [value, reference]
    let list = body.makeList(operands)
    let type = body.resultType(of: Array(types.dropLast()) + [left])
    try pushBranch(
      NodeRecord(opcode, type, b: UInt32(list.range.lowerBound), c: UInt32(list.count)), to: index,
      from: landingStart, in: &body)
  }

  /// Pushes a conditional branch, its label filled in.
  private mutating func pushBranch(
    _ record: NodeRecord, to index: Int, from landingStart: Int, in body: inout Body
  ) throws {
    var record = record
    record.a = branchOrLandingLabel(index, from: landingStart, in: &body).rawValue
    let node = land(make(record, in: &body), record.type, from: landingStart, in: &body)
    pushResult(node, record.type, in: &body)
  }

  mutating func popReference(isFirst: Bool = true, in body: inout Body) throws -> (NodeID, ValueType) {
    let (node, type) = try popAny(isFirst: isFirst, in: &body)
    guard type.isReference || type == .bottom else {
      throw invalid("type mismatch: expected a reference, found \(describe(type))")
    }
    return (node, type)
  }

  // MARK: Landings

  mutating func branchOrLandingLabel(_ index: Int, from landingStart: Int, in body: inout Body) -> LabelID {
    guard isLoopWithParameters(index) && frame.isLive else { return label(index, in: &body) }
    if let known = landings[landingStart...].first(where: { $0.frame == index }) { return known.label }
    let landing = Landing(label: body.makeLabel(), frame: index)
    landings.append(landing)
    return landing.label
  }

  /// Puts the landings from `start` on around `node`.
  mutating func land(_ node: NodeID, _ type: ResultType, from start: Int, in body: inout Body) -> NodeID {
    var node = node
    while landings.count > start {
      let landing = landings.removeLast()
      let loop = landing.frame == frames.count ? frame : frames[landing.frame]
      var items = [node]
      var out = LabelID.none
      if type != .unreachable {
        out = body.makeLabel()
        items = type == .none ? [node, body.makeBr(out)] : [body.makeBr(out, value: node)]
      }
      let block = body.makeBlock(items, label: landing.label, type: loop.parameters)
      let assignment = makeAssignment(of: block, to: parameterLocals(of: loop, in: body), in: &body)
      let jump = body.makeBr(loop.label)
      node = body.makeBlock([assignment, jump], label: out, type: type)
    }
    return node
  }
}

extension Frame.Kind {
  /// A branch can go to the construct itself, without a block around it.
  var hasOwnLabel: Bool { self == .function || self == .block || self == .loop }
  var isLegacyTry: Bool { self == .try || isCatch }
}

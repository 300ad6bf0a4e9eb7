import IR
import Support

// The decoder's stack: pushing results, taking operands.

extension BodyDecoder {
  /// Makes a node if the code can be reached.
  mutating func make(_ record: NodeRecord, in body: inout Body) -> NodeID {
    frame.isLive ? body.append(record) : .none
  }

  mutating func pushValue(_ node: NodeID, _ type: ValueType) {
    stack.append(StackEntry(node: node, type: ResultType(type)))
  }

  mutating func pushStatement(_ node: NodeID) {
    if frame.isLive { stack.append(StackEntry(node: node, type: .none)) }
  }

  /// Appends a node with one value.
  mutating func push(_ record: NodeRecord, in body: inout Body) {
    let node = make(record, in: &body)
    stack.append(StackEntry(node: node, type: record.type))
  }

  /// Appends a node without value.
  mutating func pushStatement(_ record: NodeRecord, in body: inout Body) {
    if frame.isLive { stack.append(StackEntry(node: body.append(record), type: .none)) }
  }

  /// Pushes a node whatever the number of its values.
  mutating func pushResult(_ node: NodeID, _ type: ResultType, in body: inout Body) {
    if type == .none { return pushStatement(node) }
    if type.isValue || type == .unreachable {
      stack.append(StackEntry(node: node, type: type))
    } else if !frame.isLive {
      for index in 0..<body.arity(of: type) { pushValue(.none, body.valueType(index, of: type)) }
    } else {
      stack.append(StackEntry(node: node, type: type))
    }
  }

  // MARK: Taking operands

  /// Takes the value on top of the stack.
  ///
  /// - Parameter isFirst: whether it is the instruction's first operand: statements below it are then left alone, else
  ///   they become part of the operand.
  @inline(__always)
  mutating func pop(_ expected: ValueType, isFirst: Bool = true, in body: inout Body) throws -> NodeID {
    let top = stack.count - 1
    if top >= Int(frame.floor) {
      let entry = stack[top]
      if entry.type.bits == expected.bits && (isFirst || top == 0 || stack[top - 1].type != .none) {
        stack.truncate(to: top)
        return entry.node
      }
    }
    return try popSlowly(expected, isFirst: isFirst, in: &body)
  }

  @inline(never)
  private mutating func popSlowly(_ expected: ValueType, isFirst: Bool, in body: inout Body) throws -> NodeID {
    let (node, type) = try popAny(isFirst: isFirst, expecting: expected, in: &body)
    try check(type, matches: expected)
    return node
  }

  func check(_ type: ValueType, matches expected: ValueType) throws {
    if validates && !declarations.types.matches(type, expected) {
      throw invalid("type mismatch: expected \(describe(expected)), found \(describe(type))")
    }
  }

  /// Takes the value on top of the stack, whatever its type; `bottom` in unreachable code where there is none.
  mutating func popAny(isFirst: Bool = true, expecting expected: ValueType? = nil, in body: inout Body) throws
    -> (node: NodeID, type: ValueType)
  {
    guard let valueIndex = topValue else {
      if frame.isUnreachable { return (.none, .bottom) }
      let wanted = expected.map { ": expected \(describe($0)), found nothing on the stack" } ?? ": nothing on the stack"
      throw invalid("type mismatch" + wanted)
    }
    if stack[valueIndex].type.isTuple {
      spread(at: valueIndex, in: &body)
      return try popAny(isFirst: isFirst, in: &body)
    }
    var entry = stack[valueIndex]
    if valueIndex < stack.count - 1 {
      let items = (valueIndex + 1..<stack.count).map { stack[$0].node }
      entry.node = body.makeKeep(entry.node, then: items)
    }
    stack.truncate(to: valueIndex)
    if !isFirst { entry.node = takeStatements(before: entry, in: &body) }
    return (entry.node, entry.type.valueType)
  }

  /// Puts the statements on top of the stack in front of `entry`, if a value is below them.
  private mutating func takeStatements(before entry: StackEntry, in body: inout Body) -> NodeID {
    let floor = Int(frame.floor)
    var start = stack.count
    while start > floor && stack[start - 1].type == .none { start -= 1 }
    guard start < stack.count && start > floor else { return entry.node }
    let items = (start..<stack.count).map { stack[$0].node } + [entry.node]
    stack.truncate(to: start)
    return body.makeBlock(items, type: entry.type)
  }

  /// Replaces the tuple at `index` by an assignment to fresh locals and a `local.get` for each.
  mutating func spread(at index: Int, in body: inout Body) {
    let entry = stack[index]
    let above = (index + 1..<stack.count).map { stack[$0] }
    stack.truncate(to: index)
    let locals = body.valueTypes(of: entry.type).map { body.makeLocal($0) }
    stack.append(StackEntry(node: body.makeTupleSet(locals, entry.node), type: .none))
    for local in locals {
      let get = body.makeLocalGet(local)
      stack.append(StackEntry(node: get, type: body.type(of: get)))
    }
    for entry in above { stack.append(entry) }
  }

  /// Takes the values of `type` as one node: none, a value, a tuple that stands on the stack, or a new tuple.
  mutating func popTuple(_ type: ResultType, isFirst: Bool = true, in body: inout Body) throws -> NodeID {
    if type == .none { return .none }
    if type.isValue { return try pop(type.valueType, isFirst: isFirst, in: &body) }
    let arity = body.arity(of: type)
    if let tuple = takeTuple(arity: arity, in: &body) {
      for index in 0..<arity {
        try check(body.valueType(index, of: tuple.type), matches: body.valueType(index, of: type))
      }
      return isFirst ? tuple.node : takeStatements(before: tuple, in: &body)
    }
    let start = body.pool.count
    for _ in 0..<arity { body.pool.append(0) }
    for index in (0..<arity).reversed() {
      let value = try pop(body.valueType(index, of: type), isFirst: index == 0 && isFirst, in: &body)
      body.pool[start + index] = value.rawValue
    }
    return make(NodeRecord(.tupleMake, type, b: UInt32(start), c: UInt32(arity)), in: &body)
  }

  /// Where the topmost value is that may be taken, perhaps below statements; nil if there is none.
  private var topValue: Int? {
    var index = stack.count - 1
    while index >= Int(frame.floor) && stack[index].type == .none { index -= 1 }
    return index >= Int(frame.floor) ? index : nil
  }

  /// Takes the tuple of `arity` values that is on top of the stack, perhaps below statements; nil if there is none.
  private mutating func takeTuple(arity: Int, in body: inout Body) -> StackEntry? {
    guard let index = topValue, stack[index].type.isTuple, body.arity(of: stack[index].type) == arity else { return nil }
    var entry = stack[index]
    if index < stack.count - 1 {
      let items = (index + 1..<stack.count).map { stack[$0].node }
      entry.node = body.makeKeep(entry.node, then: items)
    }
    stack.truncate(to: index)
    return entry
  }

  /// Takes operands of these types into a range of the pool.
  mutating func popList(_ types: ArraySlice<ValueType>, isFirst: Bool = true, in body: inout Body) throws -> NodeList {
    let start = body.pool.count
    for _ in types { body.pool.append(0) }
    var position = start + types.count
    for type in types.reversed() {
      position -= 1
      body.pool[position] = try pop(type, isFirst: isFirst && position == start, in: &body).rawValue
    }
    return NodeList(start: start, count: types.count)
  }

  // MARK: Tuples that are assigned at once

  /// If a tuple is on top of the stack, perhaps below statements, and the instruction at `opcodeOffset`, which is
  /// `local.set` or `drop`, and those after it store or drop all its values: decodes them as one, `tuple.set` or `drop`.
  ///
  /// These are all ways there are to use the values of a tuple one by one that have no need of locals, and so all that
  /// the encoder writes.
  mutating func decodeTupleAssignment(in body: inout Body) throws -> Bool {
    guard let index = topValue, stack[index].type.isTuple else { return false }
    let type = stack[index].type
    let behind = reader.position
    reader.position = opcodeOffset
    guard let locals = try assignmentsAhead(count: body.arity(of: type), in: body) else {
      reader.position = behind
      return false
    }
    guard let tuple = takeTuple(arity: locals.count, in: &body) else { preconditionFailure() }
    try pushAssignment(of: tuple.node, type, to: locals, in: &body)
    return true
  }

  /// If the instructions ahead store or drop all values of the tuple, takes them with it.
  mutating func takeAssignments(of node: NodeID, _ type: ResultType, in body: inout Body) throws -> Bool {
    guard let locals = try assignmentsAhead(count: body.arity(of: type), in: body) else { return false }
    try pushAssignment(of: node, type, to: locals, in: &body)
    return true
  }

  private mutating func pushAssignment(
    of node: NodeID, _ type: ResultType, to locals: [LocalID], in body: inout Body
  ) throws {
    for (index, local) in locals.enumerated() where !local.isNone {
      try check(body.valueType(index, of: type), matches: body.type(of: local))
      localIsSet.set(local)
    }
    if locals.allSatisfy(\.isNone) {
      pushStatement(body.makeDrop(node))
    } else {
      pushStatement(makeAssignment(of: node, to: locals, in: &body))
    }
  }

  /// The targets of the next `count` instructions if each is `local.set` or `drop` (`none`), first value first.
  private mutating func assignmentsAhead(count: Int, in body: borrowing Body) throws -> [LocalID]? {
    let start = reader.position
    var locals = [LocalID](repeating: .none, count: count)
    for index in (0..<count).reversed() {
      switch reader.peekByte() {
      case 0x1a: reader.position += 1
      case 0x21:
        reader.position += 1
        let local = try reader.readU32()
        guard local < body.localCount else {
          reader.position = start
          return nil
        }
        locals[index] = LocalID(rawValue: local)
      default:
        reader.position = start
        return nil
      }
    }
    return locals
  }

  // MARK: Describing types

  func describe(_ type: ValueType) -> String { type.text { "\($0)" } }
}

extension ValueType {
  /// The type as the text format writes it.
  package func text(_ typeName: (TypeID) -> String) -> String {
    switch self {
    case .i32: return "i32"
    case .i64: return "i64"
    case .f32: return "f32"
    case .f64: return "f64"
    case .v128: return "v128"
    case .bottom: return "bottom"
    default:
      if let defined = heapType.definedType { return "(ref \(isNullable ? "null " : "")\(typeName(defined)))" }
      let row = HeapType.abstractTypes[Int(heapType.bits)]
      return isNullable ? row.shorthand : "(ref \(row.name))"
    }
  }
}

import IR
import Interpreter

extension Body {
  /// What a node yields that computes its value of its operands alone; nil if one of them is not known, if it traps, or
  /// if the result is the engine's to choose.
  func evaluate(_ id: NodeID, _ declarations: Declarations, _ value: (NodeID) -> Constant?) -> Constant? {
    switch self[id] {
    case .unary(let node): return evaluate(id, value(node.operand), .i32(0), .i32(0))
    case .binary(let node): return evaluate(id, value(node.left), value(node.right), .i32(0))
    case .ternary(let node): return evaluate(id, value(node.first), value(node.second), value(node.third))
    case .extractLane(let node):
      guard case .v128(let vector) = value(node.vector) else { return nil }
      let lane = Vector.extractLane(node.opcode, vector, lane: node.lane)
      return Constant(type(of: id), bits: V128(low: lane, high: 0))
    case .replaceLane(let node):
      guard case .v128(let vector) = value(node.vector), let lane = value(node.value) else { return nil }
      return .v128(Vector.replaceLane(node.opcode, vector, lane: node.lane, lane.bits.low))
    case .shuffle(let node):
      guard case .v128(let left) = value(node.left), case .v128(let right) = value(node.right) else { return nil }
      return .v128(Vector.shuffle(left, right, lanes: node.lanes))
    case .select(let node):
      guard let condition = value(node.condition) else { return nil }
      return value(condition.isTrue ? node.ifTrue : node.ifFalse)
    default: return evaluateReference(id, declarations, value)
    }
  }

  private func evaluate(_ id: NodeID, _ first: Constant?, _ second: Constant?, _ third: Constant?) -> Constant? {
    guard let first, let second, let third else { return nil }
    let opcode = opcode(of: id)
    let code = opcode.info.code
    if code >> 16 == 0xfd {
      // A relaxed instruction does what the engine's others of the kind do.
      if code & 0xffff >= 0x100 { return nil }
      return Constant(type(of: id), bits: Vector.evaluate(opcode, first.bits, second.bits, third.bits))
    }
    guard let result = try? Numeric.evaluate(opcode, first.bits.low, second.bits.low) else { return nil }
    return Constant(type(of: id), bits: V128(low: result, high: 0))
  }

  // MARK: References

  private func evaluateReference(
    _ id: NodeID, _ declarations: Declarations, _ value: (NodeID) -> Constant?
  ) -> Constant? {
    switch self[id] {
    case .refIsNull(let operand): return value(operand).map { .i32($0 == .null ? 1 : 0) }
    case .refEq(let node):
      guard let left = value(node.left), let right = value(node.right) else { return nil }
      return areSame(left, right).map { .i32($0 ? 1 : 0) }
    case .refAsNonNull(let operand):
      guard let reference = value(operand), reference != .null else { return nil }
      return reference
    case .refI31(let operand):
      guard case .i32(let bits) = value(operand) else { return nil }
      return .i31(bits & 0x7fff_ffff)
    case .i31Get(let node):
      guard case .i31(let bits) = value(node.operand) else { return nil }
      let shifted = Int32(bitPattern: bits << 1)
      return .i32(node.opcode == .i31GetS ? UInt32(bitPattern: shifted >> 1) : bits)
    case .structNewDefault: return .object(id)
    case .structNew(let node): return areKnown(node.fields, value) ? .object(id) : nil
    case .arrayNewFixed(let node): return areKnown(node.values, value) ? .object(id) : nil
    case .structGet(let node): return field(of: node, id, declarations, value)
    case .arrayLen(let operand):
      guard case .object(let object) = value(operand), case .arrayNewFixed(let new) = self[object] else { return nil }
      return .i32(UInt32(new.values.count))
    case .arrayGet(let node): return element(of: node, declarations, value)
    default: return nil
    }
  }

  /// Nil if they may be one object or two.
  private func areSame(_ left: Constant, _ right: Constant) -> Bool? {
    switch (left, right) {
    case (.object, .object): nil
    default: left == right
    }
  }

  private func areKnown(_ list: NodeList, _ value: (NodeID) -> Constant?) -> Bool {
    for index in 0..<list.count where value(self[list, index]) == nil { return false }
    return true
  }

  /// Packed fields need more than the value: an extension.
  private func field(
    of node: StructGetNode, _ id: NodeID, _ declarations: Declarations, _ value: (NodeID) -> Constant?
  ) -> Constant? {
    guard node.opcode == .structGet, case .object(let object) = value(node.reference),
      case .structure(let fields) = declarations.types[node.type].composite
    else { return nil }
    // Nobody has changed an object that is made for this alone.
    if fields[Int(node.field)].isMutable && object != node.reference { return nil }
    switch self[object] {
    case .structNewDefault: return Constant(defaultOf: type(of: id))
    case .structNew(let new): return value(self[new.fields, Int(node.field)])
    default: return nil
    }
  }

  private func element(
    of node: ArrayGetNode, _ declarations: Declarations, _ value: (NodeID) -> Constant?
  ) -> Constant? {
    guard node.opcode == .arrayGet, case .object(let object) = value(node.reference),
      case .arrayNewFixed(let new) = self[object], case .i32(let index) = value(node.index), index < new.values.count,
      let type = declarations.types[node.type].arrayElement, !type.isMutable || object == node.reference
    else { return nil }
    return value(self[new.values, Int(index)])
  }
}

import IR
import Support

// What the reducer does to the nodes of a body. The result need not be valid: who uses it finds out.

extension Body {
  /// Whether `makeSimplest` would make the same again, or the node is one that can't be anything else.
  func isSimplest(_ id: NodeID) -> Bool {
    switch self[id] {
    case .unreachable, .refNull, .payload: return true
    case .i32Const(let value): return value == 0
    case .i64Const(let value): return value == 0
    case .f32Const(let bits): return bits == 0
    case .f64Const(let bits): return bits == 0
    case .v128Const(let bits): return bits == V128(low: 0, high: 0)
    case .block(let block): return block.items.isEmpty && block.label.isNone
    default: return false
    }
  }

  /// Nothing, a zero, a null; `unreachable` where the type has no such value.
  mutating func makeSimplest(_ type: ResultType) -> NodeID {
    if type == .none { return makeBlock([], type: .none) }
    guard type.isConcrete else { return makeUnreachable() }
    let types = valueTypes(of: type)
    guard types.allSatisfy(\.isDefaultable) else { return makeUnreachable() }
    let values = types.map { makeDefault(of: $0) }
    return values.count == 1 ? values[0] : makeTupleMake(values)
  }

  /// By what parts of it a node may be replaced.
  func hoists(from id: NodeID) -> [BodyChange.Action] {
    var actions: [BodyChange.Action] = []
    for position in 0..<operandCount(of: id) where !operand(position, of: id).isNone { actions.append(.hoist(position)) }
    if case .drop(let value) = self[id] {
      for position in 0..<operandCount(of: value) where !operand(position, of: value).isNone {
        actions.append(.hoistBelow(position))
      }
    }
    if case .block(let block) = self[id], !block.label.isNone { actions.append(.unwrap) }
    return actions
  }

  mutating func hoist(_ position: Int, from id: NodeID) -> NodeID {
    let operand = operand(position, of: id)
    let (type, operandType) = (type(of: id), self.type(of: operand))
    if operandType == type || operandType == .unreachable { return operand }
    let statement = makeDropIfNeeded(operand)
    return type == .none ? statement : makeBlock([statement, makeSimplest(type)], type: type)
  }

  /// The operand of what a node drops, dropped itself.
  mutating func hoistBelow(_ position: Int, from id: NodeID) -> NodeID {
    // Another change may have left less.
    guard case .drop(let value) = self[id], position < operandCount(of: value) else { return id }
    let operand = operand(position, of: value)
    return operand.isNone ? id : makeDropIfNeeded(operand)
  }

  mutating func unwrap(_ id: NodeID) -> NodeID {
    guard case .block(let block) = self[id] else { return id }
    return makeBlock(block.items, label: .none, type: type(of: id))
  }

  /// Branches whose construct is gone leave the function.
  mutating func retargetLostLabels() {
    var isOpen = [Bool](repeating: false, count: Int(labelCount))
    isOpen[LabelID.function.index] = true
    var lost: [NodeID] = []
    walk(
      from: root,
      enter: { id in
        if let label = ownLabel(of: id) { isOpen[label.index] = true }
        var isLost = false
        forEachLabel(of: id) { if !isOpen[$0.index] { isLost = true } }
        if isLost { lost.append(id) }
        return true
      },
      exit: { id in if let label = ownLabel(of: id), label != .function { isOpen[label.index] = false } })
    // What is open where a node stands is no longer known: each label of such a node goes.
    for id in lost {
      if case .rethrow = self[id] { replace(id, with: NodeRecord(.unreachable, .unreachable)) }
      mapBranchLabels(of: id) { _ in .function }
      mapDelegateLabel(of: id) { _ in .function }
    }
  }

  private func ownLabel(of id: NodeID) -> LabelID? {
    var label = LabelID.none
    switch self[id] {
    case .block(let block): label = block.label
    case .loop(let loop): label = loop.label
    case .try(let node): label = node.label
    default: break
    }
    return label.isNone ? nil : label
  }
}

// MARK: Constants

/// A simpler number for a constant.
enum ConstantStep {
  case zero, one, half
}

extension Body {
  /// Toward what a constant may go; nothing for other nodes.
  func constantSteps(of id: NodeID) -> [ConstantStep] {
    switch self[id] {
    case .i32Const(let value): return ConstantStep.steps(isZero: value == 0, isOne: value == 1)
    case .i64Const(let value): return ConstantStep.steps(isZero: value == 0, isOne: value == 1)
    case .f32Const(let bits):
      return ConstantStep.steps(isZero: bits == 0, isOne: bits == Float(1).bitPattern, hasHalf: Float(bitPattern: bits).hasHalf)
    case .f64Const(let bits):
      return ConstantStep.steps(isZero: bits == 0, isOne: bits == Double(1).bitPattern, hasHalf: Double(bitPattern: bits).hasHalf)
    case .v128Const(let bits): return ConstantStep.steps(isZero: bits == V128(low: 0, high: 0), isOne: false, hasHalf: false)
    default: return []
    }
  }

  mutating func makeConstant(_ step: ConstantStep, insteadOf id: NodeID) -> NodeID {
    if step == .zero { return makeSimplest(type(of: id)) }
    switch self[id] {
    case .i32Const(let value): return makeI32Const(step == .one ? 1 : value / 2)
    case .i64Const(let value): return makeI64Const(step == .one ? 1 : value / 2)
    case .f32Const(let bits):
      return makeF32Const(bits: (step == .one ? 1 : (Float(bitPattern: bits) / 2).rounded(.towardZero)).bitPattern)
    case .f64Const(let bits):
      return makeF64Const(bits: (step == .one ? 1 : (Double(bitPattern: bits) / 2).rounded(.towardZero)).bitPattern)
    case .v128Const(let bits): return makeV128Const(step == .one ? V128(low: 1, high: 0) : bits)
    default: return id
    }
  }
}

extension ConstantStep {
  /// Each leads to a number that is simpler: 0, then 1, then those of smaller magnitude.
  fileprivate static func steps(isZero: Bool, isOne: Bool, hasHalf: Bool = true) -> [ConstantStep] {
    isZero ? [] : isOne ? [.zero] : hasHalf ? [.zero, .one, .half] : [.zero, .one]
  }
}

extension BinaryFloatingPoint {
  /// Whether halving and rounding gives a number, and ends.
  fileprivate var hasHalf: Bool { isFinite && magnitude >= 2 }
}

// MARK: Locals

extension Body {
  /// By local: whether it is a parameter or some node names it.
  private var usedLocals: [Bool] {
    var isUsed = (0..<localCount).map { $0 < parameterCount }
    forEachNode { id in forEachLocal(of: id) { isUsed[$0.index] = true } }
    return isUsed
  }

  var hasUnusedLocals: Bool { usedLocals.contains(false) }

  mutating func removeUnusedLocals() {
    let isUsed = usedLocals
    var newIDs = Column<LocalID>()
    var types = Column<ValueType>()
    for index in 0..<localCount {
      newIDs.append(isUsed[index] ? LocalID(types.count) : .none)
      if isUsed[index] { types.append(localTypes[index]) }
    }
    renumberLocals(to: newIDs, types: types)
  }
}

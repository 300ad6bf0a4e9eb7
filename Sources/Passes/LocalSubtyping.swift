import Analysis
import IR
import PassManager
import Support

/// Gives declared locals the most exact reference type that fits all that is assigned to them.
///
///     (local $x anyref)                          (local $x (ref $s))
///     (local.set $x (struct.new $s))      ->     (local.set $x (struct.new $s))
///     (call $f (local.get $x))                   (call $f (local.get $x))
///
/// A type without null is possible if each read has an assignment before it in the same construct or in one around it,
/// which is what validation sees (specification 3.4.9).
///
/// Locals that are assigned each other's values are looked at together: each begins with no type at all and goes up only
/// as far as what reaches it. After Binaryen's pass of that name, which goes down from the declared types.
struct LocalSubtyping: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    let features = context.options.features.union(context.declarations.features)
    guard features.contains(.gc), Self.mayRefine(body) else { return }
    var types = LocalTypes(of: body, context.declarations.types)
    types.solve(body)
    types.apply(to: &body)
  }

  private static func mayRefine(_ body: borrowing Body) -> Bool {
    (body.parameterCount..<body.localCount).contains {
      let type = body.localTypes[$0]
      // Exceptions have no types below theirs.
      return type.isReference && type.heapType != .exn
    }
  }
}

private struct LocalTypes: ~Copyable {
  /// A local and what it is assigned, as far as that is what a local has.
  private struct Flow: BitwiseCopyable {
    let target: LocalID
    let value: NodeID
    /// The next with the same source.
    let next: Int32
  }

  private let table: TypeTable
  /// By local: the type that fits what has been found to be assigned.
  private var types = Column<ValueType>()
  /// By local: whether it is read where validation does not see an assignment.
  private var mayBeNull = Column<Bool>()
  private var flows = Column<Flow>()
  /// By local: the first of its flows.
  private var firstFlows = Column<Int32>()
  /// Each `ref.null` that is assigned as it is, with the local.
  private var nulls: [(node: NodeID, local: LocalID)] = []
  /// Locals whose types have changed.
  private var pending = Column<LocalID>()

  init(of body: borrowing Body, _ table: TypeTable) {
    self.table = table
    mayBeNull.resize(to: body.localCount, filling: false)
    firstFlows.resize(to: body.localCount, filling: -1)
    findUnsetReads(body)
    for index in 0..<body.localCount {
      let type = body.localTypes[index]
      if index < body.parameterCount || !type.isReference {
        types.append(type)
      } else {
        types.append(mayBeNull[index] ? null(type) : .bottom)
      }
    }
  }

  private func null(_ type: ValueType) -> ValueType {
    .reference(to: TypeTable.bottom(of: table.top(of: type.heapType)), isNullable: true)
  }

  private mutating func findUnsetReads(_ body: borrowing Body) {
    var sets = StructuralSets(count: body.localCount)
    body.walk(
      from: body.root,
      enter: { id in
        sets.enter(id, in: body)
        return true
      },
      exit: { id in
        if case .localGet(let local) = body[id] {
          if !sets.isSet(local.index) { mayBeNull[local.index] = true }
        } else {
          body.forEachLocal(of: id) { sets.set($0.index) }
        }
        sets.exit(id)
      })
  }

  // MARK: Solution

  mutating func solve(_ body: borrowing Body) {
    body.forEachNode { id in
      switch body[id] {
      case .localSet(let node), .localTee(let node): assign(node.value, to: node.local, in: body)
      case .tupleSet(let node): assignTuple(node, in: body)
      default: break
      }
    }
    propagate(in: body)
    // What is assigned nowhere, or only where nothing can run, stays as it is.
    for index in body.parameterCount..<body.localCount {
      let declared = body.localTypes[index]
      if declared.isReference && (types[index] == .bottom || !table.matches(types[index], declared)) {
        types[index] = declared
        pending.append(LocalID(index))
      }
    }
    propagate(in: body)
  }

  private mutating func assign(_ value: NodeID, to local: LocalID, in body: borrowing Body) {
    guard local.index >= body.parameterCount, body.type(of: local).isReference else { return }
    let (source, null) = plainSource(of: value, in: body)
    if !null.isNone { nulls.append((null, local)) }
    if !source.isNone && source.index >= body.parameterCount {
      flows.append(Flow(target: local, value: value, next: firstFlows[source.index]))
      firstFlows[source.index] = Int32(flows.count - 1)
    }
    raise(local, to: type(of: value, in: body))
  }

  private mutating func assignTuple(_ node: TupleSetNode, in body: borrowing Body) {
    let type = body.type(of: node.value)
    for index in 0..<min(node.localCount, body.arity(of: type)) {
      let local = body.local(index, of: node)
      if local.isNone || local.index < body.parameterCount || !body.type(of: local).isReference { continue }
      if case .tupleMake(let values) = body[node.value] {
        assign(body[values, index], to: local, in: body)
      } else {
        raise(local, to: body.valueType(index, of: type))
      }
    }
  }

  private mutating func raise(_ local: LocalID, to type: ValueType) {
    let bound = table.leastUpperBound(types[local.index], type)
    if bound == types[local.index] { return }
    types[local.index] = bound
    pending.append(local)
  }

  private mutating func propagate(in body: borrowing Body) {
    while !pending.isEmpty {
      var flow = firstFlows[pending.popLast().index]
      while flow >= 0 {
        let next = flows[Int(flow)]
        raise(next.target, to: type(of: next.value, in: body))
        flow = next.next
      }
    }
  }

  // MARK: Types of values

  /// The local whose type decides that of the value, or the `ref.null` that it is.
  private func plainSource(of value: NodeID, in body: borrowing Body) -> (local: LocalID, null: NodeID) {
    var id = value
    while true {
      switch body[id] {
      case .localGet(let local): return (local, .none)
      case .localTee(let node): return (node.local, .none)
      case .refNull: return (.none, id)
      default:
        guard let operand = body.operandWithSameReference(of: id) else { return (.none, .none) }
        id = operand
      }
    }
  }

  /// The type of a value, as it is if the locals have the types found so far.
  private func type(of value: NodeID, in body: borrowing Body) -> ValueType {
    var id = value
    var isNonNull = false
    while true {
      let type: ValueType
      switch body[id] {
      case .localGet(let local): type = types[local.index]
      case .localTee(let node): type = types[node.local.index]
      case .refNull: type = null(body.type(of: id).valueType)
      default:
        isNonNull = isNonNull || body.refusesNull(id)
        if let operand = body.operandWithSameReference(of: id) {
          id = operand
          continue
        }
        let result = body.type(of: id)
        type = result == .unreachable ? .bottom : result.valueType
      }
      return isNonNull && type.isReference ? type.asNonNull : type
    }
  }

  // MARK: Rewriting

  func apply(to body: inout Body) {
    var hasChanged = false
    for index in body.parameterCount..<body.localCount where types[index] != body.localTypes[index] {
      body.localTypes[index] = types[index]
      hasChanged = true
    }
    if !hasChanged { return }
    body.changeCount += 1
    for null in nulls where !table.matches(body.type(of: null.node).valueType, types[null.local.index]) {
      let type = self.null(body.type(of: null.node).valueType)
      body.replace(null.node, with: NodeRecord(.refNull, ResultType(type), a: type.heapType.bits))
    }
    var nodes = Column<NodeID>()
    body.forEachNode { nodes.append($0) }
    for index in 0..<nodes.count { refine(nodes[index], in: &body) }
  }

  /// Gives the node the type that follows from those of its operands.
  private func refine(_ id: NodeID, in body: inout Body) {
    switch body[id] {
    case .localGet(let local): body.refineType(of: id, to: ResultType(types[local.index]))
    case .localTee(let node):
      if body.type(of: id).isConcrete { body.refineType(of: id, to: ResultType(types[node.local.index])) }
    case .tupleSet(let node): refineTuple(node.value, in: &body)
    default:
      guard body.type(of: id).isValue, let operand = body.operandWithSameReference(of: id) else { return }
      let type = body.type(of: operand)
      guard type.isValue && type.valueType.isReference else { return }
      body.refineType(of: id, to: body.refusesNull(id) ? ResultType(type.valueType.asNonNull) : type)
    }
  }

  private func refineTuple(_ id: NodeID, in body: inout Body) {
    guard body.type(of: id).isTuple, case .tupleMake(let values) = body[id] else { return }
    let types = (0..<values.count).map { body.type(of: body[values, $0]) }
    guard types.allSatisfy(\.isValue) else { return }
    let type = body.resultType(of: types.map(\.valueType))
    body.refineType(of: id, to: type)
  }
}

extension Body {
  /// Whether the node gives on a reference that is not null.
  fileprivate func refusesNull(_ id: NodeID) -> Bool {
    opcode(of: id) == .refAsNonNull || opcode(of: id) == .brOnNull
  }

  /// The operand whose value, a reference, the node gives on as its own; nil if there is none.
  fileprivate func operandWithSameReference(of id: NodeID) -> NodeID? {
    switch self[id] {
    case .refAsNonNull(let reference): return reference
    case .brOnNull(let node): return node.opcode == .brOnNull && node.value.isNone ? node.reference : nil
    case .keep(let items): return self[items, 0]
    case .block(let block) where block.label.isNone && !block.items.isEmpty:
      return self[block.items, block.items.count - 1]
    default: return nil
    }
  }
}

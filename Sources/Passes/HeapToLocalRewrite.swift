import IR
import Support

/// Puts the fields of objects into locals. What yielded a reference to one yields null, which nobody looks at.
struct ObjectRewrite: ~Copyable {
  /// In `flows`: a read that control does not come to. It must not come to life when the local is set no more.
  static let deadRead: Int32 = -2

  private let objects: [LocalObject]
  private let types: TypeTable
  /// By node of the survey: the number of the object that it yields, or that one of its operands yields; -1 if there is
  /// none.
  var flows = Column<Int32>()
  var uses = Column<Int32>()
  /// By object: the local of its first field.
  private var firstLocals: [Int] = []
  private let localCount: Int
  /// `ref.eq` nodes that compare an object with itself.
  private var reflexive: Set<NodeID> = []

  init(_ objects: [LocalObject], of body: borrowing Body, _ types: TypeTable) {
    self.objects = objects
    self.types = types
    localCount = body.localCount
    var next = localCount
    for object in objects {
      firstLocals.append(next)
      next += object.fields.count
    }
  }

  mutating func run(on body: inout Body) {
    for object in objects {
      for field in object.fields { _ = body.makeLocal(field.storage.unpacked) }
    }
    for index in 0..<uses.count where uses[index] >= 0 {
      guard case .refEq(let node) = body[NodeID(index)], flows[node.left.index] == flows[node.right.index] else { continue }
      reflexive.insert(NodeID(index))
    }
    body.rewriteBottomUp { body, id in
      // Nodes that are made here are not asked about.
      if flows[id.index] == Self.deadRead { return body.makeUnreachable() }
      if flows[id.index] >= 0 { return yieldNull(id, Int(flows[id.index]), in: &body) }
      if uses[id.index] >= 0 { return use(id, Int(uses[id.index]), in: &body) }
      return id
    }
  }

  private func local(_ field: Int, of object: Int) -> LocalID { LocalID(firstLocals[object] + field) }

  // MARK: References

  private func yieldNull(_ id: NodeID, _ object: Int, in body: inout Body) -> NodeID {
    switch body[id] {
    case .localGet: return body.makeRefNull(.none)
    case .localTee(let node): return node.value
    case .refAsNonNull(let reference): return reference
    case .refCast(let node): return node.reference
    case .block, .keep:
      body.setType(of: id, to: ResultType(.reference(to: .none, isNullable: true)))
      return id
    default: return make(id, object, in: &body)
    }
  }

  /// Sets the fields where the object was made.
  private func make(_ id: NodeID, _ object: Int, in body: inout Body) -> NodeID {
    let fields = objects[object].fields
    var items: [NodeID] = []
    switch body[id] {
    case .structNew(let node): items = set(body.nodes(in: node.fields), of: object, in: &body)
    case .arrayNewFixed(let node): items = set(body.nodes(in: node.values), of: object, in: &body)
    case .arrayNew(let node) where fields.isEmpty: items = [body.makeDropIfNeeded(node.value)]
    case .arrayNew(let node):
      items = [body.makeLocalSet(local(0, of: object), node.value)]
      for index in 1..<max(1, fields.count) {
        items.append(body.makeLocalSet(local(index, of: object), body.makeLocalGet(local(0, of: object))))
      }
    default:
      items = set(fields.map { body.makeDefault(of: $0.storage.unpacked, types) }, of: object, in: &body)
    }
    let null = body.makeRefNull(.none)
    return body.makeBlock(items + [null], type: body.type(of: null))
  }

  private func set(_ values: [NodeID], of object: Int, in body: inout Body) -> [NodeID] {
    values.enumerated().map { index, value in body.makeLocalSet(local(index, of: object), value) }
  }

  // MARK: Uses

  private func use(_ id: NodeID, _ object: Int, in body: inout Body) -> NodeID {
    switch body[id] {
    case .localSet(let node): return body.makeDrop(node.value)
    case .structGet(let node):
      return read(Int(node.field), of: object, node.opcode == .structGetS, after: [node.reference], in: &body)
    case .arrayGet(let node):
      let index = body.shortConstant(node.index, limit: .max)!
      return read(index, of: object, node.opcode == .arrayGetS, after: [node.reference], in: &body)
    case .structSet(let node):
      let set = body.makeLocalSet(local(Int(node.field), of: object), node.value)
      return sequence([node.reference], set, in: &body)
    case .arraySet(let node):
      let index = body.shortConstant(node.index, limit: .max)!
      let set = body.makeLocalSet(local(index, of: object), node.value)
      return sequence([node.reference], set, in: &body)
    case .arrayLen(let reference):
      return sequence([reference], body.makeI32Const(Int32(objects[object].fields.count)), in: &body)
    case .refIsNull(let reference): return sequence([reference], body.makeI32Const(0), in: &body)
    case .refTest(let node):
      let type = ValueType.reference(to: HeapType(objects[object].type), isNullable: false)
      return sequence([node.reference], body.makeI32Const(types.matches(type, node.target) ? 1 : 0), in: &body)
    case .refCast(let node): return sequence([node.reference], body.makeUnreachable(), in: &body)
    case .refEq(let node):
      // Only from the object itself can the other reference come to it.
      return sequence([node.left, node.right], body.makeI32Const(reflexive.contains(id) ? 1 : 0), in: &body)
    default: return id
    }
  }

  private func read(
    _ field: Int, of object: Int, _ isSigned: Bool, after operands: [NodeID], in body: inout Body
  ) -> NodeID {
    var value = body.makeLocalGet(local(field, of: object))
    let storage = objects[object].fields[field].storage
    if storage.isPacked {
      let shift = Int32(32 - 8 * storage.byteCount)
      if isSigned {
        value = body.makeBinary(.i32Shl, value, body.makeI32Const(shift))
        value = body.makeBinary(.i32ShrS, value, body.makeI32Const(shift))
      } else {
        value = body.makeBinary(.i32And, value, body.makeI32Const(storage == .i8 ? 0xff : 0xffff))
      }
    }
    return sequence(operands, value, in: &body)
  }

  /// What the operands do, then `result`.
  private func sequence(_ operands: [NodeID], _ result: NodeID, in body: inout Body) -> NodeID {
    var items: [NodeID] = []
    for operand in operands {
      let opcode = body.opcode(of: operand)
      if opcode != .refNull && opcode != .localGet { items.append(body.makeDrop(operand)) }
    }
    return items.isEmpty ? result : body.makeBlock(items + [result], type: body.type(of: result))
  }
}

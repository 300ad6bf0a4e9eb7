import Analysis
import IR
import PassManager
import Support

/// Keeps the fields of structures and small arrays that never leave the function in locals.
///
///     (local.set $x (struct.new $s (call $f)))           (local.set $a (call $f))
///     (call $g (struct.get $s 0 (local.get $x)))   ->    (call $g (local.get $a))
///
/// An object may be made in a loop: wherever a read of a local sees nothing but the assignment of the object, it sees
/// that of the last time.
///
/// After Binaryen's `heap2local`. Each round follows all references once; objects in fields of others wait for the next
/// round. Linear in the body, with a limited number of rounds.
struct HeapToLocal: FunctionPass {
  private static let roundLimit = 4

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard context.declarations.hasAggregates, Self.makesObject(body) else { return }
    for _ in 0..<Self.roundLimit {
      var survey = ObjectSurvey(of: body, context.declarations.types)
      survey.run(over: body)
      if survey.isEmpty { return }
      var rewrite = ObjectRewrite(survey.objects, of: body, context.declarations.types)
      swap(&rewrite.flows, &survey.flows)
      swap(&rewrite.uses, &survey.uses)
      rewrite.run(on: &body)
    }
  }

  private static func makesObject(_ body: borrowing Body) -> Bool {
    (0..<body.nodes.count).contains { body.nodes[$0].opcode.makesObject }
  }
}

/// An instruction that makes a structure or an array which stays in the function.
struct LocalObject {
  let type: TypeID
  let fields: [FieldType]
  let isArray: Bool
}

extension Opcode {
  fileprivate var makesObject: Bool {
    switch self {
    case .structNew, .structNewDefault, .arrayNew, .arrayNewDefault, .arrayNewFixed: return true
    default: return false
    }
  }
}

/// Finds the objects of a body that stay in it, by following references from where they are made.
private struct ObjectSurvey: ~Copyable {
  private static let elementLimit = 16
  /// Engines take no function with more locals.
  private static let localLimit = 50_000

  private let types: TypeTable
  private(set) var objects: [LocalObject] = []
  /// By node: the number of the object that it yields, or that one of its operands yields; -1 if there is none.
  var flows = Column<Int32>()
  var uses = Column<Int32>()
  private var parents = Column<NodeID>()
  /// By `local.set` and `local.tee`: its access; -1 of other nodes.
  private var writes = Column<Int32>()
  /// By write: whether all that see its value see nothing else; and its readers in `readers`.
  private var isExclusive = Column<Bool>()
  private var readerStarts = Column<UInt32>()
  private var readers = Column<NodeID>()
  private var localCount: Int

  /// Nodes that yield the object in question, and those that use it.
  private var reached: [NodeID] = []
  private var users: [NodeID] = []

  init(of body: borrowing Body, _ types: TypeTable) {
    self.types = types
    localCount = body.localCount
    flows.resize(to: body.nodes.count, filling: -1)
    uses.resize(to: body.nodes.count, filling: -1)
    parents.resize(to: body.nodes.count, filling: .none)
    writes.resize(to: body.nodes.count, filling: -1)
    body.forEachNode { id in body.forEachOperand(of: id) { parents[$0.index] = id } }
    let flow = ControlFlowGraph(of: body)
    let graph = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    findReaders(in: body, flow, graph)
  }

  var isEmpty: Bool { objects.isEmpty }

  private mutating func findReaders(
    in body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ graph: borrowing LocalGraph
  ) {
    isExclusive.resize(to: flow.accesses.count, filling: true)
    readerStarts.resize(to: flow.accesses.count + 1, filling: 0)
    for phi in 0..<graph.phiCount where graph.isUsed(phi: phi) {
      for index in 0..<graph.operandCount(ofPhi: phi) {
        if let write = graph.write(graph.operand(index, ofPhi: phi)) { isExclusive[write] = false }
      }
    }
    for index in 0..<flow.accesses.count {
      let access = flow.accesses[index]
      if access.isWrite {
        if body.opcode(of: access.node) != .tupleSet { writes[access.node.index] = Int32(index) }
        if !graph.isKnown(access.local) { isExclusive[index] = false }
      } else if let write = graph.sourceWrite(of: index) {
        readerStarts[write + 1] += 1
      }
    }
    for index in 0..<flow.accesses.count { readerStarts[index + 1] += readerStarts[index] }
    readers.resize(to: Int(readerStarts.last), filling: .none)
    var ends = Column<UInt32>(capacity: readerStarts.count)
    for index in 0..<readerStarts.count { ends.append(readerStarts[index]) }
    for index in 0..<flow.accesses.count where !flow.accesses[index].isWrite {
      let access = flow.accesses[index]
      if graph.value(readBy: index).isNone && graph.isKnown(access.local) && !body.type(of: access.local).isDefaultable {
        flows[access.node.index] = ObjectRewrite.deadRead
      }
      guard let write = graph.sourceWrite(of: index) else { continue }
      readers[Int(ends[write])] = flow.accesses[index].node
      ends[write] += 1
    }
  }

  mutating func run(over body: borrowing Body) {
    body.forEachNode { id in
      guard body.opcode(of: id).makesObject, let object = object(madeBy: id, in: body),
        localCount + object.fields.count <= Self.localLimit
      else { return }
      reached = [id]
      users = []
      guard stays(object, in: body) else { return }
      localCount += object.fields.count
      let number = Int32(objects.count)
      objects.append(object)
      for node in reached { flows[node.index] = number }
      for node in users { uses[node.index] = number }
    }
  }

  private func object(madeBy id: NodeID, in body: borrowing Body) -> LocalObject? {
    let type: TypeID
    let count: Int
    switch body[id] {
    case .structNew(let node):
      return types[node.type].fields.map { LocalObject(type: node.type, fields: $0, isArray: false) }
    case .structNewDefault(let type):
      return types[type].fields.map { LocalObject(type: type, fields: $0, isArray: false) }
    case .arrayNewFixed(let node): (type, count) = (node.type, node.values.count)
    case .arrayNew(let node):
      guard let length = body.shortConstant(node.count, limit: Self.elementLimit) else { return nil }
      (type, count) = (node.type, length)
    case .arrayNewDefault(let node):
      guard let length = body.shortConstant(node.count, limit: Self.elementLimit) else { return nil }
      (type, count) = (node.type, length)
    default: return nil
    }
    guard count <= Self.elementLimit, let element = types[type].arrayElement else { return nil }
    return LocalObject(type: type, fields: Array(repeating: element, count: count), isArray: true)
  }

  /// Follows the references in `reached`; false if one may get away.
  private mutating func stays(_ object: LocalObject, in body: borrowing Body) -> Bool {
    var index = 0
    while index < reached.count {
      let node = reached[index]
      index += 1
      if body.type(of: node) == .unreachable || !follow(node, to: parents[node.index], object, in: body) { return false }
    }
    return true
  }

  private mutating func follow(
    _ node: NodeID, to parent: NodeID, _ object: LocalObject, in body: borrowing Body
  ) -> Bool {
    if parent.isNone { return false }
    switch body[parent] {
    case .localSet, .localTee:
      let write = writes[parent.index]
      guard write >= 0, isExclusive[Int(write)] else { return false }
      for reader in readerStarts[Int(write)]..<readerStarts[Int(write) + 1] { reached.append(readers[Int(reader)]) }
      if body.opcode(of: parent) == .localTee { reached.append(parent) } else { users.append(parent) }
      return true
    case .block(let block):
      if !block.label.isNone || body[block.items, block.items.count - 1] != node { return false }
      reached.append(parent)
      return true
    case .keep(let items):
      reached.append(parent)
      return body[items, 0] == node
    case .refAsNonNull: reached.append(parent)
    case .refCast(let cast):
      if types.matches(type(of: object), cast.target) { reached.append(parent) } else { users.append(parent) }
    case .refIsNull, .refTest, .refEq, .drop, .structGet, .arrayLen: users.append(parent)
    case .structSet(let store):
      users.append(parent)
      return store.value != node
    case .arrayGet(let access):
      users.append(parent)
      return body.shortConstant(access.index, limit: object.fields.count - 1) != nil
    case .arraySet(let access):
      users.append(parent)
      return access.value != node && body.shortConstant(access.index, limit: object.fields.count - 1) != nil
    default: return false
    }
    return true
  }

  private func type(of object: LocalObject) -> ValueType {
    .reference(to: HeapType(object.type), isNullable: false)
  }
}

extension LocalGraph {
  /// The write whose value, and no other, a read sees.
  fileprivate borrowing func sourceWrite(of read: Int) -> Int? {
    let value = value(readBy: read)
    return value.isNone ? nil : write(value)
  }
}

extension Body {
  /// The value of a constant from 0 to `limit`.
  func shortConstant(_ id: NodeID, limit: Int) -> Int? {
    guard case .i32Const(let value) = self[id], value >= 0, Int(value) <= limit else { return nil }
    return Int(value)
  }
}

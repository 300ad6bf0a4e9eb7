import Analysis
import IR
import PassManager
import Support

/// Takes values that have just been stored or loaded from where they still are, and leaves out stores that nobody sees.
///
///     (i32.store (local.get $p) (local.get $x))           (i32.store (local.get $p) (local.get $x))
///     (call $f (i32.load (local.get $p)))            ->   (call $f (local.get $x))
///
/// Places are told apart by the local and the constants that their addresses are made of. What is known holds until
/// something else may be stored there, a local of it is assigned, or the way to it is joined by one where it does not
/// hold. A store goes if the next one covers it and what is between neither reads it nor may trap, or if the same is
/// there already.
///
/// Memory that is shared is left alone. Linear: what is known at a place is bounded by a constant.
struct MemoryForwarding: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard PlaceFilter.mayRepeat(in: body) else { return }
    var walk = ForwardingWalk(of: body, in: context)
    walk.find(in: body)
    walk.apply(to: &body)
  }
}

private struct ForwardingWalk: ~Copyable {
  /// Engines take no function with more locals.
  private static let localLimit = 50_000
  /// How many nodes of a loop, or of a value, are looked at.
  private static let lookLimit = 64

  private struct Construct: BitwiseCopyable {
    let node: NodeID
    let savedCount: Int
    /// Of `if`: what held before the arms, and at the end of the first.
    var before = MemoryContents.Saved()
    var thenEnd = MemoryContents.Saved()
    /// One of the arms has begun.
    var hasBegun = false
  }

  private let isShared: [Bool]
  private let ignoresTraps: Bool
  private let prefersSize: Bool
  private var contents = MemoryContents()
  private var stores: PendingStores
  private var constructs = Column<Construct>()
  /// Arms of the open constructs, the next to come last.
  private var arms = Column<NodeID>()
  /// By label: what holds on all the ways to it.
  private var labels = Column<MemoryContents.Saved>()
  private var nesting = KnownContent.Nesting()

  /// Loads, and what takes their places.
  private var forwards: [(load: NodeID, record: NodeRecord)] = []
  /// What holds the values of loads and stores that had none.
  private var newLocals: [NodeID: LocalID] = [:]
  private var newTypes: [ValueType] = []
  private var deadStores: [NodeID] = []

  init(of body: borrowing Body, in context: borrowing FunctionContext) {
    isShared = context.declarations.memories.map(\.isShared)
    ignoresTraps = context.options.trapsNeverHappen || context.options.ignoresImplicitTraps
    prefersSize = context.options.shrinkLevel > 0
    stores = PendingStores(ignoresTraps: ignoresTraps)
    labels.resize(to: Int(body.labelCount), filling: MemoryContents.Saved())
  }

  mutating func find(in body: borrowing Body) {
    body.walk(
      from: body.root,
      enter: { id in
        enter(id, in: body)
        return true
      },
      exit: { id in leave(id, in: body) })
  }

  // MARK: Constructs

  private mutating func enter(_ id: NodeID, in body: borrowing Body) {
    if !arms.isEmpty && arms.last == id { enterArm(id, in: body) }
    switch body.opcode(of: id) {
    case .block:
      guard case .block(let block) = body[id], !block.label.isNone, block.label != .function else { return }
      constructs.append(Construct(node: id, savedCount: contents.savedCount))
      labels[block.label.index] = contents.reserve()
    case .loop:
      stores.clear()
      nesting.loops &+= 1
      // A loop that is longer most probably stores or calls something.
      guard let effects = body.boundedEffects(of: id, limit: Self.lookLimit), !effects.flags.contains(.writesMemory)
      else { return contents.clear() }
      contents.forgetLocals { Effects(writing: $0).localsWritten & effects.localsWritten != 0 }
    case .if, .try: enterBranching(id, in: body)
    case .tryTable:
      stores.clear()
      // What holds where something is thrown is not known.
      body.forEachLabel(of: id) { label in
        labels[label.index].isDead = false
        labels[label.index].count = 0
      }
    default: break
    }
  }

  private mutating func enterBranching(_ id: NodeID, in body: borrowing Body) {
    constructs.append(Construct(node: id, savedCount: contents.savedCount))
    switch body[id] {
    case .if(let node):
      if !node.elseArm.isNone { arms.append(node.elseArm) }
      arms.append(node.thenArm)
    case .try(let node):
      for index in (0..<node.arms.count).reversed() { arms.append(body[node.arms, index]) }
    default: break
    }
  }

  /// Begins the next arm of the innermost construct.
  private mutating func enterArm(_ id: NodeID, in body: borrowing Body) {
    arms.removeLast(1)
    stores.clear()
    if case .if(let node) = body[constructs.last.node] {
      if id == node.thenArm {
        constructs.last.before = contents.save()
        nesting.arms &+= 1
      } else {
        constructs.last.thenEnd = contents.save()
        contents.restore(constructs.last.before)
      }
    } else if constructs.last.hasBegun {
      // A handler.
      contents.clear()
      contents.isDead = false
    }
    constructs.last.hasBegun = true
  }

  private mutating func leave(_ id: NodeID, in body: borrowing Body) {
    switch body.opcode(of: id) {
    case .block:
      guard case .block(let block) = body[id], !block.label.isNone, block.label != .function else { return }
      contents.meet(labels[block.label.index], in: body)
      close()
    case .loop:
      nesting.loops &-= 1
      stores.clear()
    case .if:
      guard case .if(let node) = body[id] else { return }
      nesting.arms &-= 1
      contents.meet(node.elseArm.isNone ? constructs.last.before : constructs.last.thenEnd, in: body)
      close()
    case .try:
      contents.clear()
      contents.isDead = body.type(of: id) == .unreachable
      close()
    case .tryTable: stores.clear()
    case .localGet, .i32Const, .i64Const, .drop, .keep: break
    default: run(id, in: body)
    }
  }

  private mutating func close() {
    contents.release(to: constructs.popLast().savedCount)
    stores.clear()
  }

  // MARK: Instructions

  private mutating func run(_ id: NodeID, in body: borrowing Body) {
    if contents.isDead { return }
    switch body[id] {
    case .load(let node) where node.opcode.accessSize != nil: return load(id, node, in: body)
    case .store(let node) where node.opcode.accessSize != nil: return store(id, node, in: body)
    case .localSet(let node), .localTee(let node):
      forget(node.local)
      return contents.hold(node.value, in: node.local)
    case .tupleSet: return body.forEachLocal(of: id) { forget($0) }
    default: break
    }
    let effects = Effects(of: id, in: body)
    if effects.flags.contains(.writesMemory) { contents.clear() }
    if effects.transfersControl || !effects.flags.isDisjoint(with: [.calls, .readsMemory, .allWrites])
      || effects.flags.contains(.traps) && !ignoresTraps
    {
      stores.clear()
    }
    if effects.branchCount > 0 {
      body.forEachLabel(of: id) { contents.meet(into: &labels[$0.index], in: body) }
    }
    if body.type(of: id) == .unreachable {
      contents.clear()
      contents.isDead = true
    }
  }

  private mutating func forget(_ local: LocalID) {
    contents.forget(local)
    stores.forget(local)
  }

  private mutating func load(_ id: NodeID, _ node: LoadNode, in body: borrowing Body) {
    guard !isShared[node.memarg.memory.index],
      let place = MemoryPlace(of: node.address, node.memarg, size: node.opcode.accessSize!, in: body)
    else { return stores.clear() }
    if let index = contents.index(of: place, node.opcode), mayReplace(place, contents.known[index].place),
      forward(contents.known[index], to: id, in: body)
    {
      return
    }
    stores.read(place)
    if contents.index(of: place, node.opcode) != nil { return }
    contents.add(
      KnownContent(
        place: place, load: node.opcode, nesting: nesting, source: .producer, number: 0, producer: id))
  }

  private func mayReplace(_ place: MemoryPlace, _ known: MemoryPlace) -> Bool {
    ignoresTraps || place.trapsOnly(with: known)
  }

  /// Puts a known value in the place of a load, if that is worth it.
  private mutating func forward(_ content: KnownContent, to load: NodeID, in body: borrowing Body) -> Bool {
    switch content.source {
    case .local:
      forwards.append((load, NodeRecord(.localGet, body.type(of: load), a: content.number)))
    case .constant:
      forwards.append((load, body.nodes[NodeID(rawValue: content.number).index]))
    case .producer:
      guard prefersSize || nesting.isAtLeastAsHot(as: content.nesting) || newLocals[content.producer] != nil,
        let local = local(for: content.producer, body.type(of: load), in: body)
      else { return false }
      forwards.append((load, NodeRecord(.localGet, body.type(of: load), a: local.rawValue)))
    }
    return true
  }

  private mutating func local(for producer: NodeID, _ type: ResultType, in body: borrowing Body) -> LocalID? {
    if let known = newLocals[producer] { return known }
    guard body.localCount + newTypes.count < Self.localLimit else { return nil }
    let local = LocalID(body.localCount + newTypes.count)
    newTypes.append(type.valueType)
    newLocals[producer] = local
    return local
  }

  private mutating func store(_ id: NodeID, _ node: StoreNode, in body: borrowing Body) {
    guard !isShared[node.memarg.memory.index],
      let place = MemoryPlace(of: node.address, node.memarg, size: node.opcode.accessSize!, in: body),
      place.base.isNone || !mayAssign(place.base, node.value, in: body)
    else {
      stores.clear()
      return contents.forget(node.memarg.memory)
    }
    let (source, number) = source(of: node.value, in: body)
    if let load = node.opcode.wholeLoad, let index = contents.index(of: place, load) {
      let known = contents.known[index]
      if mayReplace(place, known.place), isSame(known, source, number, in: body) { return deadStores.append(id) }
    }
    stores.write(place, by: id, dead: &deadStores)
    contents.forget(place)
    if let load = node.opcode.wholeLoad {
      contents.add(
        KnownContent(place: place, load: load, nesting: nesting, source: source, number: number, producer: id))
    }
  }

  private func mayAssign(_ local: LocalID, _ value: NodeID, in body: borrowing Body) -> Bool {
    switch body.opcode(of: value) {
    case .localGet, .i32Const, .i64Const, .f32Const, .f64Const: return false
    default:
      guard let effects = body.boundedEffects(of: value, limit: Self.lookLimit) else { return true }
      return effects.localsWritten & Effects(writing: local).localsWritten != 0
    }
  }

  private func source(of value: NodeID, in body: borrowing Body) -> (KnownContent.Source, UInt32) {
    switch body[value] {
    case .localGet(let local): return (.local, local.rawValue)
    case .localTee(let node): return (.local, node.local.rawValue)
    case .i32Const, .i64Const, .f32Const, .f64Const: return (.constant, value.rawValue)
    default: return (.producer, 0)
    }
  }

  private func isSame(
    _ known: KnownContent, _ source: KnownContent.Source, _ number: UInt32, in body: borrowing Body
  ) -> Bool {
    guard known.source == source else { return false }
    switch source {
    case .local: return known.number == number
    case .constant: return body.isEqualConstant(NodeID(rawValue: known.number), NodeID(rawValue: number))
    case .producer: return false
    }
  }

  // MARK: Rewriting

  func apply(to body: inout Body) {
    for type in newTypes { _ = body.makeLocal(type) }
    for (load, record) in forwards { body.replace(load, with: record) }
    for producer in newLocals.keys.sorted() { keepValue(of: producer, in: newLocals[producer]!, in: &body) }
    for store in deadStores { remove(store, in: &body) }
  }

  private func keepValue(of producer: NodeID, in local: LocalID, in body: inout Body) {
    if case .store(let node) = body[producer] {
      body.setOperand(1, of: producer, to: body.makeLocalTee(local, node.value))
      return
    }
    let load = body.append(body.nodes[producer.index])
    body.replace(
      producer, with: NodeRecord(.localTee, body.type(of: load), a: local.rawValue, b: load.rawValue))
  }

  /// Leaves of a store what its operands do.
  private func remove(_ store: NodeID, in body: inout Body) {
    guard case .store(let node) = body[store] else { return }
    let items = [node.address, node.value].filter { body.hasSideEffects($0) }.map { body.makeDropIfNeeded($0) }
    let list = body.makeList(items)
    body.replace(
      store,
      with: NodeRecord(
        .block, .none, a: LabelID.none.rawValue, b: UInt32(list.range.lowerBound), c: UInt32(list.count)))
  }
}

/// Stores that may turn out to be of no use, and how far memory is known to reach. For one way through the code.
private struct PendingStores: ~Copyable {
  private static let limit = 8

  private struct Store: BitwiseCopyable {
    let node: NodeID
    let place: MemoryPlace
    /// It does not trap.
    let isSafe: Bool
  }

  private let ignoresTraps: Bool
  private var stores: [Store] = []
  /// Places up to which memory reaches.
  private var reached: [MemoryPlace] = []

  init(ignoresTraps: Bool) { self.ignoresTraps = ignoresTraps }

  mutating func clear() {
    if !stores.isEmpty { stores.removeAll(keepingCapacity: true) }
    if !reached.isEmpty { reached.removeAll(keepingCapacity: true) }
  }

  mutating func forget(_ local: LocalID) {
    stores.removeAll { $0.place.base == local }
    reached.removeAll { $0.base == local }
  }

  private func isSafe(_ place: MemoryPlace) -> Bool {
    ignoresTraps
      || reached.contains {
        $0.memory == place.memory && $0.base == place.base && $0.addend == place.addend && $0.end >= place.end
      }
  }

  private mutating func reach(_ place: MemoryPlace) {
    if isSafe(place) { return }
    if reached.count == Self.limit { reached.removeFirst() }
    reached.append(place)
  }

  mutating func read(_ place: MemoryPlace) {
    if !stores.isEmpty {
      let isSafe = isSafe(place)
      stores.removeAll { !isSafe || $0.place.mayOverlap(place) }
    }
    reach(place)
  }

  mutating func write(_ place: MemoryPlace, by node: NodeID, dead: inout [NodeID]) {
    let isSafe = isSafe(place)
    stores.removeAll { store in
      if place.covers(store.place) {
        dead.append(store.node)
        return true
      }
      return !(isSafe && (store.isSafe || ignoresTraps))
    }
    if stores.count == Self.limit { stores.removeFirst() }
    stores.append(Store(node: node, place: place, isSafe: isSafe))
    reach(place)
  }
}

import BinaryFormat
import IR
import Support

/// Finds what a module needs, from its roots, over summaries of bodies.
///
/// Two things are known more finely than "used". A table that nothing but indirect calls, its bounds and writes can
/// see is *closed*: a function in it can only be called under a type that it matches. And such a function, if nothing
/// calls that type, is *mentioned*: it must exist, as its slot in the table must not become another one, but its body
/// never runs.
struct Reachability {
  let numbering: ItemNumbering
  private let bodies: [BodyReferences?]
  /// By item number.
  private(set) var isUsed: [Bool]
  /// By function.
  private(set) var isMentioned: [Bool]

  private var worklist: [UInt32] = []
  private var isGroupUsed: [Bool]
  private var isOpen: [Bool]
  private let segments: ActiveSegments
  private var closedTables: [TableID: CallableFunctions] = [:]
  /// Indirect calls of tables that nothing else has used so far.
  private var indirectCalls: Set<BodyReferences.IndirectCall> = []

  init(of module: borrowing Module, numbering: ItemNumbering, bodies: [BodyReferences?]) {
    self.numbering = numbering
    self.bodies = bodies
    isUsed = Array(repeating: false, count: numbering.count)
    isMentioned = Array(repeating: false, count: module.functions.count)
    isGroupUsed = Array(repeating: false, count: module.types.groups.count)
    isOpen = Array(repeating: false, count: module.tables.count)
    segments = ActiveSegments(of: module)
  }

  func isUsed(_ kind: ReferenceKind, _ index: Int) -> Bool {
    numbering.number(kind, UInt32(index)).map { isUsed[Int($0)] } ?? false
  }

  /// Marks an item, as something outside of bodies does that may do all with it that the language allows.
  mutating func use(_ item: ItemID) {
    mark(numbering.number(of: item))
    if case .table(let table) = item { open(table) }
  }

  mutating func use(_ id: ElementID) { mark(numbering.number(of: id)) }
  mutating func use(_ id: DataID) { mark(numbering.number(of: id)) }

  /// Marks everything that the items marked so far need. Linear in the module and the summaries.
  mutating func propagate(in module: borrowing Module) throws {
    while let number = worklist.popLast() {
      let (kind, index) = numbering.item(number)
      switch kind {
      case .function: try visit(FunctionID(rawValue: index), module)
      case .type: visit(TypeID(rawValue: index), module)
      case .table: try visit(TableID(rawValue: index), module)
      case .memory: for data in segments.datas[Int(index)] { mark(numbering.number(of: data)) }
      case .global:
        let global = module.globals[GlobalID(rawValue: index)]
        mark(global.type)
        if let initializer = global.initializer { try mark(initializer) }
      case .tag: mark(numbering.number(of: module.tags[TagID(rawValue: index)].type))
      case .element: try visit(ElementID(rawValue: index), module)
      case .data:
        guard case .active(let memory, let offset) = module.datas[DataID(rawValue: index)].mode else { continue }
        mark(numbering.number(of: memory))
        try mark(offset)
      case .tupleBlockType: preconditionFailure("not an item")
      }
    }
  }
}

// MARK: Marking

private extension Reachability {
  mutating func mark(_ number: UInt32) {
    guard !isUsed[Int(number)] else { return }
    isUsed[Int(number)] = true
    worklist.append(number)
  }

  mutating func mark(_ type: ValueType) {
    if type.isReference, let defined = type.heapType.definedType { mark(numbering.number(of: defined)) }
  }

  mutating func mark(_ expression: ConstExpression) throws {
    var numbers: [UInt32] = []
    try expression.forEachReference(of: .indices) { reference in
      if let number = numbering.number(reference.kind, reference.index) { numbers.append(number) }
    }
    for number in numbers { mark(number) }
  }

  mutating func mention(_ id: FunctionID, _ module: borrowing Module) {
    guard !isMentioned[id.index] else { return }
    isMentioned[id.index] = true
    mark(numbering.number(of: module.functions[id].type))
  }
}

// MARK: Visiting

private extension Reachability {
  mutating func visit(_ id: FunctionID, _ module: borrowing Module) throws {
    mention(id, module)
    guard let body = bodies[id.index] else { return }
    for number in body.items {
      let (kind, index) = numbering.item(number)
      switch kind {
      case .table: open(TableID(rawValue: index))
      // What a passive segment holds can go anywhere from the instruction that names it.
      case .element: openSegment(ElementID(rawValue: index), module)
      default: break
      }
      mark(number)
    }
    for call in body.indirectCalls { useCallable(call, module) }
  }

  mutating func visit(_ id: TypeID, _ module: borrowing Module) {
    let group = Int(module.types.groupOf[id.index])
    guard !isGroupUsed[group] else { return }
    isGroupUsed[group] = true
    for member in module.types.groups[group] {
      isUsed[Int(numbering.number(of: TypeID(rawValue: member)))] = true
      var mentioned: [TypeID] = []
      module.types[TypeID(rawValue: member)].forEachMentionedType { mentioned.append($0) }
      for type in mentioned { mark(numbering.number(of: type)) }
    }
  }

  mutating func visit(_ id: TableID, _ module: borrowing Module) throws {
    let table = module.tables[id]
    mark(table.element)
    if let initializer = table.initializer {
      if let function = initializer.function { mention(function, module) } else { try mark(initializer) }
    }
    for segment in segments.elements[id.index] { mark(numbering.number(of: segment)) }
    if isOpen[id.index] { openContents(of: id, module) }
  }

  mutating func visit(_ id: ElementID, _ module: borrowing Module) throws {
    let segment = module.elements[id]
    mark(segment.type)
    // Of a declarative segment, as much stays as `ref.func` needs.
    if case .declarative = segment.mode { return }
    for function in segment.functions { mention(function, module) }
    if case .expressions(let items) = segment.items {
      for item in items where item.function == nil { try mark(item) }
    }
    guard case .active(let table, let offset) = segment.mode else { return }
    mark(numbering.number(of: table))
    try mark(offset)
  }
}

// MARK: Tables

private extension Reachability {
  mutating func open(_ id: TableID) {
    guard !isOpen[id.index] else { return }
    isOpen[id.index] = true
    // A second visit opens what the table holds.
    isUsed[Int(numbering.number(of: id))] = true
    worklist.append(numbering.number(of: id))
  }

  mutating func openContents(of id: TableID, _ module: borrowing Module) {
    closedTables[id] = nil
    if let function = module.tables[id].initializer?.function { mark(numbering.number(of: function)) }
    for segment in segments.elements[id.index] { openSegment(segment, module) }
  }

  mutating func openSegment(_ id: ElementID, _ module: borrowing Module) {
    if case .declarative = module.elements[id].mode { return }
    for function in module.elements[id].functions { mark(numbering.number(of: function)) }
  }

  /// Marks the functions that the call can reach in a closed table; in an open one, all are.
  mutating func useCallable(_ call: BodyReferences.IndirectCall, _ module: borrowing Module) {
    mark(numbering.number(of: call.table))
    mark(numbering.number(of: call.type))
    let target = BodyReferences.IndirectCall(table: call.table, type: module.types.canonical(call.type))
    guard !isOpen[call.table.index], indirectCalls.insert(target).inserted else { return }
    if closedTables[call.table] == nil {
      closedTables[call.table] = CallableFunctions(
        in: call.table, segments: segments.elements[call.table.index], of: module)
    }
    guard let callable = closedTables[call.table]!.byType[target.type] else { return }
    for function in callable { mark(numbering.number(of: function)) }
  }
}

/// Which functions of a table an indirect call of a type can reach.
private struct CallableFunctions {
  /// By canonical type: the functions whose type matches it.
  var byType: [TypeID: [FunctionID]] = [:]

  init(in table: TableID, segments: [ElementID], of module: borrowing Module) {
    var seen: Set<FunctionID> = []
    var ancestors: [TypeID: [TypeID]] = [:]
    func add(_ id: FunctionID) {
      guard seen.insert(id).inserted else { return }
      let type = module.types.canonical(module.functions[id].type)
      if ancestors[type] == nil { ancestors[type] = module.types.selfAndSupertypes(of: type) }
      for ancestor in ancestors[type]! { byType[ancestor, default: []].append(id) }
    }
    if let function = module.tables[table].initializer?.function { add(function) }
    for segment in segments { module.elements[segment].functions.forEach(add) }
  }
}

private extension TypeTable {
  /// Canonical ids, the type first.
  func selfAndSupertypes(of type: TypeID) -> [TypeID] {
    var result = [canonical(type)]
    while let supertype = self[result.last!].supertype { result.append(canonical(supertype)) }
    return result
  }
}

/// The active segments of each table and memory, those removed left out.
private struct ActiveSegments {
  var elements: [[ElementID]]
  var datas: [[DataID]]

  init(of module: borrowing Module) {
    elements = Array(repeating: [], count: module.tables.count)
    datas = Array(repeating: [], count: module.memories.count)
    for id in module.elements.ids where !module.elements[id].isRemoved {
      if case .active(let table, _) = module.elements[id].mode { elements[table.index].append(id) }
    }
    for id in module.datas.ids where !module.datas[id].isRemoved {
      if case .active(let memory, _) = module.datas[id].mode { datas[memory.index].append(id) }
    }
  }
}

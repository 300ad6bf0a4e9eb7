import IR
import Support

/// The final index of every item, by stable id: what the writer and the printer use.
///
/// In each index space imports come first, in the order of the import section, then the rest in the order of ids or, for
/// functions, in that which a pass chose. Removed items have no index.
package struct IndexAssignment: Sendable {
  package static let removed = UInt32.max

  package private(set) var types: [UInt32] = []
  package private(set) var functions: [UInt32] = []
  package private(set) var tables: [UInt32] = []
  package private(set) var memories: [UInt32] = []
  package private(set) var tags: [UInt32] = []
  package private(set) var globals: [UInt32] = []
  package private(set) var elements: [UInt32] = []
  package private(set) var datas: [UInt32] = []

  /// The items in the order of their indices; for those that can be imported, only the defined ones.
  package private(set) var definedFunctions: [FunctionID] = []
  package private(set) var definedTables: [TableID] = []
  package private(set) var definedMemories: [MemoryID] = []
  package private(set) var definedTags: [TagID] = []
  package private(set) var definedGlobals: [GlobalID] = []
  package private(set) var keptElements: [ElementID] = []
  package private(set) var keptDatas: [DataID] = []

  package init(of module: borrowing Module) {
    let imports = module.imports
    var importedFunctions: [FunctionID] = []
    var importedTables: [TableID] = []
    var importedMemories: [MemoryID] = []
    var importedGlobals: [GlobalID] = []
    var importedTags: [TagID] = []
    for item in imports {
      switch item {
      case .function(let id): importedFunctions.append(id)
      case .table(let id): importedTables.append(id)
      case .memory(let id): importedMemories.append(id)
      case .global(let id): importedGlobals.append(id)
      case .tag(let id): importedTags.append(id)
      }
    }
    let allFunctions = module.functionOrder ?? Array(module.functions.ids)
    (functions, definedFunctions) = Self.assign(module.functions, importedFunctions, allFunctions) {
      ($0.isRemoved, $0.importName != nil)
    }
    (tables, definedTables) = Self.assign(module.tables, importedTables, Array(module.tables.ids)) {
      ($0.isRemoved, $0.importName != nil)
    }
    (memories, definedMemories) = Self.assign(module.memories, importedMemories, Array(module.memories.ids)) {
      ($0.isRemoved, $0.importName != nil)
    }
    (globals, definedGlobals) = Self.assign(module.globals, importedGlobals, Array(module.globals.ids)) {
      ($0.isRemoved, $0.importName != nil)
    }
    (tags, definedTags) = Self.assign(module.tags, importedTags, Array(module.tags.ids)) {
      ($0.isRemoved, $0.importName != nil)
    }
    (elements, keptElements) = Self.assign(module.elements, [], Array(module.elements.ids)) { ($0.isRemoved, false) }
    (datas, keptDatas) = Self.assign(module.datas, [], Array(module.datas.ids)) { ($0.isRemoved, false) }
    assignTypes(module)
  }

  private mutating func assignTypes(_ module: borrowing Module) {
    var next: UInt32 = 0
    for id in module.types.definitions.ids {
      if module.removedTypes.contains(id) {
        types.append(Self.removed)
      } else {
        types.append(next)
        next += 1
      }
    }
  }

  private static func assign<ID: EntityID, Value>(
    _ table: EntityTable<ID, Value>, _ imported: [ID], _ order: [ID],
    _ state: (Value) -> (isRemoved: Bool, isImported: Bool)
  ) -> ([UInt32], [ID]) {
    var indices = [UInt32](repeating: removed, count: table.count)
    var next: UInt32 = 0
    var defined: [ID] = []
    for id in imported where !state(table[id]).isRemoved {
      indices[id.index] = next
      next += 1
    }
    for id in order {
      let (isRemoved, isImported) = state(table[id])
      if isRemoved || isImported { continue }
      indices[id.index] = next
      next += 1
      defined.append(id)
    }
    return (indices, defined)
  }

  /// The assignment in the form that rewrites bodies.
  package var map: IndexMap {
    var map = IndexMap()
    map.set(.function, to: functions)
    map.set(.type, to: types)
    map.set(.table, to: tables)
    map.set(.memory, to: memories)
    map.set(.global, to: globals)
    map.set(.tag, to: tags)
    map.set(.element, to: elements)
    map.set(.data, to: datas)
    return map
  }

  /// The index of an item that can be imported or exported.
  package func index(of item: ItemID) -> UInt32 {
    switch item {
    case .function(let id): return functions[id.index]
    case .table(let id): return tables[id.index]
    case .memory(let id): return memories[id.index]
    case .global(let id): return globals[id.index]
    case .tag(let id): return tags[id.index]
    }
  }
}

extension Module {
  /// Gives a type to every block type that bodies spell out: the first plain function type with these results, or a
  /// new one at the end, in the order in which the functions are written. To be called before indices are assigned.
  package mutating func nameTupleTypes() throws {
    for id in functionOrder ?? Array(functions.ids) {
      let function = functions[id]
      guard !function.isRemoved, let code = function.code, code.hasTupleTypes else { continue }
      for results in try code.tupleBlockTypes() {
        let type = types.findOrAppend(FunctionType(results: results))
        removedTypes.remove(type)
      }
    }
  }
}

extension Code {
  /// The block types that the body spells out, in order.
  package func tupleBlockTypes() throws -> [[ValueType]] {
    var found: [[ValueType]] = []
    try forEachReference(of: .tupleBlockType) { reference in
      try bytes.withUnsafeBytes { buffer in
        var reader = ByteReader(borrowing: UnsafeBufferPointer(rebasing: buffer[reference.range]))
        _ = try reader.readByte()
        let count = try reader.readCount(of: "results")
        var results: [ValueType] = []
        for _ in 0..<count { results.append(try reader.readValueType(typeCount: HeapType.typeLimit)) }
        found.append(results)
      }
    }
    return found
  }
}

import BinaryFormat
import IR
import Support

/// What the items of a module mention.
struct Mentions {
  private var indices = [Set<UInt32>](repeating: [], count: ReferenceKind.allCases.count)

  /// - Parameter countsExports: whether what only exports mention counts as mentioned.
  init(in module: Module, countsExports: Bool = true) throws {
    if countsExports { for export in module.exports { insert(export.item) } }
    if let start = module.start { insert(.function(start)) }
    for function in module.functions.values {
      insert(.type, function.type.rawValue)
      try function.code?.forEachReference(of: .indices) { insert($0.kind, $0.index) }
    }
    for tag in module.tags.values { insert(.type, tag.type.rawValue) }
    for table in module.tables.values {
      insert(table.element)
      try insert(table.initializer)
    }
    for global in module.globals.values {
      insert(global.type)
      try insert(global.initializer)
    }
    for element in module.elements.values { try insert(element) }
    for data in module.datas.values {
      guard case .active(let memory, let offset) = data.mode else { continue }
      insert(.memory(memory))
      try insert(offset)
    }
  }

  func contains(_ kind: ReferenceKind, _ index: UInt32) -> Bool { indices[Int(kind.rawValue)].contains(index) }

  /// The recursion groups that neither an item nor another group mentions.
  func unusedGroups(of types: TypeTable) -> [Range<UInt32>] {
    var isUsed = [Bool](repeating: false, count: types.groups.count)
    for index in indices[Int(ReferenceKind.type.rawValue)] { isUsed[Int(types.groupOf[Int(index)])] = true }
    for (number, group) in types.groups.enumerated() {
      for index in group {
        types[TypeID(rawValue: index)].forEachMentionedType { mentioned in
          let other = Int(types.groupOf[mentioned.index])
          if other != number { isUsed[other] = true }
        }
      }
    }
    return zip(types.groups, isUsed).filter { !$0.1 }.map(\.0)
  }

  private mutating func insert(_ kind: ReferenceKind, _ index: UInt32) { indices[Int(kind.rawValue)].insert(index) }

  private mutating func insert(_ type: ValueType) {
    if type.isReference, let defined = type.heapType.definedType { insert(.type, defined.rawValue) }
  }

  private mutating func insert(_ expression: ConstExpression?) throws {
    try expression?.forEachReference(of: .indices) { insert($0.kind, $0.index) }
  }

  private mutating func insert(_ element: ElementSegment) throws {
    insert(element.type)
    if case .active(let table, let offset) = element.mode {
      insert(.table(table))
      try insert(offset)
    }
    switch element.items {
    case .functions(let functions): for function in functions { insert(.function(function)) }
    case .expressions(let expressions): for expression in expressions { try insert(expression) }
    }
  }

  private mutating func insert(_ item: ItemID) {
    switch item {
    case .function(let id): insert(.function, id.rawValue)
    case .table(let id): insert(.table, id.rawValue)
    case .memory(let id): insert(.memory, id.rawValue)
    case .global(let id): insert(.global, id.rawValue)
    case .tag(let id): insert(.tag, id.rawValue)
    }
  }
}

import BinaryFormat
import IR
import Support

/// Removes items that nothing mentions: not other items, nor exports, nor the start; and types likewise.
struct UnusedItemReduction: ReductionRound {
  private enum Item {
    case function(FunctionID), table(TableID), memory(MemoryID), global(GlobalID), tag(TagID)
    /// A recursion group.
    case types(Range<UInt32>)
  }

  let title = "unused items removed"
  private var items: [Item] = []

  init(of module: Module) throws {
    let mentions = try Mentions(in: module)
    func unused<ID: EntityID, Value>(_ kind: ReferenceKind, _ table: EntityTable<ID, Value>) -> [ID] {
      table.ids.filter { !mentions.contains(kind, $0.rawValue) }
    }
    items += unused(.function, module.functions).map { .function($0) }
    items += unused(.table, module.tables).map { .table($0) }
    items += unused(.memory, module.memories).map { .memory($0) }
    items += unused(.global, module.globals).map { .global($0) }
    items += unused(.tag, module.tags).map { .tag($0) }
    items += mentions.unusedGroups(of: module.types).map { .types($0) }
  }

  var count: Int { items.count }
  // What only removed functions called is unused now.
  var repeats: Bool { true }

  func apply(_ part: Range<Int>, to module: inout Module) -> Bool {
    for item in items[part] {
      switch item {
      case .function(let id):
        module.functions[id].isRemoved = true
        module.functions[id].code = nil
      case .table(let id): module.tables[id].isRemoved = true
      case .memory(let id): module.memories[id].isRemoved = true
      case .global(let id): module.globals[id].isRemoved = true
      case .tag(let id): module.tags[id].isRemoved = true
      case .types(let group): module.removedTypes.formUnion(group.map { TypeID(rawValue: $0) })
      }
    }
    return true
  }
}

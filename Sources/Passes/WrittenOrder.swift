import IR
import Support

// The order in which items are written now; the position in it is the item's index.

extension Module {
  var writtenFunctions: [FunctionID] {
    imported { if case .function(let id) = $0 { id } else { nil } } + currentFunctionOrder
  }

  var writtenTables: [TableID] {
    imported { if case .table(let id) = $0 { id } else { nil } }
      + tables.ids.filter { tables[$0].importName == nil && !tables[$0].isRemoved }
  }

  var writtenMemories: [MemoryID] {
    imported { if case .memory(let id) = $0 { id } else { nil } }
      + memories.ids.filter { memories[$0].importName == nil && !memories[$0].isRemoved }
  }

  var writtenGlobals: [GlobalID] {
    imported { if case .global(let id) = $0 { id } else { nil } }
      + globals.ids.filter { globals[$0].importName == nil && !globals[$0].isRemoved }
  }

  var writtenTags: [TagID] {
    imported { if case .tag(let id) = $0 { id } else { nil } }
      + tags.ids.filter { tags[$0].importName == nil && !tags[$0].isRemoved }
  }

  var writtenElements: [ElementID] { elements.ids.filter { !elements[$0].isRemoved } }
  var writtenDatas: [DataID] { datas.ids.filter { !datas[$0].isRemoved } }

  private func imported<ID>(_ id: (ItemID) -> ID?) -> [ID] { imports.filter { !isRemoved($0) }.compactMap(id) }
}

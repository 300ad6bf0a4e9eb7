import IR
import Support

/// What an instance imports, found and checked (specification 3.4.14 and 4.7.4).
struct Imports {
  private(set) var items: [External] = []
  private let instance: Instance
  private let store: Store

  init(of instance: Instance, from linker: Linker) throws {
    self.instance = instance
    store = instance.store
    for item in instance.module.imports {
      let (name, type) = describe(item)
      guard let found = try linker.item(name, type) else {
        throw InstantiationError.unlinkable("unknown import: \(name.module) \(name.name)")
      }
      guard matches(found, item) else {
        throw InstantiationError.unlinkable("incompatible import type: \(name.module) \(name.name)")
      }
      items.append(found)
    }
  }

  private func describe(_ item: ItemID) -> (ImportName, ImportedType) {
    let module = instance.module
    switch item {
    case .function(let id):
      let function = module.functions[id]
      return (function.importName!, .function(store.types.function(instance.types[function.type.index])))
    case .table(let id):
      let table = module.tables[id]
      return (table.importName!, .table(element: instance.map(table.element), table.limits))
    case .memory(let id): return (module.memories[id].importName!, .memory(module.memories[id].limits))
    case .global(let id):
      let global = module.globals[id]
      return (global.importName!, .global(instance.map(global.type), isMutable: global.isMutable))
    case .tag(let id):
      let tag = module.tags[id]
      return (tag.importName!, .tag(store.types.function(instance.types[tag.type.index])))
    }
  }

  private func matches(_ found: External, _ item: ItemID) -> Bool {
    let module = instance.module
    switch (item, found) {
    case (.function(let id), .function(let index)):
      let type = instance.types[module.functions[id].type.index]
      return store.types.table.isSubtype(store.functions[index].pointee.type, of: type)
    case (.table(let id), .table(let index)):
      let (table, record) = (module.tables[id], store.tables[index].pointee)
      return record.element == instance.map(table.element)
        && matches(record.limits, count: record.count, table.limits)
    case (.memory(let id), .memory(let index)):
      let (limits, record) = (module.memories[id].limits, store.memories[index].pointee)
      return record.limits.isShared == limits.isShared && record.limits.pageSizeLog2 == limits.pageSizeLog2
        && matches(record.limits, count: record.pageCount, limits)
    case (.global(let id), .global(let index)):
      let (wanted, type) = (module.globals[id], store.globalTypes[index])
      if wanted.isMutable != type.isMutable { return false }
      let wantedType = instance.map(wanted.type)
      return wanted.isMutable ? type.type == wantedType : store.types.table.matches(type.type, wantedType)
    case (.tag(let id), .tag(let index)): return store.tagTypes[index] == instance.types[module.tags[id].type.index]
    default: return false
    }
  }

  private func matches(_ limits: Limits, count: UInt64, _ wanted: Limits) -> Bool {
    guard limits.is64 == wanted.is64, count >= wanted.minimum else { return false }
    guard let maximum = wanted.maximum else { return true }
    return limits.maximum.map { $0 <= maximum } ?? false
  }
}

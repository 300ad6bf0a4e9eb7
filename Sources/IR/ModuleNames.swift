import Support

/// What the `name` section says, by stable id; empty where the module has no names or nobody asked for them.
package struct ModuleNames: Sendable {
  package var module: Name?
  package var functions: [FunctionID: Name] = [:]
  package var types: [TypeID: Name] = [:]
  package var tables: [TableID: Name] = [:]
  package var memories: [MemoryID: Name] = [:]
  package var globals: [GlobalID: Name] = [:]
  package var elements: [ElementID: Name] = [:]
  package var datas: [DataID: Name] = [:]
  package var tags: [TagID: Name] = [:]
  /// By type and index of the field.
  package var fields: [TypeID: [UInt32: Name]] = [:]
  package var locals: [FunctionID: [LocalID: Name]] = [:]
  /// By function and position of the block, loop, if or try among those of the body.
  package var labels: [FunctionID: [UInt32: Name]] = [:]

  package init() {}

  package var isEmpty: Bool {
    module == nil && functions.isEmpty && types.isEmpty && tables.isEmpty && memories.isEmpty && globals.isEmpty
      && elements.isEmpty && datas.isEmpty && tags.isEmpty && fields.isEmpty && locals.isEmpty && labels.isEmpty
  }
}

extension Module {
  /// How a message calls a function: its index, and its name if it has one.
  package func describe(_ id: FunctionID) -> String {
    if let name = names.functions[id] { return "\(id) (\(name))" }
    return "\(id)"
  }
}

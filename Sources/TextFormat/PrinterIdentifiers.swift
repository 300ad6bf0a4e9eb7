import BinaryFormat
import IR
import Support

/// A field of a structure, by position.
struct FieldID: EntityID {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What the text of a module calls its items: made once, shared by all workers.
///
/// Linear in the declarations.
package final class ModuleIdentifiers: Sendable {
  let types: ReferenceTable<TypeID>
  let functions: ReferenceTable<FunctionID>
  let tables: ReferenceTable<TableID>
  let memories: ReferenceTable<MemoryID>
  let globals: ReferenceTable<GlobalID>
  let tags: ReferenceTable<TagID>
  let elements: ReferenceTable<ElementID>
  let datas: ReferenceTable<DataID>
  /// Only of structures with named fields.
  let fields: [TypeID: ReferenceTable<FieldID>]
  private let definitions: TypeTable
  /// The positions that bodies may have.
  let sourceMap: SourceMap?

  package init(of module: Module) {
    let indices = IndexAssignment(of: module)
    let names = module.names
    types = ReferenceTable(indices: indices.types) { names.types[$0] }
    functions = ReferenceTable(indices: indices.functions) { names.functions[$0] }
    tables = ReferenceTable(indices: indices.tables) { names.tables[$0] }
    memories = ReferenceTable(indices: indices.memories) { names.memories[$0] }
    globals = ReferenceTable(indices: indices.globals) { names.globals[$0] }
    tags = ReferenceTable(indices: indices.tags) { names.tags[$0] }
    elements = ReferenceTable(indices: indices.elements) { names.elements[$0] }
    datas = ReferenceTable(indices: indices.datas) { names.datas[$0] }
    var fields: [TypeID: ReferenceTable<FieldID>] = [:]
    for (type, fieldNames) in names.fields where module.types.definitions.contains(type) {
      let count = module.types[type].fields?.count ?? 0
      fields[type] = ReferenceTable(indices: (0..<count).map { UInt32($0) }) { fieldNames[$0.rawValue] }
    }
    self.fields = fields
    definitions = module.types
    sourceMap = module.sourceMap
  }

  /// The results of a function type; none if it is no such type.
  func results(of type: TypeID) -> [ValueType] {
    guard definitions.definitions.contains(type) else { return [] }
    return definitions[type].function?.results ?? []
  }
}

import IR
import Support

/// What lists call functions: by name, else by what they are imported or exported as; empty if there is none of these.
struct FunctionLabels {
  private let names: [FunctionID: Name]
  private var others: [FunctionID: String] = [:]

  init(of module: borrowing Module) {
    names = module.names.functions
    for export in module.exports.reversed() { if case .function(let id) = export.item { others[id] = "\(export.name)" } }
    for id in module.functions.ids {
      if let name = module.functions[id].importName { others[id] = "\(name.module).\(name.name)" }
    }
  }

  subscript(id: FunctionID) -> String { names[id].map { "\($0)" } ?? others[id] ?? "" }
}

import IR
import PassManager
import Support

/// Keeps one function, exported, with what it needs; the functions that it calls become imports.
///
///     (func $f (call $g))              (import "env" "g" (func $g))
///     (func $g ...)              ->    (func $f (export "f")
///     (func $h ...)                      (call $g))
struct ExtractFunction: ModulePass {
  enum Choice: Sendable {
    case name(Name)
    /// The position in the module as it is when the pass runs: imported functions first.
    case index(Int)
  }

  let choice: Choice

  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let function = try find(in: module)
    let name = module.names.functions[function] ?? module.exportName(of: function) ?? Name("\(function)")
    for id in module.definedFunctions where id != function { module.makeImported(id) }
    module.exports = [Export(name: name, item: .function(function))]
    module.start = nil
    try RemoveUnusedModuleElements().run(on: &module, in: context)
  }

  private func find(in module: borrowing Module) throws -> FunctionID {
    switch choice {
    case .index(let index):
      let order = module.writtenFunctions
      guard order.indices.contains(index) else {
        throw WasmError(.request, "there is no function \(index) to extract: the module has \(order.count)")
      }
      return try extractable(order[index], module)
    case .name(let name):
      let named = module.writtenFunctions.first { module.names.functions[$0] == name }
      guard let function = named ?? module.exportedFunction(name) else {
        throw WasmError(.request, "there is no function named '\(name)' to extract")
      }
      return try extractable(function, module)
    }
  }

  private func extractable(_ id: FunctionID, _ module: borrowing Module) throws -> FunctionID {
    guard module.functions[id].code != nil else {
      throw WasmError(.request, "function \(module.describe(id)) is imported: there is nothing to extract")
    }
    return id
  }
}

private extension Module {
  func exportName(of function: FunctionID) -> Name? { exports.first { $0.item == .function(function) }?.name }

  func exportedFunction(_ name: Name) -> FunctionID? {
    for export in exports where export.name == name { if case .function(let id) = export.item { return id } }
    return nil
  }

  mutating func makeImported(_ id: FunctionID) {
    let name = names.functions[id] ?? exportName(of: id) ?? Name("\(id)")
    functions[id].code = nil
    functions[id].importName = ImportName(module: "env", name: name)
    names.locals[id] = nil
    names.labels[id] = nil
    imports.append(.function(id))
  }
}

import IR
import Support

/// The module `spectest` that scripts of the specification import from (specification, interpreter/host/spectest.ml).
package enum SpecTestHost {
  package static let moduleName: Name = "spectest"

  /// Makes its items in `store`, importable by `linker`. Its functions print nothing.
  package static func define(in store: Store, for linker: inout Linker) throws {
    func define(_ name: Name, _ item: External) { linker.define(moduleName, name, item) }
    let functions: [(Name, [ValueType])] = [
      ("print", []), ("print_i32", [.i32]), ("print_i64", [.i64]), ("print_f32", [.f32]), ("print_f64", [.f64]),
      ("print_i32_f32", [.i32, .f32]), ("print_f64_f64", [.f64, .f64]),
    ]
    for (name, parameters) in functions {
      define(name, store.addFunction(HostFunction("\(name)", FunctionType(parameters: parameters)) { _ in [] }))
    }
    define("global_i32", store.addGlobal(.i32(666), type: .i32, isMutable: false))
    define("global_i64", store.addGlobal(.i64(666), type: .i64, isMutable: false))
    define("global_f32", store.addGlobal(.f32(Float(666.6).bitPattern), type: .f32, isMutable: false))
    define("global_f64", store.addGlobal(.f64(666.6.bitPattern), type: .f64, isMutable: false))
    define("table", try store.addTable(.funcref, Limits(minimum: 10, maximum: 20)))
    define("table64", try store.addTable(.funcref, Limits(minimum: 10, maximum: 20, is64: true)))
    define("memory", try store.addMemory(Limits(minimum: 1, maximum: 2)))
    define("shared_memory", try store.addMemory(Limits(minimum: 1, maximum: 2, isShared: true)))
  }
}

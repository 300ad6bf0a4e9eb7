import IR
import Support

/// Makes valid modules from seeds: what an optimizer has to cope with, common code as well as code that no compiler
/// would write. The same seed and options give the same bytes on every machine.
///
/// Every execution ends. An i32 global holds fuel; each function and each loop takes from it as it is entered, and
/// returns default values when nothing is left. Exports whose names begin with `reset` fill it again. They stand
/// before each exported function, so that who calls the exports in their order need not know of them.
///
/// Most executions don't trap, but any instruction may. Exceptions may leave an exported function.
///
/// What a host has to supply, all of it from module `env`:
/// - functions `f0`, `f1` ... over i32, i64, f32 and f64, with up to three results;
/// - globals `g0` ... of these types, some mutable (`GeneratorOptions.importKinds`);
/// - memories `m0` ..., tables `t0` ... of funcref, with at least the minimum that their type says;
/// - tags `e0` ....
///
/// A name may be imported twice, then with the same type. Exported functions take numbers, vectors and nullable
/// references, a few also references that are not nullable; they return anything.
package struct ModuleGenerator: Sendable {
  private let seed: UInt64
  private let options: GeneratorOptions

  package init(seed: UInt64, options: GeneratorOptions = GeneratorOptions()) {
    self.seed = seed
    self.options = options
  }

  package func generate() -> Bytes {
    var state = GeneratorState(seed: seed, options: options)
    state.declareTypes()
    state.declareImports()
    state.declareFunctions()
    state.declareMemories()
    state.declareTags()
    state.declareTables()
    state.declareGlobals()
    state.declareSegments()
    state.declareExports()
    state.generateBodies()
    return state.writeModule()
  }
}

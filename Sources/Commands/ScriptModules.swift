import BinaryFormat
import IR
import PassManager
import Support
import TextFormat

/// Reads, validates and optimizes the modules of scripts.
struct ScriptModules {
  let workers: WorkerPool
  /// Passes that each module goes through before it runs.
  let passes: [ScheduledPass]

  /// A module ready to run. Throws what is wrong with it.
  func load(_ module: ScriptModule, isOptimized: Bool = true) throws -> Module {
    let passes = isOptimized ? passes : []
    var input = try ModuleInput(assembled: try module.assemble())
    try input.withModule { try PassRunner.quiet(workers).run(passes, on: &$0) }
    if passes.isEmpty { return input.module }
    // What a user of the passes gets is the file that is written.
    let bytes = try ModuleWriter.bytes(of: input.module, workers: workers)
    do {
      input = try ModuleInput(binary: Bytes(bytes))
      try PassRunner.quiet(workers).run([], on: &input.module)
    } catch {
      throw WasmError(.internalError, "the optimized module is refused: \(error)")
    }
    return input.module
  }

  /// The first error in the module, nil if it is valid without the features that are `disabled`.
  func error(in module: ScriptModule, without disabled: FeatureSet = .mvp) -> WasmError? {
    do {
      var input = try ModuleInput(assembled: try module.assemble())
      try input.withModule { try PassRunner.quiet(workers).run([], on: &$0) }
      let used = input.module.usedFeatures.intersection(disabled)
      return used.isEmpty ? nil : WasmError(.invalid, "needs \(used.optionNames.joined(separator: ", "))")
    } catch {
      return error as? WasmError ?? WasmError(.internalError, "\(error)")
    }
  }
}

import BinaryFormat
import IR
import Oracle
import PassManager
import Support

/// Whether the module is executed before and after optimizing, and what may be different.
package struct ExecutionOptions: Sendable {
  /// Compare what the module does before and after.
  package var compares = false
  /// Print what it does before.
  package var printsBefore = false
  package var seed: UInt64 = 0
  package var trapsNeverHappen = false
  package var ignoresImplicitTraps = false

  var isOn: Bool { compares || printsBefore }

  var comparison: ExecutionComparison {
    var comparison = ExecutionComparison()
    comparison.seed = seed
    comparison.assumesNoTraps = trapsNeverHappen || ignoresImplicitTraps
    return comparison
  }

  static func options<Request>(_ path: WritableKeyPath<Request, ExecutionOptions>) -> [Option<Request>] {
    [
      Option(
        "--fuzz-exec",
        says: "Call each export before and after the passes, with arguments from a seed and made-up imports, and fail at "
          + "the first difference: in results, traps, calls of imports, exported or imported memories, globals, tables.",
        action: .flag { $0[keyPath: path].compares = true }),
      Option(
        "--fuzz-exec-before", says: "Call each export before the passes and print what it does.",
        action: .flag { $0[keyPath: path].printsBefore = true }),
      Option(
        "--fuzz-exec-seed", says: "Take the arguments from seed N (0).",
        action: .value("N") { $0[keyPath: path].seed = UInt64(try $1.number(in: 0...Int.max)) }),
      Option(
        "-tnh", "--traps-never-happen",
        says: "Assume that no trap ever happens: --fuzz-exec compares nothing from the first trap on.",
        action: .flag { $0[keyPath: path].trapsNeverHappen = true }),
      Option(
        "-iit", "--ignore-implicit-traps",
        says: "Assume that loads, divisions and the like do not trap, with the same effect on --fuzz-exec.",
        action: .flag { $0[keyPath: path].ignoresImplicitTraps = true }),
    ]
  }
}

/// What a module did before passes ran, to be compared with what it does then.
struct ExecutionCheck {
  private let comparison: ExecutionComparison
  private let trace: ExecutionTrace
  private let exports: [Name]

  /// Executes a module whose bodies are validated.
  init(of module: Module, _ comparison: ExecutionComparison, workers: WorkerPool) throws {
    self.comparison = comparison
    let module = try ExecutionCheck.reread(module, workers)
    exports = comparison.exportedFunctions(of: module)
    trace = try comparison.trace(of: module)
  }

  /// Throws what the module, now that passes ran over it, does otherwise.
  func check(_ module: Module, workers: WorkerPool) throws {
    let after = try ExecutionCheck.reread(module, workers)
    if let difference = try comparison.difference(from: trace, calling: exports, to: after) {
      throw WasmError(.internalError, "--fuzz-exec: the passes changed what the module does: \(difference)")
    }
  }

  /// One line for each call.
  var text: String {
    trace.calls.map { "[fuzz-exec] \($0.title) => \($0.outcome.text)\n" }.joined()
  }

  /// What would be read from the file: without the items that passes removed.
  private static func reread(_ module: Module, _ workers: WorkerPool) throws -> Module {
    let bytes = try ModuleWriter.bytes(of: module, workers: workers)
    var module = try ModuleReader.read(Bytes(bytes))
    try PassRunner.quiet(workers).run([], on: &module)
    return module
  }
}

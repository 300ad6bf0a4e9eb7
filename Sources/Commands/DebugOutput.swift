import BinaryFormat
import IR
import PassManager
import Support
import TextFormat

/// What `PARE_PASS_DEBUG` shows besides the log of the runner.
enum DebugOutput {
  static func hooks(_ workers: WorkerPool) -> DebugHooks {
    DebugHooks(describeFunction: { FunctionPrinter.text(of: $1, in: $0) }, dump: { try dump($0, $1, $2, workers) })
  }

  /// Writes the module to `pare-NUMBER-PASS.wasm` in the current directory.
  private static func dump(_ module: Module, _ number: Int, _ pass: String, _ workers: WorkerPool) throws {
    var options = WriterOptions()
    options.keepsNames = true
    let digits = String(number)
    let path = Path("pare-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits + "-\(pass).wasm")
    try about(path) {
      let file = try OutputFile(path)
      try ModuleWriter.write(module, options: options, workers: workers) { try file.write($0) }
      try file.commit()
    }
  }
}

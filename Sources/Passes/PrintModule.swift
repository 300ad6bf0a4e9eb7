import IR
import PassManager
import Support
import TextFormat

/// Prints the module in the text format.
struct PrintModule: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let printer = context.printer
    try ModulePrinter.print(module, workers: context.workers) { part in
      try printer.write(Bytes(storage: ByteStorage(copying: part), start: 0, count: part.count))
    }
  }
}

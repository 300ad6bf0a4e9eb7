import BinaryFormat
import PassManager
import Support

/// `pare as`: any form to binary.
enum AsCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: TranslateRequest.self, in: context, help: help) { request in
      let (session, output) = try request.start(isBinary: true, in: context)
      var options = WriterOptions()
      options.keepsNames = request.keepsNames
      try session.writeBinary(to: output, options: options)
      try output.commit()
      return ExitStatus.success
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare as INPUT [-o OUTPUT] [OPTIONS]")
    page.addParagraph("Writes a WebAssembly module as binary. The input is text (or binary); - reads standard input.")
    page.addOptions(of: TranslateRequest.self)
    return page
  }
}

/// `pare dis`: any form to text.
enum DisCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: TranslateRequest.self, in: context, help: help) { request in
      let (session, output) = try request.start(isBinary: false, in: context)
      try session.writeText(to: output)
      try output.commit()
      return ExitStatus.success
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare dis INPUT [-o OUTPUT] [OPTIONS]")
    page.addParagraph(
      "Writes a WebAssembly module as text: folded, indented, with the names it has. The input is binary (or text); - "
        + "reads standard input.")
    page.addOptions(of: TranslateRequest.self)
    return page
  }
}

private extension TranslateRequest {
  /// The module, read and validated, and where it goes.
  func start(isBinary: Bool, in context: ToolContext) throws -> (ModuleSession, ModuleOutput) {
    guard let input else { throw requestError("there is no input file; --help tells more") }
    let output = try ModuleOutput(output ?? "-", isBinary: isBinary, in: context)
    var reading = ReaderOptions()
    reading.readsNames = keepsNames || !isBinary
    var options = RunnerOptions()
    options.validates = isValidating
    options.memoryBudget = try resources.memoryBudget(in: context.environment)
    let workers = try resources.workerPool(in: context.environment)
    var session = try ModuleSession(reading: input, options: reading, workers: workers)
    try session.run([], features: features, options: options, in: context, isQuiet: false)
    return (session, output)
  }
}

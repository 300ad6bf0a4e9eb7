import BinaryFormat
import PassManager
import Support

/// `pare validate`: says what is wrong with modules.
enum ValidateCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: InspectRequest.self, in: context, help: help) { request in
      try request.check()
      var status = ExitStatus.success
      for input in request.inputs {
        do {
          try request.run([], on: input, in: context)
        } catch let error as FileError {
          context.report(errorLine(for: error))
          status = ExitStatus.failure
        }
      }
      return status
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare validate INPUT... [OPTIONS]")
    page.addParagraph(
      "Checks WebAssembly modules, binary or text. Prints nothing for a valid module, one line for one that is not: its "
        + "first error and where it is. The exit status is 1 if there is any.")
    page.addOptions(of: InspectRequest.self)
    return page
  }
}

/// `pare metrics`: counts what modules are made of.
enum MetricsCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: InspectRequest.self, in: context, help: help) { request in
      try request.check()
      let metrics = try PassCatalog.descriptor("metrics")!.scheduled(with: PassOptions())
      for input in request.inputs {
        if request.inputs.count > 1 { try context.output.write("\(printable(input.description)):\n") }
        try request.run([metrics], on: input, in: context)
      }
      return ExitStatus.success
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare metrics INPUT... [OPTIONS]")
    page.addParagraph("Counts the items and instructions of WebAssembly modules, binary or text.")
    page.addOptions(of: InspectRequest.self)
    return page
  }
}

private extension InspectRequest {
  func run(_ schedule: [ScheduledPass], on input: Path, in context: ToolContext) throws {
    let workers = try resources.workerPool(in: context.environment)
    var options = RunnerOptions()
    options.memoryBudget = try resources.memoryBudget(in: context.environment)
    var session = try ModuleSession(reading: input, options: ReaderOptions(), workers: workers)
    try session.run(schedule, features: features, options: options, in: context, isQuiet: false)
  }
}

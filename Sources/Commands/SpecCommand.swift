import PassManager
import Support
import TextFormat

/// `pare spec`: runs scripts of the specification's test suite.
enum SpecCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: InspectRequest.self, in: context, help: help) { request in
      try request.check()
      let workers = try request.resources.workerPool(in: context.environment)
      var total = ScriptTally()
      for path in request.inputs {
        var runner = ScriptRunner(workers: workers)
        do {
          try about(path) { try runner.run(ScriptParser.parse(InputFile.read(path))) }
        } catch let error as FileError {
          context.report(errorLine(for: error))
          total.failed += 1
        }
        for failure in runner.failures {
          context.report("pare: \(path):\(failure.line): \(failure.message)")
        }
        total.add(runner.tally)
      }
      try context.output.write("\(total.passed) passed, \(total.failed) failed, \(total.skipped) skipped\n")
      return total.failed == 0 ? ExitStatus.success : ExitStatus.failure
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare spec SCRIPT.wast... [OPTIONS]")
    page.addParagraph(
      "Runs scripts in the format of the specification's test suite: modules that must be valid are read and validated, "
        + "those that must be malformed or invalid must be refused. Commands that execute code are skipped. Prints each "
        + "failure and how many commands passed, failed and were skipped; the exit status is 1 if any failed.")
    page.addOptions(of: InspectRequest.self)
    return page
  }
}

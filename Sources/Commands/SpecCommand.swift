import PassManager
import Support
import TextFormat

/// `pare spec`: runs scripts of the specification's test suite.
enum SpecCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: SpecRequest.self, in: context, help: help) { request in
      let passes = try request.passes()
      let workers = try request.resources.workerPool(in: context.environment)
      var total = ScriptTally()
      for path in request.inputs {
        var runner = try ScriptRunner(workers: workers, passes: passes)
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
      try context.output.write("\(total.passed) passed, \(total.failed) failed\n")
      return total.failed == 0 ? ExitStatus.success : ExitStatus.failure
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare spec SCRIPT.wast... [OPTIONS]")
    page.addParagraph(
      "Runs scripts in the format of the specification's test suite: modules that must be valid are read, validated "
        + "and instantiated, those that must be malformed, invalid or unlinkable must be refused, functions are called "
        + "and their results, traps and exceptions compared. Prints each failure and how many commands passed and "
        + "failed; the exit status is 1 if any failed.")
    page.addOptions(of: SpecRequest.self)
    return page
  }
}

/// What `pare spec` is asked to do.
struct SpecRequest: ToolRequest {
  var inputs: [Path] = []
  var through: OptionValue?
  var resources = ResourceOptions()

  mutating func take(input path: Path) { inputs.append(path) }

  /// The passes of `--through`.
  func passes() throws -> [ScheduledPass] {
    if inputs.isEmpty { throw requestError("there is no input file; --help tells more") }
    guard let through else { return [] }
    return try parseSchedule(through).schedule
  }

  static var optionGroups: [OptionGroup<SpecRequest>] {
    let through = Option<SpecRequest>(
      "--through", says: "Optimize each module with these passes or -O options before it runs.",
      action: .value("'PASSES'") { $0.through = $1 })
    return [
      OptionGroup(title: "Options", options: [through] + ResourceOptions.options(\.resources) + generalOptions())
    ]
  }
}

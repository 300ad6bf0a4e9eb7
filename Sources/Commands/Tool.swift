import Support

/// What a tool may touch besides files: set up once by `main`, replaced in tests.
package struct ToolContext: Sendable {
  package let environment: Environment
  package let output: StandardOutput

  package init(environment: Environment, output: StandardOutput) {
    self.environment = environment
    self.output = output
  }
}

/// One of the tools that the first word of the command line chooses.
struct Tool {
  let name: String
  let sentence: String
  /// Does what the arguments ask for and returns the exit status. Errors are for the caller to print.
  let run: ([Argument], ToolContext) throws -> Int32

  static let all: [Tool] = [
    Tool(name: "opt", sentence: "Read, optimize and write a module (the default).", run: OptCommand.run),
    Tool(name: "as", sentence: "Write a text module as binary.", run: AsCommand.run),
    Tool(name: "dis", sentence: "Write a module as text.", run: DisCommand.run),
    Tool(name: "validate", sentence: "Check that modules are valid.", run: ValidateCommand.run),
    Tool(name: "metrics", sentence: "Count what a module is made of.", run: MetricsCommand.run),
    Tool(name: "spec", sentence: "Run scripts (.wast) of the specification's test suite.", run: SpecCommand.run),
  ]
}

/// Runs the tool that the first word names, else `opt` on all words. Returns the exit status.
package func runCommandLine(_ arguments: [Argument], in context: ToolContext) -> Int32 {
  let chosen = arguments.first.flatMap { word in Tool.all.first { $0.name == word.description } }
  let tool = chosen ?? Tool.all[0]
  do {
    let status = try tool.run(chosen == nil ? arguments : Array(arguments.dropFirst()), context)
    try context.output.flush()
    return status
  } catch StandardOutput.Closed.byReader {
    return 1
  } catch {
    try? context.output.flush()
    printToStandardError(errorLine(for: error))
    return 1
  }
}

/// A tool's exit statuses.
enum ExitStatus {
  static let success: Int32 = 0
  static let failure: Int32 = 1
}

import Support

/// What a tool may touch besides files: set up once by `main`, replaced in tests.
package struct ToolContext: Sendable {
  package let environment: Environment
  package let output: StandardStream
  package let errors: StandardStream

  package init(environment: Environment, output: StandardStream, errors: StandardStream) {
    self.environment = environment
    self.output = output
    self.errors = errors
  }

  /// Prints one line for a person to standard error. There is nowhere left to report that standard error fails.
  func report(_ line: String) {
    try? errors.write(printable(line) + "\n")
    try? errors.flush()
  }
}

/// One of the tools that the first word of the command line chooses.
struct Tool: Sendable {
  let name: String
  let sentence: String
  /// Does what the arguments ask for and returns the exit status. Errors are for the caller to print.
  let run: @Sendable ([Argument], ToolContext) throws -> Int32

  static let all: [Tool] = [
    Tool(name: "opt", sentence: "Read, optimize and write a module (the default).") { try OptCommand.run($0, in: $1) },
    Tool(name: "as", sentence: "Write a text module as binary.") { try AsCommand.run($0, in: $1) },
    Tool(name: "dis", sentence: "Write a module as text.") { try DisCommand.run($0, in: $1) },
    Tool(name: "validate", sentence: "Check that modules are valid.") { try ValidateCommand.run($0, in: $1) },
    Tool(name: "metrics", sentence: "Count what a module is made of.") { try MetricsCommand.run($0, in: $1) },
    Tool(name: "run", sentence: "Run a program or a function of a module.") { try RunCommand.run($0, in: $1) },
    Tool(name: "bisect", sentence: "Find the rewrite of a pass that makes a command fail.") {
      try BisectCommand.run($0, in: $1)
    },
    Tool(name: "reduce", sentence: "Shrink a module while a command still fails on it.") {
      try ReduceCommand.run($0, in: $1)
    },
    Tool(name: "spec", sentence: "Run scripts (.wast) of the specification's test suite.") { try SpecCommand.run($0, in: $1) },
    Tool(name: "fuzz", sentence: "Make modules from seeds and check that passes keep what they do.") { try FuzzCommand.run($0, in: $1) },
  ]
}

/// A tool's exit status.
enum ExitStatus {
  static let success: Int32 = 0
  static let failure: Int32 = 1
}

/// Runs the tool that the first word names, else `opt` on all words. Returns the exit status.
package func runCommandLine(_ arguments: [Argument], in context: ToolContext) -> Int32 {
  let chosen = arguments.first.flatMap { word in Tool.all.first { $0.name == word.description } }
  let tool = chosen ?? Tool.all[0]
  do {
    let status = try tool.run(chosen == nil ? arguments : Array(arguments.dropFirst()), context)
    try context.output.flush()
    return status
  } catch StandardStream.Closed.byReader {
    return ExitStatus.failure
  } catch {
    try? context.output.flush()
    context.report(errorLine(for: error))
    return ExitStatus.failure
  }
}

/// What a tool does with its arguments, up to the point where it has a request.
///
/// - Parameter help: what the help page says before the options.
func handle<Request: ToolRequest>(
  _ arguments: [Argument], of type: Request.Type = Request.self, in context: ToolContext, help: () -> HelpPage,
  _ run: (Request) throws -> Int32
) throws -> Int32 {
  switch try parse(arguments, into: Request()) {
  case .run(let request): return try run(request)
  case .help: try context.output.write(help().text)
  case .version: try context.output.write(version + "\n")
  }
  return ExitStatus.success
}

import BinaryFormat
import IR
import Oracle
import PassManager
import Support
import TextFormat

/// `pare bisect`: finds the rewrite that makes a command fail.
enum BisectCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: BisectRequest.self, in: context, help: help) { request in
      try run(request, in: context)
    }
  }

  private static func run(_ request: BisectRequest, in context: ToolContext) throws -> Int32 {
    try request.opt.check()
    let input = request.opt.input!
    let checker = try Checker(request.check)
    let cutter = try Cutter(request, in: context)
    let progress = PatientReport(isQuiet: request.opt.isQuiet, context)
    let all = try cutter.cut(after: .max)
    let behavior = try checker.behavior(on: cutter.bytes(of: all.module))
    let failure = try checker.failure(seen: behavior, on: "\(input) after all passes")
    let bisector = Bisector(
      report: { progress.show("the command begins to fail after step \($0), and by step \($1)") },
      fails: { try checker.behavior(on: cutter.bytes(of: $0)) == failure }, makeCut: cutter.cut)
    switch try bisector.find() {
    case .failsFromTheStart:
      throw requestError("the command \(failure) on \(input) before any pass has run, so that none of them is to blame")
    case .neverFails:
      throw requestError("the command \(failure) on \(input) after all passes, but not each time")
    case .found(let finding):
      try context.output.write(describe(finding, failure))
      return ExitStatus.success
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare bisect --check COMMAND INPUT [OPTIONS AND PASSES]")
    page.addParagraph(
      "Finds what makes COMMAND fail on a WebAssembly module that has been optimized, though it does not fail on the "
        + "module itself: the pass, the function, and where the pass lets it, the single rewrite. Prints the function "
        + "before and after. Passes and -O options are those of 'pare opt', which lists them. What fails must fail "
        + "each time in the same way.")
    page.addParagraph("pare bisect --check 'my-engine {}' -O3 in.wasm")
    page.addOptions(of: BisectRequest.self)
    return page
  }
}

/// What `pare bisect` is asked to do.
struct BisectRequest: ToolRequest {
  /// What the module would be optimized with.
  var opt = OptRequest()
  var check = CheckOptions()

  mutating func take(input path: Path) throws { try opt.take(input: path) }

  mutating func take(pass: String, argument: String?) throws -> Bool { try opt.take(pass: pass, argument: argument) }

  static var passNames: [String] { OptRequest.passNames }

  static var optionGroups: [OptionGroup<BisectRequest>] {
    let check: [Option<BisectRequest>] = CheckOptions.options(
      \.check,
      status: "The exit status that is the failure. Default: that of the command after all passes, which must not be 0.")
    return [
      OptionGroup(
        title: "Options",
        options: check + [
          Option("-g", "--debuginfo", says: "Keep names in binary modules.", action: .flag { $0.opt.keepsNames = true }),
          Option("-q", "--quiet", says: "Print no progress.", action: .flag { $0.opt.isQuiet = true }),
        ] + generalOptions()),
      OptionGroup(title: "Optimization", options: OptRequest.optimization.map { $0.lifted(to: \.opt) }),
      OptionGroup(title: "Passes", options: OptRequest.passControl.map { $0.lifted(to: \.opt) }),
      OptionGroup(title: "Features", options: FeatureOptions.options(\.opt.features)),
      OptionGroup(title: "Resources", options: ResourceOptions.options(\.opt.resources)),
    ]
  }
}

/// Makes the module as it is after some steps.
private struct Cutter {
  private let request: OptRequest
  private let schedule: [ScheduledPass]
  private let options: RunnerOptions
  private let workers: WorkerPool
  private let session: ModuleSession
  private let context: ToolContext

  init(_ bisection: BisectRequest, in context: ToolContext) throws {
    var request = bisection.opt
    request.emitsText = bisection.check.isText
    self.request = request
    self.context = context
    schedule = try request.schedule().filter { !$0.traits.contains(.printsOnly) }
    options = try request.runnerOptions(in: context.environment)
    workers = try request.resources.workerPool(in: context.environment)
    session = try ModuleSession(reading: request.input!, options: ReaderOptions(), workers: workers)
  }

  func cut(after limit: Int) throws -> Bisector.Cut {
    var options = options
    options.stepLimit = limit
    var session = session
    let steps = try session.run(schedule, features: request.features, options: options, in: context, isQuiet: true)
    return Bisector.Cut(session.module, steps!)
  }

  func bytes(of module: Module) throws -> Bytes {
    var options = WriterOptions()
    options.keepsNames = request.keepsNames || request.emitsText
    return Bytes(try ModuleWriter.bytes(of: module, options: options, workers: workers))
  }
}

/// What a person wants to know of the step that was found.
private func describe(_ finding: Bisector.Finding, _ failure: CheckBehavior) -> String {
  var text = """
    With --bisect-limit \(finding.number) the command \(failure); with \(finding.number - 1) it does not. \
    All passes make \(finding.stepCount) steps.
    This is \(finding.step.description(in: finding.before)).

    """
  guard let function = finding.changedFunctions.first else { return text + "No function has changed.\n" }
  let others = finding.changedFunctions.count - 1
  if others > 0 { text += "Functions changed besides \(finding.before.describe(function)): \(others).\n" }
  text += "\nBefore:\n\(FunctionPrinter.text(of: function, in: finding.before))\n\nAfter:\n"
  let isRemoved = finding.after.functions[function].isRemoved
  return text + (isRemoved ? "(removed)" : FunctionPrinter.text(of: function, in: finding.after)) + "\n"
}

extension StepGate {
  /// The latest step, for a person.
  func summary(in module: Module) -> String {
    guard let last else { return "no step was made" }
    return "step \(count) was \(last.description(in: module))"
  }
}

extension StepGate.Step {
  /// The step, for a person.
  fileprivate func description(in module: Module) -> String {
    var text = "pass \(passNumber), \(pass)"
    if let function { text += ", function \(module.describe(function))" }
    if let rewrite { text += ", rewrite \(rewrite)" }
    return text
  }
}

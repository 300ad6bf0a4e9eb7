import IR
import Oracle
import PassManager
import Support
import Synchronization

/// `pare fuzz`: makes modules from seeds, optimizes them and checks the result.
enum FuzzCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: FuzzRequest.self, in: context, help: help) { request in
      try run(request, in: context)
    }
  }

  private static func run(_ request: FuzzRequest, in context: ToolContext) throws -> Int32 {
    let workers = try request.resources.workerPool(in: context.environment)
    let generator = try request.generatorOptions()
    let schedule = try request.schedule()
    let failures = Mutex<[FuzzCase.Failure]>([])
    try workers.forEach(Array(0..<request.count)) { _, index in
      let seed = request.seed &+ UInt64(index)
      let fuzzCase = FuzzCase(
        seed: seed, generator: generator, schedule: schedule, picksPasses: request.picksPasses)
      do {
        // Before the passes: they may end the program.
        if let directory = request.emitDirectory { try emit(fuzzCase.module, as: "\(seed).wasm", to: directory) }
        let optimized = try fuzzCase.run()
        if let directory = request.emitDirectory { try emit(optimized, as: "\(seed).opt.wasm", to: directory) }
      } catch let failure as FuzzCase.Failure {
        failures.withLock { $0.append(failure) }
      }
    }
    let sorted = failures.withLock { $0.sorted { $0.seed < $1.seed } }
    for failure in sorted {
      context.report("pare: seed \(failure.seed): \(failure.options.joined(separator: " ")): \(failure.message)")
    }
    try context.output.write("\(request.count - sorted.count) passed, \(sorted.count) failed\n")
    return sorted.isEmpty ? ExitStatus.success : ExitStatus.failure
  }

  private static func emit(_ bytes: Bytes, as name: String, to directory: Path) throws {
    let file = try OutputFile(Path("\(directory)/\(name)"))
    try bytes.withUnsafeBytes { try file.write($0) }
    try file.commit()
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare fuzz [--seed N] [--count N] [OPTIONS]")
    page.addParagraph(
      "Makes a valid module from each seed, runs passes on it, and holds the result to what must be true: it is valid, "
        + "does what the module did before, is the same with one worker and with three, survives writing and reading, "
        + "printing and parsing; a pass that is marked idempotent changes nothing when it runs again. A seed makes the "
        + "same case each time. Prints each failure with its seed and the options of pare opt; the exit status is 1 if "
        + "there was any.")
    page.addOptions(of: FuzzRequest.self)
    return page
  }
}

/// What `pare fuzz` is asked to do.
struct FuzzRequest: ToolRequest {
  var seed: UInt64 = 0
  var count = 1
  var passes: OptionValue?
  var picksPasses = false
  var features: OptionValue?
  var importsFunctionsOnly = false
  var emitDirectory: Path?
  var resources = ResourceOptions()

  mutating func take(input path: Path) throws { throw requestError("pare fuzz takes no input file") }

  /// Nil for a schedule from the seed.
  func schedule() throws -> FuzzSchedule? {
    guard let passes, passes.text != "random" else {
      if picksPasses { throw requestError("--pick: name the passes to pick from with --passes") }
      return nil
    }
    let (words, schedule) = try parseSchedule(passes)
    return FuzzSchedule(schedule, options: words)
  }

  func generatorOptions() throws -> GeneratorOptions {
    var options = GeneratorOptions()
    if importsFunctionsOnly { options.importKinds = [] }
    guard let features else { return options }
    var set = FeatureSet.mvp
    for name in features.text.split(separator: ",") {
      guard let row = FeatureSet.names.first(where: { $0.option == name }) else {
        throw requestError("\(features.option): there is no feature \(name)")
      }
      set.formUnion(row.feature)
    }
    options.features.formIntersection(set)
    return options
  }

  static var optionGroups: [OptionGroup<FuzzRequest>] {
    let options: [Option<FuzzRequest>] = [
      Option("--seed", says: "Begin with seed N (0).", action: .value("N") { $0.seed = UInt64(try $1.number(in: 0...Int.max)) }),
      Option("--count", says: "Take N seeds, one after the other (1).", action: .value("N") { $0.count = try $1.number(in: 1...Int.max) }),
      Option(
        "--passes", says: "Run these passes or -O options instead of random ones.",
        action: .value("'PASSES'") { $0.passes = $1 }),
      Option(
        "--pick", says: "Pick some of the passes of --passes for each seed, in any order.",
        action: .flag { $0.picksPasses = true }),
      Option(
        "--features", says: "Make modules that use no other features than these, separated by commas.",
        action: .value("NAMES") { $0.features = $1 }),
      Option(
        "--function-imports", says: "Make modules that import nothing but functions.",
        action: .flag { $0.importsFunctionsOnly = true }),
      Option(
        "--emit", says: "Write each module to DIRECTORY: N.wasm, and optimized, N.opt.wasm.",
        action: .value("DIRECTORY") { $0.emitDirectory = try $1.path() }),
    ]
    return [OptionGroup(title: "Options", options: options + ResourceOptions.options(\.resources) + generalOptions())]
  }
}

/// The passes and -O options that the words of an option's value name; dashes may be left out.
func parseSchedule(_ value: OptionValue) throws -> (words: [String], schedule: [ScheduledPass]) {
  let words = value.text.split(separator: " ").map { $0.hasPrefix("-") ? String($0) : "--" + $0 }
  let arguments = words.map { Argument(bytes: Array($0.utf8)[...]) }
  guard case .run(let request) = try parse(arguments, into: OptRequest()), request.input == nil else {
    throw requestError("\(value.option) takes passes and options of pare opt")
  }
  return (words, try request.schedule())
}

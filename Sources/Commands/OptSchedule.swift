import BinaryFormat
import IR
import PassManager
import Passes
import Support

extension OptRequest {
  /// The passes to run, each with the options in force where it stands.
  func schedule() throws -> [ScheduledPass] {
    for name in passArguments.keys.sorted() { try PassCatalog.check(name, of: "--pass-arg") }
    return try steps.flatMap { step in
      switch step {
      case .pipeline(let levels): return try Pipelines.schedule(with: passOptions(levels))
      case .pass(let name, let argument, let levels):
        var options = passOptions(levels)
        if let argument { options.arguments[name] = argument }
        return [try PassCatalog.descriptor(name)!.scheduled(with: options)]
      }
    }
  }

  private func passOptions(_ levels: Levels) -> PassOptions {
    var options = PassOptions()
    options.optimizeLevel = levels.optimize
    options.shrinkLevel = levels.shrink
    options.trapsNeverHappen = execution.trapsNeverHappen
    options.ignoresImplicitTraps = execution.ignoresImplicitTraps
    options.fastMath = fastMath
    options.lowMemoryUnused = lowMemoryUnused
    options.zeroFilledMemory = zeroFilledMemory
    options.skippedRules = skippedRules
    options.keepsNames = keepsNames || emitsText
    options.arguments = passArguments
    options.features = features.enabled
    return options
  }

  func runnerOptions(in environment: Environment) throws -> RunnerOptions {
    var options = RunnerOptions()
    options.debugLevel = DebugLevel(rawValue: try environment.debugLevel())!
    options.validates = isValidating
    options.skippedPasses = skippedPasses
    options.converges = converges
    options.stepLimit = stepLimit
    options.measures = reportsTimes || profile != nil
    options.memoryBudget = try resources.memoryBudget(in: environment)
    return options
  }

  /// Names cost memory: they are read only for someone who looks at them.
  func readerOptions(_ runnerOptions: RunnerOptions) -> ReaderOptions {
    var options = ReaderOptions()
    options.readsNames = keepsNames || emitsText || runnerOptions.measures || runnerOptions.debugLevel > .off
      || !features.disabled.isEmpty || steps.contains { if case .pass = $0 { true } else { false } }
    options.readsPositions = outputSourceMap != nil || emitsText || runnerOptions.debugLevel > .off
      || steps.contains { if case .pass(let name, _, _) = $0 { PassCatalog.prints(name) } else { false } }
    return options
  }
}

/// The passes by name, as the command line knows them.
enum PassCatalog {
  static var all: [PassDescriptor] { PassTable.all }

  static var names: [String] { all.map(\.name) }

  /// Whether there is such a pass, and it prints.
  static func prints(_ name: String) -> Bool { descriptor(name)?.traits.contains(.printsOnly) ?? false }

  static func descriptor(_ name: String) -> PassDescriptor? { all.first { $0.name == name } }

  /// Throws if there is no such pass; `option` is where the name came from.
  static func check(_ name: String, of option: String) throws {
    guard descriptor(name) == nil else { return }
    let nearest = nearestName(to: name, among: names).map { "; the nearest is \($0)" } ?? ""
    throw requestError("\(option): there is no pass \(name)\(nearest)")
  }
}

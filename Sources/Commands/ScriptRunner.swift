import BinaryFormat
import IR
import PassManager
import Support
import TextFormat

/// How many commands of scripts did what they should.
struct ScriptTally: Equatable {
  var passed = 0
  var failed = 0
  /// Commands that execute code.
  var skipped = 0

  mutating func add(_ other: ScriptTally) {
    passed += other.passed
    failed += other.failed
    skipped += other.skipped
  }
}

/// Runs the commands of one script (specification, interpreter/README, "Scripts").
struct ScriptRunner {
  struct Failure {
    let line: Int
    let message: String
  }

  private(set) var tally = ScriptTally()
  private(set) var failures: [Failure] = []
  private let checker: ModuleChecker

  init(workers: WorkerPool) { checker = ModuleChecker(workers: workers) }

  mutating func run(_ commands: [ScriptCommand]) {
    for command in commands {
      switch outcome(of: command.content) {
      case .passed: tally.passed += 1
      case .skipped: tally.skipped += 1
      case .failed(let message):
        tally.failed += 1
        failures.append(Failure(line: command.line, message: message))
      }
    }
  }

  private enum Outcome {
    case passed
    case skipped
    case failed(String)
  }

  private func outcome(of command: ScriptCommand.Content) -> Outcome {
    switch command {
    case .module(_, _, let module): return expectValid(module, otherwise: .passed)
    case .assertMalformed(let module, let message), .assertMalformedCustom(let module, let message),
      .assertInvalid(let module, let message), .assertInvalidCustom(let module, let message):
      return expectRefusal(of: module, message)
    // These modules are valid; what goes wrong goes wrong when they are instantiated.
    case .assertUnlinkable(let module, _), .assertModuleTrap(let module, _):
      return expectValid(module, otherwise: .skipped)
    case .instance, .register, .action, .assertReturn, .assertTrap, .assertExhaustion, .assertException:
      return .skipped
    }
  }

  private func expectValid(_ module: ScriptModule, otherwise outcome: Outcome) -> Outcome {
    guard let error = checker.error(in: module) else { return outcome }
    return .failed("the module is refused: \(error)")
  }

  /// Whether a module is malformed or invalid depends on the phase that looks first; the suite counts either as refused.
  private func expectRefusal(of module: ScriptModule, _ message: Name) -> Outcome {
    let lifted = ScriptRunner.liftedRules[message] ?? .mvp
    guard let error = checker.error(in: module, without: lifted) else {
      return .failed("the module is accepted; it should be refused: \(message)")
    }
    if error.kind == .malformed || error.kind == .invalid { return .passed }
    return .failed("the module is refused for another reason than \(message): \(error)")
  }

  /// Rules of older versions of the language that scripts of proposals still assert, and the feature that lifted each:
  /// they hold where it is disabled.
  private static let liftedRules: [Name: FeatureSet] = [
    "multiple memories": .multimemory,
    "multiple tables": .referenceTypes,
  ]
}

/// Reads and validates modules of scripts.
private struct ModuleChecker {
  let workers: WorkerPool

  /// The first error in the module, nil if it is valid without the features that are `disabled`.
  func error(in module: ScriptModule, without disabled: FeatureSet = .mvp) -> WasmError? {
    do {
      var input = try ModuleInput(assembled: try module.assemble())
      let runner = PassRunner(
        options: RunnerOptions(), workers: workers, printer: DiscardedText(), progress: .standardError(isQuiet: true))
      try input.withModule { try runner.run([], on: &$0) }
      let used = input.module.usedFeatures.intersection(disabled)
      return used.isEmpty ? nil : WasmError(.invalid, "needs \(used.optionNames.joined(separator: ", "))")
    } catch {
      return error as? WasmError ?? WasmError(.internalError, "\(error)")
    }
  }
}

/// Takes what passes print where nobody reads it.
private final class DiscardedText: TextSink {
  func write(_ text: Bytes) {}
}

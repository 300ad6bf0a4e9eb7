import IR
import Interpreter
import PassManager
import Support
import TextFormat

/// How many commands of scripts did what they should.
struct ScriptTally: Equatable {
  var passed = 0
  var failed = 0

  mutating func add(_ other: ScriptTally) {
    passed += other.passed
    failed += other.failed
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
  private let modules: ScriptModules
  private var store: Store
  private var linker = Linker()
  /// Those that have a name.
  private var definitions: [Name: Module] = [:]
  private var instances: [Name: Instance] = [:]
  private var lastDefinition: Module?
  private var lastInstance: Instance?

  /// - Parameter passes: what each module goes through before it runs.
  init(workers: WorkerPool, passes: [ScheduledPass] = []) throws {
    modules = ScriptModules(workers: workers, passes: passes)
    var limits = ExecutionLimits()
    // A script that does not end is one that an optimizer broke.
    limits.fuel = 2_000_000_000
    store = Store(limits: limits)
    try SpecTestHost.define(in: store, for: &linker)
  }

  mutating func run(_ commands: [ScriptCommand]) {
    for command in commands {
      do {
        try run(command.content)
        tally.passed += 1
      } catch {
        tally.failed += 1
        let message = (error as? Unexpected)?.message ?? "\(error)"
        failures.append(Failure(line: command.line, message: message))
      }
    }
  }

  /// What a command did instead of what it should.
  private struct Unexpected: Error {
    let message: String
  }

  private mutating func run(_ command: ScriptCommand.Content) throws {
    switch command {
    case .module(let name, let isDefinition, let module): try define(name, module, isDefinition: isDefinition)
    case .instance(let name, let module): try instantiate(module, as: name)
    case .register(let name, let module): linker.define(name, exportsOf: try instance(module))
    case .action(let action): _ = try values(of: action)
    case .assertReturn(let action, let patterns): try expect(patterns, of: action)
    case .assertTrap(let action, let message), .assertExhaustion(let action, let message):
      try expectTrap(message) { try perform(action) }
    case .assertException(let action): try expectException(action)
    case .assertModuleTrap(let module, let message):
      try expectTrap(message) { try instantiationOutcome(try load(module)) }
    case .assertUnlinkable(let module, _): try expectUnlinkable(module)
    case .assertMalformed(let module, let message), .assertMalformedCustom(let module, let message),
      .assertInvalid(let module, let message), .assertInvalidCustom(let module, let message):
      try expectRefusal(of: module, message)
    }
  }

  // MARK: Modules

  private func load(_ module: ScriptModule, isOptimized: Bool = true) throws -> Module {
    do {
      return try modules.load(module, isOptimized: isOptimized)
    } catch {
      throw Unexpected(message: "the module is refused: \(error)")
    }
  }

  private mutating func define(_ name: Name?, _ module: ScriptModule, isDefinition: Bool) throws {
    lastInstance = nil
    let module = try load(module)
    lastDefinition = module
    if let name { definitions[name] = module }
    if !isDefinition { try instantiate(name, as: name) }
  }

  private mutating func instantiate(_ definition: Name?, as name: Name?) throws {
    guard let module = definition.map({ definitions[$0] }) ?? lastDefinition else {
      throw Unexpected(message: "there is no module to instantiate")
    }
    do {
      let instance = try store.instantiate(module, linker)
      lastInstance = instance
      if let name { instances[name] = instance }
    } catch InstantiationError.interrupted(let interruption) {
      throw Unexpected(message: "instantiation ends with \(interruption.text)")
    } catch InstantiationError.unlinkable(let message) {
      throw Unexpected(message: message)
    }
  }

  private func instance(_ name: Name?) throws -> Instance {
    guard let instance = name.map({ instances[$0] }) ?? lastInstance else {
      throw Unexpected(message: "there is no instance \(name.map { "$\($0)" } ?? "")")
    }
    return instance
  }

  private func instantiationOutcome(_ module: Module) throws -> Outcome {
    do {
      _ = try store.instantiate(module, linker)
      return .values([])
    } catch InstantiationError.interrupted(let interruption) {
      return .interrupted(interruption)
    } catch InstantiationError.unlinkable(let message) {
      throw Unexpected(message: message)
    }
  }

  private func expectUnlinkable(_ module: ScriptModule) throws {
    // A pass may remove the import that is missing.
    let module = try load(module, isOptimized: false)
    do {
      _ = try store.instantiate(module, linker)
    } catch InstantiationError.unlinkable {
      return
    } catch InstantiationError.interrupted(let interruption) {
      throw Unexpected(message: "the module can be linked; then: \(interruption.text)")
    }
    throw Unexpected(message: "the module can be linked")
  }

  /// Whether a module is malformed or invalid depends on the phase that looks first; the suite counts either as refused.
  private func expectRefusal(of module: ScriptModule, _ message: Name) throws {
    let lifted = ScriptRunner.liftedRules[message] ?? .mvp
    guard let error = modules.error(in: module, without: lifted) else {
      throw Unexpected(message: "the module is accepted; it should be refused: \(message)")
    }
    if error.kind == .malformed || error.kind == .invalid { return }
    throw Unexpected(message: "the module is refused for another reason than \(message): \(error)")
  }

  /// Rules of older versions of the language that scripts of proposals still assert, and the feature that lifted each:
  /// they hold where it is disabled.
  private static let liftedRules: [Name: FeatureSet] = [
    "multiple memories": .multimemory,
    "multiple tables": .referenceTypes,
  ]

  // MARK: Actions

  private enum Outcome {
    case values([Value])
    case interrupted(Interruption)
  }

  private func perform(_ action: ScriptAction) throws -> Outcome {
    switch action {
    case .get(let module, let name):
      guard case .global(let index)? = try instance(module).export(name) else {
        throw Unexpected(message: "there is no global \(name)")
      }
      return .values([store.value(of: .global(index))])
    case .invoke(let module, let name, let arguments):
      guard case .function(let index)? = try instance(module).export(name) else {
        throw Unexpected(message: "there is no function \(name)")
      }
      do throws(Interruption) {
        return .values(try store.invoke(.function(index), arguments.map(\.value)))
      } catch {
        return .interrupted(error)
      }
    }
  }

  private func values(of action: ScriptAction) throws -> [Value] {
    switch try perform(action) {
    case .values(let values): return values
    case .interrupted(let interruption): throw Unexpected(message: "the action ends with \(interruption.text)")
    }
  }

  private func expect(_ patterns: [ResultPattern], of action: ScriptAction) throws {
    let values = try values(of: action)
    guard values.count == patterns.count, zip(patterns, values).allSatisfy({ $0.matches($1, in: store) }) else {
      throw Unexpected(message: "the result is \(values.map(\.text).joined(separator: ", "))")
    }
  }

  private func expectTrap(_ message: Name, _ perform: () throws -> Outcome) throws {
    switch try perform() {
    case .values(let values):
      throw Unexpected(message: "no trap; the result is \(values.map(\.text).joined(separator: ", "))")
    case .interrupted(.trap(let trap)):
      // The suite adds details to some messages, and is less precise in others.
      let expected = "\(message)"
      if expected.hasPrefix(trap.message) || trap.message.hasPrefix(expected) { return }
      throw Unexpected(message: "trap: \(trap.message) instead of: \(message)")
    case .interrupted(let interruption): throw Unexpected(message: "\(interruption.text) instead of trap: \(message)")
    }
  }

  private func expectException(_ action: ScriptAction) throws {
    switch try perform(action) {
    case .interrupted(.exception): return
    case .interrupted(let interruption): throw Unexpected(message: "\(interruption.text) instead of an exception")
    case .values: throw Unexpected(message: "no exception")
    }
  }
}

import BinaryFormat
import IR
import Interpreter
import PassManager
import Passes
import Support
import TextFormat

/// One module, from a seed or given, one schedule, and all that must hold of the result.
package struct FuzzCase: Sendable {
  /// What went wrong.
  package struct Failure: Error, Sendable {
    package let seed: UInt64
    /// The schedule as options of `pare opt`.
    package let options: [String]
    package let message: String
  }

  package let seed: UInt64
  private let generator: GeneratorOptions
  private let givenModule: Bytes?
  /// Nil for a schedule from the seed.
  private let schedule: FuzzSchedule?
  /// The seed picks from the passes of `schedule`.
  private let picksPasses: Bool

  package init(
    seed: UInt64, generator: GeneratorOptions = GeneratorOptions(), schedule: FuzzSchedule? = nil,
    picksPasses: Bool = false
  ) {
    self.seed = seed
    self.generator = generator
    self.schedule = schedule
    self.picksPasses = picksPasses
    givenModule = nil
  }

  /// A case of a module in the binary format; it is executed with arguments from seed 0.
  package init(module: Bytes, schedule: FuzzSchedule) {
    seed = 0
    generator = GeneratorOptions()
    self.schedule = schedule
    picksPasses = false
    givenModule = module
  }

  package var module: Bytes { givenModule ?? ModuleGenerator(seed: seed, options: generator).generate() }

  /// The optimized module. Throws `Failure`.
  @discardableResult package func run() throws -> Bytes {
    var random = SeededRandom(seed: seed ^ 0x5eed)
    var schedule = try schedule ?? FuzzSchedule(&random)
    if picksPasses { schedule = schedule.picked(&random) }
    let before = module
    let options = schedule.options
    func fail(_ message: String) -> Failure {
      Failure(seed: seed, options: options, message: message)
    }
    func attempt<Value>(_ what: String, _ work: () throws -> Value) throws -> Value {
      do {
        return try work()
      } catch let failure as Failure {
        throw failure
      } catch {
        throw fail("\(what): \(error)")
      }
    }
    let input = try attempt("the module is refused") { try read(before, keepsNames: true) }
    let after = try attempt("optimizing") { try optimize(before, schedule, workerCount: 1) }
    let others = try attempt("optimizing with three workers") { try optimize(before, schedule, workerCount: 3) }
    if after != others { throw fail("three workers give other bytes than one") }
    let output = try attempt("the optimized module is refused") { try read(after, keepsNames: true) }
    try attempt("comparing executions") {
      if let difference = try difference(input, output) { throw fail("executed: \(difference)") }
    }
    for (name, bytes) in [("input", try attempt("writing") { try write(input) }), ("output", after)] {
      try attempt("round trips of the \(name)") {
        if let failure = try roundTripFailure(bytes) { throw fail("\(name): \(failure)") }
      }
    }
    // Taking away a label may show that what follows is dead, and reading the bytes drops it.
    let deadCodeElimination = try PassTable.descriptor("dce")!.scheduled(with: PassOptions())
    for pass in schedule.idempotentPasses {
      try attempt("running \(pass.name) twice") {
        let once = try optimize(after, FuzzSchedule([deadCodeElimination, pass]), workerCount: 1)
        let twice = try optimize(once, FuzzSchedule([pass]), workerCount: 1)
        if once != twice { throw fail("--\(pass.name) changes its own output") }
      }
    }
    return after
  }

  // MARK: Steps

  private var workers: WorkerPool { WorkerPool(count: 1) }

  private func read(_ bytes: Bytes, keepsNames: Bool) throws -> Module {
    var options = ReaderOptions()
    options.readsNames = keepsNames
    var module = try ModuleReader.read(bytes, options: options)
    try PassRunner.quiet(workers).run([], on: &module)
    return module
  }

  private func write(_ module: Module) throws -> Bytes {
    var options = WriterOptions()
    options.keepsNames = true
    return Bytes(try ModuleWriter.bytes(of: module, options: options, workers: workers))
  }

  private func optimize(_ bytes: Bytes, _ schedule: FuzzSchedule, workerCount: Int) throws -> Bytes {
    let workers = WorkerPool(count: workerCount)
    var options = ReaderOptions()
    options.readsNames = true
    var module = try ModuleReader.read(bytes, options: options)
    try PassRunner.quiet(workers).run(schedule.passes, on: &module)
    return try write(module)
  }

  private func difference(_ before: Module, _ after: Module) throws -> String? {
    var comparison = ExecutionComparison()
    comparison.seed = seed
    let trace = try comparison.trace(of: before)
    return try comparison.difference(from: trace, calling: comparison.exportedFunctions(of: before), to: after)
  }

  /// What is wrong with bytes that pare wrote, if something is.
  private func roundTripFailure(_ bytes: Bytes) throws -> String? {
    let module = try read(bytes, keepsNames: true)
    if try write(module) != bytes { return "reading and writing it gives other bytes" }
    var text: [UInt8] = []
    try ModulePrinter.print(module, workers: workers) { text.append(contentsOf: $0) }
    var parsed = try ModuleInput(reading: Bytes(text))
    try parsed.withModule { try PassRunner.quiet(workers).run([], on: &$0) }
    return try write(parsed.module) == bytes ? nil : "printing and parsing it gives other bytes"
  }
}

/// The passes of a case.
package struct FuzzSchedule: Sendable {
  package let passes: [ScheduledPass]
  /// As options of `pare opt`.
  package let options: [String]

  package init(_ passes: [ScheduledPass], options: [String]? = nil) {
    self.passes = passes
    self.options = options ?? passes.map { "--" + $0.name }
  }

  /// A few passes in any order, or a level.
  init(_ random: inout SeededRandom) throws {
    let levels: [(String, Int, Int)] = [
      ("-O1", 1, 0), ("-O2", 2, 0), ("-O3", 3, 0), ("-O4", 4, 0), ("-Os", 2, 1), ("-Oz", 2, 2),
    ]
    let level = random.pick(levels)
    var passOptions = PassOptions()
    (passOptions.optimizeLevel, passOptions.shrinkLevel) = (level.1, level.2)
    if random.oneIn(4) {
      self.init(try Pipelines.schedule(with: passOptions), options: [level.0])
      return
    }
    // Not those that take a promise which no generated module keeps.
    let table = PassTable.all.filter { $0.traits.isDisjoint(with: [.printsOnly, .changesMeaning]) }
      .compactMap { try? $0.scheduled(with: passOptions) }
    var passes: [ScheduledPass] = []
    for _ in 0...random.below(8) { passes.append(random.pick(table)) }
    let options = ["-ol=\(level.1)", "-s=\(level.2)"] + passes.map { "--" + $0.name }
    self.init(passes, options: options)
  }

  /// One to nine of the passes, in any order and some of them more than once.
  func picked(_ random: inout SeededRandom) -> FuzzSchedule {
    var picked: [ScheduledPass] = []
    for _ in 0...random.below(8) { picked.append(random.pick(passes)) }
    let names = Set(passes.map { "--" + $0.name })
    return FuzzSchedule(picked, options: options.filter { !names.contains($0) } + picked.map { "--" + $0.name })
  }

  var idempotentPasses: [ScheduledPass] {
    var names: Set<String> = []
    return passes.filter { $0.traits.contains(.isIdempotent) && names.insert($0.name).inserted }
  }
}

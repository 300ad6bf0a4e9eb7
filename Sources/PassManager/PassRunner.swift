import BinaryFormat
import IR
import Support

/// Runs a schedule of passes over a module.
///
/// Consecutive function passes are one stage: each body is decoded once, goes through all of them while one worker
/// holds it, and is encoded once. The same bytes come out at every worker count.
///
/// Function passes that share the first stage with the validation of the input see the features that the module
/// declares, but not yet those that only its bodies use; whatever comes later sees both.
package struct PassRunner {
  package let options: RunnerOptions
  package let workers: WorkerPool
  package let profile: RunProfile
  /// Counts the steps of all runs, if `options` limits them.
  package let steps: StepGate?
  private let bodyWorkers: BodyWorkers
  private let printer: any TextSink
  private let notes = PassNotes()
  private let progress: ProgressLine
  private let hooks: DebugHooks

  /// - Parameters:
  ///   - profile: gets the figures, if `options` has them measured.
  ///   - printer: takes what passes print.
  ///   - progress: takes what the runner itself has to say.
  package init(
    options: RunnerOptions, workers: WorkerPool, profile: RunProfile? = nil, printer: any TextSink,
    progress: ProgressLine, hooks: DebugHooks = DebugHooks()
  ) {
    self.options = options
    self.workers = workers
    self.profile = profile ?? RunProfile(workerCount: workers.count)
    steps = options.stepLimit.map { StepGate(limit: $0) }
    self.printer = printer
    self.progress = progress
    self.hooks = hooks
    bodyWorkers = BodyWorkers(pool: workers, memoryBudget: options.memoryBudget)
  }

  /// A schedule is not run more often than this, should passes make the module a little smaller each time.
  private static let convergenceLimit = 100

  /// Runs `schedule`. Before its first pass sees it, a body of the input is validated, unless the options say no.
  ///
  /// - Throws: `WasmError` for an invalid body of the input, for a pass that fails, and, with a debug level, for a pass
  ///   that leaves an invalid body; it names the function and the pass. The module is then in no state to be used.
  package func run(_ schedule: [ScheduledPass], on module: inout Module) throws {
    defer { progress.end() }
    let passes = schedule.filter { !options.skippedPasses.contains($0.name) }
    for pass in schedule where options.skippedPasses.contains(pass.name) && options.debugLevel >= .log {
      progress.log("\(pass.name): skipped\n")
    }
    var state = RunState()
    state.validatesInput = options.validates
    var size = Int.max
    for _ in 0..<(options.converges ? Self.convergenceLimit : 1) {
      let fuses = options.debugLevel < .everyPass
      let stages = Stage.stages(
        for: passes, validates: state.validatesInput, bodiesAreCanonical: state.bodiesAreCanonical, fuses: fuses)
      for stage in stages { try run(stage, on: &module, &state) }
      let newSize = module.sizeForConvergence
      if newSize >= size { break }
      size = newSize
    }
  }

  /// What has happened so far.
  private struct RunState {
    /// Bodies of the input are still to be validated.
    var validatesInput = true
    var bodiesAreCanonical = false
    var stageCount = 0
    var dumpCount = 0
  }

  private var measures: Bool { options.measures || options.debugLevel >= .log }
  private var checks: Bool { options.validates && options.debugLevel >= .log }

  private func run(_ stage: Stage, on module: inout Module, _ state: inout RunState) throws {
    if let steps, !stage.printsOnly {
      if stage.isModulePass && steps.remaining <= 0 { return }
      steps.beginStage(passCount: stage.passes.count)
    }
    state.stageCount += 1
    var record = StageRecord(name: stage.name, number: state.stageCount)
    let watch = measures ? StageWatch(workers: workers) : nil
    if measures { record.bytesBefore = module.codeSize(of: module.functionsWithBodies) }
    switch stage {
    case .bodies(let passes):
      try runFunctionPasses(passes, on: &module, validatesInput: state.validatesInput, &record)
      state.validatesInput = false
      state.bodiesAreCanonical = true
    case .module(let pass):
      try runModulePass(pass, on: &module, &record)
    }
    if let watch {
      watch.finish(&record)
      if stage.isModulePass { record.parts[0].cpuTime = record.cpuTime }
      record.bytesAfter = module.codeSize(of: module.functionsWithBodies)
      profile.add(record)
      if options.debugLevel >= .log { progress.log(record.logLines) }
    }
    if options.debugLevel >= .dump {
      for pass in stage.passes {
        state.dumpCount += 1
        try hooks.dump(module, state.dumpCount, pass.name)
      }
    }
  }

  // MARK: Function passes

  private func runFunctionPasses(
    _ passes: [ScheduledPass], on module: inout Module, validatesInput: Bool, _ record: inout StageRecord
  ) throws {
    var functions = module.functionsWithBodies
    if passes.isEmpty { functions.removeAll { module.functions[$0].code!.isCanonical } }
    progress.begin(record.name, total: module.codeSize(of: functions))
    let declarations = try module.makeDeclarations()
    var loop = BodyLoop()
    loop.checksInput = validatesInput
    loop.checksOutput = checks
    loop.measures = measures
    loop.partCount = passes.count
    loop.isOrdered = steps != nil
    loop.progress = progress
    let fused = FusedPasses(passes, features: module.features)
    let steps = self.steps
    let outcome = loop.run(
      over: functions, of: &module, declarations: declarations, with: bodyWorkers,
      prepare: { fused.prepare($0, declarations, takesRemarks: loop.measures) }, { fused.run(on: &$1, of: $2, type: $3, $0, steps) })
    module.usedFeatures.formUnion(outcome.usedFeatures)
    if let failure = outcome.failure {
      throw describe(failure, after: passes, validatesInput: validatesInput, in: module)
    }
    if measures {
      record.add(outcome.meters, passes: passes.map(\.name)) { module.describe($0.function) }
      record.addRemarks(of: outcome.settings, passes: passes.map(\.name)) { module.describe($0) }
      record.tally = outcome.tally
    }
  }

  private func describe(
    _ failure: BodyLoop.Failure, after passes: [ScheduledPass], validatesInput: Bool, in module: Module
  ) -> WasmError {
    var error = failure.error.inFunction(module.describe(failure.function))
    guard failure.isAfterTransform else { return error }
    error = invalidBody(error, after: passes.map(\.name))
    if options.debugLevel >= .everyPass {
      let text = hooks.describeFunction(module, failure.function)
      let moment = passes.first.map { "before \($0.name)" } ?? "in the input"
      progress.log("function \(module.describe(failure.function)) \(moment):\n\(text)\n")
    }
    return error
  }

  private func invalidBody(_ error: WasmError, after passes: [String]) -> WasmError {
    var error = error
    let culprit: String
    switch passes.count {
    case 0: culprit = "encoding"
    case 1: culprit = "pass \(passes[0])"
    default: culprit = "one of the passes \(passes.joined(separator: ", ")) (PARE_PASS_DEBUG=2 tells which)"
    }
    error.message = "\(culprit) left an invalid body: \(error.message)"
    error.kind = .internalError
    // The offset is one in bytes that no file has.
    error.place = .file
    return error
  }

  // MARK: Module passes

  private func runModulePass(_ pass: ScheduledPass, on module: inout Module, _ record: inout StageRecord) throws {
    guard case .module(let modulePass) = pass.pass else { preconditionFailure("\(pass.name) is no module pass") }
    progress.begin(pass.name, total: 0)
    var options = pass.options
    options.features = module.features
    let context = ModuleContext(
      options: options, workers: workers, printer: printer, notes: notes, bodyWorkers: bodyWorkers)
    let before = measures ? module.bodyIdentities : []
    do {
      try modulePass.run(on: &module, in: context)
    } catch {
      var error = error as? WasmError ?? WasmError(.internalError, "\(error)")
      error.message = "pass \(pass.name): \(error.message)"
      throw error
    }
    if !pass.traits.contains(.printsOnly) { steps?.note(pass.name) }
    if measures {
      record.parts.append(StageRecord.Part(name: pass.name, isPass: true))
      record.changed = zip(before, module.bodyIdentities).reduce(0) { $1.0 == $1.1 ? $0 : $0 + 1 }
      record.parts[0].changed = record.changed
    }
    if checks && !pass.traits.contains(.printsOnly) { try validateBodies(of: &module, after: pass) }
  }

  private func validateBodies(of module: inout Module, after pass: ScheduledPass) throws {
    let declarations = try module.makeDeclarations()
    let arenas = bodyWorkers.workers(declarations, partCount: 0, measures: false)
    let module = module
    do {
      try workers.forEach(module.functionsWithBodies.map(\.index)) { number, index in
        let worker = arenas[number]
        let function = module.functions[FunctionID(index)]
        worker.decoder.acceptsTupleBlockTypes = true
        do {
          try worker.decoder.decode(function.code!, type: function.type, into: &worker.body, validating: true)
        } catch {
          throw error.inFunction(module.describe(FunctionID(index)))
        }
      }
    } catch {
      throw invalidBody(error as! WasmError, after: [pass.name])
    }
  }
}

extension Module {
  /// What tells whether bodies are still the same bytes: where they are.
  fileprivate var bodyIdentities: [Int] {
    functions.values.map { function in
      guard !function.isRemoved, let bytes = function.code?.bytes else { return 0 }
      return Int(bitPattern: ObjectIdentifier(bytes.storage)) &+ bytes.start
    }
  }

  /// Bytes of bodies and data, and one for each item there is: goes down with the size of the file, near enough to see
  /// whether passes still find something.
  fileprivate var sizeForConvergence: Int {
    var size = codeSize(of: functionsWithBodies)
    for data in datas.values where !data.isRemoved { size += data.bytes.count + 1 }
    size += functions.values.count { !$0.isRemoved } + globals.values.count { !$0.isRemoved }
    size += tables.values.count { !$0.isRemoved } + memories.values.count { !$0.isRemoved }
    size += elements.values.count { !$0.isRemoved } + tags.values.count { !$0.isRemoved }
    return size + exports.count + types.count - removedTypes.count
  }
}

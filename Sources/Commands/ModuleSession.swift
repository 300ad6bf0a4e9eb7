import BinaryFormat
import IR
import PassManager
import Support
import TextFormat

/// One module from its reading to its writing, with the workers and the figures of the command.
struct ModuleSession {
  let path: Path
  let workers: WorkerPool
  let profile: RunProfile
  private var input: ModuleInput

  var module: Module { input.module }

  /// Reads the module of a file, and its source map if positions are wanted; bodies are not validated yet.
  init(reading path: Path, sourceMap: Path? = nil, options: ReaderOptions, workers: WorkerPool) throws {
    self.path = path
    self.workers = workers
    let profile = RunProfile(workerCount: workers.count)
    self.profile = profile
    input = try profile.measure("read", with: workers) {
      var input = try about(path) { try ModuleInput(reading: try InputFile.read(path), options: options) }
      guard let sourceMap else { return input }
      if input.isText { throw requestError("--input-source-map: \(path) is text; a source map is of a binary") }
      if options.readsPositions {
        try about(sourceMap) { input.module.attach(try SourceMapInput(reading: InputFile.read(sourceMap))) }
      }
      return input
    }
  }

  /// Validates the module, checks its features, and runs passes on it. Returns what counted their steps, if `options`
  /// limits them.
  @discardableResult
  mutating func run(
    _ schedule: [ScheduledPass], features: FeatureOptions = FeatureOptions(), options: RunnerOptions,
    in context: ToolContext, isQuiet: Bool
  ) throws -> StepGate? {
    let runner = PassRunner(
      options: options, workers: workers, profile: profile, printer: context.output,
      progress: .standardError(isQuiet: isQuiet), hooks: DebugOutput.hooks(workers))
    try about(path) {
      try input.withModule { module in
        module.declaredFeatures.formUnion(features.enabled)
        module.declaredFeatures.subtract(features.disabled)
        if !features.disabled.isEmpty {
          try runner.run([], on: &module)
          try features.check(&module)
        }
        try runner.run(schedule, on: &module)
      }
    }
    return runner.steps
  }

  /// What the module does as it is, if the options ask for it.
  mutating func executionCheck(_ options: ExecutionOptions, in context: ToolContext) throws -> ExecutionCheck? {
    guard options.isOn else { return nil }
    try run([], options: RunnerOptions(), in: context, isQuiet: true)
    let check = try about(path) { try ExecutionCheck(of: input.module, options.comparison, workers: workers) }
    if options.printsBefore { try context.output.write(check.text) }
    return check
  }

  func compare(with check: ExecutionCheck) throws { try about(path) { try check.check(input.module, workers: workers) } }

  /// Writes the module and ends the session: the module gives its memory to the writer.
  ///
  /// - Parameter sourceMap: where a source map of the output goes, if one is wanted.
  consuming func writeBinary(
    to output: ModuleOutput, sourceMap: ModuleOutput? = nil, options: WriterOptions
  ) throws {
    let (module, workers) = (input.module, workers)
    try profile.measure("write", with: workers) {
      guard let sourceMap else {
        return try ModuleWriter.write(module, options: options, workers: workers) { try output.write($0) }
      }
      let map = try ModuleWriter.writeMakingSourceMap(module, options: options, workers: workers) {
        try output.write($0)
      }
      try map.withUnsafeBytes { try sourceMap.write($0) }
    }
  }

  func writeText(to output: ModuleOutput) throws {
    try profile.measure("write", with: workers) {
      try ModulePrinter.print(input.module, workers: workers) { try output.write($0) }
    }
  }
}

/// Where a command writes a module.
struct ModuleOutput {
  private enum Destination {
    case file(OutputFile, Path)
    case stream(StandardStream)
  }

  private let destination: Destination

  /// - Parameter isBinary: binary output is refused if it would go to a terminal.
  init(_ path: Path, isBinary: Bool, in context: ToolContext) throws {
    destination =
      path.isStandardStream ? .stream(context.output) : .file(try about(path) { try OutputFile(path) }, path)
    if isBinary && isTerminal {
      throw requestError("binary output would go to a terminal; -o FILE writes it to a file, -S writes text")
    }
  }

  private var isTerminal: Bool {
    switch destination {
    case .file(let file, _): return file.isTerminal
    case .stream(let stream): return stream.isTerminal
    }
  }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    switch destination {
    case .file(let file, let path): try about(path) { try file.write(bytes) }
    case .stream(let stream): try stream.write(bytes)
    }
  }

  /// Puts a file in its place; what was at the path is there until then.
  func commit() throws {
    switch destination {
    case .file(let file, let path): try about(path) { try file.commit() }
    case .stream(let stream): try stream.flush()
    }
  }
}

import BinaryFormat
import IR
import PassManager
import Passes
import Support
import TextFormat

/// A WebAssembly module that can be optimized: read it, optimize it, write it.
///
///     var module = try Module(wat: "(module (func (export \"f\") (nop)))")
///     try module.optimize(.Os)
///     let bytes = try module.wasm()
///
/// A module is a value: copies are independent of each other, and cheap until they are changed. A call that throws
/// leaves the module as it was.
public struct Module: Sendable {
  /// How work on the module is done.
  public let options: Options

  private var input: ModuleInput
  private let workers: WorkerPool

  /// Reads and validates a module.
  ///
  /// - Parameters:
  ///   - bytes: a module in the binary format, or in the text format as UTF-8; the first bytes tell which.
  ///   - options: how work on the module is done.
  /// - Throws: `Module.Error` with the place of the first error. Linear in the bytes.
  public init(_ bytes: [UInt8], options: Options = Options()) throws(Error) {
    try self.init(reading: Bytes(bytes), options)
  }

  /// Reads and validates a module in the text format.
  ///
  /// - Parameters:
  ///   - wat: the text of one module.
  ///   - options: how work on the module is done.
  /// - Throws: `Module.Error` with the line and column of the first error. Linear in the text.
  public init(wat: String, options: Options = Options()) throws(Error) {
    try self.init(reading: Bytes(Array(wat.utf8)), options)
  }

  private init(reading bytes: Bytes, _ options: Options) throws(Error) {
    self.options = options
    let enabled = try options.enabled()
    workers = WorkerPool(count: options.workers ?? WorkerPool.defaultCount)
    input = try Error.catching { try ModuleInput(reading: bytes) }
    input.module.declaredFeatures.formUnion(enabled)
    _ = try run([])
  }

  /// Runs the passes of an optimization level.
  ///
  /// - Throws: `Module.Error` if a pass fails.
  public mutating func optimize(_ level: Level = .Os) throws(Error) {
    let options = passOptions(level)
    _ = try run(Error.catching { try Pipelines.schedule(with: options) })
  }

  /// Runs passes in the given order.
  ///
  /// - Parameters:
  ///   - passes: names from `Module.passNames`, as on the command line without their dashes.
  ///   - arguments: by name of the pass that takes one.
  ///   - level: the level that passes work at.
  /// - Returns: what passes print; empty unless there are such passes among them.
  /// - Throws: `Module.Error` if there is no such pass, or if one refuses its argument or fails.
  @discardableResult
  public mutating func run(
    passes: [String], arguments: [String: String] = [:], at level: Level = .O0
  ) throws(Error) -> String {
    var options = passOptions(level)
    options.arguments = arguments
    return try run(
      Error.catching {
        try passes.map { name in
          guard let descriptor = PassTable.descriptor(name) else {
            throw WasmError(.request, "there is no pass \(name)")
          }
          return try descriptor.scheduled(with: options)
        }
      })
  }

  /// The module in the binary format. Linear in its size.
  public func wasm() throws(Error) -> [UInt8] {
    var writing = WriterOptions()
    writing.keepsNames = options.keepsNames
    return try Error.catching { try ModuleWriter.bytes(of: input.module, options: writing, workers: workers) }
  }

  /// The module in the text format, with all names that it has. Linear in its size.
  public func wat() throws(Error) -> String {
    var text = Column<UInt8>()
    try Error.catching { try ModulePrinter.print(input.module, workers: workers, to: &text) }
    return text.withUnsafeBuffer { String(decoding: $0, as: UTF8.self) }
  }

  /// The names of all passes.
  public static var passNames: [String] { PassTable.all.map(\.name) }

  private func passOptions(_ level: Level) -> PassOptions {
    var result = PassOptions()
    result.optimizeLevel = level.speed
    result.shrinkLevel = level.size
    result.keepsNames = options.keepsNames
    return result
  }

  private mutating func run(_ schedule: [ScheduledPass]) throws(Error) -> String {
    var running = RunnerOptions()
    running.memoryBudget = options.memoryBudget
    let printed = CollectedText()
    let runner = PassRunner(
      options: running, workers: workers, printer: printed, progress: .standardError(isQuiet: true))
    // A failed run leaves a module in no state to be used.
    var copy = input
    try Error.catching { try copy.withModule { try runner.run(schedule, on: &$0) } }
    input = copy
    return printed.text
  }
}

import BinaryFormat
import IR
import Oracle
import PassManager
import Support
import TextFormat

/// `pare reduce`: shrinks a module that makes some command fail.
enum ReduceCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: ReduceRequest.self, in: context, help: help) { request in
      try run(request, in: context)
    }
  }

  private static func run(_ request: ReduceRequest, in context: ToolContext) throws -> Int32 {
    guard let input = request.input else { throw requestError("there is no input file; --help tells more") }
    let checker = try Checker(request.check)
    let workers = try request.resources.workerPool(in: context.environment)
    let output = ReductionOutput(request, workers: workers, in: context)
    let module = try output.read(input)
    let original = try output.bytes(of: module)
    let subject = "\(input) (as pare writes it)"
    let failure = try checker.failure(seen: checker.behavior(on: original), on: subject)
    output.begin(original, failure)
    var reducer = Reducer(workers: workers, usesPasses: request.usesPasses, report: output.report) {
      try checker.behavior(on: $0) == failure
    }
    let result: Module
    do {
      result = try reducer.reduce(module)
    } catch let error as WasmError where reducer.checkCount == 1 && error.kind == .request {
      throw requestError("the command \(failure) on \(subject), but not each time")
    }
    try output.end(result, checkCount: reducer.checkCount)
    return ExitStatus.success
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare reduce --check COMMAND INPUT [-o OUTPUT] [OPTIONS]")
    page.addParagraph(
      "Makes a WebAssembly module, binary or text, as small as it gets while COMMAND fails in the same way: with the same "
        + "exit status, by the same signal, or by taking too long. OUTPUT always holds the smallest module so far, so "
        + "that one may stop at any time. In the end it is printed as text if that is short.")
    page.addParagraph(
      """
      pare reduce --check 'my-engine {}' crash.wasm
      pare reduce --check 'grep -q i32.popcnt' --status 0 -S in.wat -o out.wat
      """)
    page.addOptions(of: ReduceRequest.self)
    return page
  }
}

/// What `pare reduce` is asked to do.
struct ReduceRequest: ToolRequest {
  var input: Path?
  var output: Path?
  var check = CheckOptions()
  var usesPasses = true
  var isQuiet = false
  var resources = ResourceOptions()

  mutating func take(input path: Path) throws {
    if let input { throw requestError("there are two input files, \(input) and \(path)") }
    input = path
  }

  static var optionGroups: [OptionGroup<ReduceRequest>] {
    let check: [Option<ReduceRequest>] = CheckOptions.options(
      \.check, status: "The exit status that is the failure. Default: that of the command on INPUT, which must not be 0.")
    return [
      OptionGroup(
        title: "Options",
        options: check + [
          Option(
            "-o", "--output", says: "Write the result to FILE. Default: reduced.wasm, or with -S reduced.wat.",
            action: .value("FILE") { try setOnce(&$0.output, $1) }),
          Option(
            "--no-passes", says: "Run no passes on the module: for when it is pare itself that crashes.",
            action: .flag { $0.usesPasses = false }),
          Option("-q", "--quiet", says: "Print no progress.", action: .flag { $0.isQuiet = true }),
        ] + ResourceOptions.options(\.resources) + generalOptions())
    ]
  }
}

/// What the reduction shows and writes.
private final class ReductionOutput {
  private let path: Path
  private let isText: Bool
  private let isQuiet: Bool
  private let progress: PatientReport
  private let workers: WorkerPool
  private let context: ToolContext
  private var originalSize = 0
  private var hasWritten = false

  /// Text of more lines is not printed in the end.
  private static let lineLimit = 200

  init(_ request: ReduceRequest, workers: WorkerPool, in context: ToolContext) {
    isText = request.check.isText
    path = request.output ?? (isText ? "reduced.wat" : "reduced.wasm")
    isQuiet = request.isQuiet
    progress = PatientReport(isQuiet: request.isQuiet, context)
    self.workers = workers
    self.context = context
  }

  func read(_ input: Path) throws -> Module {
    var session = try ModuleSession(reading: input, options: ReaderOptions(), workers: workers)
    try session.run([], options: RunnerOptions(), in: context, isQuiet: isQuiet)
    return session.module
  }

  func bytes(of module: Module) throws -> Bytes {
    var options = WriterOptions()
    options.keepsNames = true
    return Bytes(try ModuleWriter.bytes(of: module, options: options, workers: workers))
  }

  func begin(_ original: Bytes, _ failure: CheckBehavior) {
    originalSize = original.count
    progress.show("\(original.count) bytes, on which the command \(failure)")
  }

  func report(_ progress: Reducer.Progress) throws {
    self.progress.show("\(progress.bytes.count) bytes; \(progress.change)")
    if !path.isStandardStream { try write(ModuleReader.read(progress.bytes)) }
    hasWritten = !path.isStandardStream
  }

  func end(_ result: Module, checkCount: Int) throws {
    if !hasWritten { try write(result) }
    let size = try bytes(of: result).count
    if !isQuiet { context.report("pare: \(path): \(size) of \(originalSize) bytes are left, after \(checkCount) checks") }
    let text = try text(of: result)
    let lineCount = text.withUnsafeBytes { bytes in bytes.reduce(0) { $1 == 0x0a ? $0 + 1 : $0 } }
    if lineCount <= Self.lineLimit && !path.isStandardStream { try context.output.write(text) }
  }

  private func text(of module: Module) throws -> Bytes {
    var text = Column<UInt8>()
    try ModulePrinter.print(module, workers: workers, to: &text)
    return Bytes(copying: text)
  }

  private func write(_ module: Module) throws {
    let output = try ModuleOutput(path, isBinary: !isText, in: context)
    let bytes = isText ? try text(of: module) : try bytes(of: module)
    try bytes.withUnsafeBytes { try output.write($0) }
    try output.commit()
  }
}

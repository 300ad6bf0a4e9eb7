import BinaryFormat
import IR
import Interpreter
import PassManager
import Support
import Wasi

/// `pare run`: runs a program, or a function of a module.
enum RunCommand {
  /// The exit status if a trap or an exception that nothing catches ends the guest; that of a process that aborts.
  static let interrupted: Int32 = 134

  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: RunRequest.self, in: context, help: help) { request in
      guard let path = request.module else { throw requestError("there is no module to run; --help tells more") }
      let module = try request.read(path, in: context)
      do {
        return try Guest(module, path, request, in: context).run(request, in: context)
      } catch let interruption as Interruption {
        return status(of: interruption, in: context)
      } catch InstantiationError.interrupted(let interruption) {
        return status(of: interruption, in: context)
      } catch InstantiationError.unlinkable(let message) {
        throw FileError(path: path, error: requestError(message))
      }
    }
  }

  /// The exit status for what ended the guest, which is reported if it is no exit.
  private static func status(of interruption: Interruption, in context: ToolContext) -> Int32 {
    guard case .exit(let status) = interruption else {
      context.report(interruption.text)
      return interrupted
    }
    // A process has 8 bits for it: what is lost must not look like success.
    return status == 0 ? ExitStatus.success : status & 0xff == 0 ? ExitStatus.failure : Int32(status & 0xff)
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare run [OPTIONS] MODULE [ARGS...]")
    page.addParagraph(
      "Runs a WebAssembly module, binary or text, in pare's interpreter: the program that its export _start is, with "
        + "ARGS, or with --invoke one of its functions. It may import WASI preview 1; of the system it sees standard "
        + "streams, clocks and what the options give it.")
    page.addParagraph(
      "The exit status is the program's; 134 after a trap, which is told in one line, or an exception that nothing "
        + "catches; 1 if the module can't be run.")
    page.addOptions(of: RunRequest.self)
    return page
  }
}

private extension RunRequest {
  /// The module, validated.
  func read(_ path: Path, in context: ToolContext) throws -> Module {
    let workers = try resources.workerPool(in: context.environment)
    var session = try ModuleSession(reading: path, options: ReaderOptions(), workers: workers)
    try session.run([], features: features, options: RunnerOptions(), in: context, isQuiet: false)
    return session.module
  }
}

/// A module that runs, with its store and what it sees of the system.
private struct Guest {
  let path: Path
  let store: Store
  let instance: Instance

  /// Throws `InstantiationError` too.
  init(_ module: Module, _ path: Path, _ request: RunRequest, in context: ToolContext) throws {
    self.path = path
    store = Store(limits: request.limits)
    var configuration = Configuration(output: OutputSink(context.output), errors: OutputSink(context.errors))
    configuration.arguments = [Array(path.lastComponent)] + request.arguments.map(\.bytes)
    configuration.environment = request.environment
    configuration.directories = request.directories
    configuration.input = STDIN_FILENO
    var linker = Linker()
    try System(configuration).define(in: &linker, of: store)
    let (store, imports) = (store, linker)
    instance = try about(path) { try store.instantiate(module, imports) }
  }

  /// Returns the exit status. Throws `Interruption` too.
  func run(_ request: RunRequest, in context: ToolContext) throws -> Int32 {
    guard let name = request.function else {
      let start = try function("_start")
      guard store.type(of: start) == FunctionType() else { throw error("_start has parameters or results") }
      _ = try store.invoke(start, [])
      return ExitStatus.success
    }
    let function = try function(name)
    let type = store.type(of: function)
    let arguments = try parse(request.arguments, of: type, name)
    // A library is told to get ready first.
    if name != "_initialize", case .function? = instance.export("_initialize") {
      let initialize = try self.function("_initialize")
      if store.type(of: initialize) == FunctionType() { _ = try store.invoke(initialize, []) }
    }
    for (value, type) in zip(try store.invoke(function, arguments), type.results) {
      try context.output.write(store.text(of: value, type) + "\n")
    }
    return ExitStatus.success
  }

  private func function(_ name: String) throws -> External {
    if let item = instance.export(Name(name)), case .function = item { return item }
    let names = instance.exports.compactMap { name, item in
      if case .function = item { return "\(name)" }
      return nil
    }
    let hint = nearestName(to: name, among: names).map { "; the nearest is \($0)" } ?? ""
    throw error("no function is exported as \(name)\(hint)")
  }

  private func parse(_ words: [Argument], of type: FunctionType, _ name: String) throws -> [Value] {
    guard words.count == type.parameters.count else {
      throw error("\(name) takes \(type.parameters.count) arguments, not \(words.count)")
    }
    return try zip(words, type.parameters).map { word, type in
      guard let value = Value(parsing: word.bytes, type) else {
        throw error("'\(word)' is no value of the type \(type.name) that \(name) takes")
      }
      return value
    }
  }

  private func error(_ message: String) -> FileError { FileError(path: path, error: requestError(message)) }
}

extension OutputSink {
  /// What the guest writes goes out at once, in the order in which it is written.
  fileprivate init(_ stream: StandardStream) {
    self.init(isTerminal: stream.isTerminal) { bytes in
      do {
        try stream.write(bytes.bindMemory(to: UInt8.self))
        try stream.flush()
        return nil
      } catch StandardStream.Closed.byReader {
        return .pipe
      } catch {
        return .io
      }
    }
  }
}

import BinaryFormat
import IR
import PassManager
import Passes
import Support
import Synchronization
import TextFormat

/// Keeps what passes print.
final class Transcript: TextSink {
  private let content = Mutex("")
  var text: String { content.withLock { $0 } }
  func write(_ text: Bytes) throws {
    let string = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    content.withLock { $0 += string }
  }
}

/// What came out of a pass.
struct PassResult {
  var text: String
  var printed: String
}

/// Runs a pass on a module given as text, with the options that the words of a fence say: `speed=3`, `size=1`,
/// `assume=...`, or `argument=...` for the pass itself. Bodies are validated before the pass and after. Without a pass the text is only
/// put into the form in which results come out.
func run(_ pass: String?, on text: String, words: [String] = []) throws -> PassResult {
  let options = try passOptions(of: words, for: pass)
  var schedule: [ScheduledPass] = []
  if let pass {
    guard let descriptor = PassTable.descriptor(pass) else { throw PageError("there is no pass \(pass)") }
    schedule = [try descriptor.scheduled(with: options)]
  }
  var module = try ModuleReader.read(TextParser.assemble(Bytes(Array(text.utf8))).bytes)
  let transcript = Transcript()
  try run(schedule, on: &module, printer: transcript)
  return PassResult(text: try print(module), printed: transcript.text)
}

/// The options that the words of a fence say, for a pass.
func passOptions(of words: [String], for pass: String?) throws -> PassOptions {
  var options = PassOptions()
  options.optimizeLevel = 2
  for word in words {
    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { continue }
    switch parts[0] {
    case "speed": options.optimizeLevel = Int(parts[1]) ?? 2
    case "size": options.shrinkLevel = Int(parts[1]) ?? 0
    case "argument": if let pass { options.arguments[pass] = parts[1] }
    case "assume": try options.assume(parts[1])
    default: throw PageError("a fence has no \(parts[0])")
    }
  }
  return options
}

extension PassOptions {
  fileprivate mutating func assume(_ name: String) throws {
    switch name {
    case "traps-never-happen": trapsNeverHappen = true
    case "ignore-implicit-traps": ignoresImplicitTraps = true
    case "fast-math": fastMath = true
    case "low-memory-unused": lowMemoryUnused = true
    default: throw PageError("nothing is called \(name)")
    }
  }
}

func run(_ schedule: [ScheduledPass], on module: inout Module, printer: Transcript = Transcript()) throws {
  var options = RunnerOptions()
  options.debugLevel = .log
  let progress = ProgressLine(isOn: false) { _ in }
  try PassRunner(options: options, workers: WorkerPool(count: 1), printer: printer, progress: progress)
    .run(schedule, on: &module)
}

func print(_ module: Module) throws -> String {
  var text = Column<UInt8>()
  try ModulePrinter.print(module, workers: WorkerPool(count: 1), to: &text)
  return text.withUnsafeBuffer { String(decoding: $0, as: UTF8.self) }
}

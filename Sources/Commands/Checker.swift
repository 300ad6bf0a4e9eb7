import BinaryFormat
import Support
import TextFormat

/// The command by which `pare reduce` and `pare bisect` tell whether a module still fails.
struct CheckOptions {
  /// In which `{}` stands for the name of a file.
  var command: [UInt8]?
  /// What the command prints if it fails in the way of interest.
  var match: [UInt8]?
  /// The exit status with which it fails, if one was given.
  var status: Int32?
  /// Seconds.
  var timeout = 10
  /// Whether the file is in the text format.
  var isText = false

  static func options<Request>(_ path: WritableKeyPath<Request, CheckOptions>, status sentence: String) -> [Option<Request>] {
    [
      Option(
        "--check",
        says: "Run COMMAND by the shell; {} in it stands for the name of a file that holds the module. Without {} the "
          + "name is added at its end.",
        action: .value("COMMAND") { request, value in
          if value.argument.bytes.allSatisfy({ $0 == 0x20 }) { throw requestError("\(value.option) needs a command") }
          request[keyPath: path].command = value.argument.bytes
        }),
      Option("--status", says: sentence, action: .value("N") { $0[keyPath: path].status = Int32(try $1.number(in: 0...255)) }),
      Option(
        "--match", says: "A failure counts only if the command prints TEXT, to standard output or standard error.",
        action: .value("TEXT") { $0[keyPath: path].match = $1.argument.bytes }),
      Option(
        "--timeout",
        says: "Kill the command after SECONDS, with all that it started; to take that long is one way to fail. "
          + "Default: 10.",
        action: .value("SECONDS") { $0[keyPath: path].timeout = try $1.number(in: 1...86400) }),
      Option(
        "-S", "--emit-text", says: "Use the text format: for what the command gets, and for the result.",
        action: .flag { $0[keyPath: path].isText = true }),
    ]
  }
}

/// How the command behaves.
enum CheckBehavior: Hashable, CustomStringConvertible {
  case exits(Int32)
  case isKilled(signal: Int32)
  case takesTooLong(seconds: Int)
  /// As the others, without the text that was to be matched.
  case doesNotMatch

  var description: String {
    switch self {
    case .exits(0): return "succeeds"
    case .exits(let status): return "exits with status \(status)"
    case .isKilled(let signal): return "is killed by signal \(signal)"
    case .takesTooLong(let seconds): return "takes more than \(seconds) s"
    case .doesNotMatch: return "does not print the text to match"
    }
  }
}

/// Runs the command on modules.
final class Checker {
  private let options: CheckOptions
  private let file: ScratchFile
  private let command: [UInt8]

  init(_ options: CheckOptions) throws {
    guard let command = options.command else { throw requestError("there is no --check COMMAND; --help tells more") }
    self.options = options
    file = try ScratchFile(suffix: options.isText ? ".wat" : ".wasm")
    self.command = command.naming(file.path)
  }

  /// - Parameter bytes: the module in the binary format.
  func behavior(on bytes: Bytes) throws -> CheckBehavior {
    try file.write(options.isText ? try text(ofModule: bytes) : bytes)
    let outcome = try Subprocess.runShell(command, timeout: UInt64(options.timeout) * 1_000_000_000)
    switch outcome.ending {
    case .timedOut: return .takesTooLong(seconds: options.timeout)
    case .exited, .killed:
      if let match = options.match, !outcome.output.contains(match), !outcome.errors.contains(match) {
        return .doesNotMatch
      }
      if case .killed(let signal) = outcome.ending { return .isKilled(signal: signal) }
      if case .exited(let status) = outcome.ending { return .exits(status) }
      preconditionFailure()
    }
  }

  /// The behavior that counts as failing, given how the command behaves on a module that should fail; throws if that is
  /// no failure.
  ///
  /// - Parameter subject: what to call that module.
  func failure(seen behavior: CheckBehavior, on subject: String) throws -> CheckBehavior {
    if let status = options.status {
      guard behavior == .exits(status) else {
        throw requestError("the command should exit with status \(status) on \(subject), but it \(behavior)")
      }
    } else if behavior == .exits(0) || behavior == .doesNotMatch {
      throw requestError(
        "the command \(behavior) on \(subject); it should fail there (--status says with which status, if that is 0)")
    }
    return behavior
  }

  private func text(ofModule bytes: Bytes) throws -> Bytes {
    var text = Column<UInt8>()
    try ModulePrinter.print(ModuleReader.read(bytes), workers: WorkerPool(count: 1), to: &text)
    return Bytes(copying: text)
  }
}

extension [UInt8] {
  /// The command with the name of the file, quoted for the shell, where `{}` stands, or at the end.
  fileprivate func naming(_ path: Path) -> [UInt8] {
    var quoted: [UInt8] = [0x27]
    for byte in path.bytes { quoted += byte == 0x27 ? Array("'\\''".utf8) : [byte] }
    quoted.append(0x27)
    let isPlain = path.bytes.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        || "/._-+,".utf8.contains(byte)
    }
    let name = isPlain ? path.bytes : quoted
    var result: [UInt8] = []
    var rest = self[...]
    var isNamed = false
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "{"), rest.first == UInt8(ascii: "}") {
        rest.removeFirst()
        result += name
        isNamed = true
      } else {
        result.append(byte)
      }
    }
    return isNamed ? result : result + [0x20] + name
  }

  fileprivate func contains(_ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    guard count >= part.count else { return false }
    return (0...count - part.count).contains { self[$0] == first && self[$0..<$0 + part.count].elementsEqual(part) }
  }
}

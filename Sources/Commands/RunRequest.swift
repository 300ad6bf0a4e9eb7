import Interpreter
import Support

/// What `pare run` is asked to do.
struct RunRequest: ToolRequest {
  var module: Path?
  /// The guest's, without the name of the program.
  var arguments: [Argument] = []
  /// The exported function to call instead of `_start`.
  var function: String?
  var directories: [(host: Path, guest: [UInt8])] = []
  /// `NAME=VALUE`.
  var environment: [[UInt8]] = []
  var limits = ExecutionLimits()
  var features = FeatureOptions()
  var resources = ResourceOptions()

  mutating func take(input path: Path) { module = path }

  /// All that comes behind the module is the guest's.
  mutating func take(input path: Path, before rest: inout ArraySlice<Argument>) {
    module = path
    arguments = Array(rest)
    rest = []
  }

  /// Takes `HOST` or `HOST::GUEST`.
  private mutating func takeDirectory(_ value: OptionValue) throws {
    let bytes = value.argument.bytes
    let colon = UInt8(ascii: ":")
    let end = zip(bytes, bytes.dropFirst()).enumerated().first { $1 == (colon, colon) }?.offset ?? bytes.count
    let guest = end == bytes.count ? bytes : Array(bytes[(end + 2)...])
    if end == 0 || guest.isEmpty { throw requestError("--dir needs HOST or HOST::GUEST, not '\(value.text)'") }
    directories.append((Path(bytes: Array(bytes[..<end])), guest))
  }

  /// Takes `NAME=VALUE`, or `NAME` for the value that it has here.
  private mutating func takeVariable(_ value: OptionValue) {
    let bytes = value.argument.bytes
    if bytes.contains(UInt8(ascii: "=")) {
      environment.append(bytes)
    } else if let inherited = getenv(value.text) {
      environment.append(bytes + Array("=".utf8) + String(cString: inherited).utf8)
    }
  }

  private mutating func takeDepth(_ value: OptionValue) throws {
    limits.callDepth = try value.number(in: 1...1_000_000)
    limits.stackWords = max(limits.stackWords, 32 * limits.callDepth)
  }

  static var optionGroups: [OptionGroup<RunRequest>] {
    [
      OptionGroup(
        title: "Options",
        options: [
          Option(
            "--invoke",
            says: "Call the exported function NAME instead of _start. ARGS are its arguments: numbers as in the text "
              + "format, vectors as 32 hexadecimal digits after 0x, null for a reference. Its results are printed, one "
              + "a line.",
            action: .value("NAME") { $0.function = $1.text }),
          Option(
            "--dir",
            says: "Let the module use the directory HOST, which it knows as GUEST (default: as HOST). May be repeated.",
            action: .value("HOST[::GUEST]") { try $0.takeDirectory($1) }),
          Option(
            "--env",
            says: "Give the module an environment variable; without VALUE, that of pare. May be repeated. Default: "
              + "none.",
            action: .value("NAME[=VALUE]") { $0.takeVariable($1) }),
          ResourceOptions.workerOption(\.resources),
        ] + generalOptions()),
      OptionGroup(
        title: "Limits",
        options: [
          Option(
            "--fuel", says: "Stop after about N instructions. Default: no limit.",
            action: .value("N") { $0.limits.fuel = try $1.number(in: 1...Int.max) }),
          Option(
            "--max-memory", says: "The most bytes that each memory may have (such as 512M). Default: 4G.",
            action: .value("SIZE") { $0.limits.memoryBytes = UInt64(try $1.byteCount()) }),
          Option(
            "--max-heap", says: "The most bytes that all structures and arrays may take. Default: 1G.",
            action: .value("SIZE") { $0.limits.heapBytes = try $1.byteCount() }),
          Option(
            "--max-depth", says: "The most calls that may be inside each other. Default: 20000.",
            action: .value("N") { try $0.takeDepth($1) }),
        ]),
      OptionGroup(title: "Features", options: FeatureOptions.options(\.features)),
    ]
  }
}

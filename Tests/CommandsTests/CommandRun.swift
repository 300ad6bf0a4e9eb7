import Commands
import Support

/// One run of the command line inside the test's process.
struct CommandRun {
  let status: Int32
  let bytes: [UInt8]
  let errors: String

  init(_ words: String..., environment: [String: String] = [:]) {
    self.init(words: words, environment: environment)
  }

  init(words: [String], environment: [String: String] = [:]) {
    let context = ToolContext(
      environment: Environment(values: environment), output: StandardStream(descriptor: nil),
      errors: StandardStream(descriptor: nil))
    status = runCommandLine(words.map { Argument(bytes: $0.utf8) }, in: context)
    bytes = context.output.collected
    errors = String(decoding: context.errors.collected, as: UTF8.self)
  }

  var output: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the run failed as every failure should: with one line on standard error and status 1.
  var failsWithOneLine: Bool {
    status == 1 && errors.hasPrefix("pare: ") && errors.hasSuffix("\n") && errors.dropLast().allSatisfy { $0 != "\n" }
  }
}

/// A directory that is gone after the test.
final class TemporaryDirectory {
  let path: String

  init() {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/pare-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit {
    for name in names where unlink(file(name)) != 0 { rmdir(file(name)) }
    rmdir(path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Names of the files that are there, sorted.
  var names: [String] { Self.names(in: path) }

  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try OutputFile.write(Bytes(Array(text.utf8)), to: Path(file(name)))
    return file(name)
  }

  func bytes(of name: String) throws -> [UInt8] { try InputFile.read(Path(file(name))).array }
}

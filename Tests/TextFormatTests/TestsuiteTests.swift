import Support
import Testing
import TextFormat

/// Walks the specification's test suite, when it is there: every module must assemble, every malformed text be refused.
@Suite struct TestsuiteTests {
  @Test func textOfTheTestsuite() throws {
    let root = Testsuite.root
    let folders = [
      "", "custom", "legacy", "proposals/threads", "proposals/wide-arithmetic", "proposals/custom-page-sizes",
    ]
    let files = folders.flatMap { folder in Testsuite.scripts(in: root + "/" + folder) }
    guard !files.isEmpty else {
      print("skipped: no test suite at \(root)")
      return
    }
    var count = 0
    for file in files {
      for command in try ScriptParser.parse(try Testsuite.read(file)) {
        count += check(command, "\(file):\(command.line)")
      }
    }
    print("\(count) modules of \(files.count) scripts")
  }

  private func check(_ command: ScriptCommand, _ place: String) -> Int {
    switch command.content {
    case .module(_, _, let module), .assertUnlinkable(let module, _), .assertModuleTrap(let module, _):
      do { _ = try module.assemble() } catch { Issue.record("\(place): \(error)") }
    case .assertInvalid(let module, _), .assertInvalidCustom(let module, _):
      do { _ = try module.assemble() } catch {
        if (error as? WasmError)?.kind != .invalid { Issue.record("\(place): \(error)") }
      }
    case .assertMalformed(let module, let message), .assertMalformedCustom(let module, let message):
      if case .binary = module { return 0 }
      if (try? module.assemble()) != nil { Issue.record("\(place): not refused: \(message)") }
    default: return 0
    }
    return 1
  }
}

enum Testsuite {
  /// `PARE_TESTSUITE`, or where it lies beside the package.
  static var root: String {
    if let path = getenv("PARE_TESTSUITE") { return String(cString: path) }
    let file = #filePath
    let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    return parts.joined(separator: "/") + "/shared/wasm/testsuite"
  }

  static func scripts(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".wast") { names.append(folder + "/" + name) }
    }
    return names.sorted()
  }

  static func read(_ path: String) throws -> Bytes {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw WasmError(.request, "cannot open \(path)") }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Support.read(file, &buffer, buffer.count)
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    return Bytes(bytes)
  }
}

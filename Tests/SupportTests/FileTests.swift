import Support
import Testing

/// A directory that is gone after the test.
private final class Directory {
  let path: String

  init() {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/pare-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit {
    chmod(path, 0o700)
    for name in names where unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") }
    rmdir(path)
  }

  func file(_ name: String) -> Path { Path("\(path)/\(name)") }

  var names: [String] {
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

  func mode(of name: String) -> Int {
    var status = stat()
    _ = file(name).withCString { stat($0, &status) }
    return Int(status.st_mode & 0o7777)
  }
}

private func bytes(_ text: String) -> Bytes { Bytes(Array(text.utf8)) }

/// The message of the error that `work` throws.
private func message(_ work: () throws -> Void) -> String? {
  do {
    try work()
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite struct FileTests {
  private let directory = Directory()

  @Test func readsWhatWasWritten() throws {
    for text in ["", "x", String(repeating: "abc", count: 100_000)] {
      try OutputFile.write(bytes(text), to: directory.file("a"))
      #expect(try InputFile.read(directory.file("a")) == bytes(text))
    }
    #expect(directory.names == ["a"])
  }

  @Test func readsPipesToTheirEnd() throws {
    let path = directory.file("pipe")
    #expect(path.withCString { mkfifo($0, 0o600) } == 0)
    // Both ends: neither open waits. The bytes fit into the pipe, and closing the writer is the end of the file.
    let reader = path.withCString { open($0, O_RDONLY | O_NONBLOCK) }
    let text = bytes(String(repeating: "x", count: 5000))
    try OutputFile.write(text, to: path)
    #expect(try InputFile.readStream(reader) == text)
    close(reader)
  }

  @Test func abandonedFileLeavesNothing() throws {
    try OutputFile.write(bytes("old"), to: directory.file("a"))
    do {
      let file = try OutputFile(directory.file("a"))
      try file.write(bytes("new"))
      #expect(directory.names.count == 2)
    }
    #expect(directory.names == ["a"])
    #expect(try InputFile.read(directory.file("a")) == bytes("old"))
  }

  @Test func inputMayBeOutput() throws {
    try OutputFile.write(bytes("old contents"), to: directory.file("a"))
    let input = try InputFile.read(directory.file("a"))
    try OutputFile.write(bytes("new"), to: directory.file("a"))
    #expect(input == bytes("old contents"))
    #expect(try InputFile.read(directory.file("a")) == bytes("new"))
  }

  @Test func keepsModeOfTarget() throws {
    try OutputFile.write(bytes("old"), to: directory.file("a"))
    let mask = umask(0o022)
    umask(mask)
    #expect(directory.mode(of: "a") == 0o666 & ~Int(mask))
    _ = directory.file("a").withCString { chmod($0, 0o741) }
    try OutputFile.write(bytes("new"), to: directory.file("a"))
    #expect(directory.mode(of: "a") == 0o741)
  }

  @Test func writesThroughLinks() throws {
    try OutputFile.write(bytes("old"), to: directory.file("real"))
    symlink("real", "\(directory.path)/relative")
    symlink("\(directory.path)/relative", "\(directory.path)/absolute")
    symlink("missing", "\(directory.path)/dangling")
    try OutputFile.write(bytes("new"), to: directory.file("absolute"))
    try OutputFile.write(bytes("made"), to: directory.file("dangling"))
    #expect(try InputFile.read(directory.file("real")) == bytes("new"))
    #expect(try InputFile.read(directory.file("missing")) == bytes("made"))
    #expect(directory.names == ["absolute", "dangling", "missing", "real", "relative"])
  }

  @Test func endlessLinksAreAnError() {
    symlink("b", "\(directory.path)/a")
    symlink("a", "\(directory.path)/b")
    #expect(message { try OutputFile.write(bytes("x"), to: directory.file("a")) } != nil)
    #expect(message { _ = try InputFile.read(directory.file("a")) } != nil)
  }

  @Test func devicesAreWrittenDirectly() throws {
    try OutputFile.write(bytes("x"), to: "/dev/null")
    #expect(try InputFile.read("/dev/null") == bytes(""))
  }

  @Test func fullDiskKeepsTheOldFile() throws {
    #expect(message { try OutputFile.write(bytes("x"), to: "/dev/full") } == "cannot write: No space left on device")
  }

  @Test func refusesDirectoriesAndMissingOnes() {
    #expect(message { try OutputFile.write(bytes("x"), to: Path(directory.path)) } == "cannot write: Is a directory")
    #expect(
      message { try OutputFile.write(bytes("x"), to: directory.file("no/a")) }
        == "cannot write: No such file or directory")
    #expect(message { _ = try InputFile.read(Path(directory.path)) } == "cannot read: Is a directory")
    #expect(message { _ = try InputFile.read(directory.file("a")) } == "cannot open: No such file or directory")
  }

  @Test func refusesFilesThatAreNotOurs() throws {
    try OutputFile.write(bytes("old"), to: directory.file("a"))
    _ = directory.file("a").withCString { chmod($0, 0o444) }
    // The superuser may write everything.
    if geteuid() != 0 {
      #expect(message { try OutputFile.write(bytes("x"), to: directory.file("a")) } == "cannot write: Permission denied")
      chmod(directory.path, 0o500)
      #expect(message { try OutputFile.write(bytes("x"), to: directory.file("b")) } == "cannot write: Permission denied")
    }
  }

  @Test func longNamesAreCutInTheTemporary() throws {
    let name = String(repeating: "n", count: 250)
    try OutputFile.write(bytes("x"), to: directory.file(name))
    #expect(directory.names == [name])
  }

  @Test func namesNeedNotBeUnicode() throws {
    let path = directory.file("").sibling([0xff, 0x61])
    try OutputFile.write(bytes("x"), to: path)
    #expect(try InputFile.read(path) == bytes("x"))
    _ = path.withCString { unlink($0) }
  }
}

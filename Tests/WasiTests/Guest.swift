import BinaryFormat
import IR
import Interpreter
import Support
import TextFormat
import Wasi

/// A guest that does what the test says: each function of WASI is exported again, with one page of memory that the test
/// reads and writes.
final class Guest {
  let store = Store()
  let directory = TestDirectory()
  private let instance: Instance
  private let written = Written()

  /// What it wrote to standard output.
  var output: String { String(decoding: written.bytes, as: UTF8.self) }
  /// The descriptor of `directory`.
  let root: UInt32 = 3

  private final class Written {
    var bytes: [UInt8] = []
  }

  init(arguments: [String] = ["guest"], environment: [String] = [], input: Int32? = nil) throws {
    let sink = OutputSink { [written] bytes in
      written.bytes += bytes
      return nil
    }
    var configuration = Configuration(output: sink, errors: OutputSink { _ in .io })
    configuration.arguments = arguments.map { Array($0.utf8) }
    configuration.environment = environment.map { Array($0.utf8) }
    configuration.directories = [(Path(directory.path), Array("/work".utf8))]
    configuration.input = input
    var linker = Linker()
    try System(configuration).define(in: &linker, of: store)
    instance = try store.instantiate(try ModuleInput(reading: Bytes(Array(Guest.text.utf8))).module, linker)
  }

  private static var text: String {
    var imports = ""
    var functions = ""
    for function in WasiFunction.all {
      let types = function.parameters.map { $0 == "I" ? "i64" : "i32" }
      let type = "(param \(types.joined(separator: " ")))" + (function.name == "proc_exit" ? "" : " (result i32)")
      let operands = types.indices.map { "(local.get \($0))" }.joined(separator: " ")
      imports += "(import \"wasi_snapshot_preview1\" \"\(function.name)\" (func $\(function.name) \(type)))\n"
      functions += "(func (export \"\(function.name)\") \(type) (call $\(function.name) \(operands)))\n"
    }
    return "(module \(imports) (memory (export \"memory\") 1 1) \(functions))"
  }

  // MARK: Calls

  /// Calls a function of WASI. Returns the error number.
  @discardableResult
  func call(_ name: String, _ arguments: UInt64...) throws -> Errno { try call(name, arguments) }

  func call(_ name: String, _ arguments: [UInt64]) throws -> Errno {
    let function = WasiFunction.all.first { $0.name == name }!
    let values = zip(function.parameters, arguments).map { type, bits in
      type == "I" ? Value.i64(bits) : .i32(UInt32(truncatingIfNeeded: bits))
    }
    guard case .i32(let number) = try store.invoke(instance.export(Name(name))!, values).first else { return .success }
    return Errno(rawValue: UInt16(number))!
  }

  func memory<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) rethrows -> Result {
    try store.withMemory(instance.export("memory")!, body)
  }

  func load<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, _ address: UInt64) -> Number {
    memory { $0.loadUnaligned(fromByteOffset: Int(address), as: type) }
  }

  func load(_ address: UInt64) -> UInt32 { load(UInt32.self, address) }

  func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, _ address: UInt64) {
    memory { $0.storeBytes(of: number, toByteOffset: Int(address), as: Number.self) }
  }

  func put(_ text: String, _ address: UInt64) {
    memory { UnsafeMutableRawBufferPointer(rebasing: $0[Int(address)...]).copyBytes(from: text.utf8) }
  }

  func text(_ address: UInt64, _ count: some BinaryInteger) -> String {
    memory { String(decoding: $0[Int(address)..<Int(address) + Int(count)], as: UTF8.self) }
  }

  // MARK: What most tests do. Paths are put at 1000 and 5000, results at 16, buffers at 32.

  /// Calls a function with arguments of which one stands for a path, or two for two.
  func call(
    _ name: String, _ before: [UInt64], path: String, _ after: UInt64..., path second: String? = nil
  ) throws -> Errno {
    put(path, 1000)
    var arguments = before + [1000, UInt64(path.utf8.count)] + after
    if let second {
      put(second, 5000)
      arguments += [5000, UInt64(second.utf8.count)]
    }
    return try call(name, arguments)
  }

  static let create: UInt64 = 1
  static let exclusive: UInt64 = 4
  static let truncate: UInt64 = 8
  static let readRight: UInt64 = 1 << 1
  static let writeRight: UInt64 = 1 << 6

  /// Opens a file; the descriptor is at 16.
  func open(
    _ path: String, _ flags: UInt64 = 0, rights: UInt64 = readRight, follows: Bool = true, in directory: UInt32 = 3
  ) throws -> Errno {
    try call("path_open", [UInt64(directory), follows ? 1 : 0], path: path, flags, rights, 0, 0, 16)
  }

  /// The descriptor that the last call opened.
  var opened: UInt64 { UInt64(load(16)) }

  func write(_ text: String, to descriptor: UInt64) throws -> Errno {
    put(text, 1000)
    put(UInt32(1000), 32)
    put(UInt32(text.utf8.count), 36)
    return try call("fd_write", descriptor, 32, 1, 16)
  }

  /// Reads at most 100 bytes.
  func read(_ descriptor: UInt64) throws -> String {
    put(UInt32(1000), 32)
    put(UInt32(100), 36)
    let errno = try call("fd_read", descriptor, 32, 1, 16)
    return errno == .success ? text(1000, load(16)) : "\(errno)"
  }

  /// What a file says, or the error of opening it.
  func content(of path: String) throws -> String {
    let errno = try open(path)
    if errno != .success { return "\(errno)" }
    let descriptor = opened
    defer { _ = try? call("fd_close", descriptor) }
    return try read(descriptor)
  }
}

/// A directory of the host that is gone after the test, in one that holds a file `secret` beside it.
final class TestDirectory {
  private let parent: String
  let path: String

  init() {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/pare-test-XXXXXX".utf8CString)
    parent = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    path = parent + "/inside"
    mkdir(path, 0o700)
    write("secret", to: "../secret")
  }

  deinit { TestDirectory.remove(parent) }

  func write(_ text: String, to name: String) {
    guard let file = fopen("\(path)/\(name)", "w") else { return }
    fputs(text, file)
    fclose(file)
  }

  func makeDirectory(_ name: String) { mkdir("\(path)/\(name)", 0o700) }
  func link(_ name: String, to target: String) { symlink(target, "\(path)/\(name)") }
  func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  private static func remove(_ path: String) {
    if unlink(path) == 0 || rmdir(path) == 0 { return }
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      }
      if name != "." && name != ".." { remove("\(path)/\(name)") }
    }
    closedir(directory)
    rmdir(path)
  }
}

import Commands
import PassManager
import Passes
import Support
import Testing

@Suite struct ScriptTests {
  private let directory = TemporaryDirectory()

  private func run(_ script: String) throws -> CommandRun {
    CommandRun("spec", try directory.write(script, to: "script.wast"))
  }

  @Test func countsCommands() throws {
    let run = try run(
      #"""
      (module (func (export "f") (result i32) (i32.const 1)))
      (assert_return (invoke "f") (i32.const 1))
      (assert_invalid (module (func (result i32))) "type mismatch")
      (assert_malformed (module quote "(func (nosuch))") "unknown operator")
      (assert_malformed (module binary "\00asn\01\00\00\00") "magic header not detected")
      (assert_unlinkable (module (import "a" "b" (func))) "unknown import")
      (module binary "\00asm\01\00\00\00")
      (register "m")
      """#)
    #expect(run.output == "8 passed, 0 failed\n")
    #expect(run.errors == "")
    #expect(run.status == 0)
  }

  @Test func tellsFailuresWithTheirLine() throws {
    let run = try run(
      """
      (module)
      (module (func (result i32)))

      (assert_invalid (module) "type mismatch")
      (assert_malformed (module (func)) "unknown operator")
      (assert_unlinkable (module (func (result i32))) "unknown import")
      """)
    #expect(run.status == 1)
    #expect(run.output == "1 passed, 4 failed\n")
    let path = directory.file("script.wast")
    let lines = run.errors.split(separator: "\n")
    try #require(lines.count == 4)
    for (line, number) in zip(lines, [2, 4, 5, 6]) { #expect(line.hasPrefix("pare: \(path):\(number): "), "\(line)") }
  }

  @Test func scriptsThatCanNotBeReadFail() throws {
    #expect(try run("(assert_nothing)").output == "0 passed, 1 failed\n")
    let missing = CommandRun("spec", directory.file("missing.wast"), directory.file("script.wast"))
    #expect(missing.status == 1)
    #expect(missing.errors.contains("missing.wast: cannot open"))
  }

  @Test func runsAndCompares() throws {
    let run = try run(
      """
      (module $m (func (export "f") (param i32) (result f32) (f32.div (f32.const 0) (f32.const 0)))
        (func (export "t") (unreachable))
        (global (export "g") (mut i32) (i32.const 7)))
      (assert_return (invoke "f" (i32.const 1)) (f32.const nan:canonical))
      (assert_return (invoke "f" (i32.const 1)) (f32.const 1))
      (assert_trap (invoke $m "t") "unreachable")
      (assert_trap (invoke $m "t") "integer overflow")
      (assert_return (get "g") (i32.const 7))
      (assert_return (invoke "nosuch"))
      """)
    #expect(run.output == "4 passed, 3 failed\n")
    #expect(run.errors.contains("script.wast:5: the result is f32 nan (0x7fc00000)"))
    #expect(run.errors.contains("script.wast:7: trap: unreachable instead of: integer overflow"))
  }

  @Test func optimizesEachModuleFirst() throws {
    let script = try directory.write(
      """
      (module (func (export "f") (result i32) (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3)))))
      (assert_return (invoke "f") (i32.const 2))
      """, to: "through.wast")
    #expect(CommandRun("spec", "--through", "-O2", script).output == "2 passed, 0 failed\n")
    #expect(CommandRun("spec", "--through", "vacuum dce -O1", script).output == "2 passed, 0 failed\n")
    let unknown = CommandRun("spec", "--through", "vacuu", script)
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("--vacuu"))
  }

  /// All of the specification's test suite: each command does what it must, with and without optimization.
  @Test(arguments: ["", "-O1", "-O2", "-O3", "-Os", "-Oz"]) func testsuitePassesThrough(_ passes: String) throws {
    guard let suite = Testsuite.path else { return }
    let run = CommandRun(words: ["spec", "--through", passes] + Testsuite.files(in: suite))
    #expect(run.output.contains(" passed, 0 failed"), "\(run.output)\(run.errors)")
  }

  static let functionPasses: [String] = PassTable.all.compactMap { descriptor in
    guard case .function? = try? descriptor.make(PassOptions()) else { return nil }
    return descriptor.name
  }

  @Test(arguments: functionPasses)
  func testsuitePassesThroughEachFunctionPass(_ pass: String) throws {
    guard let suite = Testsuite.path else { return }
    let run = CommandRun(words: ["spec", "--through", pass] + Testsuite.files(in: suite))
    #expect(run.output.contains(" passed, 0 failed"), "\(run.output)\(run.errors)")
  }
}

/// The specification's test suite, where it is there.
enum Testsuite {
  /// `PARE_TESTSUITE`, or where it lies beside the package.
  static var path: String? {
    if let path = getenv("PARE_TESTSUITE") { return String(cString: path) }
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    let path = parts.joined(separator: "/") + "/shared/wasm/testsuite"
    return access(path, F_OK) == 0 ? path : nil
  }

  /// The scripts of the standard, and of the proposals that have been finished apart from it.
  static func files(in suite: String) -> [String] {
    let proposals = ["threads", "wide-arithmetic", "custom-page-sizes"].map { "\(suite)/proposals/\($0)" }
    return scripts(below: suite, except: "proposals") + proposals.flatMap { scripts(below: $0) }
  }

  private static func scripts(below directory: String, except excluded: String? = nil) -> [String] {
    TemporaryDirectory.names(in: directory).flatMap { name -> [String] in
      let path = "\(directory)/\(name)"
      if name == excluded { return [] }
      if name.hasSuffix(".wast") { return [path] }
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? scripts(below: path) : []
    }
  }
}

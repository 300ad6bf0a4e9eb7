import Commands
import Support
import Testing

@Suite struct RunTests {
  private let directory = TemporaryDirectory()

  private func run(_ text: String, _ words: String..., options: [String] = []) throws -> CommandRun {
    CommandRun(words: ["run"] + options + [try directory.write(text, to: "program.wat")] + words)
  }

  /// A module of one exported function.
  private func invoke(_ function: String, _ words: String...) throws -> CommandRun {
    let path = try directory.write("(module (func (export \"f\") \(function)))", to: "f.wat")
    return CommandRun(words: ["run", "--invoke", "f", path] + words)
  }

  /// Writes its arguments and its environment, with a zero byte behind each, and ends with the number of arguments.
  private let echo = """
    (module
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (local $count i32)
        (drop (call $environ_sizes (i32.const 0) (i32.const 28)))
        (drop (call $environ (i32.const 1000) (i32.const 5000)))
        (i32.store (i32.const 24) (i32.const 5000))
        (drop (call $sizes (i32.const 0) (i32.const 20)))
        (local.set $count (i32.load (i32.const 0)))
        (drop (call $get (i32.const 1000) (i32.const 2000)))
        (i32.store (i32.const 16) (i32.const 2000))
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 2) (i32.const 8)))
        (call $exit (local.get $count))
        (unreachable)))
    """

  // MARK: Programs

  @Test func programsGetArgumentsAndEnvironment() throws {
    let run = try run(echo, "--help", "", "-o", "x y", options: ["--env", "A=1=2", "--env=B="])
    #expect(run.status == 5)
    #expect(run.output == "program.wat\0--help\0\0-o\0x y\0A=1=2\0B=\0")
    #expect(run.errors == "")
  }

  @Test func exitStatusIsTheProgram() throws {
    func exit(_ status: Int) throws -> Int32 {
      try run(
        """
        (module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (func (export "_start") (call $exit (i32.const \(status)))))
        """
      ).status
    }
    #expect(try exit(0) == 0)
    #expect(try exit(77) == 77)
    #expect(try exit(256) == 1)
    #expect(try exit(-1) == 255)
    #expect(try run("(module (func (export \"_start\")))").status == 0)
  }

  @Test func programsUseDirectories() throws {
    let program = """
      (module
        (import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "made")
        (func (export "_start")
          (drop (call $name (i32.const 3) (i32.const 100) (i32.const 5)))
          (if (i32.ne (i32.load8_u (i32.const 100)) (i32.const 103)) (then (call $exit (i32.const 1))))
          (call $exit (call $make (i32.const 3) (i32.const 0) (i32.const 4)))))
      """
    #expect(try run(program).status == 1)
    #expect(try run(program, options: ["--dir", directory.path + "::guest"]).status == 0)
    #expect(directory.names.contains("made"))
    let missing = try run(program, options: ["--dir", directory.file("nothing") + "::g"])
    #expect(missing.failsWithOneLine && missing.errors.contains("cannot open the directory"), "\(missing.errors)")
  }

  // MARK: Functions

  @Test func functionsAreCalledWithNumbers() throws {
    let numbers = "(param i32 i64 f32 f64) (result i32 i64 f32 f64) local.get 0 local.get 1 local.get 2 local.get 3"
    #expect(try invoke(numbers, "-1", "0xffff_ffff_ffff_ffff", "0.1", "-0").output == "-1\n-1\n0.1\n-0.0\n")
    #expect(try invoke(numbers, "4294967295", "-9223372036854775808", "inf", "nan:0x1").output
      == "-1\n-9223372036854775808\ninf\nnan:0x1\n")
    #expect(try invoke(numbers, "0", "0", "-nan", "0x1p-1074").output == "0\n0\n-nan\n5e-324\n")
    #expect(try invoke("(param v128) (result v128) local.get 0", "0x000102030405060708090a0b0c0d0e0f").output
      == "0x000102030405060708090a0b0c0d0e0f\n")
    #expect(try invoke("(param externref) (result externref) local.get 0", "null").output == "null\n")
    #expect(try invoke("(result (ref i31)) (ref.i31 (i32.const -7))").output == "i31 -7\n")
    #expect(try invoke("").output == "")
  }

  @Test func wrongArgumentsAreToldInOneLine() throws {
    for words in [["1.5"], ["4294967296"], [""], ["1", "2"], []] {
      let path = try directory.write("(module (func (export \"f\") (param i32)))", to: "f.wat")
      let run = CommandRun(words: ["run", "--invoke", "f", path] + words)
      #expect(run.failsWithOneLine, "\(run.errors)")
    }
    let run = CommandRun("run", "--invoke", "g", try directory.write("(module (func (export \"f\")))", to: "f.wat"))
    #expect(run.failsWithOneLine && run.errors.contains("the nearest is f"), "\(run.errors)")
  }

  @Test func librariesAreInitialized() throws {
    let text = """
      (module (global $ready (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $ready (i32.const 1)))
        (func (export "ready") (result i32) (global.get $ready)))
      """
    #expect(try run(text, options: ["--invoke", "ready"]).output == "1\n")
  }

  // MARK: What ends a guest

  @Test func trapsAreToldInOneLine() throws {
    func trap(_ text: String, _ message: String, options: [String] = []) throws {
      let run = try run(text, options: options)
      #expect(run.status == 134)
      #expect(run.errors == message + "\n")
    }
    try trap("(module (func (export \"_start\") unreachable))", "trap: unreachable")
    try trap(
      "(module (func $f (export \"_start\") (call $f)))", "trap: call stack exhausted", options: ["--max-depth=9"])
    try trap("(module (func (export \"_start\") (loop (br 0))))", "trap: out of fuel", options: ["--fuel", "100000"])
    try trap("(module (func $f unreachable) (start $f))", "trap: unreachable")
    try trap("(module (tag $e) (func (export \"_start\") (throw $e)))", "an uncaught exception")
    try trap(
      "(module (memory 0) (func (export \"_start\") (drop (i32.load (i32.const 0)))))",
      "trap: out of bounds memory access")
  }

  @Test func memoryIsLimited() throws {
    let run = try run("(module (memory 17) (func (export \"_start\")))", options: ["--max-memory", "1M"])
    #expect(run.failsWithOneLine, "\(run.errors)")
    let grow = "(module (memory 1) (func (export \"f\") (result i32) (memory.grow (i32.const 16))))"
    #expect(try self.run(grow, options: ["--max-memory=1M", "--invoke", "f"]).output == "-1\n")
    #expect(try self.run(grow, options: ["--invoke", "f"]).output == "1\n")
  }

  @Test func whatCanNotRunIsRefused() throws {
    #expect(try run("(module (func (export \"_start\") (result i32)))").failsWithOneLine)
    #expect(try run("(module (func (export \"_start\") (param i32)))").failsWithOneLine)
    #expect(try run("(module (func (export \"main\")))").errors.contains("no function is exported as _start"))
    let import_ = try run("(module (import \"a\" \"b\" (func)) (func (export \"_start\")))")
    #expect(import_.failsWithOneLine && import_.errors.contains("unknown import: a b"), "\(import_.errors)")
    let simd = "(module (func (export \"_start\") (drop (v128.const i64x2 0 0))))"
    #expect(try run(simd, options: ["--disable-simd"]).failsWithOneLine)
    #expect(try run(simd).status == 0)
    #expect(CommandRun("run").failsWithOneLine)
    #expect(CommandRun("run", "--help").output.contains("--invoke"))
    #expect(CommandRun("run", directory.file("nothing")).failsWithOneLine)
  }
}

import Commands
import Support
import Testing

/// A module that has something of everything a command line test needs.
private let sample = """
  (module $sample
    (memory (export "memory") 1)
    (func $helper (param i32) (result i32) (nop) (local.get 0))
    (func $twin (param i32) (result i32) (nop) (local.get 0))
    (func $unused)
    (func $main (export "main") (param $x i32) (result i32)
      (block (nop))
      (i32.add (call $helper (local.get $x)) (call $twin (i32.extend8_s (local.get $x))))))
  """

@Suite struct ToolTests {
  private let directory = TemporaryDirectory()

  private func write(_ text: String = sample, to name: String = "in.wat") throws -> String {
    try directory.write(text, to: name)
  }

  // MARK: opt

  @Test func optimizesIntoAFile() throws {
    let input = try write()
    let plain = CommandRun(input, "-o", directory.file("plain.wasm"))
    #expect(plain.status == 0 && plain.output.isEmpty && plain.errors.isEmpty, "\(plain)")
    let small = CommandRun("opt", "-Oz", input, "--output=" + directory.file("small.wasm"))
    #expect(small.status == 0 && small.errors.isEmpty, "\(small)")
    #expect(try directory.bytes(of: "small.wasm").count < directory.bytes(of: "plain.wasm").count)
    #expect(try directory.bytes(of: "small.wasm").starts(with: [0, 0x61, 0x73, 0x6d]))
    #expect(directory.names == ["in.wat", "plain.wasm", "small.wasm"])
  }

  @Test func inputAndOutputMayBeTheSame() throws {
    let input = try write()
    let expected = CommandRun("-O2", input, "-o", "-").bytes
    #expect(!expected.isEmpty)
    #expect(CommandRun("-O2", input, "-o", input).status == 0)
    #expect(try directory.bytes(of: "in.wat") == expected)
    #expect(CommandRun("-O2", input, "-o", input).status == 0)
    #expect(try directory.bytes(of: "in.wat") == expected)
  }

  @Test func workersDoNotChangeTheOutput() throws {
    let input = try write()
    let one = CommandRun("-Oz", input, "-o", "-", "-j1").bytes
    #expect(CommandRun("-Oz", input, "-o", "-", "-j", "4").bytes == one)
    #expect(CommandRun("-Oz", input, "-o", "-", environment: ["BINARYEN_CORES": "3"]).bytes == one)
    #expect(CommandRun("-Oz", input, "-o", "-", "--max-memory=1M").bytes == one)
  }

  @Test func textShowsNamesAndBinaryDropsThem() throws {
    let input = try write()
    #expect(CommandRun(input, "-S", "-o", "-").output.contains("$helper"))
    #expect(CommandRun(input, "-g", "-o", directory.file("g.wasm")).status == 0)
    #expect(CommandRun("dis", directory.file("g.wasm")).output.contains("$helper"))
    #expect(CommandRun(input, "-o", directory.file("plain.wasm")).status == 0)
    #expect(!CommandRun("dis", directory.file("plain.wasm")).output.contains("$helper"))
  }

  @Test func withoutOutputItSaysSo() throws {
    let input = try write()
    let run = CommandRun("-O2", input)
    #expect(run.status == 0)
    #expect(run.errors == "pare: warning: there is no -o FILE, so nothing is written\n")
    #expect(CommandRun("-O2", input, "-q").errors == "")
    #expect(directory.names == ["in.wat"])
  }

  @Test func skippedPassesDoNotRun() throws {
    let input = try write()
    let skipped = CommandRun("--vacuum", "--skip-pass=vacuum", input, "-S", "-o", "-").output
    #expect(skipped == CommandRun(input, "-S", "-o", "-").output)
    #expect(skipped != CommandRun("--vacuum", input, "-S", "-o", "-").output)
  }

  @Test func measuresOnRequest() throws {
    let input = try write()
    let run = CommandRun(
      "-O2", input, "-o", directory.file("out.wasm"), "--time-passes", "--profile", directory.file("profile.json"))
    #expect(run.status == 0)
    #expect(run.errors.contains("total"))
    #expect(String(decoding: try directory.bytes(of: "profile.json"), as: UTF8.self).contains("\"traceEvents\""))
  }

  // MARK: Features

  @Test func disabledFeaturesAreRefusedByName() throws {
    let input = try write()
    let run = CommandRun("--disable-sign-ext", input, "-o", directory.file("out.wasm"))
    #expect(run.failsWithOneLine)
    #expect(run.errors.contains("sign-ext") && run.errors.contains("main"), "\(run.errors)")
    #expect(CommandRun("-mvp", input, "-o", directory.file("out.wasm")).failsWithOneLine)
    #expect(CommandRun("-mvp", "--enable-sign-ext", input, "-o", directory.file("out.wasm")).status == 0)
    #expect(CommandRun("--disable-simd", input, "-o", directory.file("out.wasm")).status == 0)
  }

  // MARK: Other tools

  @Test func assemblesAndDisassembles() throws {
    let input = try write()
    #expect(CommandRun("as", "-g", input, "-o", directory.file("a.wasm")).status == 0)
    let text = CommandRun("dis", directory.file("a.wasm")).output
    try directory.write(text, to: "b.wat")
    #expect(CommandRun("as", "-g", directory.file("b.wat"), "-o", directory.file("b.wasm")).status == 0)
    #expect(try directory.bytes(of: "a.wasm") == directory.bytes(of: "b.wasm"))
  }

  @Test func validateTellsAboutEachFile() throws {
    let good = try write()
    let bad = try write("(module\n  (func (result i32)\n    (i64.const 1)))", to: "bad.wat")
    #expect(CommandRun("validate", good).status == 0)
    #expect(CommandRun("validate", good).errors == "")
    let run = CommandRun("validate", bad, good, directory.file("missing.wasm"))
    let lines = run.errors.split(separator: "\n")
    #expect(run.status == 1)
    try #require(lines.count == 2)
    #expect(lines[0].hasPrefix("pare: \(bad):"))
    #expect(lines[0].contains("in function 0"), "\(lines[0])")
    #expect(lines[1] == "pare: \(directory.file("missing.wasm")): cannot open: No such file or directory")
  }

  @Test func helpAndVersion() throws {
    for tool in [[], ["opt"], ["as"], ["dis"], ["validate"], ["metrics"], ["spec"]] {
      let run = CommandRun(words: tool + ["--help"])
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 120 })
      #expect(CommandRun(words: tool + ["--version"]).output.hasPrefix("pare "))
    }
    #expect(CommandRun("--help").output.contains("--remove-unused-brs"))
  }

  // MARK: Errors

  @Test func errorsAreOneLine() throws {
    let input = try write()
    let output = directory.file("out.wasm")
    mkdir(directory.file("directory"), 0o700)
    let failing: [([String], String)] = [
      ([], "there is no input file"),
      ([directory.file("missing.wasm"), "-o", output], "missing.wasm: cannot open: No such file or directory"),
      ([directory.path, "-o", output], "cannot read: Is a directory"),
      ([input, "-o", directory.file("directory")], "directory: cannot write: Is a directory"),
      ([input, "-o", directory.file("no/out.wasm")], "cannot write: No such file or directory"),
      ([input, "-o", "/dev/full"], "/dev/full: cannot write: No space left on device"),
      ([input, "--vacum"], "the nearest is --vacuum"),
      ([input, input], "two input files"),
      ([input, "-o"], "needs a value"),
    ]
    for (words, part) in failing {
      let run = CommandRun(words: words)
      #expect(run.failsWithOneLine && run.errors.contains(part), "\(words): \(run.errors)")
    }
    #expect(directory.names == ["directory", "in.wat"])
  }

  @Test func environmentIsChecked() throws {
    let input = try write()
    for name in ["PARE_CORES", "BINARYEN_CORES", "PARE_MAX_MEMORY", "PARE_PASS_DEBUG", "BINARYEN_PASS_DEBUG"] {
      let run = CommandRun(input, "-o", "-", environment: [name: "lots"])
      #expect(run.failsWithOneLine && run.errors.contains(name), "\(name): \(run.errors)")
    }
  }

  @Test func badModulesAreOneLineWithAPlace() throws {
    let magic: [UInt8] = [0, 0x61, 0x73, 0x6d]
    let files: [([UInt8], String)] = [
      ([], "in.bin"),
      (Array("(module (fun))".utf8), ":1:10: "),
      (Array("(module\n\n  (func (call $nobody)))".utf8), ":3:"),
      (Array("\u{1B}[31m\n(".utf8), "in.bin:1:"),
      ([0xff, 0xfe], "in.bin:1:1: "),
      (magic, "offset 4"),
      (magic + [2, 0, 0, 0], "version 2"),
      (magic + [0x0d, 0, 1, 0], "component"),
      (magic + [1, 0, 0, 0, 1, 5], "offset 8"),
      (magic + [1, 0, 0, 0, 77, 0], "section id 77"),
    ]
    for (bytes, part) in files {
      try OutputFile.write(Bytes(bytes), to: Path(directory.file("in.bin")))
      try directory.write("old", to: "out.wasm")
      let run = CommandRun("-O2", directory.file("in.bin"), "-o", directory.file("out.wasm"))
      #expect(run.failsWithOneLine && run.errors.contains(part), "\(bytes): \(run.errors)")
      #expect(try directory.bytes(of: "out.wasm") == Array("old".utf8))
    }
    #expect(directory.names == ["in.bin", "out.wasm"])
  }

  @Test func validationMayBeLeftOut() throws {
    let input = try write("(module (func (export \"f\") (result i32) (i64.const 1)))")
    #expect(CommandRun(input, "-o", "-").failsWithOneLine)
    #expect(CommandRun(input, "-n", "-o", "-").status == 0)
  }
}

import Commands
import Support
import Testing

@Suite struct ReduceTests {
  private let directory = TemporaryDirectory()

  private let sample = """
    (module $sample
      (memory (export "memory") 1)
      (global $count (mut i32) (i32.const 3))
      (func $bits (param i32) (result i32)
        (global.set $count (i32.const 4))
        (i32.add (i32.popcnt (i32.load (local.get 0))) (i32.const 77)))
      (func (export "main") (param $x i32) (result i32)
        (if (result i32) (local.get $x)
          (then (call $bits (local.get $x)))
          (else (i32.const 9)))))
    """

  private func reduce(_ words: String..., input: String? = nil) throws -> CommandRun {
    let path = try directory.write(input ?? sample, to: "in.wat")
    return CommandRun(words: ["reduce", path] + words)
  }

  @Test func textIsReduced() throws {
    let output = directory.file("out.wat")
    let run = try reduce("--check", "! grep -q popcnt {}", "-S", "-o", output)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("(i32.popcnt (i32.const 0))") && run.output.split(separator: "\n").count <= 6, "\(run.output)")
    #expect(String(decoding: try directory.bytes(of: "out.wat"), as: UTF8.self) == run.output)
    #expect(run.errors.contains("out.wat: ") && run.errors.contains(" checks\n"), "\(run.errors)")
  }

  @Test func binariesAreReducedAndTheNameIsAdded() throws {
    let output = directory.file("out.wasm")
    // The opcode of i32.popcnt is an i.
    let run = try reduce("--check", "grep -q i", "--status=0", "-q", "-o", output)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    let bytes = try directory.bytes(of: "out.wasm")
    #expect(bytes.starts(with: [0, 0x61, 0x73, 0x6d]) && bytes.contains(0x69))
    #expect(bytes.count < 60)
  }

  @Test func matchTellsFailuresApart() throws {
    let check = "grep -q popcnt {} || exit 1; grep -q global {} && echo both || echo one; exit 1"
    let both = try reduce("--check", check, "--match", "both", "-S", "-o", directory.file("out.wat"))
    #expect(both.output.contains("popcnt") && both.output.contains("global"), "\(both.output)")
    let one = try reduce("--check", check, "--match=one", "-S", "-o", directory.file("out.wat"))
    #expect(one.failsWithOneLine && one.errors.contains("does not print the text to match"), "\(one.errors)")
  }

  @Test func timeoutsAndSignalsAreFailures() throws {
    let slow = try reduce(
      "--check", "grep -q popcnt {} && sleep 60; exit 1", "--timeout=1", "-S", "-o", directory.file("out.wat"),
      input: "(module (func (drop (i32.popcnt (i32.const 3)))))")
    #expect(slow.status == 0 && slow.output.contains("popcnt"), "\(slow.errors)")
    let killed = try reduce("--check", "grep -q popcnt {} && kill -9 $$", "-S", "-o", directory.file("out.wat"))
    #expect(killed.status == 0 && killed.output.contains("popcnt"), "\(killed.errors)")
  }

  @Test func whatDoesNotFailCannotBeReduced() throws {
    let run = try reduce("--check", "true", "-o", directory.file("out.wasm"))
    #expect(run.failsWithOneLine && run.errors.contains("succeeds"), "\(run.errors)")
    let other = try reduce("--check", "exit 3;", "--status=4", "-o", directory.file("out.wasm"))
    #expect(other.failsWithOneLine && other.errors.contains("exits with status 3"), "\(other.errors)")
    #expect(try reduce("--check", " ").failsWithOneLine)
    #expect(try reduce().errors.contains("there is no --check"))
    #expect(CommandRun("reduce", "--check", "false").failsWithOneLine)
    #expect(directory.names == ["in.wat"])
  }

  @Test func aCommandWithMoodsIsNoticed() throws {
    let mark = directory.file("mark")
    let run = try reduce("--check", "test -e \(mark) && exit 0; touch \(mark); exit 1; : {}", "-o", directory.file("out.wasm"))
    #expect(run.failsWithOneLine && run.errors.contains("but not each time"), "\(run.errors)")
  }

  @Test func smallestModulesAreWrittenToo() throws {
    let run = try reduce("--check", "false", "-S", "-o", "-", input: "(module)")
    #expect(run.status == 0 && run.output == "(module)\n", "\(run)")
  }

  @Test func helpShowsItsOptions() {
    let run = CommandRun("reduce", "--help")
    for word in ["--check COMMAND", "--match TEXT", "--timeout SECONDS", "--no-passes"] { #expect(run.output.contains(word)) }
  }
}

import Commands
import Support
import Testing

@Suite struct BisectTests {
  private let directory = TemporaryDirectory()

  private let sample = """
    (module
      (func $first (export "a") (param i32) (result i32)
        (drop (i32.clz (local.get 0)))
        (drop (i32.ctz (local.get 0)))
        (i32.const 1))
      (func $second (export "b") (param i32) (result i32)
        (drop (i32.clz (local.get 0)))
        (drop (i32.popcnt (local.get 0)))
        (drop (i32.eqz (local.get 0)))
        (i32.const 2)))
    """

  private func bisect(_ words: String...) throws -> CommandRun {
    CommandRun(words: ["bisect", try directory.write(sample, to: "in.wat")] + words)
  }

  @Test func theRewriteIsNamedAndShown() throws {
    let run = try bisect("--check", "grep -q popcnt {}", "-S", "--dce", "--vacuum", "-j2")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("This is pass 2, vacuum, function 1 (second), rewrite 2.\n"), "\(run.output)")
    let parts = run.output.split(separator: "After:")
    try #require(parts.count == 2)
    #expect(parts[0].contains("Before:") && parts[0].contains("(i32.popcnt") && !parts[0].contains("(i32.clz"), "\(run.output)")
    #expect(!parts[1].contains("(i32.popcnt") && parts[1].contains("(i32.eqz"), "\(run.output)")
  }

  @Test func theLimitThatIsToldCutsThere() throws {
    let run = try bisect("--check", "grep -q popcnt {}", "-S", "-O2", "--vacuum")
    let number = try #require(run.output.split(separator: " ").dropFirst(2).first.flatMap { Int($0) })
    let input = directory.file("in.wat")
    for (limit, isThere) in [(number - 1, true), (number, false)] {
      let cut = CommandRun(input, "-S", "-O2", "--vacuum", "--bisect-limit", "\(limit)", "-o", "-")
      #expect(cut.output.contains("popcnt") == isThere, "\(cut.output)")
      if !isThere { #expect(cut.errors.hasPrefix("pare: step \(limit) was pass "), "\(cut.errors)") }
    }
    #expect(CommandRun(input, "-O2", "--bisect-limit=0", "-o", "-").errors == "pare: no step was made\n")
  }

  @Test func modulePassesAreOneStep() throws {
    let run = try bisect("--check", "grep -q second {}", "--strip-debug", "-S")
    #expect(run.status == 0 && run.output.contains("This is pass 1, strip-debug.\n"), "\(run.output)\(run.errors)")
  }

  @Test func whatCannotBeBisectedIsTold() throws {
    func message(_ words: String...) throws -> String {
      let run = CommandRun(words: ["bisect", try directory.write(sample, to: "in.wat")] + words)
      #expect(run.failsWithOneLine, "\(run)")
      return run.errors
    }
    #expect(try message("-O2", "--check", "true").contains("the command succeeds on"))
    #expect(try message("-O2", "--check", "false").contains("before any pass has run"))
    #expect(try message("-O2").contains("there is no --check"))
    #expect(try message("--vacum").contains("the nearest is --vacuum"))
    let mark = directory.file("mark")
    #expect(try message("-O2", "--check", "test -e \(mark) && exit 0; touch \(mark); exit 1; ").contains("but not each time"))
    #expect(CommandRun("bisect", "--help").output.contains("--check COMMAND"))
  }
}

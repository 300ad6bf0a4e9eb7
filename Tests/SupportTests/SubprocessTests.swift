import Support
import Testing

@Suite struct SubprocessTests {
  private func shell(_ command: String, timeout: UInt64 = 20_000_000_000) throws -> Subprocess.Outcome {
    try Subprocess.runShell(Array(command.utf8), timeout: timeout)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func streamsAndStatusAreCollected() throws {
    let outcome = try shell("cat; echo out; echo error >&2; exit 3")
    #expect(outcome.ending == .exited(3))
    #expect(text(outcome.output) == "out\n")
    #expect(text(outcome.errors) == "error\n")
  }

  @Test func signalsAreTold() throws {
    #expect(try shell("kill -9 $$").ending == .killed(signal: SIGKILL))
    // Whatever this process does about the signal, the program gets what it expects.
    #expect(try shell("kill -13 $$").ending == .killed(signal: SIGPIPE))
  }

  @Test func whatTakesTooLongIsKilledWithAllItStarted() throws {
    let start = Clock.now()
    let outcome = try shell("echo begun; sleep 30 & sleep 30", timeout: 200_000_000)
    #expect(outcome.ending == .timedOut)
    #expect(text(outcome.output) == "begun\n")
    #expect(Clock.now() - start < 10_000_000_000)
  }

  @Test func leftoversDoNotDelay() throws {
    let start = Clock.now()
    #expect(try shell("sleep 30 & exit 0").ending == .exited(0))
    #expect(try shell("exec >&- 2>&-; sleep 0.1; exit 5").ending == .exited(5))
    #expect(Clock.now() - start < 10_000_000_000)
  }

  @Test func endlessOutputIsCut() throws {
    let outcome = try shell("yes", timeout: 300_000_000)
    #expect(outcome.ending == .timedOut)
    #expect(outcome.output.count == 1 << 16)
    #expect(try shell("yes | head -n 1").ending == .exited(0))
  }

  @Test func whatCannotRunIsAnError() {
    #expect(throws: WasmError.self) { try Subprocess.run("/nonexistent/program", [], timeout: 1_000_000_000) }
  }

  @Test func scratchFilesVanish() throws {
    var file: ScratchFile? = try ScratchFile(suffix: ".wasm")
    let path = file!.path
    #expect(path.description.hasSuffix(".wasm"))
    try file!.write(Bytes([1, 2, 3]))
    try file!.write(Bytes([4]))
    #expect(try InputFile.read(path).array == [4])
    file = nil
    #expect(path.withCString { access($0, F_OK) } != 0)
  }
}

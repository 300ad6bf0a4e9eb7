import IR
import PassManager
import Support
import Testing

private func failure(
  _ schedule: [ScheduledPass], on module: inout Module, workers: Int = 2, log: Transcript = Transcript(),
  hooks: DebugHooks = DebugHooks(), _ configure: (inout RunnerOptions) -> Void = { _ in }
) -> WasmError? {
  do {
    try run(schedule, on: &module, workers: workers, log: log, hooks: hooks, configure)
    return nil
  } catch {
    return error as? WasmError
  }
}

@Suite struct FailureTests {
  @Test(arguments: [1, 2, 4]) func theFirstInvalidBodyOfTheInputIsReported(workers: Int) {
    for _ in 0..<10 {
      var module = makeModule(constantCounts: variedCounts)
      module.names.functions[FunctionID(20)] = "twenty"
      // The largest bodies are visited first; the error is that of the function that comes first.
      for id in [20, 57, 107, 257] {
        module.functions[FunctionID(id)].code!.bytes = Bytes([0] + Array(repeating: 0x1a, count: id * 200) + [0x0b])
      }
      let error = failure([], on: &module, workers: workers)
      #expect(error?.kind == .invalid)
      #expect(error?.function == "20 (twenty)")
    }
  }

  @Test func aModulePassThatThrowsIsNamed() {
    var module = makeModule(constantCounts: [1])
    let error = failure(
      [schedule("some-pass") { _, _ in throw WasmError(.request, "no such export") }], on: &module)
    #expect(error?.description == "pass some-pass: no such export")
    #expect(error?.kind == .request)
    let other = failure([schedule("other-pass") { _, _ in throw CancelledStep() }], on: &module)
    #expect(other?.message.hasPrefix("pass other-pass: ") == true)
    #expect(other?.kind == .internalError)
  }

  @Test func withDebugLevel1TheStageThatBreaksABodyIsNamed() {
    var module = makeModule(constantCounts: [1, 1, 1])
    let passes = [schedule("add", AddToConstants()), schedule("break", BreakBody(function: FunctionID(1)))]
    let error = failure(passes, on: &module) { $0.debugLevel = .log }
    #expect(error?.kind == .internalError)
    #expect(error?.function == "1")
    #expect(error?.message.hasPrefix("one of the passes add, break (PARE_PASS_DEBUG=2 tells which)") == true)
  }

  @Test func withDebugLevel2ThePassAndTheFunctionBeforeItAreShown() {
    var module = makeModule(constantCounts: [1, 1, 1])
    let passes = [
      schedule("add", AddToConstants()), schedule("break", BreakBody(function: FunctionID(1))),
      schedule("add", AddToConstants()),
    ]
    let log = Transcript()
    let hooks = DebugHooks(describeFunction: { module, id in "\(bodies(of: module)[id.index])" })
    let error = failure(passes, on: &module, log: log, hooks: hooks) { $0.debugLevel = .everyPass }
    #expect(error?.function == "1")
    #expect(error?.message.hasPrefix("pass break left an invalid body: ") == true)
    #expect(log.text.hasSuffix("function 1 before break:\n[0, 65, 2, 26, 11]\n"))
  }

  @Test func aModulePassThatBreaksABodyIsNamed() {
    var module = makeModule(constantCounts: [1, 1])
    let destroy = schedule("destroy") { module, _ in
      module.functions[FunctionID(1)].code = Code(bytes: Bytes([0, 0x1a, 0x0b]), isCanonical: true)
    }
    let error = failure([destroy], on: &module) { $0.debugLevel = .log }
    #expect(error?.function == "1")
    #expect(error?.message.hasPrefix("pass destroy left an invalid body: ") == true)
  }

  @Test func dumpsAreNumbered() throws {
    var module = makeModule(constantCounts: [1])
    let dumps = Transcript()
    let hooks = DebugHooks(dump: { module, number, pass in
      dumps.append("\(number) \(pass) \(bodies(of: module)[0][2])\n")
    })
    let passes = [
      schedule("add", AddToConstants()), schedule("add", AddToConstants()), schedule("nothing") { _, _ in },
    ]
    try run(passes, on: &module, hooks: hooks) { $0.debugLevel = .dump }
    #expect(dumps.text == "1 add 1\n2 add 2\n3 nothing 2\n")
  }
}

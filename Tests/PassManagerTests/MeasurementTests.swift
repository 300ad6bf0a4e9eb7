import IR
import PassManager
import Support
import Testing

@Suite struct MeasurementTests {
  private let passes = [
    schedule("add", AddToConstants(amount: 1)), schedule("cap \"x\"\\\n", AddToConstants(amount: 1, limit: 2)),
    schedule("nothing") { _, _ in }, schedule("add", AddToConstants(amount: 1)),
  ]

  private func measured(workers: Int = 2, log: Transcript = Transcript(), level: DebugLevel = .off) throws -> RunProfile
  {
    var module = makeModule(constantCounts: variedCounts)
    return try run(passes, on: &module, workers: workers, log: log) {
      $0.measures = true
      $0.debugLevel = level
    }
  }

  @Test func figuresOfStagesAndPasses() throws {
    let stages = try measured().stages
    #expect(stages.map(\.name) == ["function passes", "nothing", "add"])
    #expect(stages.map(\.number) == [1, 2, 3])
    let first = stages[0]
    #expect(first.parts.map(\.name) == ["decode", "add", "cap \"x\"\\\n", "encode", "validate"])
    #expect(first.visited == 300)
    #expect(first.parts[1].visited == 300)
    #expect(first.parts[1].changed == variedCounts.count { $0 > 0 })
    #expect(first.bytesBefore == variedCounts.reduce(0) { $0 + $1 * 4 + 2 })
    #expect(first.bytesAfter == stages[1].bytesBefore)
    #expect(first.bytesAfter < first.bytesBefore)
    #expect(first.arenaPeak > 8000)
    #expect(first.residentPeak > 0)
    #expect(first.cpuTime > 0 && first.wallTime > 0)
    #expect(stages[2].parts[2].visited == stages[2].changed)
  }

  @Test func partsAddUpToTheWorkersTime() throws {
    for stage in try measured(workers: 1).stages where stage.parts.count > 1 {
      let sum = stage.parts.reduce(0) { $0 + $1.cpuTime }
      #expect(sum <= stage.cpuTime)
      #expect(sum > stage.cpuTime / 4)
    }
  }

  @Test func nothingIsMeasuredUnlessAskedFor() throws {
    var module = makeModule(constantCounts: [1])
    #expect(try run(passes, on: &module).stages.isEmpty)
  }

  @Test func theLogHasALinePerPass() throws {
    let log = Transcript()
    _ = try measured(log: log, level: .log)
    let lines = log.text.replacing("cap \"x\"\\\n", with: "cap").split(separator: "\n")
    #expect(
      lines.map { $0.split(separator: ":")[0] } == [
        "[1] add", "[1] cap", "[1] decode, encode, validate", "[2] nothing", "[3] add",
        "[3] decode, encode, validate",
      ])
    for line in lines {
      for figure in ["cpu ", "wall ", "visited ", "changed ", "bytes ", "arena ", "peak "] {
        #expect(line.contains(figure))
      }
    }
  }

  @Test func theTableListsStagesInOrderAndATotal() throws {
    let profile = try measured()
    profile.measure("write", with: WorkerPool(count: 1)) {}
    let names = profile.table().split(separator: "\n").compactMap { $0.split(separator: " ").first }
    #expect(names.first == "cpu")
    #expect(names.last == "total")
    #expect(names.contains("write"))
    #expect(names.contains("encode"))
  }

  /// Remarks come in the order of functions, whichever worker had them.
  @Test(arguments: [1, 3]) func remarksAreInLogAndTable(workers: Int) throws {
    struct Remarker: FunctionPass {
      func run(on body: inout Body, in context: borrowing FunctionContext) {
        if context.function.index % 6 == 0 { context.remark("is \(context.function)") }
      }
    }
    var module = makeModule(constantCounts: variedCounts)
    let log = Transcript()
    let profile = try run([schedule("remarker", Remarker())], on: &module, workers: workers, log: log) {
      $0.measures = true
      $0.debugLevel = .log
    }
    let expected = (0..<50).map { "remarker: \(6 * $0): is \(6 * $0)" }
    #expect(Array(profile.stages[0].remarks) == expected)
    #expect(log.text.contains("[1] remarker: 294: is 294\n"))
    #expect(profile.table().contains("      remarker: 12: is 12\n"))
  }

  @Test(arguments: [1, 3]) func theProfileIsJSON(workers: Int) throws {
    let profile = try measured(workers: workers)
    let text = profile.json()
    let value = try #require(JSONValue(parsing: text))
    #expect(value["workers"]?.number == Double(workers))
    #expect(value["stages"]?.elements.count == 3)
    let part = value["stages"]?.elements[0]["parts"]?.elements[2]
    #expect(part?["name"]?.text == "cap \"x\"\\\n")
    let events = try #require(value["traceEvents"]?.elements)
    let complete = events.filter { $0["ph"]?.text == "X" }
    #expect(complete.count >= 3 + 3)
    for event in complete {
      #expect(event["name"]?.text != nil && event["pid"]?.number == 1)
      #expect((event["ts"]?.number ?? -1) >= 0 && (event["dur"]?.number ?? -1) >= 0)
    }
    let names = Set(complete.compactMap { $0["name"]?.text })
    #expect(names.isSuperset(of: ["function passes", "decode", "add"]))
  }
}

@Suite struct ProgressLineTests {
  @Test func logLinesAreWrittenAsTheyAre() {
    let transcript = Transcript()
    let progress = ProgressLine(isOn: true) { transcript.append($0) }
    progress.log("a\n")
    progress.end()
    #expect(transcript.text == "a\n")
  }

  @Test func aLongRunShowsOneLineAndErasesIt() throws {
    let transcript = Transcript()
    let progress = ProgressLine(isOn: true, delay: 0) { transcript.append($0) }
    let runner = PassRunner(
      options: RunnerOptions(), workers: WorkerPool(count: 1), printer: Transcript(), progress: progress)
    var module = makeModule(constantCounts: [1])
    try runner.run([schedule("first") { _, _ in }, schedule("second") { _, _ in }], on: &module)
    #expect(transcript.text.hasPrefix("\r\u{1B}[Kpare: validate"))
    #expect(transcript.text.hasSuffix("\r\u{1B}[K"))
    #expect(!transcript.text.contains("\n"))
  }
}

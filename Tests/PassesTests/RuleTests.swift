import BinaryFormat
import IR
import Interpreter
import Oracle
import PassManager
import Support
import Testing
import TextFormat

@testable import Passes

/// Every rule of `optimize-instructions` has a case, and what rules make computes the same: in the cases, and in
/// expressions made at random. Nothing here knows any rule.
@Suite struct RuleTests {
  private static let pages = Page.all.filter { $0.pass == "optimize-instructions" }

  /// More than these with `PARE_RULE_SEEDS` in the environment.
  private static let seedCount = getenv("PARE_RULE_SEEDS").flatMap { Int(String(cString: $0)) } ?? 12

  @Test func everyRuleHasACase() throws {
    var hits: Set<String> = []
    for page in Self.pages {
      for example in try page.examples() {
        hits.formUnion(try optimize(page.text(of: example.before), words: example.before.words).hits.keys)
      }
    }
    for name in RuleTable.names { #expect(hits.contains(name), "no case of '\(name)'") }
    #expect(Set(RuleTable.names).count == RuleTable.names.count)
  }

  @Test(arguments: pages) func casesComputeTheSame(_ page: Page) throws {
    for example in try page.examples() where !example.before.words.contains(where: { $0.hasPrefix("assume=") }) {
      let text = page.text(of: example.before)
      try compare(text, words: example.before.words, rounds: 150, seed: UInt64(example.before.range.lowerBound))
    }
  }

  @Test(arguments: 0..<seedCount) func randomExpressionsComputeTheSame(_ seed: Int) throws {
    var source = ExpressionSource(seed: UInt64(seed))
    try compare(source.module(functions: 60), words: ["size=1"], rounds: 40, seed: UInt64(seed))
  }

  @Test func rulesCanBeSkipped() throws {
    let text = "(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const 8)))"
    #expect(try optimize(text, words: []).hits == ["x * 2^C -> x << C": 1])
    #expect(try optimize(text, words: [], skipping: ["x * 2^C -> x << C"]).hits == [:])
  }

  private struct Result {
    var module: Module
    var hits: [String: Int]
  }

  private func optimize(_ text: String, words: [String], skipping: Set<String> = []) throws -> Result {
    var options = try passOptions(of: words, for: "optimize-instructions")
    options.skippedRules = skipping
    var module = try ModuleReader.read(TextParser.assemble(Bytes(Array(text.utf8))).bytes)
    var runnerOptions = RunnerOptions()
    runnerOptions.debugLevel = .log
    runnerOptions.measures = true
    let runner = PassRunner(
      options: runnerOptions, workers: WorkerPool(count: 1), printer: Transcript(),
      progress: ProgressLine(isOn: false) { _ in })
    try runner.run([PassTable.descriptor("optimize-instructions")!.scheduled(with: options)], on: &module)
    var hits: [String: Int] = [:]
    for stage in runner.profile.stages { hits.merge(stage.tally, uniquingKeysWith: +) }
    return Result(module: module, hits: hits)
  }

  /// Runs the pass on a module and calls all its functions, before and after, with the same arguments.
  private func compare(_ text: String, words: [String], rounds: Int, seed: UInt64) throws {
    var before = try ModuleReader.read(TextParser.assemble(Bytes(Array(text.utf8))).bytes)
    try run([], on: &before)
    var after = try optimize(text, words: words).module
    for id in before.functions.ids where before.functions[id].code != nil {
      let (old, new) = (before.functions[id].code!.bytes.count, after.functions[id].code!.bytes.count)
      if new > old {
        Issue.record("function \(id.index) grew from \(old) to \(new)\n\(try print(before))\n\(try print(after))")
      }
    }
    exportAll(&before)
    exportAll(&after)
    var comparison = ExecutionComparison()
    comparison.seed = seed
    comparison.rounds = rounds
    comparison.seesNaNBits = true
    let trace = try comparison.trace(of: try reread(before))
    let exports = comparison.exportedFunctions(of: before)
    if let difference = try comparison.difference(from: trace, calling: exports, to: try reread(after)) {
      Issue.record("\(difference)\n\(try print(before))\n\(try print(after))")
    }
  }

  private func exportAll(_ module: inout Module) {
    module.exports = module.functions.ids.map { Export(name: Name("f\($0.index)"), item: .function($0)) }
    module.exports += module.memories.ids.map { Export(name: Name("m\($0.index)"), item: .memory($0)) }
  }

  private func reread(_ module: Module) throws -> Module {
    var module = try ModuleReader.read(Bytes(try ModuleWriter.bytes(of: module, workers: WorkerPool(count: 1))))
    try run([], on: &module)
    return module
  }
}

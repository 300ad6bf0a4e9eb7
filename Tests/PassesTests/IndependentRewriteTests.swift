import BinaryFormat
import IR
import PassManager
import Passes
import Support
import Testing
import TextFormat

/// A pass that says its rewrites are independent leaves valid bodies after each of them.
@Suite struct IndependentRewriteTests {
  private static let pages = Page.all.filter {
    PassTable.descriptor($0.pass)?.traits.contains(.rewritesAreIndependent) == true
  }

  @Test(arguments: pages) func anyNumberOfRewritesIsValid(_ page: Page) throws {
    for example in try page.examples() {
      let text = page.text(of: example.before)
      let count = try steps(page.pass, on: text, limit: .max)
      for limit in 0..<count { #expect(try steps(page.pass, on: text, limit: limit) == limit) }
    }
  }

  @Test func thereAreSuchPasses() { #expect(!Self.pages.isEmpty) }

  /// Runs the pass up to a limit, validates what it leaves, and returns the number of steps.
  private func steps(_ pass: String, on text: String, limit: Int) throws -> Int {
    var module = try ModuleReader.read(TextParser.assemble(Bytes(Array(text.utf8))).bytes)
    var options = RunnerOptions()
    options.debugLevel = .log
    options.stepLimit = limit
    let runner = PassRunner(
      options: options, workers: WorkerPool(count: 1), printer: Transcript(), progress: ProgressLine(isOn: false) { _ in })
    try runner.run([PassTable.descriptor(pass)!.scheduled(with: PassOptions())], on: &module)
    return runner.steps!.count
  }
}

import BinaryFormat
import IR
import PassManager
import Support
import Testing
import TextFormat

@testable import Oracle

/// Shifts in zeros as if they were copies of the sign.
private struct BrokenShift: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.rewriteBottomUp { body, id in
      guard case .binary(let node) = body[id], node.opcode == .i32ShrU else { return id }
      return body.makeBinary(.i32ShrS, node.left, node.right)
    }
  }
}

/// What the tools are for, from end to end: a pass that is wrong is found, its case made small, its rewrite named.
@Suite struct BrokenPassTests {
  private static let pass = ScheduledPass(
    name: "broken-shift", pass: .function(BrokenShift()), traits: .rewritesAreIndependent)
  private let workers = WorkerPool(count: 1)

  @Test func isFoundReducedAndNamed() throws {
    let seed = try #require(firstFailingSeed(), "1000 seeds do not find the broken pass")
    let fuzzCase = FuzzCase(seed: seed, schedule: FuzzSchedule([Self.pass]))
    let failing = fuzzCase.module
    #expect(try doesOtherwise(failing))

    var reducer = Reducer { try doesOtherwise($0) }
    let small = try reducer.reduce(try read(failing))
    var text: [UInt8] = []
    try ModulePrinter.print(small, workers: workers) { text.append(contentsOf: $0) }
    let lines = text.split(separator: UInt8(ascii: "\n")).count
    #expect(lines < 30, "\(String(decoding: text, as: UTF8.self))")

    let bytes = try write(small)
    let outcome = try Bisector { cut in
      try difference(bytes, try write(cut)) != nil
    } makeCut: { limit in
      var options = RunnerOptions()
      options.stepLimit = limit
      let runner = PassRunner.quiet(workers, options: options)
      var module = try read(bytes)
      try runner.run([Self.pass], on: &module)
      return Bisector.Cut(module, runner.steps!)
    }.find()
    guard case .found(let finding) = outcome else {
      Issue.record("the rewrite is not found: \(outcome)")
      return
    }
    #expect(finding.step.pass == "broken-shift")
    let function = finding.changedFunctions[0]
    #expect(FunctionPrinter.text(of: function, in: finding.before).contains("i32.shr_u"))
    #expect(FunctionPrinter.text(of: function, in: finding.after).contains("i32.shr_s"))
  }

  private func firstFailingSeed() -> UInt64? {
    (0..<1000).first { seed in
      do {
        try FuzzCase(seed: seed, schedule: FuzzSchedule([Self.pass])).run()
        return false
      } catch let failure as FuzzCase.Failure {
        return failure.message.contains("executed: ")
      } catch {
        return false
      }
    }
  }

  private func doesOtherwise(_ bytes: Bytes) throws -> Bool {
    var module = try read(bytes)
    try PassRunner.quiet(workers).run([Self.pass], on: &module)
    return try difference(bytes, try write(module)) != nil
  }

  private func difference(_ before: Bytes, _ after: Bytes) throws -> String? {
    let (before, after) = (try read(before), try read(after))
    let comparison = ExecutionComparison()
    // Imports that can't be made up make a module useless here, not wrong.
    guard let trace = try? comparison.trace(of: before) else { return nil }
    return try comparison.difference(from: trace, calling: comparison.exportedFunctions(of: before), to: after)
  }

  private func read(_ bytes: Bytes) throws -> Module {
    var module = try ModuleReader.read(bytes)
    try PassRunner.quiet(workers).run([], on: &module)
    return module
  }

  private func write(_ module: Module) throws -> Bytes { Bytes(try ModuleWriter.bytes(of: module, workers: workers)) }
}

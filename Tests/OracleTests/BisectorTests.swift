import IR
import PassManager
import Passes
import Support
import Testing
import TextFormat

@testable import Oracle

/// Turns `x + y` into `y + x`, and, which is wrong, `x - 3` into `3 - x`.
private struct BrokenExchange: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.rewriteBottomUp { body, id in
      guard case .binary(let node) = body[id] else { return id }
      switch node.opcode {
      case .i32Add: return body.makeBinary(.i32Add, node.right, node.left)
      case .i32Sub:
        guard case .i32Const(3) = body[node.right] else { return id }
        // In place, as many passes do it.
        body.setOperand(0, of: id, to: node.right)
        body.setOperand(1, of: id, to: node.left)
        return id
      default: return id
      }
    }
  }
}

private struct NoText: Error {}

private final class Discard: TextSink {
  func write(_ text: Bytes) {}
}

@Suite struct BisectorTests {
  private let sample = """
    (module
      (func $sums (export "a") (param i32 i32) (result i32)
        (nop)
        (i32.add (i32.add (local.get 0) (local.get 1)) (i32.add (local.get 0) (i32.const 4))))
      (func $same (export "b") (param i32) (result i32) (local.get 0))
      (func $broken (export "c") (param i32) (result i32)
        (nop)
        (i32.add
          (i32.add (local.get 0) (i32.const 1))
          (i32.sub (i32.sub (local.get 0) (i32.const 2)) (i32.const 3))))
      (func $after (export "d") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    """

  private func schedule(_ traits: PassTraits) throws -> [ScheduledPass] {
    func pass(_ name: String) throws -> ScheduledPass { try PassTable.descriptor(name)!.scheduled(with: PassOptions()) }
    let broken = ScheduledPass(name: "broken-exchange", pass: .function(BrokenExchange()), traits: traits)
    return [try pass("vacuum"), try pass("remove-unused-module-elements"), try pass("dce"), broken, try pass("merge-blocks")]
  }

  private func cut(_ schedule: [ScheduledPass], _ limit: Int, workers: Int = 1, converges: Bool = false) throws
    -> Bisector.Cut
  {
    var options = RunnerOptions()
    options.stepLimit = limit
    options.converges = converges
    let runner = PassRunner(
      options: options, workers: WorkerPool(count: workers), printer: Discard(),
      progress: ProgressLine(isOn: false) { _ in })
    var module = try module(sample)
    try runner.run(schedule, on: &module)
    return Bisector.Cut(module, runner.steps!)
  }

  /// Fails if a function subtracts from 3.
  private func subtractsFromThree(_ module: Module) throws -> Bool {
    let text = try text(of: module)
    return text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined().contains("(i32.sub(i32.const 3)")
      || text.contains("(i32.sub (i32.const 3)")
  }

  private func find(_ traits: PassTraits, workers: Int = 1) throws -> Bisector.Outcome {
    let schedule = try schedule(traits)
    return try Bisector(fails: subtractsFromThree) { try cut(schedule, $0, workers: workers) }.find()
  }

  @Test func theVeryRewriteIsFound() throws {
    for workers in [1, 3] {
      guard case .found(let finding) = try find(.rewritesAreIndependent, workers: workers) else { throw NoText() }
      // vacuum: 2 rewrites (the lists without nop); the module pass; 3 sums; the sum inside; the difference.
      #expect(finding.step.pass == "broken-exchange" && finding.step.passNumber == 4)
      #expect(finding.step.function == FunctionID(2) && finding.step.rewrite == 2)
      #expect(finding.number == 8 && finding.stepCount == 10)
      #expect(finding.changedFunctions == [FunctionID(2)])
      let before = FunctionPrinter.text(of: FunctionID(2), in: finding.before)
      let after = FunctionPrinter.text(of: FunctionID(2), in: finding.after)
      // The rewrite before it is in both, the one after it in neither.
      for text in [before, after] { #expect(text.contains("(i32.add (i32.const 1) (local.get $0))") || text.contains("(i32.add (i32.const 1) (local.get 0))"), "\(text)") }
      #expect(before != after)
      #expect(!FunctionPrinter.text(of: FunctionID(3), in: finding.after).contains("(i32.add (i32.const"))
    }
  }

  @Test func otherPassesAreCutAtFunctions() throws {
    guard case .found(let finding) = try find([]) else { throw NoText() }
    #expect(finding.step.pass == "broken-exchange" && finding.step.passNumber == 4)
    #expect(finding.step.function == FunctionID(2) && finding.step.rewrite == nil)
    #expect(finding.number == 5 && finding.stepCount == 6)
  }

  @Test func allStepsAreWhatHappensWithoutCounting() throws {
    let schedule = try schedule(.rewritesAreIndependent)
    let counted = try cut(schedule, .max)
    var plain = try module(sample)
    try PassRunner.quiet(WorkerPool(count: 2)).run(schedule, on: &plain)
    #expect(try text(of: plain) == text(of: counted.module))
    #expect(try text(of: cut(schedule, counted.steps.count).module) == text(of: plain))
    #expect(try text(of: cut(schedule, counted.steps.count - 1).module) != text(of: plain))
    #expect(try cut(schedule, 0).steps.last == nil)
  }

  @Test func stepsUpToALimitAreTheSameAtEachLimit() throws {
    let schedule = try schedule(.rewritesAreIndependent)
    for converges in [false, true] {
      let count = try cut(schedule, .max, converges: converges).steps.count
      for limit in 0...count { #expect(try cut(schedule, limit, converges: converges).steps.count == limit) }
    }
  }

  @Test func whatNeverOrAlwaysFailsIsTold() throws {
    let schedule = try schedule([])
    guard case .failsFromTheStart = try Bisector(fails: { _ in true }, makeCut: { try cut(schedule, $0) }).find(),
      case .neverFails(6) = try Bisector(fails: { _ in false }, makeCut: { try cut(schedule, $0) }).find()
    else { throw NoText() }
  }
}

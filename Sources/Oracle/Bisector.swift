import IR
import PassManager
import Support
import TextFormat

/// Finds the step of a schedule (see `StepGate`) that makes a check fail, by binary search over how many are made.
package struct Bisector {
  /// A module after some steps, and what counted them.
  package struct Cut {
    package let module: Module
    package let steps: StepGate

    package init(_ module: Module, _ steps: StepGate) {
      self.module = module
      self.steps = steps
    }
  }

  package enum Outcome {
    /// The check fails without any step.
    case failsFromTheStart
    /// It does not fail with all steps.
    case neverFails(stepCount: Int)
    case found(Finding)
  }

  package struct Finding {
    /// From 1.
    package let number: Int
    package let stepCount: Int
    package let step: StepGate.Step
    package let before: Module
    package let after: Module
    /// The functions in which the step changed something, and those that it removed.
    package let changedFunctions: [FunctionID]
  }

  private let makeCut: (_ limit: Int) throws -> Cut
  private let fails: (Module) throws -> Bool
  private let report: (_ passing: Int, _ failing: Int) -> Void

  /// - Parameters:
  ///   - report: is told between which numbers of steps the check begins to fail.
  ///   - fails: whether the check fails.
  ///   - makeCut: runs the schedule on the module of interest, with this limit of steps; always in the same way.
  package init(
    report: @escaping (_ passing: Int, _ failing: Int) -> Void = { _, _ in },
    fails: @escaping (Module) throws -> Bool, makeCut: @escaping (_ limit: Int) throws -> Cut
  ) {
    self.report = report
    self.fails = fails
    self.makeCut = makeCut
  }

  /// Makes as many cuts as the number of steps has binary digits, and a few.
  ///
  /// If the check fails after some steps, passes after more, and fails again, one of the places where it begins to fail
  /// is found.
  package func find() throws -> Outcome {
    let all = try makeCut(.max)
    let stepCount = all.steps.count
    guard try fails(all.module) else { return .neverFails(stepCount: stepCount) }
    var before = try makeCut(0)
    if try fails(before.module) { return .failsFromTheStart }
    var after = all
    var (passing, failing) = (0, stepCount)
    while failing - passing > 1 {
      report(passing, failing)
      let middle = passing + (failing - passing) / 2
      let cut = try makeCut(middle)
      if try fails(cut.module) { (failing, after) = (middle, cut) } else { (passing, before) = (middle, cut) }
    }
    return .found(
      Finding(
        number: failing, stepCount: stepCount, step: after.steps.last!, before: before.module, after: after.module,
        changedFunctions: Self.changes(from: before.module, to: after.module)))
  }

  private static func changes(from before: Module, to after: Module) -> [FunctionID] {
    before.functions.ids.filter { id in
      let (old, new) = (before.functions[id], after.functions[id])
      return old.isRemoved != new.isRemoved || old.code?.bytes != new.code?.bytes
    }
  }
}

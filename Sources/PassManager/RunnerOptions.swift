import IR
import Support

/// How much the runner checks and tells; the value of `PARE_PASS_DEBUG`.
package enum DebugLevel: Int, Comparable, Sendable {
  case off
  /// Each pass is logged as its stage ends, and what a stage changed is validated.
  case log
  /// Each pass is a stage of its own; the first that leaves an invalid body is named, and that body before it shown.
  case everyPass
  /// Also the module after each pass is dumped.
  case dump

  package static func < (left: DebugLevel, right: DebugLevel) -> Bool { left.rawValue < right.rawValue }
}

/// How to run a schedule. None of it changes what the module that comes out does; which of several forms it has depends on
/// `skippedPasses`, `converges` and `stepLimit`, and from `everyPass` on on `debugLevel`: each pass then sees a body as it
/// is read from bytes, not as the pass before left it, and may find a little more or less to do.
package struct RunnerOptions: Sendable {
  package var debugLevel = DebugLevel.off
  /// Whether bodies of the input, and with a debug level those that passes leave, are validated.
  package var validates = true
  /// Names of passes not to be run.
  package var skippedPasses: Set<String> = []
  /// Whether the schedule is run again as long as that makes the module smaller.
  package var converges = false
  /// How many steps are made at most (see `StepGate`); nil if steps are not counted. Counting takes one worker for
  /// functions, in their order.
  package var stepLimit: Int?
  /// Whether stages are measured, so that the profile has something to show.
  package var measures = false
  /// Bytes that the process should keep to, by working on less at once; nil if there is no limit.
  package var memoryBudget: Int?

  package init() {}
}

/// What the runner needs from layers above it when someone looks for a bug.
package struct DebugHooks {
  /// The text of a function.
  package var describeFunction: (_ module: Module, _ function: FunctionID) -> String
  /// Writes the module somewhere, under a running number and the name of the pass that has just run.
  package var dump: (_ module: Module, _ number: Int, _ pass: String) throws -> Void

  package init(
    describeFunction: @escaping (_ module: Module, _ function: FunctionID) -> String = { _, _ in "" },
    dump: @escaping (_ module: Module, _ number: Int, _ pass: String) throws -> Void = { _, _, _ in }
  ) {
    self.describeFunction = describeFunction
    self.dump = dump
  }
}

import IR
import Synchronization

/// Counts the steps of a run and lets only the first ones happen, to find the one that breaks something.
///
/// Steps come in the order of the schedule, within a pass in the order of functions. A step is a module pass; what a
/// function pass does to one function; or, where the pass's traits say that its rewrites are independent, each of
/// them. A run with a lower limit makes the same steps up to there. Passes that print are no steps.
package final class StepGate: Sendable {
  package struct Step: Hashable, Sendable {
    package let pass: String
    /// The number of the pass among those that have run, from 1.
    package let passNumber: Int
    /// Nil if the pass is one over the module.
    package let function: FunctionID?
    /// The number of the rewrite among those of the pass in the function, from 1; nil if the step is all of them.
    package let rewrite: Int?
  }

  private struct State {
    var count = 0
    var passNumber = 0
    var last: Step?
  }

  package let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  /// Steps made so far.
  package var count: Int { state.withLock { $0.count } }
  /// The latest step.
  package var last: Step? { state.withLock { $0.last } }
  /// Passes begun so far.
  package var passCount: Int { state.withLock { $0.passNumber } }

  var remaining: Int { limit - count }

  func beginPass() { state.withLock { $0.passNumber += 1 } }

  /// A function pass has changed a function: by so many rewrites, or in one step if nil.
  func note(pass: String, function: FunctionID, rewrites: Int?) {
    state.withLock {
      $0.count += rewrites ?? 1
      $0.last = Step(pass: pass, passNumber: $0.passNumber, function: function, rewrite: rewrites)
    }
  }

  /// A module pass has run.
  func note(modulePass: String) {
    state.withLock {
      $0.count += 1
      $0.last = Step(pass: modulePass, passNumber: $0.passNumber, function: nil, rewrite: nil)
    }
  }
}

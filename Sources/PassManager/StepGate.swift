import IR
import Synchronization

/// Counts the steps of a run and lets only the first ones happen, to find the one that breaks something.
///
/// A step is a module pass; what a function pass does to one function; or, where the pass's traits say that its rewrites
/// are independent, each of them. Passes that print are no steps. Steps come in the order of stages; in a stage of
/// function passes one function goes through all of them before the next. A run without limit is the run that there is
/// without counting; one with a limit makes the same steps up to there.
package final class StepGate: Sendable {
  package struct Step: Hashable, Sendable {
    package let pass: String
    /// The number of the pass in the schedule, from 1, those that print left out; it goes on where the schedule is
    /// repeated.
    package let passNumber: Int
    /// Nil if the pass is one over the module.
    package let function: FunctionID?
    /// The number of the rewrite among those of the pass in the function, from 1; nil if the step is all of them.
    package let rewrite: Int?
  }

  private struct State {
    var count = 0
    /// Passes of the stages before this one, and of these and this one.
    var passesBefore = 0
    var passes = 0
    var last: Step?
  }

  package let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  /// Steps made so far.
  package var count: Int { state.withLock { $0.count } }
  /// The latest step.
  package var last: Step? { state.withLock { $0.last } }

  var remaining: Int { limit - count }

  func beginStage(passCount: Int) {
    state.withLock {
      $0.passesBefore = $0.passes
      $0.passes += passCount
    }
  }

  /// A pass has made changes.
  ///
  /// - Parameters:
  ///   - index: of the pass in its stage.
  ///   - function: the one changed, if it is a function pass.
  ///   - rewrites: how many; nil if all are one step.
  func note(_ pass: String, index: Int = 0, function: FunctionID? = nil, rewrites: Int? = nil) {
    state.withLock {
      $0.count += rewrites ?? 1
      $0.last = Step(pass: pass, passNumber: $0.passesBefore + index + 1, function: function, rewrite: rewrites)
    }
  }
}

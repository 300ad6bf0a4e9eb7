import Synchronization

/// A fixed number of threads that share loops of independent items; the calling thread is one of them, so that never
/// more than `count` run.
package final class WorkerPool: Sendable {
  /// Number of workers, the caller included.
  package let count: Int

  /// - Parameter count: at least 1.
  package init(count: Int) { self.count = max(1, count) }

  /// Calls `work` once for each item in `items`, in their order as workers become free.
  ///
  /// `work` gets a number below `count` that is its alone for the time of the call: an index for arenas. The first
  /// error in the order of `items` is thrown after all workers have stopped; items after it may not have run.
  package func forEach(_ items: [Int], _ work: @Sendable (_ worker: Int, _ item: Int) throws -> Void) throws {
    fatalError("being written")
  }
}

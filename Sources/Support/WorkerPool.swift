import Synchronization

/// A fixed number of threads that share loops of independent items; the calling thread is one of them, so that never
/// more than `count` run.
///
/// Threads are made for a loop and gone after it. Each worker starts the next one, as long as there are items left:
/// starting many costs the caller no more than starting one, and a short loop is over before it has many.
package final class WorkerPool: Sendable {
  /// Number of workers, the caller included.
  package let count: Int

  /// Threads besides callers that exist now; a loop inside of a loop shares the cap with it.
  private let helpers = Atomic<Int>(0)
  private let helperTime = Atomic<UInt64>(0)

  /// - Parameter count: at least 1.
  package init(count: Int) { self.count = max(1, count) }

  /// CPU time in nanoseconds that threads of past loops took, callers not included.
  package var helperNanoseconds: UInt64 { helperTime.load(ordering: .relaxed) }

  /// Calls `work` once for each item in `items`, in their order as workers become free.
  ///
  /// `work` gets a number below `count` that is its alone for the time of the call: an index for arenas. The first
  /// error in the order of `items` is thrown after all workers have stopped; items after it may not have run.
  package func forEach(_ items: [Int], _ work: @Sendable (_ worker: Int, _ item: Int) throws -> Void) throws {
    try forEachPosition(below: items.count) { worker, position in try work(worker, items[position]) }
  }

  /// The results of `work` for each item, in the order of `items`. Otherwise as `forEach`.
  package func map<Result: Sendable>(
    _ items: [Int], _ work: @Sendable (_ worker: Int, _ item: Int) throws -> Result
  ) throws -> [Result] {
    var results = [Result?](repeating: nil, count: items.count)
    try results.withUnsafeMutableBufferPointer { buffer in
      let slots = SharedSlots(buffer)
      try forEachPosition(below: items.count) { worker, position in
        slots[position] = try work(worker, items[position])
      }
    }
    return results.map { $0! }
  }

  private func forEachPosition(
    below end: Int, _ work: @Sendable (_ worker: Int, _ position: Int) throws -> Void
  ) throws {
    let queue = ItemQueue(count: end)
    // Positions are taken in ascending order, so that whatever comes before a failed one runs to its end: the lowest
    // failed position is the same at every worker count.
    let failure = Mutex<(position: Int, error: any Error)?>(nil)
    onWorkers(while: { !queue.isEmpty }) { worker in
      while let position = queue.next() {
        do {
          try work(worker, position)
        } catch {
          queue.close()
          failure.withLock { if position < $0?.position ?? .max { $0 = (position, error) } }
        }
      }
    }
    if let error = failure.withLock({ $0?.error }) { throw error }
  }

  /// Calls `work` on this thread and, as long as `hasWork` says that it is worth one more, on others, with the numbers
  /// 0, 1, ... below `limit` and `count`; returns when all have.
  package func onWorkers(
    upTo limit: Int = .max, while hasWork: @Sendable () -> Bool, _ work: @Sendable (_ worker: Int) -> Void
  ) {
    let limit = min(limit, count)
    if limit <= 1 { return work(0) }
    withoutActuallyEscaping(hasWork) { hasWork in
      withoutActuallyEscaping(work) { work in
        Loop(pool: self, limit: limit, hasWork: hasWork, work: work).take(0)
      }
    }
  }

  /// One call of `onWorkers`.
  private struct Loop: Sendable {
    let pool: WorkerPool
    let limit: Int
    let hasWork: @Sendable () -> Bool
    let work: @Sendable (Int) -> Void

    func take(_ worker: Int) {
      let successor = startSuccessor(of: worker)
      work(worker)
      guard let successor else { return }
      successor.join()
      pool.helpers.subtract(1, ordering: .relaxed)
    }

    private func startSuccessor(of worker: Int) -> Thread? {
      guard worker + 1 < limit, hasWork(), pool.reserveHelper() else { return nil }
      let thread = Thread {
        take(worker + 1)
        pool.helperTime.add(Clock.threadTime(), ordering: .relaxed)
      }
      if thread == nil { pool.helpers.subtract(1, ordering: .relaxed) }
      return thread
    }
  }

  private func reserveHelper() -> Bool {
    if helpers.add(1, ordering: .relaxed).newValue < count { return true }
    helpers.subtract(1, ordering: .relaxed)
    return false
  }
}

/// The numbers 0 ..< count, given out in ascending order to whoever asks.
package final class ItemQueue: Sendable {
  private let position = Atomic<Int>(0)
  private let count: Int

  package init(count: Int) { self.count = count }

  package var isEmpty: Bool { position.load(ordering: .relaxed) >= count }

  package func next() -> Int? {
    // Looking first keeps the counter from running away where many ask an empty queue.
    guard !isEmpty else { return nil }
    let taken = position.add(1, ordering: .relaxed).oldValue
    return taken < count ? taken : nil
  }

  /// Gives out no more.
  package func close() { position.store(count, ordering: .relaxed) }
}

/// The elements of an array, for workers each of which takes care to touch only its own.
package struct SharedSlots<Element>: @unchecked Sendable {
  // Unchecked: the promise above.
  private let buffer: UnsafeMutableBufferPointer<Element>

  package init(_ buffer: UnsafeMutableBufferPointer<Element>) { self.buffer = buffer }

  package subscript(index: Int) -> Element {
    unsafeAddress {
      precondition(buffer.indices.contains(index))
      return UnsafePointer(buffer.baseAddress! + index)
    }
    nonmutating unsafeMutableAddress {
      precondition(buffer.indices.contains(index))
      return buffer.baseAddress! + index
    }
  }
}

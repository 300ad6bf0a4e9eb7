/// Holds back work whose memory does not fit beside that of the work going on.
///
/// Work that alone is larger than the budget runs when nothing else does. A worker must not enter twice without
/// leaving: that is what keeps the gate free of deadlock.
package final class AdmissionGate: @unchecked Sendable {
  // Unchecked: the lock guards everything below it.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let budget: Int
  private var inUse = 0
  private var inside = 0
  private var waiting: [(ticket: Int, cost: Int)] = []
  private var nextTicket = 0

  /// - Parameter budget: bytes for all work inside together.
  package init(budget: Int) {
    self.budget = max(0, budget)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  /// Waits until `cost` bytes fit.
  package func enter(cost: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if admit(cost) { return }
    let ticket = nextTicket
    nextTicket += 1
    waiting.append((ticket, cost))
    while waiting.contains(where: { $0.ticket == ticket }) { pthread_cond_wait(changed, mutex) }
  }

  /// Gives back what `enter` was given.
  package func leave(cost: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    inUse -= cost
    inside -= 1
    // Those who wait go first, and whoever leaves lets them in itself: a newcomer can't take the room they wait for.
    let before = waiting.count
    waiting.removeAll { admit($0.cost) }
    if waiting.count < before { pthread_cond_broadcast(changed) }
  }

  private func admit(_ cost: Int) -> Bool {
    guard inside == 0 || inUse + cost <= budget else { return false }
    inUse += cost
    inside += 1
    return true
  }
}

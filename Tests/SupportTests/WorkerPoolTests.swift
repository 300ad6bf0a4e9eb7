import Support
import Synchronization
import Testing

/// Counts who is in a place, and the most that ever were at once.
private final class Occupancy: Sendable {
  private let now = Atomic<Int>(0)
  private let most = Atomic<Int>(0)

  var peak: Int { most.load(ordering: .relaxed) }

  func during(_ work: () -> Void) {
    most.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
    work()
    now.subtract(1, ordering: .relaxed)
  }
}

private struct Failure: Error, Equatable {
  let item: Int
}

private func spin(_ rounds: Int) {
  var value = UInt64(rounds)
  for _ in 0..<rounds { value = value &* 6_364_136_223_846_793_005 &+ 1 }
  #expect(value != 42)
}

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 8, 64]) func everyItemRunsOnce(count: Int) throws {
    let runs = (0..<1000).map { _ in Counter() }
    let items = (0..<1000).map { ($0 * 7) % 1000 }
    try WorkerPool(count: count).forEach(items) { worker, item in
      #expect(worker >= 0 && worker < count)
      runs[item].add()
    }
    #expect(runs.allSatisfy { $0.value == 1 })
  }

  @Test(arguments: [1, 2, 5]) func neverMoreWorkersThanTheCap(count: Int) throws {
    let pool = WorkerPool(count: count)
    let occupancy = Occupancy()
    let perWorker = (0..<count).map { _ in Occupancy() }
    for _ in 0..<20 {
      try pool.forEach(Array(0..<50)) { worker, _ in
        occupancy.during { perWorker[worker].during { spin(2000) } }
      }
    }
    #expect(occupancy.peak <= count)
    #expect(perWorker.allSatisfy { $0.peak <= 1 })
  }

  @Test func aLoopInsideOfALoopSharesTheCap() throws {
    let pool = WorkerPool(count: 3)
    let occupancy = Occupancy()
    let sum = Atomic<Int>(0)
    try pool.forEach(Array(0..<10)) { _, outer in
      try pool.forEach(Array(0..<20)) { _, inner in
        occupancy.during { spin(500) }
        sum.add(outer * 20 + inner, ordering: .relaxed)
      }
    }
    #expect(occupancy.peak <= 3)
    #expect(sum.load(ordering: .relaxed) == (0..<200).reduce(0, +))
  }

  @Test func oneWorkerOrOneItemRunsOnTheCallingThread() throws {
    let caller = UInt(bitPattern: pthread_self().hashValue)
    try WorkerPool(count: 1).forEach(Array(0..<10)) { worker, _ in
      #expect(worker == 0 && UInt(bitPattern: pthread_self().hashValue) == caller)
    }
    try WorkerPool(count: 8).forEach([5]) { worker, _ in
      #expect(worker == 0 && UInt(bitPattern: pthread_self().hashValue) == caller)
    }
    try WorkerPool(count: 8).forEach([]) { _, _ in Issue.record("no item, no work") }
  }

  @Test(arguments: [1, 2, 4, 16]) func theFirstErrorInTheOrderOfItemsWins(count: Int) {
    let items = Array((0..<500).reversed())
    for _ in 0..<30 {
      #expect(throws: Failure(item: 450)) {
        try WorkerPool(count: count).forEach(items) { _, item in
          spin(item * 3)
          if item <= 450 && item % 9 == 0 { throw Failure(item: item) }
        }
      }
    }
  }

  @Test(arguments: [1, 2, 7]) func mapKeepsTheOrderOfItems(count: Int) throws {
    let results = try WorkerPool(count: count).map(Array(0..<777)) { _, item in String(item * item) }
    #expect(results == (0..<777).map { String($0 * $0) })
    #expect(throws: Failure(item: 3)) {
      try WorkerPool(count: count).map([1, 2, 3, 4]) { _, item in
        if item >= 3 { throw Failure(item: item) }
        return [item]
      }
    }
  }

  @Test func helpersTellTheirTime() throws {
    let pool = WorkerPool(count: 2)
    try pool.forEach(Array(0..<50)) { _, _ in spin(100_000) }
    #expect(pool.helperNanoseconds > 0)
    let single = WorkerPool(count: 1)
    try single.forEach(Array(0..<50)) { _, _ in spin(1000) }
    #expect(single.helperNanoseconds == 0)
  }

  @Test func atLeastOneProcessor() {
    #expect(WorkerPool.defaultCount >= 1)
    #expect(WorkerPool.defaultCount <= Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    #expect(WorkerPool(count: 0).count == 1)
  }
}

private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func add() { count.add(1, ordering: .relaxed) }
}

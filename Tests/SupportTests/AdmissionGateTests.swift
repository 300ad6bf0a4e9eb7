import Support
import Synchronization
import Testing

@Suite struct AdmissionGateTests {
  @Test(arguments: [2, 4, 8]) func workInsideFitsTheBudget(workers: Int) throws {
    let budget = 1000
    let gate = AdmissionGate(budget: budget)
    let inside = Mutex<(cost: Int, count: Int)>((0, 0))
    let ran = Atomic<Int>(0)
    // Costs from far too large to tiny, in an order that makes large ones wait amid small ones.
    let costs = (0..<400).map { [1, 30, 400, 999, 1500, 2, 600][$0 % 7] }
    try WorkerPool(count: workers).forEach(costs) { _, cost in
      gate.enter(cost: cost)
      inside.withLock {
        $0 = ($0.cost + cost, $0.count + 1)
        #expect($0.cost <= budget || $0.count == 1)
      }
      ran.add(1, ordering: .relaxed)
      inside.withLock { $0 = ($0.cost - cost, $0.count - 1) }
      gate.leave(cost: cost)
    }
    #expect(ran.load(ordering: .relaxed) == 400)
  }

  @Test func withoutRoomForAnythingAllRunOneByOne() throws {
    let gate = AdmissionGate(budget: 0)
    let inside = Atomic<Int>(0)
    try WorkerPool(count: 4).forEach(Array(1...100)) { _, cost in
      gate.enter(cost: cost)
      #expect(inside.add(1, ordering: .relaxed).newValue == 1)
      inside.subtract(1, ordering: .relaxed)
      gate.leave(cost: cost)
    }
  }
}

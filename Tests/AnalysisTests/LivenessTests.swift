import Analysis
import IR
import Support
import Testing

/// What lives at the starts and ends of blocks, found by going round until nothing changes.
struct SlowLiveness {
  private(set) var starts: [Set<LocalID>]
  private(set) var ends: [Set<LocalID>]

  init(of graph: borrowing ControlFlowGraph) {
    starts = Array(repeating: [], count: graph.blockCount)
    ends = starts
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for index in 0..<graph.blockCount {
        let block = BlockID(index)
        ends[index] = []
        for number in 0..<graph.successorCount(of: block) {
          ends[index].formUnion(starts[graph.successor(number, of: block).index])
        }
        var live = ends[index]
        for position in graph.accessRange(of: block).reversed() {
          let access = graph.accesses[position]
          if access.isWrite { live.remove(access.local) } else { live.insert(access.local) }
        }
        hasChanged = hasChanged || live != starts[index]
        starts[index] = live
      }
    }
  }
}

@Suite struct LivenessTests {
  @Test func agreesWithTheSlowWay() throws {
    try forEachFlow(seeds: 0..<150) { body in
      let graph = ControlFlowGraph(of: body)
      let slow = SlowLiveness(of: graph)
      let liveness = Liveness(of: graph, localCount: body.localCount)
      let isExact = liveness.isExact
      #expect(isExact)
      checkWalk(liveness, slow, graph, body)
      for index in 0..<body.localCount {
        let local = LocalID(index)
        let isLive = liveness.isLiveAtEntry(local)
        #expect(isLive == slow.starts[0].contains(local))
        checkSpan(of: local, liveness.span(of: local), slow, graph)
      }
    }
  }

  private func checkWalk(
    _ liveness: borrowing Liveness, _ slow: SlowLiveness, _ graph: borrowing ControlFlowGraph, _ body: borrowing Body
  ) {
    var walk = LiveWalk(over: liveness, of: graph, LocalKinds(of: body))
    var isSeen = Array(repeating: false, count: graph.blockCount)
    while true {
      let block = walk.next(in: liveness)
      if block.isNone { break }
      #expect(!isSeen[block.index])
      isSeen[block.index] = true
      let end = members(of: walk)
      #expect(end == slow.ends[block.index])
      for position in graph.accessRange(of: block).reversed() {
        let access = graph.accesses[position]
        if walk.live.contains(access.local) == access.isWrite { walk.toggle(access.local) }
      }
      let start = members(of: walk)
      #expect(start == slow.starts[block.index])
    }
    #expect(!isSeen.contains(false))
  }

  private func members(of walk: borrowing LiveWalk) -> Set<LocalID> {
    var members: Set<LocalID> = []
    for kind in 0..<walk.kinds.kindCount {
      for index in 0..<walk.live.count(of: kind) { members.insert(walk.live.member(index, of: kind)) }
    }
    return members
  }

  private func checkSpan(
    of local: LocalID, _ span: Liveness.Span?, _ slow: SlowLiveness, _ graph: borrowing ControlFlowGraph
  ) {
    let isCrossing = slow.starts.contains { $0.contains(local) }
    #expect((span != nil) == isCrossing)
    guard let span else { return }
    var blocks: [Int] = []
    for index in 0..<graph.blockCount {
      let isAccessed = graph.accessRange(of: BlockID(index)).contains { graph.accesses[$0].local == local }
      if isAccessed || slow.starts[index].contains(local) || slow.ends[index].contains(local) { blocks.append(index) }
    }
    #expect(span.first.index == blocks.first! && span.last.index == blocks.last!)
  }

  @Test func saysLessBeyondItsLimits() throws {
    var limits = LivenessLimits()
    limits.visits = .init(0, least: 40)
    try forEachFlow(seeds: 0..<100) { body in
      let graph = ControlFlowGraph(of: body)
      let slow = SlowLiveness(of: graph)
      let liveness = Liveness(of: graph, localCount: body.localCount, limits: limits)
      for index in 0..<body.localCount {
        let local = LocalID(index)
        let isLive = liveness.isLiveAtEntry(local)
        #expect(isLive || !slow.starts[0].contains(local))
        let span = liveness.span(of: local)
        for block in 0..<graph.blockCount
        where slow.starts[block].contains(local) || slow.ends[block].contains(local) {
          #expect(span!.first.index <= block && block <= span!.last.index)
        }
      }
    }
  }

  /// 20,000 locals that live through a loop of 20,000 blocks: too much to look at each at each.
  @Test func manyLocalsThroughManyBlocks() throws {
    let count = 20_000
    var body = Body()
    body.reset(parameters: [])
    for _ in 0..<count { _ = body.makeLocal(.i32) }
    let label = body.makeLabel()
    var items: [NodeID] = []
    for index in 0..<count {
      items.append(body.makeBrIf(label, condition: body.makeLocalGet(LocalID(index)), type: .none))
    }
    body.root = body.makeBlock(
      [body.makeLoop(body.makeBlock(items, type: .none), label: label, type: .none)], label: .function, type: .none)
    let graph = ControlFlowGraph(of: body)
    let liveness = Liveness(of: graph, localCount: count)
    let isExact = liveness.isExact
    #expect(!isExact)
    let span = liveness.span(of: LocalID(count - 1))
    #expect(span!.first.index == 0 && span!.last.index >= count)
  }
}

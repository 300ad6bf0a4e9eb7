import Analysis
import IR
import Support
import Testing

@Suite struct InterferenceTests {
  /// Whatever way control takes, two locals of one type that live at once with different values interfere.
  @Test func findsWhatMeets() throws {
    try forEachFlow(seeds: 0..<150) { body in
      let graph = ControlFlowGraph(of: body)
      let slow = SlowLiveness(of: graph)
      let liveness = Liveness(of: graph, localCount: body.localCount)
      let interference = Interference(of: body, graph, liveness, keepsDeadWrites: Column())
      let neighbors = neighbors(in: interference)
      for seed in 0..<3 {
        var run = SymbolicRun(seed: UInt64(seed), body)
        var block = BlockID.entry
        for _ in 0..<40 {
          check(&run, block, graph, slow, neighbors, body)
          let count = graph.successorCount(of: block)
          if count == 0 { break }
          block = graph.successor(run.random.below(count), of: block)
        }
      }
    }
  }

  private func check(
    _ run: inout SymbolicRun, _ block: BlockID, _ graph: borrowing ControlFlowGraph, _ slow: SlowLiveness,
    _ neighbors: [Set<LocalID>], _ body: borrowing Body
  ) {
    var sets: [Set<LocalID>] = []
    var live = slow.ends[block.index]
    for position in graph.accessRange(of: block).reversed() {
      sets.append(live)
      let access = graph.accesses[position]
      if access.isWrite { live.remove(access.local) } else { live.insert(access.local) }
    }
    for (position, live) in zip(graph.accessRange(of: block), sets.reversed()) {
      let access = graph.accesses[position]
      if access.isWrite { run.values[access.local.index] = run.value(of: access, in: body) }
      let sorted = live.sorted()
      for (index, first) in sorted.enumerated() {
        for second in sorted[(index + 1)...]
        where body.type(of: first) == body.type(of: second) && run.values[first.index] != run.values[second.index] {
          // What locals begin with is another matter.
          if isFirstValue(first, run, body) && isFirstValue(second, run, body) { continue }
          #expect(neighbors[first.index].contains(second), "\(first) and \(second) in block \(block)")
        }
      }
    }
  }

  private func isFirstValue(_ local: LocalID, _ run: SymbolicRun, _ body: borrowing Body) -> Bool {
    run.values[local.index] == (local.index < body.parameterCount ? 500 + local.index : 0)
  }

  private func neighbors(in interference: borrowing Interference) -> [Set<LocalID>] {
    var result: [Set<LocalID>] = []
    for index in 0..<interference.kinds.localCount {
      var found: Set<LocalID> = []
      let local = LocalID(index)
      interference.edges.forEachNeighbor(of: local, kind: interference.kinds[local]) { found.insert($0) }
      result.append(found)
    }
    return result
  }

  /// No edge is there without a write of one where the other lives.
  @Test func findsNoMore() throws {
    try forEachFlow(seeds: 300..<500) { body in
      let graph = ControlFlowGraph(of: body)
      let slow = SlowLiveness(of: graph)
      var meets = Array(repeating: Set<LocalID>(), count: body.localCount)
      for index in 0..<graph.blockCount {
        var live = slow.ends[index]
        for position in graph.accessRange(of: BlockID(index)).reversed() {
          let access = graph.accesses[position]
          if !access.isWrite {
            live.insert(access.local)
          } else if live.remove(access.local) != nil {
            meets[access.local.index].formUnion(live)
            for other in live { meets[other.index].insert(access.local) }
          }
        }
      }
      let liveness = Liveness(of: graph, localCount: body.localCount)
      let interference = Interference(of: body, graph, liveness, keepsDeadWrites: Column())
      for (index, found) in neighbors(in: interference).enumerated() { #expect(found.isSubset(of: meets[index])) }
    }
  }

  @Test func listsAndRowsAgree() throws {
    var limits = LivenessLimits()
    limits.rowWords = .init(0, least: -1)
    try forEachFlow(seeds: 0..<100) { body in
      let graph = ControlFlowGraph(of: body)
      let liveness = Liveness(of: graph, localCount: body.localCount)
      let rows = Interference(of: body, graph, liveness, keepsDeadWrites: Column())
      let lists = Interference(of: body, graph, liveness, keepsDeadWrites: Column(), limits: limits)
      let isSame = neighbors(in: rows) == neighbors(in: lists)
      #expect(isSame)
    }
  }

  private func edges(_ statements: String) throws -> Set<String> {
    var result: Set<String> = []
    let locals = "(param i32) (result i32) (local i32 i32 i32)"
    try forEachBody(ofText: "(func $f \(locals) \(statements)) (func $g (param i32))") { id, body in
      guard id == FunctionID(0) else { return }
      let graph = ControlFlowGraph(of: body)
      let liveness = Liveness(of: graph, localCount: body.localCount)
      let interference = Interference(of: body, graph, liveness, keepsDeadWrites: Column())
      for (index, found) in neighbors(in: interference).enumerated() {
        for other in found where other.index > index { result.insert("\(index)-\(other)") }
      }
    }
    return result
  }

  @Test func equalValues() throws {
    // A copy, and then one of the two changes.
    let copy = "(local.set 1 (local.get 0)) (call $g (local.get 0))"
    #expect(try edges("\(copy) (local.get 1)") == [])
    #expect(try edges("\(copy) (local.set 0 (i32.const 1)) (i32.add (local.get 0) (local.get 1))") == ["0-1"])
    // Copies of copies, and of what a tee has passed on.
    let chain = "(local.set 1 (local.tee 2 (i32.clz (local.get 0)))) (local.set 3 (local.get 2))"
    let sum = "(i32.add (i32.add (local.get 1) (local.get 2)) (local.get 3))"
    #expect(try edges("\(chain) \(sum)") == [])
    // Equal constants, and the zero that there is at first.
    let constants = "(local.set 1 (i32.const 5)) (local.set 2 (i32.const 5)) (local.set 3 (i32.const 6))"
    #expect(try edges("\(constants) \(sum)") == ["1-3", "2-3"])
    #expect(try edges("(local.set 1 (i32.const 0)) (local.set 2 (i32.const 0)) \(sum)") == [])
    #expect(try edges("(local.set 1 (i32.const 1)) (local.set 2 (i32.const 0)) \(sum)") == ["1-2", "1-3"])
  }
}

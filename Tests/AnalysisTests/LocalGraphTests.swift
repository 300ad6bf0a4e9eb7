import Analysis
import IR
import Support
import Testing

/// The analyses over a `ControlFlowGraph` against slow ones that follow the definitions.
@Suite struct LocalGraphTests {
  @Test func dominatorsAreThoseOfTheDefinition() throws {
    try forEachGeneratedBody(seeds: 0..<200) { _, body in
      let graph = ControlFlowGraph(of: body)
      let dominators = Dominators(of: graph)
      let sets = dominatorSets(of: graph)
      for lower in (0..<graph.blockCount).map({ BlockID($0) }) {
        for upper in (0..<graph.blockCount).map({ BlockID($0) }) {
          let dominates = dominators.dominates(upper, lower)
          #expect(dominates == sets[lower.index].contains(upper.index))
        }
        let parent = dominators.immediateDominator(of: lower)
        let (depth, count) = (dominators.depth(of: lower), sets[lower.index].count)
        if count > 0 { #expect(depth == count - 1) }
        #expect(parent.isNone == (count <= 1))
        if count > 1 { #expect(sets[parent.index].union([lower.index]) == sets[lower.index]) }
      }
    }
  }

  /// By block: the blocks without which it can't be reached; none if it can't be at all.
  private func dominatorSets(of graph: borrowing ControlFlowGraph) -> [Set<Int>] {
    var sets = (0..<graph.blockCount).map { graph.isReachable(BlockID($0)) ? Set(0..<graph.blockCount) : [] }
    sets[0] = [0]
    var changes = true
    while changes {
      changes = false
      for block in 1..<max(1, graph.blockCount) where graph.predecessorCount(of: BlockID(block)) > 0 {
        var common = sets[graph.predecessor(0, of: BlockID(block)).index]
        for number in 1..<graph.predecessorCount(of: BlockID(block)) {
          common.formIntersection(sets[graph.predecessor(number, of: BlockID(block)).index])
        }
        common.insert(block)
        changes = changes || common != sets[block]
        sets[block] = common
      }
    }
    return sets
  }

  @Test func readsSeeWhatReachesThem() throws {
    try forEachGeneratedBody(seeds: 0..<300) { _, body in
      let graph = ControlFlowGraph(of: body)
      let dominators = Dominators(of: graph)
      let locals = LocalGraph(of: graph, dominators, localCount: body.localCount)
      expect(locals, areAsReachingIn: graph, reads: true, writes: false)
      for phi in 0..<locals.phiCount where locals.isUsed(phi: phi) {
        let own = locals.value(ofPhi: phi)
        let others = Set((0..<locals.operandCount(ofPhi: phi)).map { locals.operand($0, ofPhi: phi) }).subtracting([own])
        #expect(others.count > 1 && !others.contains(.none), "different values meet")
      }
    }
  }

  @Test func valuesAreKnownWhereTheyAreAskedFor() throws {
    try forEachGeneratedBody(seeds: 300..<500) { _, body in
      let graph = ControlFlowGraph(of: body)
      let dominators = Dominators(of: graph)
      var queries = Column<BlockID>()
      queries.resize(to: body.localCount, filling: BlockID(graph.blockCount - 1))
      let locals = LocalGraph(of: graph, dominators, localCount: body.localCount, lastQueries: queries)
      expect(locals, areAsReachingIn: graph, reads: true, writes: true)
    }
  }

  private func expect(
    _ locals: borrowing LocalGraph, areAsReachingIn graph: borrowing ControlFlowGraph, reads: Bool, writes: Bool
  ) {
    let reaching = reachingValues(of: graph, localCount: locals.localCount)
    for block in (0..<graph.blockCount).map({ BlockID($0) }) {
      for access in graph.accessRange(of: block) where graph.accesses[access].isWrite ? writes : reads {
        let isWrite = graph.accesses[access].isWrite
        let value = isWrite ? locals.value(overwrittenBy: access) : locals.value(readBy: access)
        if graph.isReachable(block) {
          #expect(sources(of: value, in: locals) == reaching[access])
        } else {
          #expect(value.isNone)
        }
      }
    }
  }

  /// The values that are no phis which `value` may be.
  private func sources(of value: LocalValue, in locals: borrowing LocalGraph) -> Set<Int> {
    var found: Set<Int> = []
    var pending = [value]
    while let value = pending.popLast() {
      guard found.insert(value.index).inserted, let phi = locals.phi(value) else { continue }
      for index in 0..<locals.operandCount(ofPhi: phi) { pending.append(locals.operand(index, ofPhi: phi)) }
    }
    let limit = locals.localCount + locals.accessCount
    return found.filter { $0 < limit }
  }

  /// By access: the values, initial or written, that its local may have before it.
  private func reachingValues(of graph: borrowing ControlFlowGraph, localCount: Int) -> [Set<Int>] {
    let none = [Set<Int>](repeating: [], count: localCount)
    var ends = [[Set<Int>]](repeating: none, count: graph.blockCount)
    var result = [Set<Int>](repeating: [], count: graph.accesses.count)
    var changes = true
    while changes {
      changes = false
      for block in (0..<graph.blockCount).map({ BlockID($0) }) {
        var values = block == .entry ? (0..<localCount).map { [$0] } : none
        for number in 0..<graph.predecessorCount(of: block) {
          let source = ends[graph.predecessor(number, of: block).index]
          for local in 0..<localCount { values[local].formUnion(source[local]) }
        }
        for access in graph.accessRange(of: block) {
          let local = graph.accesses[access].local.index
          result[access] = values[local]
          if graph.accesses[access].isWrite { values[local] = [localCount + access] }
        }
        changes = changes || values != ends[block.index]
        ends[block.index] = values
      }
    }
    return result
  }

  @Test func longBodiesTakeLinearTime() {
    // Ways out of a chain to labels in the worse order, each with an assignment on the way.
    var body = Body()
    body.reset(parameters: [.i32])
    let locals = (0..<20_000).map { _ in body.makeLocal(.i32) }
    let labels = locals.map { _ in body.makeLabel() }
    var items: [NodeID] = []
    for (local, label) in zip(locals, labels) {
      items.append(body.makeLocalSet(local, body.makeI32Const(1)))
      items.append(body.makeBrIf(label, condition: body.makeLocalGet(LocalID(0)), type: .none))
    }
    for (local, label) in zip(locals, labels) {
      let block = body.makeBlock(items, label: label, type: .none)
      items = [block, body.makeDrop(body.makeLocalGet(local))]
    }
    body.root = body.makeBlock(items, label: .function, type: .none)
    let graph = ControlFlowGraph(of: body)
    let graphOfLocals = LocalGraph(of: graph, Dominators(of: graph), localCount: body.localCount)
    let phiCount = graphOfLocals.phiCount
    #expect(phiCount <= 2 * locals.count)
  }

  @Test func phisAreBounded() {
    // What all locals get inside of a nest of blocks meets what they had at the end of each.
    var body = Body()
    body.reset(parameters: [.i32])
    let locals = (0..<5_000).map { _ in body.makeLocal(.i32) }
    var items = locals.map { body.makeLocalSet($0, body.makeI32Const(1)) }
    for _ in locals {
      let label = body.makeLabel()
      let way = body.makeBrIf(label, condition: body.makeLocalGet(LocalID(0)), type: .none)
      items = [body.makeBlock([way] + items, label: label, type: .none)]
    }
    items += locals.map { body.makeDrop(body.makeLocalGet($0)) }
    body.root = body.makeBlock(items, label: .function, type: .none)
    let graph = ControlFlowGraph(of: body)
    let graphOfLocals = LocalGraph(of: graph, Dominators(of: graph), localCount: body.localCount)
    let (phiCount, limit) = (graphOfLocals.phiCount, 2_000 + 16 * (graph.accesses.count + graph.edgeCount))
    #expect(phiCount <= limit)
    let known = locals.filter { graphOfLocals.isKnown($0) }.count
    #expect(known > 0 && known < locals.count)
    for access in 0..<graph.accesses.count where !graph.accesses[access].isWrite {
      let value = graphOfLocals.value(readBy: access)
      #expect(value.isNone == !graphOfLocals.isKnown(graph.accesses[access].local))
    }
  }
}

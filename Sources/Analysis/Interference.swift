import IR
import Support

/// A place where one local is assigned the value of another of its type.
package struct LocalCopy: BitwiseCopyable {
  package let source: LocalID
  package let target: LocalID
  /// What it is worth that both are one: instructions, twice as many where a loop goes back.
  package let weight: UInt32
}

/// Which locals must not share an index, because both are live at once with values that differ.
///
/// A local interferes, where it is assigned a value, with what is live behind that and does not hold the same value
/// (after Chaitin): two that are live at some place have last been assigned before it, and were equal then or did
/// interfere. Locals of different types never share an index, and their edges are not looked for. Neither are those of
/// the values that locals begin with: a local whose first zero may be read can't take the index of a parameter, and
/// other zeros are equal.
///
/// Linear in accesses and edges; these are looked for up to a multiple of the body's size (`isComplete`).
package struct Interference: ~Copyable {
  package let kinds: LocalKinds
  package let edges: InterferenceEdges
  /// Those of values that are read.
  package let copies: Column<LocalCopy>
  /// By access of the graph: whether it assigns a value that is never read.
  package let deadWrites: Column<Bool>
  package let hasDeadWrites: Bool

  /// - Parameter keepsDeadWrites: by local: whether all that it is assigned stays, read or not; empty for none.
  package init(
    of body: borrowing Body, _ graph: borrowing ControlFlowGraph, _ liveness: borrowing Liveness,
    keepsDeadWrites: borrowing Column<Bool>, limits: LivenessLimits = LivenessLimits()
  ) {
    var scan = InterferenceScan(of: body, graph, liveness, limits)
    while true {
      let block = scan.walk.next(in: liveness)
      if block.isNone { break }
      scan.scan(block, of: graph, in: body, keepsDeadWrites: keepsDeadWrites)
    }
    scan.edges.finish(localCount: body.localCount)
    self.kinds = scan.walk.kinds
    self.edges = scan.edges
    self.copies = scan.copies
    self.hasDeadWrites = scan.hasDeadWrites
    self.deadWrites = scan.deadWrites
  }

  /// Whether all edges are there.
  package var isComplete: Bool { !edges.isIncomplete }
}

private struct InterferenceScan: ~Copyable {
  var walk: LiveWalk
  var edges: InterferenceEdges
  var copies = Column<LocalCopy>()
  var deadWrites = Column<Bool>()
  var hasDeadWrites = false
  private var values: BlockValues

  init(
    of body: borrowing Body, _ graph: borrowing ControlFlowGraph, _ liveness: borrowing Liveness,
    _ limits: LivenessLimits
  ) {
    let kinds = LocalKinds(of: body)
    let size = 2 * graph.accesses.count + graph.blockCount + body.localCount
    edges = InterferenceEdges(among: kinds, size: size, limits: limits)
    values = BlockValues(localCount: body.localCount)
    deadWrites.resize(to: graph.accesses.count, filling: false)
    walk = LiveWalk(over: liveness, of: graph, kinds)
  }

  /// Goes through the block backwards; the walk has come to its end.
  mutating func scan(
    _ block: BlockID, of graph: borrowing ControlFlowGraph, in body: borrowing Body,
    keepsDeadWrites: borrowing Column<Bool>
  ) {
    values.enter(block, of: graph, in: body, walk.kinds)
    countLiveValues(at: block, of: graph)
    let weight: UInt32 = goesBack(block, in: graph) ? 2 : 1
    let range = graph.accessRange(of: block)
    for position in range.reversed() {
      let access = graph.accesses[position]
      let local = access.local
      if !access.isWrite {
        if walk.live.contains(local) { continue }
        walk.toggle(local)
        values.add(local)
        continue
      }
      let assignment = values.assignments[position - range.lowerBound]
      if walk.live.contains(local) {
        values.remove(local)
        walk.toggle(local)
        addEdges(of: local, assignment)
        addCopies(by: access, assignment, weight: weight, in: body)
      } else if keepsDeadWrites.isEmpty || !keepsDeadWrites[local.index] {
        deadWrites[position] = true
        hasDeadWrites = true
      } else {
        addEdges(of: local, assignment)
      }
      values.undo(assignment, of: local)
    }
  }

  private func goesBack(_ block: BlockID, in graph: borrowing ControlFlowGraph) -> Bool {
    (0..<graph.successorCount(of: block)).contains { graph.successor($0, of: block) <= block }
  }

  /// Counts which of the values that the block knows are held by what is live at its end.
  private mutating func countLiveValues(at block: BlockID, of graph: borrowing ControlFlowGraph) {
    if block == .entry {
      for index in 0..<walk.kinds.localCount where walk.live.contains(LocalID(index)) { values.add(LocalID(index)) }
      return
    }
    for position in graph.accessRange(of: block) {
      let local = graph.accesses[position].local
      if walk.live.contains(local) { values.addOnce(local) }
    }
  }

  private mutating func addEdges(of local: LocalID, _ assignment: BlockValues.Assignment) {
    let kind = walk.kinds[local]
    if assignment.isNew {
      edges.add(local, withAllOf: walk.live, kind: kind)
    } else if values.liveCount(assignment.number) < walk.live.count(of: kind) {
      edges.add(local, withAllOf: walk.live, kind: kind, except: assignment.number, in: values)
    }
  }

  private mutating func addCopies(
    by access: LocalAccess, _ assignment: BlockValues.Assignment, weight: UInt32, in body: borrowing Body
  ) {
    let record = body.nodes[access.node.index]
    if record.opcode == .tupleSet { return }
    let value = body.lastValue(of: NodeID(rawValue: record.b))
    if !assignment.source.isNone {
      // `local.tee` leaves one of the two instructions.
      let isHalf = record.opcode == .localTee || body.opcode(of: value) == .localTee
      add(LocalCopy(source: assignment.source, target: access.local, weight: isHalf ? weight : 2 * weight))
    } else if case .if(let node) = body[value] {
      for arm in [node.thenArm, node.elseArm] where !arm.isNone {
        // The arm that has the local already will have nothing to do.
        if case .localGet(let source) = body[body.lastValue(of: arm)], walk.kinds[source] == walk.kinds[access.local] {
          add(LocalCopy(source: source, target: access.local, weight: weight))
        }
      }
    }
  }

  private mutating func add(_ copy: LocalCopy) {
    if copy.source != copy.target { copies.append(copy) }
  }
}

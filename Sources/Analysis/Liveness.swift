import IR
import Support

/// Which locals are live where: their value may still be read.
///
/// Most locals of large bodies are written and read within one block, and need no more than to go through that block
/// backwards. For the others, which are read in a block before they are written there, the set at the end of each block
/// is found and kept as what differs from another set (`LiveSetForest`): what lives through a thousand blocks is kept
/// once. `LiveWalk` goes through the sets.
///
/// The sets are found for 64 locals at once, taken in the order of their first reads, over the blocks between their
/// first and last accesses and the loops around these. So time is linear in blocks and accesses while locals that live
/// through more than a few blocks are a few hundred at any place. Both time and memory are limited to a multiple of the
/// body's size: beyond, `isExact` is false, there is no walk, and `spans` may be larger than they need be.
package struct Liveness: ~Copyable {
  /// The blocks at whose start or end a local is live, or that access it, and all between them.
  package struct Span: BitwiseCopyable, Equatable {
    package var first: BlockID
    package var last: BlockID
  }

  /// Whether what is live is known for each place.
  package internal(set) var isExact = true
  /// By local: 1 + its index in `spans`; 0 if it is live at the start of no block.
  var spanNumbers = Column<UInt32>()
  var spans = Column<Span>()
  /// By local: whether its first value, that of the argument or zero, may be read.
  private var liveAtEntry = Column<Bool>()

  var forest: LiveSetForest
  /// By set, and one more: its part of `toggles`.
  var toggleStarts = Column<UInt32>()
  /// The locals that are in one of the set and its parent alone.
  var toggles = Column<LocalID>()

  package init(
    of graph: borrowing ControlFlowGraph, localCount: Int, limits: LivenessLimits = LivenessLimits()
  ) {
    forest = LiveSetForest(of: graph)
    spanNumbers.resize(to: localCount, filling: 0)
    liveAtEntry.resize(to: localCount, filling: false)
    var solver = LivenessSolver(of: graph, localCount: localCount, limits: limits)
    for group in 0..<solver.groupCount { solver.solve(group, in: graph, forest) }
    for slot in 0..<solver.spans.count {
      spanNumbers[solver.locals[slot].index] = UInt32(slot + 1)
      if solver.spans[slot].isLiveAtEntry { liveAtEntry[solver.locals[slot].index] = true }
      spans.append(Span(first: solver.spans[slot].first, last: solver.spans[slot].last))
    }
    isExact = solver.isExact
    if isExact { sortToggles(solver.toggles) }
  }

  /// Whether the local's first value, that of the argument or zero, may be read.
  package func isLiveAtEntry(_ local: LocalID) -> Bool { liveAtEntry[local.index] }

  /// The blocks that the local lives in, if it is live at the start of one.
  package func span(of local: LocalID) -> Span? {
    let number = Int(spanNumbers[local.index])
    return number == 0 ? nil : spans[number - 1]
  }

  private mutating func sortToggles(_ found: borrowing Column<LivenessSolver.Toggle>) {
    toggleStarts.resize(to: forest.count + 1, filling: 0)
    for index in 0..<found.count { toggleStarts[found[index].set.index] += 1 }
    var sum: UInt32 = 0
    for index in 0...forest.count {
      sum += toggleStarts[index]
      toggleStarts[index] = sum
    }
    toggles.resize(to: found.count, filling: .none)
    // From the end, so that starts come out where ends went in.
    for index in (0..<found.count).reversed() {
      let set = found[index].set.index
      toggleStarts[set] -= 1
      toggles[Int(toggleStarts[set])] = found[index].local
    }
  }
}

/// Goes through the blocks of a graph with the locals that are live at the end of each.
///
///     while case let block = walk.next(in: liveness), !block.isNone { ... }
///
/// Whoever takes the walk changes the set to what is live at the start of the block, by `toggle`, before asking for the
/// next: the sets of other blocks are told from that.
package struct LiveWalk: ~Copyable {
  private struct Frame: BitwiseCopyable {
    let set: LiveSetID
    /// The next child to go to.
    var child: LiveSetID
    /// How long the log was before.
    let mark: Int
  }

  package let kinds: LocalKinds
  /// What is live where the walk is.
  package private(set) var live: LiveSet
  private let blockCount: Int
  private var frames = Column<Frame>()
  /// What has been toggled since the walk began and has not been undone.
  private var log = Column<LocalID>()
  private var firstRoot = LiveSetID.none
  private var firstChildren = Column<LiveSetID>()
  private var siblings = Column<LiveSetID>()

  package init(over liveness: borrowing Liveness, of graph: borrowing ControlFlowGraph, _ kinds: consuming LocalKinds) {
    live = LiveSet(of: kinds)
    self.kinds = kinds
    blockCount = graph.blockCount
    let count = liveness.forest.count
    firstChildren.resize(to: count, filling: .none)
    siblings.resize(to: count, filling: .none)
    for index in 0..<count {
      let parent = liveness.forest.parent(of: LiveSetID(index))
      if parent.isNone {
        siblings[index] = firstRoot
        firstRoot = LiveSetID(index)
      } else {
        siblings[index] = firstChildren[parent.index]
        firstChildren[parent.index] = LiveSetID(index)
      }
    }
  }

  /// The next block: `live` is what lives at its end. `none` if all have been.
  package mutating func next(in liveness: borrowing Liveness) -> BlockID {
    while true {
      let set: LiveSetID
      if frames.isEmpty {
        set = firstRoot
        if set.isNone { return .none }
        firstRoot = siblings[set.index]
      } else {
        set = frames.last.child
        if set.isNone {
          leave()
          continue
        }
        frames.last.child = siblings[set.index]
      }
      enter(set, in: liveness)
      if set.index < blockCount { return BlockID(set.index) }
    }
  }

  package mutating func toggle(_ local: LocalID) {
    live.toggle(local, kind: kinds[local])
    log.append(local)
  }

  private mutating func enter(_ set: LiveSetID, in liveness: borrowing Liveness) {
    frames.append(Frame(set: set, child: firstChildren[set.index], mark: log.count))
    for index in Int(liveness.toggleStarts[set.index])..<Int(liveness.toggleStarts[set.index + 1]) {
      toggle(liveness.toggles[index])
    }
  }

  private mutating func leave() {
    let mark = frames.popLast().mark
    while log.count > mark {
      let local = log.popLast()
      live.toggle(local, kind: kinds[local])
    }
  }
}

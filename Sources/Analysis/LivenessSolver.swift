import IR
import Support

/// Finds what is live at the starts and ends of blocks, for 64 locals at once.
struct LivenessSolver: ~Copyable {
  /// A local that is in a set or in its parent, but not in both.
  struct Toggle: BitwiseCopyable {
    let set: LiveSetID
    let local: LocalID
  }

  struct LocalSpan: BitwiseCopyable {
    var first: BlockID
    var last: BlockID
    var isLiveAtEntry = false
  }

  /// The first access of a block to a local, if it is a read; or the first write.
  private struct BlockAccess: BitwiseCopyable {
    let block: BlockID
    /// The local, or its slot when it has one, and whether it is a write.
    var bits: UInt32

    init(_ block: BlockID, _ local: LocalID, isWrite: Bool) {
      self.block = block
      bits = local.rawValue << 1 | (isWrite ? 1 : 0)
    }

    var local: LocalID { LocalID(rawValue: bits >> 1) }
    var group: Int { Int(bits >> 7) }
    var mask: UInt64 { 1 << UInt64(bits >> 1 & 63) }
    var isWrite: Bool { bits & 1 != 0 }
  }

  /// The locals that a block reads before it writes them, in the order of the first such read; 64 are a group.
  private(set) var locals = Column<LocalID>()
  private(set) var spans = Column<LocalSpan>()
  private(set) var toggles = Column<Toggle>()
  /// Whether no limit has been reached.
  private(set) var isExact = true

  /// The accesses to these locals, sorted by group.
  private var accesses = Column<BlockAccess>()
  private var groupStarts = Column<UInt32>()
  /// By block: the last block that control can come back from; itself if there is none.
  private var loopEnds = Column<BlockID>()

  // Of the group at hand, by block; zero outside of its blocks.
  private var reads = Column<UInt64>()
  private var writes = Column<UInt64>()
  private var starts = Column<UInt64>()
  private var ends = Column<UInt64>()

  /// Visits of blocks that are left, and the most toggles.
  private var visitLimit: Int
  private let toggleLimit: Int

  init(of graph: borrowing ControlFlowGraph, localCount: Int, limits: LivenessLimits) {
    let size = 2 * graph.accesses.count + graph.blockCount + localCount
    visitLimit = limits.visits.limit(forSize: size)
    toggleLimit = limits.toggles.limit(forSize: size)
    findAccesses(in: graph, localCount: localCount)
    if locals.isEmpty { return }
    sortAccesses(localCount: localCount)
    loopEnds = Column(capacity: graph.blockCount)
    findLoopEnds(in: graph)
    reads.resize(to: graph.blockCount, filling: 0)
    writes.resize(to: graph.blockCount, filling: 0)
    starts.resize(to: graph.blockCount, filling: 0)
    ends.resize(to: graph.blockCount, filling: 0)
  }

  var groupCount: Int { (locals.count + 63) / 64 }

  // MARK: Preparation

  private mutating func findAccesses(in graph: borrowing ControlFlowGraph, localCount: Int) {
    // By local: the last blocks that have read and written it first.
    accesses = Column(capacity: graph.accesses.count)
    var readBlocks = Column<BlockID>()
    var writtenBlocks = Column<BlockID>()
    readBlocks.resize(to: localCount, filling: .none)
    writtenBlocks.resize(to: localCount, filling: .none)
    for index in 0..<graph.blockCount {
      let block = BlockID(index)
      for position in graph.accessRange(of: block) {
        let access = graph.accesses[position]
        let local = access.local.index
        if writtenBlocks[local] == block { continue }
        if access.isWrite {
          writtenBlocks[local] = block
        } else {
          if readBlocks[local] == block { continue }
          if readBlocks[local].isNone { locals.append(access.local) }
          readBlocks[local] = block
        }
        accesses.append(BlockAccess(block, access.local, isWrite: access.isWrite))
      }
    }
  }

  /// Keeps the accesses to `locals`, gives them slots for locals, and sorts them by group.
  private mutating func sortAccesses(localCount: Int) {
    var slots = Column<UInt32>()
    slots.resize(to: localCount, filling: .max)
    for slot in 0..<locals.count { slots[locals[slot].index] = UInt32(slot) }
    groupStarts.resize(to: groupCount + 1, filling: 0)
    var kept = 0
    for index in 0..<accesses.count {
      var access = accesses[index]
      let slot = slots[access.local.index]
      if slot == .max { continue }
      access.bits = slot << 1 | access.bits & 1
      accesses[kept] = access
      kept += 1
      groupStarts[access.group + 1] += 1
    }
    accesses.truncate(to: kept)
    for group in 0..<groupCount { groupStarts[group + 1] += groupStarts[group] }
    if groupCount == 1 { return }
    var sorted = Column<BlockAccess>()
    sorted.resize(to: kept, filling: BlockAccess(.entry, LocalID(0), isWrite: false))
    var ends = Column<UInt32>()
    for group in 0..<groupCount { ends.append(groupStarts[group]) }
    for index in 0..<kept {
      let group = accesses[index].group
      sorted[Int(ends[group])] = accesses[index]
      ends[group] += 1
    }
    accesses = sorted
  }

  private mutating func findLoopEnds(in graph: borrowing ControlFlowGraph) {
    var end = BlockID.entry
    for index in 0..<graph.blockCount {
      let block = BlockID(index)
      if end < block { end = block }
      let count = graph.predecessorCount(of: block)
      if count > 0 { end = max(end, graph.predecessor(count - 1, of: block)) }
      loopEnds.append(end)
    }
    // A loop in another may go on behind the last block that goes back to the start of the other.
    for index in (0..<graph.blockCount).reversed() where loopEnds[index].index > index {
      loopEnds[index] = loopEnds[index + 1]
    }
  }

  // MARK: Solving

  /// Finds out about the locals of a group.
  mutating func solve(_ group: Int, in graph: borrowing ControlFlowGraph, _ forest: borrowing LiveSetForest) {
    let range = Int(groupStarts[group])..<Int(groupStarts[group + 1])
    // Accesses are in the order of blocks.
    let first = accesses[range.lowerBound].block.index
    let last = loopEnds[accesses[range.upperBound - 1].block.index].index
    let count = min(64, locals.count - 64 * group)
    for index in range {
      let access = accesses[index]
      if access.isWrite {
        writes[access.block.index] |= access.mask
      } else {
        reads[access.block.index] |= access.mask
      }
    }
    let lowest = propagate(from: last, to: first, in: graph)
    if visitLimit > 0 {
      measure(lowest...last, count: count)
      if isExact { addToggles(lowest...last, group: group, forest) }
    } else {
      isExact = false
      toggles = Column()
      let span = LocalSpan(first: .entry, last: BlockID(last), isLiveAtEntry: true)
      for _ in 0..<count { spans.append(span) }
    }
    for index in lowest...last {
      reads[index] = 0
      writes[index] = 0
      starts[index] = 0
      ends[index] = 0
    }
  }

  /// Goes backwards through the blocks, again from the end of a loop when more has become live at its start; gives up
  /// when the visits are used up. Returns the first block that has anything to do with the group.
  private mutating func propagate(from last: Int, to first: Int, in graph: borrowing ControlFlowGraph) -> Int {
    var lowest = first
    var top = last
    while top >= 0 && visitLimit > 0 {
      visitLimit -= top - lowest
      var nextTop = -1
      var index = top
      while index >= lowest {
        let block = BlockID(index)
        var end: UInt64 = 0
        for number in 0..<graph.successorCount(of: block) { end |= starts[graph.successor(number, of: block).index] }
        ends[index] = end
        let start = reads[index] | end & ~writes[index]
        if start != starts[index] {
          starts[index] = start
          let count = graph.predecessorCount(of: block)
          if count > 0 {
            lowest = min(lowest, graph.predecessor(0, of: block).index)
            nextTop = max(nextTop, lastBehind(start, block, in: graph))
          }
        }
        index -= 1
      }
      top = nextTop
    }
    return lowest
  }

  /// The last block that goes back to `block` and does not have all of `start` yet; -1 if there is none.
  // It changes nothing; but called by what does, another kind of method would get a copy of `self`.
  private mutating func lastBehind(_ start: UInt64, _ block: BlockID, in graph: borrowing ControlFlowGraph) -> Int {
    var number = graph.predecessorCount(of: block) - 1
    while number >= 0 {
      let predecessor = graph.predecessor(number, of: block)
      if predecessor < block { return -1 }
      if start & ~ends[predecessor.index] != 0 { return predecessor.index }
      number -= 1
    }
    return -1
  }

  // MARK: Results

  private mutating func measure(_ blocks: ClosedRange<Int>, count: Int) {
    let base = spans.count
    for _ in 0..<count { spans.append(LocalSpan(first: .entry, last: .entry)) }
    var seen: UInt64 = 0
    var later: UInt64 = 0
    for index in blocks.reversed() {
      let now = starts[index] | ends[index] | reads[index] | writes[index]
      (now & ~seen).forEachBit { spans[base + $0].last = BlockID(index) }
      (later & ~now).forEachBit { spans[base + $0].first = BlockID(index + 1) }
      seen |= now
      later = now
    }
    later.forEachBit { spans[base + $0].first = BlockID(blocks.lowerBound) }
    starts[BlockID.entry.index].forEachBit { spans[base + $0].isLiveAtEntry = true }
  }

  private mutating func addToggles(_ blocks: ClosedRange<Int>, group: Int, _ forest: borrowing LiveSetForest) {
    for index in blocks.reversed() {
      let block = BlockID(index)
      addToggles(of: LiveSetID(index), live: ends[index], group: group, forest)
      let ownSet = forest.loopSet(of: block)
      if !ownSet.isNone { addToggles(of: ownSet, live: starts[index], group: group, forest) }
      forest.forEachLoop(before: block) { set, header in
        if !blocks.contains(header.index) { addToggles(of: set, live: 0, group: group, forest) }
      }
      if toggles.count > toggleLimit {
        isExact = false
        toggles = Column()
        return
      }
    }
  }

  private mutating func addToggles(
    of set: LiveSetID, live: UInt64, group: Int, _ forest: borrowing LiveSetForest
  ) {
    let base = forest.base(of: set)
    let different = base.isNone ? live : live ^ starts[base.index]
    different.forEachBit { toggles.append(Toggle(set: set, local: locals[64 * group + $0])) }
  }
}

extension UInt64 {
  /// Calls `visit` with the number of each bit that is set.
  func forEachBit(_ visit: (Int) -> Void) {
    var rest = self
    while rest != 0 {
      visit(rest.trailingZeroBitCount)
      rest &= rest - 1
    }
  }
}

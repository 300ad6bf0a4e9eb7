import IR
import Support

/// A set of live locals: at the end of the block with the same number, or, above these, at the start of a loop.
struct LiveSetID: EntityID {
  let rawValue: UInt32
}

/// Which set of live locals is told as the difference from which other.
///
/// What is live at the end of a block is nearly what is live at the start of one of its successors: the one from which
/// the longest way leads to an exit, so that it is not the trap behind a check. That is the parent of the block's set. A
/// block that only goes back to the start of a loop has the set of the loop as its parent, and that one the start of the
/// block behind the loop. Parents of blocks are later blocks: it is a forest.
struct LiveSetForest: ~Copyable {
  /// The start of a loop that is left by `br` alone somewhere.
  struct LoopSet: BitwiseCopyable {
    let header: BlockID
    /// Whose start is the parent; `none` if the loop is last.
    let parent: BlockID
    /// The next loop with this parent.
    let next: Int32
  }

  private let blockCount: Int
  /// By block: the successor whose start is the parent of the set at the end.
  private var successors = Column<BlockID>()
  private(set) var loops = Column<LoopSet>()
  /// By block: the first of the loops whose parent it is, and the loop that it begins; -1 if there is none.
  private var firstLoops = Column<Int32>()
  private var ownLoops = Column<Int32>()

  init(of graph: borrowing ControlFlowGraph) {
    blockCount = graph.blockCount
    successors.resize(to: blockCount, filling: .none)
    firstLoops.resize(to: blockCount, filling: -1)
    ownLoops.resize(to: blockCount, filling: -1)
    // The number of blocks on the longest way to an exit that goes round no loop.
    var heights = Column<UInt32>()
    heights.resize(to: blockCount, filling: 1)
    for index in (0..<blockCount).reversed() {
      let block = BlockID(index)
      var best = BlockID.none
      for number in 0..<graph.successorCount(of: block) {
        let successor = graph.successor(number, of: block)
        if successor > block && (best.isNone || heights[successor.index] > heights[best.index]) { best = successor }
      }
      if !best.isNone {
        heights[index] = heights[best.index] + 1
      } else if graph.successorCount(of: block) > 0 {
        best = graph.successor(0, of: block)
        addLoop(best, in: graph)
      }
      successors[index] = best
    }
  }

  private mutating func addLoop(_ header: BlockID, in graph: borrowing ControlFlowGraph) {
    guard ownLoops[header.index] < 0 else { return }
    let behind = graph.predecessor(graph.predecessorCount(of: header) - 1, of: header).index + 1
    ownLoops[header.index] = Int32(loops.count)
    let parent = behind < blockCount ? BlockID(behind) : .none
    loops.append(LoopSet(header: header, parent: parent, next: parent.isNone ? -1 : firstLoops[behind]))
    if !parent.isNone { firstLoops[behind] = Int32(loops.count - 1) }
  }

  /// Number of sets.
  var count: Int { blockCount + loops.count }

  /// The block at whose start is what the set is told from; `none` if it is told in full.
  func base(of set: LiveSetID) -> BlockID {
    set.index < blockCount ? successors[set.index] : loops[set.index - blockCount].parent
  }

  func parent(of set: LiveSetID) -> LiveSetID {
    let base = base(of: set)
    if base.isNone { return .none }
    // A block that goes back has the set of the loop as its parent.
    return set.index < blockCount && base.index <= set.index ? loopSet(of: base) : LiveSetID(base.index)
  }

  /// The set at the start of the loop that `block` begins; `none` if there is none.
  func loopSet(of block: BlockID) -> LiveSetID {
    let loop = ownLoops[block.index]
    return loop < 0 ? .none : LiveSetID(blockCount + Int(loop))
  }

  /// Calls `visit` with the sets of loops whose parent is the start of `block`, and with the blocks that they begin.
  func forEachLoop(before block: BlockID, _ visit: (LiveSetID, BlockID) -> Void) {
    var loop = firstLoops[block.index]
    while loop >= 0 {
      visit(LiveSetID(blockCount + Int(loop)), loops[Int(loop)].header)
      loop = loops[Int(loop)].next
    }
  }
}

/// The locals of a body by type: each kind is one value type.
package struct LocalKinds: ~Copyable {
  /// By local.
  private var kinds = Column<UInt32>()
  private var counts = Column<UInt32>()
  /// The kinds of types, where there are many.
  private var numbers: [ValueType: UInt32] = [:]

  package init(of body: borrowing Body) {
    kinds = Column(capacity: body.localCount)
    var types = Column<ValueType>()
    var last = (type: ValueType.bottom, kind: UInt32(0))
    for index in 0..<body.localCount {
      let type = body.localTypes[index]
      if type != last.type { last = (type, kind(of: type, among: &types)) }
      kinds.append(last.kind)
      counts[Int(last.kind)] += 1
    }
  }

  private mutating func kind(of type: ValueType, among types: inout Column<ValueType>) -> UInt32 {
    // Few bodies have more than the types of numbers; those that do need not be searched one by one.
    if types.count > 16 && numbers.isEmpty { for kind in 0..<types.count { numbers[types[kind]] = UInt32(kind) } }
    if types.count > 16, let kind = numbers[type] { return kind }
    for kind in 0..<min(types.count, 17) where types[kind] == type { return UInt32(kind) }
    if types.count > 16 { numbers[type] = UInt32(types.count) }
    types.append(type)
    counts.append(0)
    return UInt32(types.count - 1)
  }

  package var kindCount: Int { counts.count }
  package var localCount: Int { kinds.count }
  package subscript(local: LocalID) -> Int { Int(kinds[local.index]) }
  /// Number of locals of the kind.
  package func count(of kind: Int) -> Int { Int(counts[kind]) }
}

/// A set of locals whose members of one kind can be gone through. All else takes constant time.
package struct LiveSet: ~Copyable {
  /// Members, by kind; each kind has room for all locals of it.
  private var members = Column<LocalID>()
  private var starts = Column<UInt32>()
  private var counts = Column<UInt32>()
  /// By local: where it is in `members`, `.max` if it is not.
  private var places = Column<UInt32>()

  init(of kinds: borrowing LocalKinds) {
    var start = 0
    for kind in 0..<kinds.kindCount {
      starts.append(UInt32(start))
      start += kinds.count(of: kind)
    }
    counts.resize(to: kinds.kindCount, filling: 0)
    members.resize(to: start, filling: .none)
    places.resize(to: start, filling: .max)
  }

  package func contains(_ local: LocalID) -> Bool { places[local.index] != .max }
  package func count(of kind: Int) -> Int { Int(counts[kind]) }
  package func member(_ index: Int, of kind: Int) -> LocalID { members[Int(starts[kind]) + index] }

  mutating func toggle(_ local: LocalID, kind: Int) {
    let place = places[local.index]
    if place == .max {
      let end = starts[kind] + counts[kind]
      members[Int(end)] = local
      places[local.index] = end
      counts[kind] += 1
    } else {
      counts[kind] -= 1
      let last = members[Int(starts[kind] + counts[kind])]
      members[Int(place)] = last
      places[last.index] = place
      places[local.index] = .max
    }
  }
}

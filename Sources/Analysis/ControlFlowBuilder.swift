import IR
import Support

/// Cuts a body into basic blocks: what `ControlFlowWalk` tells it, in the order of evaluation.
struct ControlFlowBuilder: ~Copyable {
  var accesses = Column<LocalAccess>()
  var accessStarts = Column<UInt32>()
  var loopDepths = Column<UInt32>()
  var edges = Column<FlowEdge>()

  /// By local: whether its accesses are taken; empty if all are.
  private let selection: Column<Bool>
  /// The block that runs; `none` in code that cannot run.
  private(set) var current = BlockID.none
  private var loopDepth: UInt32 = 0
  /// The last block, if it is one that holds accesses that cannot run.
  private var holder = BlockID.none

  /// Blocks that go on at a place that has no block yet, in linked lists.
  private var waiting = Column<WaitingBlock>()
  /// By label of a block: what goes on at its end.
  private var ends = Column<WaitingList>()
  /// By label of a loop: where it begins.
  private var headers = Column<BlockID>()
  /// By label: the block that branched there last.
  private var lastSources = Column<BlockID>()

  /// By receiver: what throws to it.
  private var throwers = Column<WaitingList>()
  /// The block that was begun after an instruction threw, and where to: it need not end before the next one.
  private var calm = (block: BlockID.none, receiver: ReceiverID.none)

  init(labelCount: Int, selection: consuming Column<Bool>) {
    self.selection = selection
    ends.resize(to: labelCount, filling: WaitingList())
    headers.resize(to: labelCount, filling: .none)
    lastSources.resize(to: labelCount, filling: .none)
  }

  // MARK: Blocks

  /// Begins a block where `block` goes on; nothing runs if `block` can't.
  mutating func begin(after block: BlockID) {
    current = block.isNone ? .none : makeBlock()
    if !block.isNone { connect(block, current) }
  }

  /// Begins the first block.
  mutating func beginFunction() { current = makeBlock() }

  /// Begins a block where what is in `list` goes on, with what runs now.
  mutating func meet(_ list: WaitingList) {
    if list.isEmpty { return }
    let before = current
    current = makeBlock()
    if !before.isNone { connect(before, current) }
    connect(list, to: current, except: before)
  }

  /// Goes on with `block`, in which nothing has run since it was left.
  mutating func resume(_ block: BlockID) { current = block }

  /// Nothing comes out of the instruction before.
  mutating func stop() { current = .none }

  mutating func add(_ node: NodeID, _ local: LocalID, isWrite: Bool) {
    if !selection.isEmpty && !selection[local.index] { return }
    if current.isNone && holder.isNone { holder = makeBlock() }
    accesses.append(LocalAccess(node, local, isWrite: isWrite))
  }

  mutating func finish() { accessStarts.append(UInt32(accesses.count)) }

  private mutating func makeBlock() -> BlockID {
    holder = .none
    accessStarts.append(UInt32(accesses.count))
    loopDepths.append(loopDepth)
    return BlockID(loopDepths.count - 1)
  }

  private mutating func connect(_ source: BlockID, _ target: BlockID) {
    edges.append(FlowEdge(source: source, target: target))
  }

  private mutating func connect(_ list: WaitingList, to target: BlockID, except known: BlockID) {
    var next = list.head
    while next >= 0 {
      let item = waiting[Int(next)]
      if item.block != known { connect(item.block, target) }
      next = item.next
    }
  }

  // MARK: Branches

  /// The list with what runs now: it may go on where the list meets.
  mutating func waiting(in list: WaitingList) -> WaitingList { add(current, to: list) }

  private mutating func add(_ block: BlockID, to list: WaitingList) -> WaitingList {
    if block.isNone || !list.isEmpty && waiting[Int(list.head)].block == block { return list }
    waiting.append(WaitingBlock(block: block, next: list.head))
    return WaitingList(head: Int32(waiting.count - 1))
  }

  mutating func branch(to label: LabelID) {
    // A `br_table` may name a label many times.
    if current.isNone || label == .function || lastSources[label.index] == current { return }
    lastSources[label.index] = current
    if headers[label.index].isNone {
      ends[label.index] = add(current, to: ends[label.index])
    } else {
      connect(current, headers[label.index])
    }
  }

  /// The end of the block with this label, where branches to it go on.
  mutating func end(_ label: LabelID) {
    if !label.isNone && label != .function { meet(ends[label.index]) }
  }

  mutating func beginLoop(_ label: LabelID) {
    loopDepth += 1
    if current.isNone || label.isNone { return }
    begin(after: current)
    headers[label.index] = current
  }

  mutating func endLoop() { loopDepth -= 1 }

  // MARK: Exceptions

  mutating func makeReceiver() -> ReceiverID {
    throwers.append(WaitingList())
    return ReceiverID(throwers.count - 1)
  }

  /// The instruction just run throws.
  mutating func leave(to receiver: ReceiverID) {
    if !receiver.isNone && !current.isNone { throwers[receiver.index] = add(current, to: throwers[receiver.index]) }
    current = .none
  }

  /// The instruction just run may throw.
  mutating func `throw`(to receiver: ReceiverID) {
    if receiver.isNone || current.isNone { return }
    if current == calm.block && receiver == calm.receiver && Int(accessStarts[current.index]) == accesses.count { return }
    throwers[receiver.index] = add(current, to: throwers[receiver.index])
    begin(after: current)
    calm = (current, receiver)
  }

  /// A block without accesses where all exceptions go that `receiver` gets; `none` if there are none.
  mutating func dispatch(_ receiver: ReceiverID) -> BlockID {
    let list = throwers[receiver.index]
    if list.isEmpty { return .none }
    let block = makeBlock()
    connect(list, to: block, except: .none)
    return block
  }

  /// Exceptions that came to `block` go on to `receiver`.
  mutating func pass(from block: BlockID, to receiver: ReceiverID) {
    if !receiver.isNone { throwers[receiver.index] = add(block, to: throwers[receiver.index]) }
  }

  /// `block`, which has received an exception, branches.
  mutating func branch(from block: BlockID, to label: LabelID) {
    let running = current
    current = block
    branch(to: label)
    current = running
  }
}

/// What receives an exception: the handlers of a `try` or `try_table`; `none` is the caller of the function.
struct ReceiverID: EntityID {
  let rawValue: UInt32
}

struct WaitingBlock: BitwiseCopyable {
  let block: BlockID
  let next: Int32
}

struct WaitingList: BitwiseCopyable {
  /// Index of the first entry, -1 if there is none.
  var head: Int32 = -1
  var isEmpty: Bool { head < 0 }
}

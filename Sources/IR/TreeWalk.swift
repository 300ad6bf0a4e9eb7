import Support

/// The way of an iterative walk over a tree: what is yet to be left, what comes first on top.
///
/// A node that the walk comes to is replaced by itself, marked, and its operands above it; marked, it comes again when
/// they are done. Nodes without operands, more than half of all, come once. Walks over the tree are what most passes
/// spend their time on: the stack is not checked at each access, but made large enough for each node.
@frozen public struct TreeWalk: ~Copyable {
  /// What the walk has come to.
  @frozen public struct Step: BitwiseCopyable {
    @usableFromInline let word: UInt32

    @inlinable @inline(__always) init(_ word: UInt32) { self.word = word }

    @inlinable @inline(__always) public var node: NodeID { NodeID(rawValue: word & ~TreeWalk.mark) }
    /// Whether the node is marked: its operands are done. Of a pause, too.
    @inlinable @inline(__always) public var isLast: Bool { Int32(bitPattern: word) < 0 }
    /// Whether this is no node but stands between two operands: see `enterWithPauses`.
    @inlinable @inline(__always) public var isPause: Bool { word == TreeWalk.pause }
  }

  @usableFromInline static var mark: UInt32 { @inlinable @inline(__always) get { 1 << 31 } }
  @usableFromInline static var pause: UInt32 { @inlinable @inline(__always) get { .max - 1 } }

  /// Below each marked node: the value that `parentIndex` had before.
  @usableFromInline var stack = Column<UInt32>(capacity: 254)
  /// Where in `stack` the marked node is whose operands are being visited.
  @usableFromInline var parentIndex: UInt32 = 0

  @inlinable public init(from top: NodeID) { stack.append(top.rawValue) }

  @inlinable @inline(__always) public var isDone: Bool { stack.isEmpty }

  /// What comes next; the walk must not be done. Absent operands are passed over.
  @inlinable @inline(__always) public mutating func next() -> Step {
    while stack.uncheckedLast == NodeID.none.rawValue { stack.uncheckedRemoveLast(1) }
    return Step(stack.uncheckedLast)
  }

  /// Marks the node at hand and puts its operands before it; false if it has none.
  @inlinable @inline(__always) public mutating func enter(_ id: NodeID, in body: borrowing Body) -> Bool {
    let layout = body.infos[body.nodes[id.index].opcodeNumber].layout
    if !layout.hasOperands { return false }
    stack.reserve(4)
    let previous = parentIndex
    let index = stack.count
    stack.uncheckedLast = previous
    parentIndex = UInt32(truncatingIfNeeded: index)
    stack.uncheckedAppend(id.rawValue | TreeWalk.mark)
    appendOperands(of: id, layout, in: body)
    return true
  }

  /// Puts its operands in the place of the node at hand, for a walk that has nothing to do there: it does not come again
  /// and is nobody's parent. Not for the node that the walk began with, as absent operands may be the last.
  @inlinable @inline(__always) public mutating func replaceByOperands(_ id: NodeID, in body: borrowing Body) {
    let layout = body.infos[body.nodes[id.index].opcodeNumber].layout
    stack.reserve(3)
    stack.uncheckedRemoveLast(1)
    if layout.hasOperands { appendOperands(of: id, layout, in: body) }
  }

  /// There must be room for three.
  @inlinable @inline(__always) mutating func appendOperands(
    of id: NodeID, _ layout: OperandLayout, in body: borrowing Body
  ) {
    // How many words are operands can't be foretold: all are put there, and those that are none dropped.
    for position in 0..<3 { stack.uncheckedAppend(body.word(layout.word(fromLast: position), of: id)) }
    stack.uncheckedRemoveLast(3 &- layout.wordCount)
    if layout.hasPool {
      let (start, count) = (Int(body.word(1, of: id)), Int(body.word(2, of: id)))
      if count > 0 { stack.appendReversed(body.pool, start..<start &+ count) }
    }
  }

  /// Leaves the node at hand.
  @inlinable @inline(__always) public mutating func leave(_ step: Step) {
    stack.uncheckedRemoveLast(1)
    if step.isLast {
      parentIndex = stack.uncheckedLast
      stack.uncheckedRemoveLast(1)
    }
  }

  /// As `enter`, with a pause between one operand and the next, even if one of them is absent. Whoever wants to know the
  /// place of an operand has to count the pauses.
  public mutating func enterWithPauses(_ id: NodeID, in body: borrowing Body) {
    let previous = parentIndex
    parentIndex = UInt32(truncatingIfNeeded: stack.count)
    stack.last = previous
    stack.append(id.rawValue | TreeWalk.mark)
    for position in (0..<body.operandCount(of: id)).reversed() {
      stack.append(body.operand(position, of: id).rawValue)
      if position > 0 { stack.append(TreeWalk.pause) }
    }
  }

  /// Leaves a pause.
  @inlinable public mutating func leavePause() { stack.removeLast(1) }

  /// Behind a pause: the next operand and the one after it, of which there are no others, change places.
  public mutating func swapOperands() {
    let (next, other) = (stack.count - 1, Int(parentIndex) + 1)
    let operand = stack[next]
    stack[next] = stack[other]
    stack[other] = operand
  }

  /// Whether the node at hand is the one that the walk began with; marked, if it has operands.
  @inlinable public var isAtTop: Bool { stack.count <= 2 }
  /// Passes over the operands that are yet to come of the node whose operand was left last.
  @inlinable mutating func skipRemaining() { stack.truncate(to: Int(parentIndex) + 1) }

  /// The node whose operand was left last; the walk must not be done.
  @inlinable public var parent: NodeID { Step(stack[Int(parentIndex)]).node }
  /// Where on the way the node stands whose operands are being visited: a number that no other has that has been
  /// entered and not been left, and greater than those of the nodes around it.
  @inlinable @inline(__always) public var parentPlace: UInt32 { parentIndex }
  /// How many of its operands, absent ones included, are yet to come; the one at hand counts until it is entered or
  /// left. Says nothing of a node whose leaves have been passed over.
  @inlinable public var remainingCount: Int { stack.count &- 1 &- Int(parentIndex) }
}

extension Body {
  /// A word of the record of a node that is there, 0 for `a`: from memory, as which one it is may differ each time.
  @inlinable @inline(__always) func word(_ position: Int, of id: NodeID) -> UInt32 {
    nodes.uncheckedWord(position &+ 1, of: id.index)
  }
}

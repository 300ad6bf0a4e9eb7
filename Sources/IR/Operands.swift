import Support

// Operands of any node by position, in the order of evaluation. An absent optional operand (the value of `br`, the
// else arm of `if`) is `NodeID.none` and holds its position.

extension Body {
  @inlinable @inline(__always) public func operandCount(of id: NodeID) -> Int {
    let record = nodes[id.index]
    let layout = infos[Int(record.opcode.rawValue)].layout
    return layout.wordCount + (layout.hasPool ? Int(record.c) : 0)
  }

  @inlinable @inline(__always) public func operand(_ position: Int, of id: NodeID) -> NodeID {
    let record = nodes[id.index]
    let layout = infos[Int(record.opcode.rawValue)].layout
    var position = position
    if layout.hasPool {
      let count = Int(record.c)
      if position < count { return NodeID(rawValue: pool[Int(record.b) + position]) }
      position -= count
    }
    precondition(position < layout.wordCount)
    return NodeID(rawValue: record.word(layout.word(at: position)))
  }

  /// The new operand takes over the source position of the old one, unless it has its own.
  @inlinable public mutating func setOperand(_ position: Int, of id: NodeID, to operand: NodeID) {
    changeCount += 1
    if !positions.isEmpty { inheritPosition(ofOperand: position, of: id, to: operand) }
    let record = nodes[id.index]
    let layout = infos[Int(record.opcode.rawValue)].layout
    var position = position
    if layout.hasPool {
      let count = Int(record.c)
      if position < count {
        pool[Int(record.b) + position] = operand.rawValue
        return
      }
      position -= count
    }
    precondition(position < layout.wordCount)
    nodes[id.index].setWord(layout.word(at: position), to: operand.rawValue)
  }

  /// Calls `visit` with each operand that is present.
  @inlinable public func forEachOperand(of id: NodeID, _ visit: (NodeID) throws -> Void) rethrows {
    let record = nodes[id.index]
    let layout = infos[Int(record.opcode.rawValue)].layout
    if layout.hasPool {
      for position in 0..<Int(record.c) { try visit(NodeID(rawValue: pool[Int(record.b) + position])) }
    }
    for position in 0..<layout.wordCount {
      let operand = NodeID(rawValue: record.word(layout.word(at: position)))
      if !operand.isNone { try visit(operand) }
    }
  }

  /// Appends the operands that are present to a stack, the first of them last.
  @inlinable @inline(__always) public func appendOperands(of id: NodeID, to stack: inout Column<UInt32>) {
    let layout = infos[nodes[id.index].opcodeNumber].layout
    if !layout.hasOperands { return }
    stack.reserve(3)
    var position = layout.wordCount
    while position > 0 {
      position &-= 1
      let operand = word(layout.word(at: position), of: id)
      if operand != NodeID.none.rawValue { stack.uncheckedAppend(operand) }
    }
    if layout.hasPool {
      let start = Int(word(1, of: id))
      stack.appendReversed(pool, start..<start &+ Int(word(2, of: id)))
    }
  }

  /// The operands that are present. Allocates: not for hot loops.
  public func operands(of id: NodeID) -> [NodeID] {
    var operands: [NodeID] = []
    forEachOperand(of: id) { operands.append($0) }
    return operands
  }

  // MARK: Pool

  /// Appends `nodes` to the pool as a range of operands.
  public mutating func makeList(_ nodes: some Collection<NodeID>) -> NodeList {
    let start = pool.count
    for node in nodes { pool.append(node.rawValue) }
    return NodeList(start: start, count: nodes.count)
  }

  /// As above, with immediates just below the range.
  mutating func makeList(_ nodes: some Collection<NodeID>, header: UInt32...) -> NodeList {
    for word in header { pool.append(word) }
    return makeList(nodes)
  }

  public func nodes(in list: NodeList) -> [NodeID] {
    list.range.map { NodeID(rawValue: pool[$0]) }
  }

  // MARK: Memargs

  /// A memarg as one word: bit 0 clear: alignment in bits 1-3, offset in bits 4-31, memory 0; bit 0 set: the pool
  /// position of offset (low, high), memory, alignment | lane << 8.
  public mutating func pack(_ memarg: Memarg, lane: UInt8? = nil) -> UInt32 {
    if lane == nil && memarg.offset < 1 << 28 && memarg.alignment < 8 && memarg.memory.rawValue == 0 {
      return UInt32(memarg.offset) << 4 | UInt32(memarg.alignment) << 1
    }
    let position = pool.count
    precondition(position < 1 << 31)
    pool.append(UInt32(truncatingIfNeeded: memarg.offset))
    pool.append(UInt32(truncatingIfNeeded: memarg.offset >> 32))
    pool.append(memarg.memory.rawValue)
    pool.append(UInt32(memarg.alignment) | UInt32(lane ?? 0) << 8)
    return UInt32(position) << 1 | 1
  }

  @inlinable public func memarg(_ word: UInt32) -> Memarg {
    if word & 1 == 0 {
      return Memarg(
        offset: UInt64(word >> 4), alignment: UInt8(truncatingIfNeeded: word >> 1 & 7), memory: MemoryID(rawValue: 0))
    }
    let position = Int(word >> 1)
    return Memarg(
      offset: UInt64(pool[position]) | UInt64(pool[position + 1]) << 32,
      alignment: UInt8(truncatingIfNeeded: pool[position + 3]), memory: MemoryID(rawValue: pool[position + 2]))
  }

  @inlinable func lane(_ word: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: pool[Int(word >> 1) + 3] >> 8) }
}

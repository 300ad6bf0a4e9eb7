import Support

// What a node is, its operands and labels aside: for comparing and hashing code.

extension Body {
  /// Calls `visit` with the words that, besides opcode, type, operands and labels, make the node what it is: always as
  /// many for nodes that agree in the words so far. Whether a construct has a label counts, which one does not.
  @inlinable public func forEachImmediate(of id: NodeID, _ visit: (UInt32) -> Void) {
    let record = nodes[id.index]
    let info = infos[Int(record.opcode.rawValue)]
    switch info.shape {
    case .binary, .unary, .if, .select, .selectTyped, .drop, .br, .brIf, .brOnNull, .rethrow, .return, .keep: break
    case .localGet, .localSet, .localTee, .globalGet, .globalSet, .i32Const, .f32Const: visit(record.a)
    case .load, .store:
      // Packed memargs of the usual memory agree if their words do.
      if record.c & 1 == 0 { visit(record.c) } else { forEachRareImmediate(of: id, visit) }
    case .block, .loop: visit(record.a == LabelID.none.rawValue ? 0 : 1)
    default: forEachRareImmediate(of: id, visit)
    }
  }

  @usableFromInline func forEachRareImmediate(of id: NodeID, _ visit: (UInt32) -> Void) {
    let record = nodes[id.index]
    switch self[id] {
    case .load, .store, .rmw: visitMemarg(record.c, visit)
    case .loadLane, .storeLane:
      visitMemarg(record.c, visit)
      visit(UInt32(lane(record.c)))
    case .cmpxchg, .atomicWait: visitMemarg(record.a, visit)
    case .v128Const, .shuffle:
      let start = Int(opcode(of: id) == .v128Const ? record.a : record.c)
      for position in start..<start + 4 { visit(pool[position]) }
    case .brTable(let table): visit(UInt32(table.labelCount))
    case .tryTable(let table):
      visit(UInt32(table.clauseCount))
      for index in 0..<table.clauseCount {
        let clause = catchClause(index, of: table)
        visit(clause.kind.rawValue)
        visit(clause.tag.rawValue)
      }
    case .try(let node):
      visit(UInt32(node.tagCount))
      for index in 0..<node.tagCount { visit(tag(index, of: node).rawValue) }
      visit((node.hasCatchAll ? 1 : 0) | (node.delegate.isNone ? 0 : 2))
    case .tupleSet(let node):
      visit(UInt32(node.localCount))
      for index in 0..<node.localCount { visit(local(index, of: node).rawValue) }
    case .brOnCast: visitHeader(of: record, 2, visit)
    case .callIndirect: visitHeader(of: record, 2, visit)
    case .callRef: visitHeader(of: record, 1, visit)
    case .tableCopy, .tableInit, .memoryCopy, .memoryInit, .structSet, .arrayNewData, .arrayNewElem, .arrayCopy,
      .arrayInitData, .arrayInitElem:
      visit(record.a)
      visitHeader(of: record, 1, visit)
    default: visitWords(of: record, visit)
    }
  }

  /// Words that are neither operands nor the range of operands in the pool.
  private func visitWords(of record: NodeRecord, _ visit: (UInt32) -> Void) {
    let layout = infos[Int(record.opcode.rawValue)].layout
    var isOperand = layout.hasPool ? (false, true, true) : (false, false, false)
    for position in 0..<layout.wordCount {
      switch layout.word(at: position) {
      case 0: isOperand.0 = true
      case 1: isOperand.1 = true
      default: isOperand.2 = true
      }
    }
    if !isOperand.0 { visit(record.a) }
    if !isOperand.1 { visit(record.b) }
    if !isOperand.2 { visit(record.c) }
  }

  private func visitHeader(of record: NodeRecord, _ count: Int, _ visit: (UInt32) -> Void) {
    for position in Int(record.b) - count..<Int(record.b) { visit(pool[position]) }
  }

  private func visitMemarg(_ word: UInt32, _ visit: (UInt32) -> Void) {
    let memarg = memarg(word)
    visit(UInt32(truncatingIfNeeded: memarg.offset))
    visit(UInt32(truncatingIfNeeded: memarg.offset >> 32))
    visit(UInt32(memarg.alignment))
    visit(memarg.memory.rawValue)
  }

  /// Whether the nodes are the same, operands and labels aside.
  public func isSameInstruction(_ first: NodeID, _ second: NodeID) -> Bool {
    let (left, right) = (nodes[first.index], nodes[second.index])
    if left.head != right.head || operandCount(of: first) != operandCount(of: second) { return false }
    switch infos[Int(left.opcode.rawValue)].shape {
    case .binary, .unary, .if, .select, .selectTyped, .drop, .br, .brIf, .brOnNull, .rethrow, .return, .keep: return true
    case .localGet, .localSet, .localTee, .globalGet, .globalSet, .i32Const, .f32Const: return left.a == right.a
    case .i64Const, .f64Const: return left.a == right.a && left.b == right.b
    case .load where left.c & 1 == 0, .store where left.c & 1 == 0: return left.c == right.c
    default: break
    }
    var words: [UInt32] = []
    forEachImmediate(of: first) { words.append($0) }
    var (index, isSame) = (0, true)
    forEachImmediate(of: second) { word in
      if index >= words.count || words[index] != word { isSame = false }
      index += 1
    }
    return isSame && index == words.count
  }
}

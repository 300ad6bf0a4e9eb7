import Support

// Labels: which nodes name one, how often each is named, and giving a node another.

extension Body {
  /// Calls `visit` with each label that the node itself names: targets of a branch, of the clauses of `try_table`, and
  /// what `rethrow` and `delegate` refer to. A label named twice comes twice. `return` names none.
  @inlinable @inline(__always) public func forEachLabel(of id: NodeID, _ visit: (LabelID) -> Void) {
    if infos[Int(nodes[id.index].opcode.rawValue)].shape.mayNameLabels { forEachLabelOfBranch(id, visit) }
  }

  @inlinable @inline(never) func forEachLabelOfBranch(_ id: NodeID, _ visit: (LabelID) -> Void) {
    let record = nodes[id.index]
    switch infos[Int(record.opcode.rawValue)].shape {
    case .br, .brIf, .brOnNull, .brOnCast, .rethrow: visit(LabelID(rawValue: record.a))
    case .brTable:
      guard case .brTable(let table) = self[id] else { return }
      for index in 0..<table.labelCount { visit(label(index, of: table)) }
    case .tryTable:
      guard case .tryTable(let table) = self[id] else { return }
      for index in 0..<table.clauseCount { visit(catchClause(index, of: table).label) }
    case .try:
      guard case .try(let node) = self[id], !node.delegate.isNone else { return }
      visit(node.delegate)
    default: break
    }
  }

  /// Gives each label that a branch or a clause of `try_table` names to `transform` and puts the result in its place;
  /// does nothing to other nodes. What a branch to the new label passes must be what the old one took.
  package mutating func mapBranchLabels(of id: NodeID, _ transform: (LabelID) -> LabelID) {
    let record = nodes[id.index]
    switch infos[record.opcodeNumber].shape {
    case .br, .brIf, .brOnNull, .brOnCast:
      let label = transform(LabelID(rawValue: record.a)).rawValue
      if label != record.a {
        changeCount += 1
        nodes[id.index].a = label
      }
    case .brTable:
      guard case .brTable(let table) = self[id] else { return }
      for index in 0..<table.labelCount { mapLabel(at: table.start + index, transform) }
    case .tryTable:
      guard case .tryTable(let table) = self[id] else { return }
      for index in 0..<table.clauseCount { mapLabel(at: table.start + 3 * index + 2, transform) }
    default: break
    }
  }

  /// As `mapBranchLabels`, for what `delegate` refers to.
  package mutating func mapDelegateLabel(of id: NodeID, _ transform: (LabelID) -> LabelID) {
    guard case .try(let node) = self[id], !node.delegate.isNone else { return }
    mapLabel(at: node.arms.range.upperBound + 1, transform)
  }

  private mutating func mapLabel(at position: Int, _ transform: (LabelID) -> LabelID) {
    let label = transform(LabelID(rawValue: pool[position])).rawValue
    if label != pool[position] {
      changeCount += 1
      pool[position] = label
    }
  }

  /// The label of a `br` or `br_if`, without looking at the rest.
  @inlinable public func label(ofBranch id: NodeID) -> LabelID { LabelID(rawValue: nodes[id.index].a) }

  /// The label of a `block` or `loop`, without looking at the rest.
  @inlinable public func label(ofConstruct id: NodeID) -> LabelID { LabelID(rawValue: nodes[id.index].a) }

  /// Gives a `block`, `loop`, `br` or `br_if` another label.
  package mutating func setLabel(of id: NodeID, to label: LabelID) {
    precondition([.block, .loop, .br, .brIf].contains(opcode(of: id)))
    changeCount += 1
    nodes[id.index].a = label.rawValue
  }

  /// Makes the `br_table` name only the labels in `range`, the last of which becomes its default.
  package mutating func narrowLabels(of id: NodeID, to range: Range<Int>) {
    guard case .brTable(let table) = self[id] else { preconditionFailure() }
    precondition(!range.isEmpty && range.upperBound <= table.labelCount)
    changeCount += 1
    let start = table.start + range.lowerBound - 1
    pool[start] = UInt32(range.count)
    nodes[id.index].c = UInt32(start)
  }
}

/// By label: how many times nodes name it, as far as they have been counted.
@frozen public struct LabelUses: ~Copyable {
  @usableFromInline var counts = Column<UInt32>()

  /// Counts nothing yet.
  @inlinable public init() {}

  /// Counts the whole body. A walk over the body that counts as it goes knows all uses of a label when it leaves the
  /// construct that has it.
  package init(of body: borrowing Body) {
    body.forEachNode { count($0, in: body) }
  }

  /// Counts the labels that the node itself names.
  @inlinable @inline(__always) public mutating func count(_ id: NodeID, in body: borrowing Body) {
    body.forEachLabel(of: id) { self[$0] += 1 }
  }

  @inlinable public subscript(label: LabelID) -> Int {
    get { label.index < counts.count ? Int(counts[label.index]) : 0 }
    set {
      if label.index >= counts.count { counts.resize(to: label.index + 1, filling: 0) }
      counts[label.index] = UInt32(newValue)
    }
  }
}

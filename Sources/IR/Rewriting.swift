import Support

// Changes to nodes in place that more than one pass makes.

extension Body {
  /// Whether the node is a block that has no bytes: its items run one after another, nothing branches to its end.
  @inlinable public func isSequence(_ id: NodeID) -> Bool {
    let record = nodes[id.index]
    return record.opcode == .block && record.a == LabelID.none.rawValue
  }

  /// Whether the node is nothing at all: `nop`, or a sequence without items, which has no bytes either.
  @inlinable public func isEmpty(_ id: NodeID) -> Bool {
    opcode(of: id) == .nop || isSequence(id) && nodes[id.index].c == 0
  }

  package mutating func makeEmptySequence() -> NodeID { makeBlock([], type: .none) }

  /// Whether control does not come out of the node, as far as its type and those of the last items in the sequences at
  /// its end tell. Constant time.
  package func diverges(_ id: NodeID) -> Bool {
    var id = id
    for _ in 0..<4 {
      if type(of: id) == .unreachable { return true }
      guard isSequence(id), case .block(let block) = self[id], !block.items.isEmpty else { return false }
      id = self[block.items, block.items.count - 1]
    }
    return false
  }

  /// Gives a `block` other items.
  package mutating func setItems(of id: NodeID, to items: NodeList) {
    precondition(opcode(of: id) == .block)
    changeCount += 1
    nodes[id.index].b = UInt32(items.range.lowerBound)
    nodes[id.index].c = UInt32(items.count)
  }

  /// Cuts the items of a `block` or `keep` behind the first `count`.
  package mutating func truncateItems(of id: NodeID, to count: Int) {
    precondition([.block, .keep].contains(opcode(of: id)) && count <= nodes[id.index].c)
    changeCount += 1
    nodes[id.index].c = UInt32(count)
  }

  /// Tells more precisely what comes out of a node. Not a change: the type has no bytes of its own.
  @inlinable public mutating func refineType(of id: NodeID, to type: ResultType) {
    nodes[id.index].type = type
  }

  /// A node that computes `value` and has none; `value` itself if it has none.
  package mutating func makeDropIfNeeded(_ value: NodeID) -> NodeID {
    type(of: value).isConcrete ? makeDrop(value) : value
  }

  /// The items one after another: a sequence, or the only item.
  package mutating func makeSequence(_ items: [NodeID], type: ResultType) -> NodeID {
    items.count == 1 ? items[0] : makeBlock(items, type: type)
  }

  /// A condition that holds where `condition`, which it takes over, does not. No more than one instruction longer, and
  /// no longer at all if the condition is a comparison or a negation.
  package mutating func makeInverse(of condition: NodeID) -> NodeID {
    switch self[condition] {
    case .unary(let node) where node.opcode == .i32Eqz: return node.operand
    case .binary(let node):
      guard let inverse = node.opcode.inverseComparison else { break }
      var record = nodes[condition.index]
      record.opcode = inverse
      replace(condition, with: record)
      return condition
    default: break
    }
    return makeUnary(.i32Eqz, condition)
  }
}

extension Opcode {
  /// The comparison that holds where this one does not. Ordered comparisons of floats have none, because of NaN.
  package var inverseComparison: Opcode? {
    switch self {
    case .i32Eq: return .i32Ne
    case .i32Ne: return .i32Eq
    case .i32LtS: return .i32GeS
    case .i32GeS: return .i32LtS
    case .i32LtU: return .i32GeU
    case .i32GeU: return .i32LtU
    case .i32GtS: return .i32LeS
    case .i32LeS: return .i32GtS
    case .i32GtU: return .i32LeU
    case .i32LeU: return .i32GtU
    case .i64Eq: return .i64Ne
    case .i64Ne: return .i64Eq
    case .i64LtS: return .i64GeS
    case .i64GeS: return .i64LtS
    case .i64LtU: return .i64GeU
    case .i64GeU: return .i64LtU
    case .i64GtS: return .i64LeS
    case .i64LeS: return .i64GtS
    case .i64GtU: return .i64LeU
    case .i64LeU: return .i64GtU
    case .f32Eq: return .f32Ne
    case .f32Ne: return .f32Eq
    case .f64Eq: return .f64Ne
    case .f64Ne: return .f64Eq
    default: return nil
    }
  }
}

import Support

// Making nodes. Each function appends one node (and what it needs of the pool) and returns its id. Operands must be
// nodes that no other node uses.

extension Body {
  /// A block with a label of its own, or without one (`LabelID.none`), a sequence.
  public mutating func makeBlock(_ items: some Collection<NodeID>, label: LabelID = .none, type: ResultType) -> NodeID {
    makeBlock(makeList(items), label: label, type: type)
  }

  public mutating func makeBlock(_ items: NodeList, label: LabelID, type: ResultType) -> NodeID {
    changeCount += 1
    return append(
      NodeRecord(.block, type, a: label.rawValue, b: UInt32(items.range.lowerBound), c: UInt32(items.count)))
  }

  public mutating func makeLoop(_ body: NodeID, label: LabelID, type: ResultType) -> NodeID {
    append(NodeRecord(.loop, type, a: label.rawValue, b: body.rawValue))
  }

  public mutating func makeIf(_ condition: NodeID, then thenArm: NodeID, else elseArm: NodeID, type: ResultType)
    -> NodeID
  {
    append(NodeRecord(.if, type, a: condition.rawValue, b: thenArm.rawValue, c: elseArm.rawValue))
  }

  public mutating func makeNop() -> NodeID { append(NodeRecord(.nop, .none)) }
  public mutating func makeUnreachable() -> NodeID { append(NodeRecord(.unreachable, .unreachable)) }
  public mutating func makeDrop(_ value: NodeID) -> NodeID { append(NodeRecord(.drop, .none, a: value.rawValue)) }

  public mutating func makeReturn(_ value: NodeID) -> NodeID {
    append(NodeRecord(.return, .unreachable, a: value.rawValue))
  }

  public mutating func makeBr(_ label: LabelID, value: NodeID = .none) -> NodeID {
    append(NodeRecord(.br, .unreachable, a: label.rawValue, b: value.rawValue))
  }

  /// `type` is that of the label: what the node yields if it does not branch.
  public mutating func makeBrIf(_ label: LabelID, value: NodeID = .none, condition: NodeID, type: ResultType) -> NodeID
  {
    append(NodeRecord(.brIf, type, a: label.rawValue, b: value.rawValue, c: condition.rawValue))
  }

  public mutating func makeBrTable(_ labels: some Collection<LabelID>, value: NodeID, index: NodeID) -> NodeID {
    let start = pool.count
    pool.append(UInt32(labels.count))
    for label in labels { pool.append(label.rawValue) }
    return append(NodeRecord(.brTable, .unreachable, a: index.rawValue, b: value.rawValue, c: UInt32(start)))
  }

  public mutating func makeSelect(_ ifTrue: NodeID, _ ifFalse: NodeID, condition: NodeID, type: ResultType) -> NodeID {
    append(NodeRecord(.select, type, a: ifTrue.rawValue, b: ifFalse.rawValue, c: condition.rawValue))
  }

  public mutating func makeLocalGet(_ local: LocalID) -> NodeID {
    append(NodeRecord(.localGet, ResultType(type(of: local)), a: local.rawValue))
  }

  public mutating func makeLocalSet(_ local: LocalID, _ value: NodeID) -> NodeID {
    append(NodeRecord(.localSet, .none, a: local.rawValue, b: value.rawValue))
  }

  public mutating func makeLocalTee(_ local: LocalID, _ value: NodeID) -> NodeID {
    append(NodeRecord(.localTee, ResultType(type(of: local)), a: local.rawValue, b: value.rawValue))
  }

  public mutating func makeI32Const(_ value: Int32) -> NodeID {
    append(NodeRecord(.i32Const, .i32, a: UInt32(bitPattern: value)))
  }

  public mutating func makeI64Const(_ value: Int64) -> NodeID {
    let bits = UInt64(bitPattern: value)
    return append(
      NodeRecord(.i64Const, .i64, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32)))
  }

  public mutating func makeF32Const(bits: UInt32) -> NodeID { append(NodeRecord(.f32Const, .f32, a: bits)) }

  public mutating func makeF64Const(bits: UInt64) -> NodeID {
    append(NodeRecord(.f64Const, .f64, a: UInt32(truncatingIfNeeded: bits), b: UInt32(truncatingIfNeeded: bits >> 32)))
  }

  public mutating func makeV128Const(_ value: V128) -> NodeID {
    append(NodeRecord(.v128Const, .v128, a: appendToPool(value)))
  }

  public mutating func makeRefNull(_ type: HeapType) -> NodeID {
    append(NodeRecord(.refNull, ResultType(.reference(to: type, isNullable: true)), a: type.bits))
  }

  /// The value of a local of the type before it is assigned: zero, or null.
  public mutating func makeDefault(of type: ValueType) -> NodeID {
    switch type {
    case .i32: return makeI32Const(0)
    case .i64: return makeI64Const(0)
    case .f32: return makeF32Const(bits: 0)
    case .f64: return makeF64Const(bits: 0)
    case .v128: return makeV128Const(V128(low: 0, high: 0))
    default: return makeRefNull(type.heapType)
    }
  }

  /// A numeric or vector instruction of one operand; its type is that of the table.
  public mutating func makeUnary(_ opcode: Opcode, _ operand: NodeID) -> NodeID {
    append(NodeRecord(opcode, opcode.info.result, a: operand.rawValue))
  }

  /// A numeric or vector instruction of two operands; its type is that of the table.
  public mutating func makeBinary(_ opcode: Opcode, _ left: NodeID, _ right: NodeID) -> NodeID {
    append(NodeRecord(opcode, opcode.info.result, a: left.rawValue, b: right.rawValue))
  }

  public mutating func makeTupleMake(_ values: some Collection<NodeID>) -> NodeID {
    let list = makeList(values)
    let type = resultType(of: values.map { self.type(of: $0).valueType })
    return append(NodeRecord(.tupleMake, type, b: UInt32(list.range.lowerBound), c: UInt32(list.count)))
  }

  /// Assigns the values of the tuple, first value to first local; `none` drops. The last value is assigned first.
  public mutating func makeTupleSet(_ locals: some Collection<LocalID>, _ value: NodeID) -> NodeID {
    let start = pool.count
    for local in locals { pool.append(local.rawValue) }
    return append(NodeRecord(.tupleSet, .none, a: value.rawValue, b: UInt32(start), c: UInt32(locals.count)))
  }

  /// `value`, then `items` run for their effects, yielding the value.
  public mutating func makeKeep(_ value: NodeID, then items: some Collection<NodeID>) -> NodeID {
    let list = makeList([value] + Array(items))
    return append(NodeRecord(.keep, type(of: value), b: UInt32(list.range.lowerBound), c: UInt32(list.count)))
  }

  public mutating func appendToPool(_ value: V128) -> UInt32 {
    let position = UInt32(pool.count)
    for half in [value.low, value.high] {
      pool.append(UInt32(truncatingIfNeeded: half))
      pool.append(UInt32(truncatingIfNeeded: half >> 32))
    }
    return position
  }
}

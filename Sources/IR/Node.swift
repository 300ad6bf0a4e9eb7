import Support

/// A node of the tree, by kind: what passes switch over.
@frozen public enum Node: BitwiseCopyable, Sendable {
  // Control
  case unreachable, nop
  case block(BlockNode), loop(LoopNode), `if`(IfNode), `try`(TryNode), tryTable(TryTableNode)
  case br(BrNode), brIf(BrIfNode), brTable(BrTableNode), brOnNull(BrOnNullNode), brOnCast(BrOnCastNode)
  case `return`(ReturnNode), call(CallNode), callIndirect(CallIndirectNode), callRef(CallRefNode)
  case `throw`(ThrowNode), rethrow(LabelID), throwRef(NodeID)
  // Parametric and variable
  case drop(NodeID), select(SelectNode)
  case localGet(LocalID), localSet(LocalSetNode), localTee(LocalSetNode), globalGet(GlobalID), globalSet(GlobalSetNode)
  // Tables and memories
  case tableGet(TableGetNode), tableSet(TableSetNode), tableSize(TableID), tableGrow(TableGrowNode)
  case tableFill(TableFillNode), tableCopy(TableCopyNode), tableInit(TableInitNode), elemDrop(ElementID)
  case load(LoadNode), store(StoreNode), loadLane(LaneAccessNode), storeLane(LaneAccessNode)
  case memorySize(MemoryID), memoryGrow(MemoryGrowNode), memoryFill(MemoryFillNode), memoryCopy(MemoryCopyNode)
  case memoryInit(MemoryInitNode), dataDrop(DataID)
  case rmw(RMWNode), cmpxchg(CmpxchgNode), atomicWait(AtomicWaitNode), atomicFence
  // Numbers and vectors. Floats are given as bits.
  case i32Const(Int32), i64Const(Int64), f32Const(UInt32), f64Const(UInt64), v128Const(V128)
  case unary(UnaryNode), binary(BinaryNode), ternary(TernaryNode)
  case extractLane(ExtractLaneNode), replaceLane(ReplaceLaneNode), shuffle(ShuffleNode)
  case wideAdd(WideAddNode), wideMultiply(BinaryNode)
  // References
  case refNull(HeapType), refIsNull(NodeID), refFunc(FunctionID), refEq(BinaryNode), refAsNonNull(NodeID)
  case refTest(RefTestNode), refCast(RefTestNode), refConvert(UnaryNode), refI31(NodeID), i31Get(UnaryNode)
  // Aggregates
  case structNew(StructNewNode), structNewDefault(TypeID), structGet(StructGetNode), structSet(StructSetNode)
  case arrayNew(ArrayNewNode), arrayNewDefault(ArrayNewDefaultNode), arrayNewFixed(ArrayNewFixedNode)
  case arrayNewData(ArrayNewDataNode), arrayNewElem(ArrayNewElemNode), arrayGet(ArrayGetNode), arraySet(ArraySetNode)
  case arrayLen(NodeID), arrayFill(ArrayFillNode), arrayCopy(ArrayCopyNode)
  case arrayInitData(ArrayInitDataNode), arrayInitElem(ArrayInitElemNode)
  // Pseudo instructions
  /// Several values as one; the operands are single values.
  case tupleMake(NodeList)
  case tupleSet(TupleSetNode)
  /// Computes the first item, runs the others, which have no value, and yields the value of the first.
  case keep(NodeList)
  /// What a legacy `catch` receives; only at the start of a catch body, as the value of `local.set`, `tuple.set` or
  /// `drop`.
  case payload
}

extension Body {
  /// The node as a typed view.
  @inlinable public subscript(id: NodeID) -> Node {
    @inline(__always) get { view(id) }
  }

  // Always inlined, so that the caller's switch over kinds and this one become one.
  @inlinable @inline(__always) func view(_ id: NodeID) -> Node {
    let record = nodes[id.index]
    let opcode = record.opcode
    let (a, b, c) = (NodeID(rawValue: record.a), NodeID(rawValue: record.b), NodeID(rawValue: record.c))
    switch infos[Int(opcode.rawValue)].shape {
    case .unreachable: return .unreachable
    case .nop, .else, .end, .catch, .catchAll, .delegate: return .nop
    case .block:
      return .block(BlockNode(label: LabelID(rawValue: record.a), items: list(record)))
    case .loop: return .loop(LoopNode(label: LabelID(rawValue: record.a), body: b))
    case .if: return .if(IfNode(condition: a, thenArm: b, elseArm: c))
    case .try: return .try(tryView(record))
    case .tryTable: return .tryTable(TryTableNode(body: a, start: Int(record.b), clauseCount: Int(record.c)))
    case .br: return .br(BrNode(label: LabelID(rawValue: record.a), value: b))
    case .brIf: return .brIf(BrIfNode(label: LabelID(rawValue: record.a), value: b, condition: c))
    case .brTable:
      let start = Int(record.c)
      return .brTable(BrTableNode(value: b, index: a, start: start + 1, labelCount: Int(pool[start])))
    case .brOnNull:
      return .brOnNull(BrOnNullNode(opcode: opcode, label: LabelID(rawValue: record.a), value: b, reference: c))
    case .brOnCast: return .brOnCast(brOnCastView(record))
    case .return: return .return(ReturnNode(value: a))
    case .call:
      return .call(CallNode(opcode: opcode, function: FunctionID(rawValue: record.a), arguments: list(record)))
    case .callIndirect:
      let start = Int(record.b)
      return .callIndirect(
        CallIndirectNode(
          opcode: opcode, type: TypeID(rawValue: pool[start - 2]), table: TableID(rawValue: pool[start - 1]),
          arguments: list(record), index: a))
    case .callRef:
      return .callRef(
        CallRefNode(
          opcode: opcode, type: TypeID(rawValue: pool[Int(record.b) - 1]), arguments: list(record), function: a))
    case .throw: return .throw(ThrowNode(tag: TagID(rawValue: record.a), arguments: list(record)))
    case .rethrow: return .rethrow(LabelID(rawValue: record.a))
    case .throwRef: return .throwRef(a)
    case .drop: return .drop(a)
    case .select, .selectTyped: return .select(SelectNode(ifTrue: a, ifFalse: b, condition: c))
    case .localGet: return .localGet(LocalID(rawValue: record.a))
    case .localSet: return .localSet(LocalSetNode(local: LocalID(rawValue: record.a), value: b))
    case .localTee: return .localTee(LocalSetNode(local: LocalID(rawValue: record.a), value: b))
    case .globalGet: return .globalGet(GlobalID(rawValue: record.a))
    case .globalSet: return .globalSet(GlobalSetNode(global: GlobalID(rawValue: record.a), value: b))
    case .load: return .load(LoadNode(opcode: opcode, address: a, memarg: memarg(record.c)))
    case .store: return .store(StoreNode(opcode: opcode, address: a, value: b, memarg: memarg(record.c)))
    case .i32Const: return .i32Const(Int32(bitPattern: record.a))
    case .i64Const: return .i64Const(Int64(bitPattern: UInt64(record.a) | UInt64(record.b) << 32))
    case .f32Const: return .f32Const(record.a)
    case .f64Const: return .f64Const(UInt64(record.a) | UInt64(record.b) << 32)
    case .v128Const: return .v128Const(vector(at: record.a))
    case .unary: return .unary(UnaryNode(opcode: opcode, operand: a))
    case .binary: return .binary(BinaryNode(opcode: opcode, left: a, right: b))
    case .ternary: return .ternary(TernaryNode(opcode: opcode, first: a, second: b, third: c))
    case .tupleMake: return .tupleMake(list(record))
    case .tupleSet: return .tupleSet(TupleSetNode(value: a, start: Int(record.b), localCount: Int(record.c)))
    case .keep: return .keep(list(record))
    case .payload: return .payload
    default: return rareView(record)
    }
  }

  @inlinable func list(_ record: NodeRecord) -> NodeList { NodeList(start: Int(record.b), count: Int(record.c)) }

  @inlinable func vector(at position: UInt32) -> V128 {
    let start = Int(position)
    return V128(
      low: UInt64(pool[start]) | UInt64(pool[start + 1]) << 32,
      high: UInt64(pool[start + 2]) | UInt64(pool[start + 3]) << 32)
  }

  /// The label at `index` of a `br_table`; the default is the last.
  @inlinable public func label(_ index: Int, of node: BrTableNode) -> LabelID {
    precondition(index < node.labelCount)
    return LabelID(rawValue: pool[node.start + index])
  }

  @inlinable public func catchClause(_ index: Int, of node: TryTableNode) -> CatchClause {
    precondition(index < node.clauseCount)
    let start = node.start + 3 * index
    return CatchClause(
      kind: CatchClause.Kind(rawValue: pool[start])!, tag: TagID(rawValue: pool[start + 1]),
      label: LabelID(rawValue: pool[start + 2]))
  }

  /// The tag of the catch body at `index` of a legacy `try`.
  public func tag(_ index: Int, of node: TryNode) -> TagID {
    precondition(index < node.tagCount)
    return TagID(rawValue: pool[node.arms.range.upperBound + 3 + index])
  }

  /// The local that takes the value at `index` of a `tuple.set`; `none` if the value is dropped.
  @inlinable public func local(_ index: Int, of node: TupleSetNode) -> LocalID {
    precondition(index < node.localCount)
    return LocalID(rawValue: pool[node.start + index])
  }

  @usableFromInline func tryView(_ record: NodeRecord) -> TryNode {
    // Behind the arms stand: label, delegate target, number of tags, the tags.
    let end = Int(record.b) + Int(record.c)
    let tagCount = Int(pool[end + 2])
    return TryNode(
      label: LabelID(rawValue: pool[end]), arms: list(record), tagCount: tagCount,
      hasCatchAll: Int(record.c) > tagCount + 1, delegate: LabelID(rawValue: pool[end + 1]))
  }

  @usableFromInline func brOnCastView(_ record: NodeRecord) -> BrOnCastNode {
    let start = Int(record.b)
    let count = Int(record.c)
    return BrOnCastNode(
      opcode: record.opcode, label: LabelID(rawValue: record.a),
      value: count == 2 ? NodeID(rawValue: pool[start]) : .none,
      reference: NodeID(rawValue: pool[start + count - 1]), source: ValueType(bits: pool[start - 2]),
      target: ValueType(bits: pool[start - 1]))
  }
}

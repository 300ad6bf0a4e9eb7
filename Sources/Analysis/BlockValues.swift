import IR
import Support

/// Which locals hold the same value, within one block: a copy holds what its source does, and equal constants are equal.
///
/// Values have numbers that mean something in one block alone. A block is entered forwards, which numbers what it
/// assigns, and then left backwards, access by access. Linear; a constant may be taken for another value than an equal
/// one if there are many.
struct BlockValues: ~Copyable {
  struct Assignment: BitwiseCopyable {
    /// What the local holds from now on.
    let number: UInt32
    /// No other local holds it yet.
    let isNew: Bool
    /// The local whose value is copied, `none` if it is no copy.
    let source: LocalID
    /// What the local held before.
    fileprivate var before = HeldValue()
  }

  fileprivate struct HeldValue: BitwiseCopyable {
    /// The block that the number belongs to.
    var block: UInt32 = 0
    var number: UInt32 = 0
  }

  private struct KnownConstant: BitwiseCopyable {
    var block: UInt32 = 0
    var number: UInt32 = 0
    var record = NodeRecord(.nop, .none)
  }

  /// By local.
  private var held = Column<HeldValue>()
  /// By access of the block; nothing of value for reads.
  private(set) var assignments = Column<Assignment>()
  /// By local: the block in which `addOnce` last was.
  private var counted = Column<UInt32>()
  /// By number: how many live locals hold it.
  private var liveCounts = Column<UInt32>()
  /// A cache: an entry may be lost to another.
  private var constants = Column<KnownConstant>()
  /// Counts the blocks that have been entered.
  private var block: UInt32 = 0

  init(localCount: Int) {
    held.resize(to: localCount, filling: HeldValue())
    counted.resize(to: localCount, filling: 0)
    constants.resize(to: 16, filling: KnownConstant())
  }

  /// The number of the value that the local holds; nil if the block shows nothing of it.
  func number(of local: LocalID) -> UInt32? {
    held[local.index].block == block ? held[local.index].number : nil
  }

  func holds(_ local: LocalID, _ number: UInt32) -> Bool {
    held[local.index].block == block && held[local.index].number == number
  }

  // MARK: Live locals

  func liveCount(_ number: UInt32) -> Int { Int(liveCounts[Int(number)]) }

  /// The local is live at the end of the block; says it as often as it wants.
  mutating func addOnce(_ local: LocalID) {
    guard let number = number(of: local), counted[local.index] != block else { return }
    counted[local.index] = block
    liveCounts[Int(number)] += 1
  }

  /// The local has become live.
  mutating func add(_ local: LocalID) {
    if let number = number(of: local) { liveCounts[Int(number)] += 1 }
  }

  /// The local is no longer live.
  mutating func remove(_ local: LocalID) {
    if let number = number(of: local) { liveCounts[Int(number)] -= 1 }
  }

  // MARK: Forwards

  mutating func enter(
    _ next: BlockID, of graph: borrowing ControlFlowGraph, in body: borrowing Body, _ kinds: borrowing LocalKinds
  ) {
    block += 1
    assignments.removeAll()
    liveCounts.removeAll()
    if next == .entry { holdZeros(in: body, kinds) }
    let range = graph.accessRange(of: next)
    for position in range {
      let access = graph.accesses[position]
      if !access.isWrite {
        assignments.append(Assignment(number: 0, isNew: false, source: .none))
        continue
      }
      let last = position > range.lowerBound ? graph.accesses[position - 1] : access
      var assignment = value(of: access, after: last, in: body, kinds)
      assignment.before = held[access.local.index]
      hold(access.local, assignment.number)
      assignments.append(assignment)
    }
  }

  /// Declared locals begin with zero or null.
  private mutating func holdZeros(in body: borrowing Body, _ kinds: borrowing LocalKinds) {
    for index in body.parameterCount..<max(body.parameterCount, body.localCount) {
      let type = body.localTypes[index]
      let opcode: Opcode
      switch type {
      case .i32: opcode = .i32Const
      case .i64: opcode = .i64Const
      case .f32: opcode = .f32Const
      case .f64: opcode = .f64Const
      default:
        if !type.isReference || !type.isDefaultable { continue }
        opcode = .refNull
      }
      hold(LocalID(index), number(of: NodeRecord(opcode, .none), kind: kinds[LocalID(index)]))
    }
  }

  private mutating func makeNumber() -> UInt32 {
    liveCounts.append(0)
    return UInt32(liveCounts.count - 1)
  }

  private mutating func hold(_ local: LocalID, _ number: UInt32) {
    held[local.index] = HeldValue(block: block, number: number)
  }

  /// The value that `access` assigns; `last` is the access before it.
  private mutating func value(
    of access: LocalAccess, after last: LocalAccess, in body: borrowing Body, _ kinds: borrowing LocalKinds
  ) -> Assignment {
    let record = body.nodes[access.node.index]
    guard record.opcode != .tupleSet else { return Assignment(number: makeNumber(), isNew: true, source: .none) }
    let value = body.lastValue(of: NodeID(rawValue: record.b))
    switch body.opcode(of: value) {
    case .localGet, .localTee:
      let kind = kinds[access.local]
      guard last.node == value, kinds[last.local] == kind else { break }
      if let number = number(of: last.local) {
        return Assignment(number: number, isNew: false, source: last.local)
      }
      // It has held it since the block began.
      let number = makeNumber()
      hold(last.local, number)
      return Assignment(number: number, isNew: false, source: last.local)
    case .i32Const, .i64Const, .f32Const, .f64Const, .refNull:
      let number = number(of: body.nodes[value.index], kind: kinds[access.local])
      return Assignment(number: number, isNew: false, source: .none)
    default: break
    }
    return Assignment(number: makeNumber(), isNew: true, source: .none)
  }

  /// The number of a constant in a local of the kind.
  private mutating func number(of constant: NodeRecord, kind: Int) -> UInt32 {
    // The type of a null is in `a`, and says nothing.
    let isNull = constant.opcode == .refNull
    let record = NodeRecord(
      constant.opcode, .none, a: isNull ? 0 : constant.a, b: isNull ? 0 : constant.b, c: UInt32(kind))
    let hash = (record.a ^ record.b &* 31 ^ record.c &* 17) &* 0x9e37_79b1
    let entry = Int(hash >> 28)
    let known = constants[entry]
    if known.block == block && known.record.opcode == record.opcode && known.record.a == record.a
      && known.record.b == record.b && known.record.c == record.c
    {
      return known.number
    }
    let number = makeNumber()
    constants[entry] = KnownConstant(block: block, number: number, record: record)
    return number
  }

  // MARK: Backwards

  /// Goes back over an assignment to the local, which is not live there.
  mutating func undo(_ assignment: Assignment, of local: LocalID) { held[local.index] = assignment.before }
}

extension Body {
  /// The node that a node yields the value of, behind what is in sequences.
  func lastValue(of id: NodeID) -> NodeID {
    var id = id
    for _ in 0..<4 {
      guard isSequence(id), operandCount(of: id) > 0 else { break }
      id = operand(operandCount(of: id) - 1, of: id)
    }
    return id
  }
}

import Analysis
import IR
import Support

/// What is known of locals at the place that a walk in the order of evaluation has come to: from assignments, and from
/// the conditions on the way.
struct KnownRanges: ~Copyable {
  private struct Fact: BitwiseCopyable {
    let range: ValueRange
    let time: UInt32
    /// The fact about the same local that was known before; -1 for none.
    let older: Int32
  }

  /// Facts hold where control is sure to have come through their times.
  var times = DominatingTimes()
  /// By local: the newest fact; -1 for none.
  private var newest = Column<Int32>()
  private var facts = Column<Fact>()
  /// By local: when it was assigned last.
  private var assignmentTimes = Column<UInt32>()

  /// By local: whether anything is to be known of it.
  private let isTracked: Column<Bool>

  init(of body: borrowing Body, tracking locals: consuming Column<Bool>) {
    isTracked = locals
    newest.resize(to: body.localCount, filling: -1)
    assignmentTimes.resize(to: body.localCount, filling: 0)
    for index in body.parameterCount..<body.localCount { assign(LocalID(index), ValueRange(0)) }
  }

  /// What the local may be.
  mutating func range(of local: LocalID) -> ValueRange {
    while newest[local.index] >= 0 {
      let fact = facts[Int(newest[local.index])]
      if times.contains(fact.time) { return fact.range }
      // What does not hold now never will again.
      newest[local.index] = fact.older
    }
    return ValueRange()
  }

  /// The local has another value from now on.
  mutating func assign(_ local: LocalID, _ range: ValueRange) {
    if !isTracked[local.index] { return }
    newest[local.index] = -1
    assignmentTimes[local.index] = times.tick()
    learn(local, range)
  }

  /// The same, where the value has been computed just now.
  mutating func assign(_ local: LocalID, valueOf value: NodeID, in body: borrowing Body) {
    if isTracked[local.index] { assign(local, range(ofValue: value, in: body)) }
  }

  private mutating func learn(_ local: LocalID, _ range: ValueRange) {
    if range == ValueRange() { return }
    facts.append(Fact(range: range, time: times.tick(), older: newest[local.index]))
    newest[local.index] = Int32(facts.count - 1)
  }

  /// The local compares so with a constant from now on.
  mutating func narrow(_ local: LocalID, by opcode: Opcode, _ constant: Int32, before time: UInt32 = .max) {
    if !isTracked[local.index] || assignmentTimes[local.index] >= time { return }
    let old = range(of: local)
    var range = old
    range.narrow(by: opcode, constant)
    if range != old { learn(local, range) }
  }

  // MARK: Values

  /// What a value may be that has been computed just now.
  mutating func range(ofValue id: NodeID, in body: borrowing Body) -> ValueRange {
    switch body[id] {
    case .i32Const(let value): return ValueRange(value)
    case .i64Const(let value): return value == 0 ? ValueRange(0) : .notZero
    case .localGet(let local): return range(of: local)
    case .localTee(let tee): return range(of: tee.local)
    case .refNull: return ValueRange(0)
    case .binary(let node) where node.opcode == .i32And:
      guard case .i32Const(let mask) = body[node.right] else { break }
      return ValueRange(upTo: UInt32(bitPattern: mask))
    case .load(let node) where node.opcode == .i32Load8U: return ValueRange(upTo: 255)
    case .load(let node) where node.opcode == .i32Load16U: return ValueRange(upTo: 65535)
    default: break
    }
    let type = body.type(of: id)
    if type.isValue && type.valueType.isReference && !type.valueType.isNullable { return .notZero }
    let isTest = body.opcode(of: id) == .i32Eqz || body.opcode(of: id).inverseComparison != nil
    return isTest ? ValueRange(upTo: 1) : ValueRange()
  }

  // MARK: Conditions

  /// Whether a condition holds, if that is known and if computing it does nothing else.
  mutating func outcome(of condition: NodeID, in body: borrowing Body, depth: Int = 4) -> Bool? {
    switch body[condition] {
    case .i32Const(let value): return value != 0
    case .localGet(let local): return isZero(local).map { !$0 }
    case .unary(let node) where node.opcode == .i64Eqz: return isZero(node.operand, in: body)
    case .refIsNull(let value): return isZero(value, in: body)
    case .unary(let node) where node.opcode == .i32Eqz && depth > 0:
      return outcome(of: node.operand, in: body, depth: depth - 1).map { !$0 }
    case .binary(let node) where (node.opcode == .i32And || node.opcode == .i32Or) && depth > 0:
      return outcome(ofBoth: node, in: body, depth: depth - 1)
    case .binary(let node):
      guard case .localGet(let local) = body[node.left], case .i32Const(let constant) = body[node.right],
        body.type(of: local) == .i32
      else { return nil }
      return range(of: local).outcome(of: node.opcode, with: constant)
    default: return nil
    }
  }

  private mutating func outcome(ofBoth node: BinaryNode, in body: borrowing Body, depth: Int) -> Bool? {
    // A value that decides alone: zero for `and`, another one for `or`.
    let deciding = node.opcode == .i32Or
    let left = outcome(of: node.left, in: body, depth: depth)
    if left == deciding && isPure(node.right, in: body) { return deciding }
    let right = outcome(of: node.right, in: body, depth: depth)
    if right == deciding && isPure(node.left, in: body) { return deciding }
    // Two values that are not zero may have no bit in common.
    return left == false && right == false ? false : nil
  }

  private func isPure(_ id: NodeID, in body: borrowing Body) -> Bool {
    body.boundedEffects(of: id, limit: 16).map { !$0.hasSideEffects } ?? false
  }

  private mutating func isZero(_ id: NodeID, in body: borrowing Body) -> Bool? {
    guard case .localGet(let local) = body[id] else { return nil }
    return isZero(local)
  }

  private mutating func isZero(_ local: LocalID) -> Bool? {
    let range = range(of: local)
    return range.isZero ? true : range.isNotZero ? false : nil
  }

  /// Notes what follows from a condition that has been computed just now.
  ///
  /// - Parameter time: until when locals were assigned that have the values which the condition was about.
  mutating func assume(
    _ condition: NodeID, _ holds: Bool, before time: UInt32 = .max, in body: borrowing Body, depth: Int = 4
  ) {
    switch body[condition] {
    case .unary(let node) where node.opcode == .i32Eqz && depth > 0:
      assume(node.operand, !holds, before: time, in: body, depth: depth - 1)
    case .unary(let node) where node.opcode == .i64Eqz: assumeZero(node.operand, holds, before: time, in: body)
    case .refIsNull(let value): assumeZero(value, holds, before: time, in: body)
    case .binary(let node) where node.opcode == .i32And && holds || node.opcode == .i32Or && !holds:
      // What is computed second must not change what the first was about.
      guard depth > 0, isPure(node.right, in: body) else { return }
      assume(node.left, holds, before: time, in: body, depth: depth - 1)
      assume(node.right, holds, before: time, in: body, depth: depth - 1)
    case .binary(let node):
      guard let local = local(node.left, in: body), body.type(of: local) == .i32,
        case .i32Const(let constant) = body[node.right],
        let opcode = holds ? node.opcode : node.opcode.inverseComparison
      else { return }
      narrow(local, by: opcode, constant, before: time)
    default: assumeZero(condition, !holds, before: time, in: body)
    }
  }

  private mutating func assumeZero(_ id: NodeID, _ isZero: Bool, before time: UInt32, in body: borrowing Body) {
    guard let local = local(id, in: body) else { return }
    narrow(local, by: isZero ? .i32Eq : .i32Ne, 0, before: time)
  }

  /// The local that has the value.
  private func local(_ id: NodeID, in body: borrowing Body) -> LocalID? {
    switch body[id] {
    case .localGet(let local): return local
    case .localTee(let tee): return tee.local
    default: return nil
    }
  }
}

import Analysis
import IR
import Support

/// Where the value of a node can be had instead of computing it.
struct ExpressionSource: BitwiseCopyable {
  /// A local that has it.
  var local = LocalID.none
  /// A node that has computed it.
  var leader = NodeID.none

  var isNone: Bool { local.isNone && leader.isNone }
}

/// Finds the values that are computed again, on a walk in the order of evaluation.
struct ExpressionNumbering: DominanceVisitor, ~Copyable {
  /// What is known of a node.
  private struct Value: BitwiseCopyable {
    /// `none`: like no other.
    var number = ExpressionNumber.none
    /// Nothing happens in the subtree that would be missed, a trap aside: the same has been computed before.
    var isPure = false
    /// Bytes of the subtree, and what it takes to run; as far as it matters.
    var size: UInt8 = 0
    var cost: UInt8 = 0
  }

  private struct OpenLoop: BitwiseCopyable {
    let number: Int
    let time: UInt32
  }

  var times = DominatingTimes()
  private let declarations: Declarations
  private let savesSize: Bool
  /// Whether a constant is kept, too, if it is long, or read from a local that has it.
  private let keepsConstants: Bool
  private var table = ExpressionTable()
  private var state = ReadableState()
  private var values = Column<Value>()
  private var sources = Column<ExpressionSource>()
  private(set) var hasRepeats = false
  /// By local: the number of its value, and since when that is known.
  private var localNumbers = Column<ExpressionNumber>()
  private var localTimes = Column<UInt32>()
  private var numberCount: UInt32 = 0
  /// By number: the last local that got the value.
  private var holders = Column<LocalID>()
  private var facts = LoopFacts()
  /// If not, a loop is taken to change everything.
  private let looksIntoLoops: Bool
  private var loops = Column<OpenLoop>()
  private var loopCount = 0
  private let anchor = Anchor()

  /// - Parameter looksIntoLoops: Whether a value from outside of a loop counts within, if the loop does not change it.
  init(of body: borrowing Body, _ declarations: Declarations, savesSize: Bool, looksIntoLoops: Bool) {
    self.declarations = declarations
    self.savesSize = savesSize
    keepsConstants = savesSize && looksIntoLoops
    self.looksIntoLoops = looksIntoLoops
    let hasLoops = looksIntoLoops && (0..<body.nodes.count).contains { body.nodes[$0].opcode == .loop }
    if hasLoops { facts = LoopFacts(of: body) }
    values.resize(to: body.nodes.count, filling: Value())
    localNumbers.resize(to: body.localCount, filling: .none)
    localTimes.resize(to: body.localCount, filling: 0)
    for index in 0..<body.localCount { assign(makeNumber(), to: LocalID(index)) }
  }

  /// By node: where to have the value.
  consuming func takeRepeats() -> Column<ExpressionSource> { sources }

  mutating func beginLoop(_ id: NodeID, in body: borrowing Body) {
    if !looksIntoLoops { return times.forget(since: 0) }
    state.perform(facts.effects(ofLoop: loopCount), at: &times)
    loops.append(OpenLoop(number: loopCount, time: times.tick()))
    loopCount += 1
  }

  mutating func leave(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .localGet:
      values[id.index] = Value(number: number(of: body.local(of: id)), isPure: true, size: 2, cost: 0)
    case .localSet, .localTee:
      let value = values[body.localValue(of: id).index].number
      assign(value.isNone ? makeNumber() : value, to: body.local(of: id))
      values[id.index].number = value
    case .tupleSet:
      guard case .tupleSet(let node) = body[id] else { preconditionFailure() }
      for index in 0..<node.localCount {
        let local = body.local(index, of: node)
        if !local.isNone { assign(makeNumber(), to: local) }
      }
    case .loop: if looksIntoLoops { loops.removeLast(1) }
    default: leaveOperation(id, in: &body)
    }
    return id
  }

  // MARK: Numbers

  private mutating func makeNumber() -> ExpressionNumber {
    numberCount += 1
    holders.append(.none)
    return ExpressionNumber(rawValue: numberCount - 1)
  }

  private mutating func number(of local: LocalID) -> ExpressionNumber {
    if !isKnown(local) { assign(makeNumber(), to: local) }
    return localNumbers[local.index]
  }

  /// Whether the local still has the value that its number stands for.
  private func isKnown(_ local: LocalID) -> Bool {
    let time = localTimes[local.index]
    guard times.contains(time) else { return false }
    if loops.isEmpty || loops.last.time < time { return true }
    var (low, high) = (0, loops.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if loops[middle].time < time { low = middle + 1 } else { high = middle }
    }
    // The outermost of the loops that have begun since.
    return !facts.assigns(local, inLoop: loops[low].number)
  }

  private mutating func assign(_ number: ExpressionNumber, to local: LocalID) {
    localNumbers[local.index] = number
    localTimes[local.index] = times.tick()
    holders[number.index] = local
  }

  private mutating func leaveOperation(_ id: NodeID, in body: inout Body) {
    let shape = body.info(of: id).shape
    guard shape.isNumbered && !body.isAtomic(id) else {
      if !body.info(of: id).attributes.contains(.pure) { state.perform(Effects(of: id, in: body).flags, at: &times) }
      return
    }
    if looksIntoLoops && body.opcode(of: id) == .i32Add { reassociate(id, in: &body) }
    guard var value = combine(id, in: body), var key = key(of: id, shape, in: body) else { return }
    if let kind = shape.readState, kind == .memory || !readsConstant(id, in: body) {
      key.state = state.number(of: kind, at: &times)
    }
    let time = times.tick()
    let (position, isNew) = table.position(of: key) {
      ExpressionTable.Entry(key: key, number: ExpressionNumber(rawValue: numberCount), leader: id, time: time)
    }
    if isNew { _ = makeNumber() }
    value.number = table[position].number
    values[id.index] = value
    if !isNew { reuse(position, for: id, value, time, in: body) }
  }

  /// `(a + b) + c` -> `(a + c) + b`, if a local has `a + c`; likewise `a + (b + c)`.
  private mutating func reassociate(_ id: NodeID, in body: inout Body) {
    guard case .binary(let sum) = body[id], body.opcode(of: sum.right) == .i32Const,
      case .binary(let inner) = body[sum.left], inner.opcode == .i32Add, body.opcode(of: inner.right) != .i32Const,
      sources.isEmpty || sources[sum.left.index].isNone
    else { return }
    for operand in [inner.left, inner.right] {
      let other = operand == inner.left ? inner.right : inner.left
      guard values[operand.index].isPure, !values[operand.index].number.isNone,
        let local = holder(ofSumOf: operand, sum.right, like: id, in: body)
      else { continue }
      let number = localNumbers[local.index]
      if let old = table.position(of: sumKey(inner.left, inner.right, like: id, in: body)),
        table[old].leader == sum.left
      {
        table[old].leader = .none
      }
      body.setOperand(0, of: sum.left, to: operand)
      body.setOperand(1, of: sum.left, to: sum.right)
      // The order in which the two are computed stays.
      body.setOperand(0, of: id, to: operand == inner.left ? sum.left : other)
      body.setOperand(1, of: id, to: operand == inner.left ? other : sum.left)
      values[sum.left.index].number = number
      values[sum.left.index].isPure = true
      note(ExpressionSource(local: local), for: sum.left)
      return
    }
  }

  private func sumKey(_ left: NodeID, _ right: NodeID, like id: NodeID, in body: borrowing Body) -> ExpressionKey {
    let record = body.nodes[id.index]
    let (left, right) = (values[left.index].number.rawValue, values[right.index].number.rawValue)
    return ExpressionKey(
      operation: UInt32(record.opcode.rawValue) << 22 | record.type.bits,
      words: (min(left, right), max(left, right), record.c))
  }

  /// The local that has the sum of two values.
  private func holder(
    ofSumOf left: NodeID, _ right: NodeID, like id: NodeID, in body: borrowing Body
  ) -> LocalID? {
    guard let position = table.position(of: sumKey(left, right, like: id, in: body)) else { return nil }
    let number = table[position].number
    let local = holders[number.index]
    guard !local.isNone, localNumbers[local.index] == number, isKnown(local), body.type(of: local) == .i32 else {
      return nil
    }
    return local
  }

  /// What the subtree is, its number aside; nil if an operand is like no other.
  private func combine(_ id: NodeID, in body: borrowing Body) -> Value? {
    guard body.type(of: id).isValue else { return nil }
    var size = body.ownByteCount(of: id)
    var cost = body.opcode(of: id).cost
    var isPure = true
    var isKnown = true
    body.forEachOperand(of: id) { operand in
      let value = values[operand.index]
      if value.number.isNone { isKnown = false }
      if !value.isPure { isPure = false }
      size += Int(value.size)
      cost += Int(value.cost)
    }
    return isKnown ? Value(isPure: isPure, size: UInt8(min(size, 255)), cost: UInt8(min(cost, 255))) : nil
  }

  /// What tells the value of a node apart, without state; nil if nothing does.
  private mutating func key(of id: NodeID, _ shape: Shape, in body: borrowing Body) -> ExpressionKey? {
    let record = body.nodes[id.index]
    var key = ExpressionKey(operation: UInt32(record.opcode.rawValue) << 22 | record.type.bits)
    if shape == .v128Const, case .v128Const(let vector) = body[id] {
      key.words = numberWords(of: vector, id)
      return key
    }
    // The immediates of a load may stand in the pool.
    if shape == .load && record.c & 1 == 1 { return nil }
    key.words = (record.a, record.b, record.c)
    let layout = body.info(of: id).layout
    for position in 0..<layout.wordCount {
      let word = layout.word(at: position)
      let number = values[Int(record.word(word))].number.rawValue
      switch word {
      case 0: key.words.0 = number
      case 1: key.words.1 = number
      default: key.words.2 = number
      }
    }
    if body.info(of: id).attributes.contains(.commutative) && key.words.0 > key.words.1 {
      key.words = (key.words.1, key.words.0, key.words.2)
    }
    return key
  }

  /// A vector has more words than a key: half of it gets a number of its own.
  private mutating func numberWords(of vector: V128, _ id: NodeID) -> (UInt32, UInt32, UInt32) {
    func halves(_ bits: UInt64) -> (UInt32, UInt32) {
      (UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32))
    }
    let (low, high) = (halves(vector.low), halves(vector.high))
    let key = ExpressionKey(operation: .max, words: (low.0, low.1, 0))
    let (position, isNew) = table.position(of: key) {
      ExpressionTable.Entry(key: key, number: ExpressionNumber(rawValue: numberCount), leader: id, time: 0)
    }
    if isNew { _ = makeNumber() }
    return (table[position].number.rawValue, high.0, high.1)
  }

  /// Whether what a node reads is the same for ever.
  private func readsConstant(_ id: NodeID, in body: borrowing Body) -> Bool {
    switch body[id] {
    case .globalGet(let global): return !declarations.globals[global.index].isMutable
    case .structGet(let node): return declarations.types[node.type].fields?[Int(node.field)].isMutable == false
    case .arrayGet(let node): return declarations.types[node.type].arrayElement?.isMutable == false
    default: return false
    }
  }

  // MARK: Reuse

  /// A value has been computed before.
  private mutating func reuse(
    _ position: Int, for id: NodeID, _ value: Value, _ time: UInt32, in body: borrowing Body
  ) {
    // A new local for what has been computed long before takes the place of others all the way.
    let isNear = looksIntoLoops || table[position].time >= times.lastMeeting
    let isKept = isNear && !table[position].leader.isNone && times.contains(table[position].time)
    if value.isPure && (value.cost > 0 || keepsConstants) {
      let holder = holders[value.number.index]
      if mayRead(holder, insteadOf: id, value, in: body) { return note(ExpressionSource(local: holder), for: id) }
      if isKept && isWorthLocal(id, value, in: body) {
        return note(ExpressionSource(leader: table[position].leader), for: id)
      }
    }
    if !isKept {
      table[position].leader = id
      table[position].time = time
    }
  }

  private mutating func note(_ source: ExpressionSource, for id: NodeID) {
    hasRepeats = true
    if sources.isEmpty { sources.resize(to: values.count, filling: ExpressionSource()) }
    sources[id.index] = source
  }

  /// Whether the local has the value.
  private func mayRead(_ local: LocalID, insteadOf id: NodeID, _ value: Value, in body: borrowing Body) -> Bool {
    !local.isNone && localNumbers[local.index] == value.number && isKnown(local)
      && Int(value.size) >= local.accessByteCount
      && declarations.types.matches(body.type(of: local), body.type(of: id).valueType)
  }

  /// Whether an assignment and a read are less than computing the value a second time.
  private func isWorthLocal(_ id: NodeID, _ value: Value, in body: borrowing Body) -> Bool {
    var size = 2 * LocalID(body.localCount).accessByteCount
    // Where validation can't see the assignment, a read has to check for null.
    if !body.type(of: id).valueType.isDefaultable { size += 1 }
    return savesSize ? Int(value.size) > size : Int(value.size) >= size
  }
}

extension Shape {
  /// Whether equal instructions with equal operands give equal values, as long as the state that they read is the same.
  fileprivate var isNumbered: Bool {
    switch self {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc, .unary, .binary, .ternary, .select,
      .selectTyped, .extractLane, .replaceLane, .refIsNull, .refEq, .refAsNonNull, .refTest, .refCast, .refConvert,
      .refI31, .i31Get, .arrayLen:
      return true
    default: return readState != nil
    }
  }

  fileprivate var readState: ReadableState.Kind? {
    switch self {
    case .globalGet: return .globals
    case .load, .memorySize: return .memory
    case .tableGet, .tableSize: return .tables
    case .structGet, .arrayGet: return .objects
    default: return nil
    }
  }
}

extension Body {
  /// Whether it is an instruction of the proposal for threads.
  @inline(__always)
  func isAtomic(_ id: NodeID) -> Bool { info(of: id).code >> 16 == 0xfe }
}

extension Opcode {
  /// What an instruction that is numbered takes to run, roughly; 0: it takes no more than reading a local.
  fileprivate var cost: Int {
    switch self {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc: return 0
    default: return 1
    }
  }
}

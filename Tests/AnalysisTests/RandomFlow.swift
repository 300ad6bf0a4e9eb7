import Analysis
import IR
import Oracle
import Support

/// Makes bodies that do nothing but read, write and branch, with more locals and branches than a generated module has.
struct RandomFlow {
  private var random: SeededRandom
  private let localCount: Int
  private var statementsLeft: Int
  /// What a branch may name.
  private var labels: [LabelID] = []

  static func body(seed: UInt64) -> Body {
    var random = SeededRandom(seed: seed)
    let localCount = random.pick([3, 8, 40, 200])
    let parameterCount = random.below(3)
    var body = Body()
    body.reset(parameters: Array(repeating: .i32, count: parameterCount)[...])
    for index in parameterCount..<localCount { _ = body.makeLocal(index % 7 == 6 ? .i64 : .i32) }
    var flow = RandomFlow(random: random, localCount: localCount, statementsLeft: 20 + random.below(300))
    var items: [NodeID] = []
    while flow.statementsLeft > 0 { items.append(flow.statement(in: &body, depth: 0)) }
    body.root = body.makeBlock(items, label: .function, type: .none)
    return body
  }

  private init(random: SeededRandom, localCount: Int, statementsLeft: Int) {
    self.random = random
    self.localCount = localCount
    self.statementsLeft = statementsLeft
  }

  /// Some locals more often than others.
  private mutating func local() -> LocalID {
    LocalID(random.oneIn(3) ? random.below(min(4, localCount)) : random.below(localCount))
  }

  private mutating func value(of type: ValueType, in body: inout Body) -> NodeID {
    let source = local()
    if body.type(of: source) == type && !random.oneIn(4) {
      let read = body.makeLocalGet(source)
      if type == .i32 && random.oneIn(4) { return body.makeBinary(.i32Add, read, body.makeI32Const(1)) }
      return random.oneIn(8) ? body.makeLocalTee(source, read) : read
    }
    return type == .i32 ? body.makeI32Const(Int32(random.below(3))) : body.makeI64Const(0)
  }

  private mutating func condition(in body: inout Body) -> NodeID { value(of: .i32, in: &body) }

  private mutating func statement(in body: inout Body, depth: Int) -> NodeID {
    statementsLeft -= 1
    let kind = random.below(depth > 8 || statementsLeft <= 0 ? 6 : 12)
    switch kind {
    case 0...3:
      let target = local()
      return body.makeLocalSet(target, value(of: body.type(of: target), in: &body))
    case 4: return body.makeDrop(value(of: .i32, in: &body))
    case 5:
      if labels.isEmpty { return body.makeNop() }
      if random.oneIn(6) { return body.makeBr(random.pick(labels)) }
      if random.oneIn(4) {
        let targets = (0..<3).map { _ in random.pick(labels) }
        return body.makeBrTable(targets, value: .none, index: condition(in: &body))
      }
      return body.makeBrIf(random.pick(labels), condition: condition(in: &body), type: .none)
    case 6, 7:
      let test = condition(in: &body)
      let thenArm = sequence(in: &body, depth: depth)
      let elseArm = random.oneIn(2) ? sequence(in: &body, depth: depth) : .none
      return body.makeIf(test, then: thenArm, else: elseArm, type: .none)
    case 8, 9:
      let label = body.makeLabel()
      labels.append(label)
      let inside = items(in: &body, depth: depth)
      labels.removeLast()
      return body.makeBlock(inside, label: label, type: .none)
    default:
      let label = body.makeLabel()
      labels.append(label)
      let inside = sequence(in: &body, depth: depth)
      labels.removeLast()
      return body.makeLoop(inside, label: label, type: .none)
    }
  }

  private mutating func items(in body: inout Body, depth: Int) -> [NodeID] {
    (0...random.below(5)).map { _ in statement(in: &body, depth: depth + 1) }
  }

  private mutating func sequence(in body: inout Body, depth: Int) -> NodeID {
    body.makeBlock(items(in: &body, depth: depth), type: .none)
  }
}

/// Gives random bodies and those of generated modules to `visit`.
func forEachFlow(seeds: Range<UInt64>, _ visit: (borrowing Body) throws -> Void) throws {
  for seed in seeds { try visit(RandomFlow.body(seed: seed)) }
  try forEachGeneratedBody(seeds: seeds) { _, body in try visit(body) }
}

/// Runs through a graph at random with values that are nothing but numbers.
struct SymbolicRun {
  var random: SeededRandom
  /// By local.
  var values: [Int]
  private var nextValue = 1000

  init(seed: UInt64, _ body: borrowing Body) {
    random = SeededRandom(seed: seed)
    values = []
    for index in 0..<body.localCount { values.append(index < body.parameterCount ? 500 + index : 0) }
  }

  /// What the write assigns: a constant, what another local holds, or something new.
  mutating func value(of access: LocalAccess, in body: borrowing Body) -> Int {
    switch body[access.node] {
    case .localSet(let set), .localTee(let set):
      switch body[set.value] {
      case .localGet(let source): return values[source.index]
      case .localTee(let inner): return values[inner.local.index]
      case .i32Const(let value): return Int(value)
      case .i64Const(let value): return Int(value)
      default: break
      }
    default: break
    }
    nextValue += 1
    return nextValue
  }
}

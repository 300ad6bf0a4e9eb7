import Analysis
import IR
import PassManager
import Support

/// Applies rules to the nodes of one body, and knows what rules ask about the nodes around.
struct Simplifier: ~Copyable {
  /// What rules may assume.
  struct Assumptions: BitwiseCopyable {
    /// A trap is no effect that has to be kept (-tnh, -iit).
    let ignoresTraps: Bool
    /// NaNs and rounding of floats do not matter (-ffm).
    let fastMath: Bool
    let hasSignExtension: Bool
    let shrinks: Bool

    init(_ options: PassOptions) {
      ignoresTraps = options.trapsNeverHappen || options.ignoresImplicitTraps
      fastMath = options.fastMath
      hasSignExtension = options.features.contains(.signExt)
      shrinks = options.shrinkLevel > 0
    }
  }

  let assumptions: Assumptions
  let declarations: Declarations
  private let dispatch: RuleDispatch
  private var values: ValueFacts
  /// The bits that whoever asks in `Rule.Context.bits` looks at.
  private(set) var demanded: UInt64 = 0
  /// Of `simplify`, `simplifyCondition` and `simplifyBits` within one another.
  private var depth = 0
  /// By rule: how often it was applied; empty if nobody wants to know.
  private(set) var hits = Column<UInt32>()

  /// Rules that lead from one to the other for ever would be a mistake, and cost no more than this.
  private static let roundLimit = 32
  private static let depthLimit = 6

  init(of body: borrowing Body, in context: borrowing FunctionContext, _ dispatch: RuleDispatch) {
    assumptions = Assumptions(context.options)
    declarations = context.declarations
    self.dispatch = dispatch
    values = ValueFacts(of: body)
    if context.tally != nil { hits.resize(to: dispatch.rules.count, filling: 0) }
  }

  /// Whether `simplify` has anything to do at nodes with this opcode.
  @inline(__always)
  func isInterested(in opcode: Opcode) -> Bool { dispatch.isInterested(in: opcode) }

  /// What takes the place of a node whose operands are simple.
  mutating func simplify(_ start: NodeID, in body: inout Body) -> NodeID {
    var id = start
    for _ in 0..<Self.roundLimit {
      simplifyOperands(of: id, in: &body)
      guard let next = apply(.value, to: id, in: &body) else { break }
      id = next
    }
    switch body.opcode(of: id) {
    case .localSet, .localTee:
      if case .localSet(let node) = body[id] { values.note(node, in: body) }
      if case .localTee(let node) = body[id] { values.note(node, in: body) }
    default: break
    }
    return id
  }

  // MARK: Contexts

  /// What may stand in the place of a condition.
  mutating func simplifyCondition(_ start: NodeID, in body: inout Body) -> NodeID {
    simplify(start, as: .condition, in: &body)
  }

  /// What may stand in the place of a node of which only the bits of `mask` matter.
  mutating func simplifyBits(_ start: NodeID, of mask: UInt64, in body: inout Body) -> NodeID {
    let saved = demanded
    demanded = mask
    defer { demanded = saved }
    return simplify(start, as: .bits, in: &body)
  }

  private mutating func simplify(_ start: NodeID, as context: Rule.Context, in body: inout Body) -> NodeID {
    if depth == Self.depthLimit { return start }
    depth += 1
    defer { depth -= 1 }
    var id = start
    for _ in 0..<Self.roundLimit {
      let mark = body.nodes.count
      guard let next = apply(context, to: id, in: &body) else { break }
      id = next.index < mark ? next : simplify(next, in: &body)
    }
    return id
  }

  /// Simplifies operands of which the node does not use all.
  private mutating func simplifyOperands(of id: NodeID, in body: inout Body) {
    switch body.opcode(of: id) {
    case .if, .i32Eqz: simplifyCondition(at: 0, of: id, in: &body)
    case .brIf: simplifyCondition(at: 1, of: id, in: &body)
    case .select, .selectTyped: simplifyCondition(at: 2, of: id, in: &body)
    case let opcode:
      guard let demand = BitDemand(of: id, opcode, in: body) else { return }
      let operand = body.operand(demand.position, of: id)
      if dispatch.range(RuleDispatch.slot(body.opcode(of: operand), .bits, hasConstant: true)).isEmpty { return }
      let new = simplifyBits(operand, of: demand.mask, in: &body)
      if new != operand { body.setOperand(demand.position, of: id, to: new) }
    }
  }

  private mutating func simplifyCondition(at position: Int, of id: NodeID, in body: inout Body) {
    let operand = body.operand(position, of: id)
    if dispatch.range(RuleDispatch.slot(body.opcode(of: operand), .condition, hasConstant: true)).isEmpty { return }
    let new = simplifyCondition(operand, in: &body)
    if new != operand { body.setOperand(position, of: id, to: new) }
  }

  // MARK: Rules

  /// Applies the first rule that has something to say; nil if none has.
  private mutating func apply(_ context: Rule.Context, to id: NodeID, in body: inout Body) -> NodeID? {
    let record = body.nodes[id.index]
    var constant: UInt64 = 0
    var hasConstant = false
    if body.info(of: id).shape == .binary {
      let right = body.nodes[Int(record.b)]
      hasConstant = right.opcode == .i32Const || right.opcode == .i64Const
      // The upper word of an i32 is zero.
      if hasConstant { constant = UInt64(right.a) | UInt64(right.b) << 32 }
    }
    let range = dispatch.range(RuleDispatch.slot(record.opcode, context, hasConstant: hasConstant))
    return range.isEmpty ? nil : ask(range, about: id, constant: constant, in: &body)
  }

  private mutating func ask(
    _ range: Range<Int>, about id: NodeID, constant: UInt64, in body: inout Body
  ) -> NodeID? {
    let dispatch = dispatch
    let site = RuleSite(id, constant: constant, in: body)
    let mark = body.nodes.count
    guard let answer = dispatch.answer(of: range, at: site, in: &body, &self) else { return nil }
    if !hits.isEmpty { hits[answer.rule] += 1 }
    settle(from: mark, in: &body)
    return answer.node
  }

  /// Simplifies nodes that a rule has made, as far as they are operands of others: ids ascend from operands to what
  /// uses them.
  private mutating func settle(from mark: Int, in body: inout Body) {
    if depth == Self.depthLimit { return }
    depth += 1
    defer { depth -= 1 }
    for index in mark..<body.nodes.count {
      let id = NodeID(index)
      for position in 0..<body.operandCount(of: id) {
        let operand = body.operand(position, of: id)
        if operand.isNone || operand.index < mark || !isInterested(in: body.opcode(of: operand)) { continue }
        let new = simplify(operand, in: &body)
        if new != operand { body.setOperand(position, of: id, to: new) }
      }
    }
  }

  // MARK: Facts

  /// What is known of the value of a node, which is an integer.
  func bits(of id: NodeID, in body: borrowing Body) -> KnownBits { values.bits(of: id, in: body) }
}

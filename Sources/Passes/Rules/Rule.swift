import IR

/// One rewrite of `OptimizeInstructions`: a function that looks at a node whose operands are simple already, and
/// returns a node that computes the same and is smaller, or as small and cheaper; or nil.
///
/// What a rule returns may use operands of the node it was given, each once; the driver simplifies the nodes that the
/// rule has made. A rule leaves the node alone that it was given, and all below it.
struct Rule: Sendable {
  typealias Apply = @Sendable (inout Body, RuleSite, inout Simplifier) -> NodeID?

  /// Who asks, and so what of the value has to stay the same.
  enum Context: UInt8, CaseIterable, Sendable {
    /// All of it.
    case value
    /// Whether it is zero: the node is a condition.
    case condition
    /// The bits of `Simplifier.demanded`.
    case bits
  }

  /// What it does, as algebra: the rule's name for users. `C`, `D` stand for constants, `x`, `y` for anything.
  let name: String
  /// The instructions that it is asked about.
  let opcodes: [Opcode]
  let context: Context
  /// Asked only if the second operand is a constant integer, which is `RuleSite.constant` then.
  let needsConstant: Bool
  /// Not asked if `RuleSite.left` or `RuleSite.right` is something else than these. That saves the rules that are asked
  /// most often most of their work.
  let left: OpcodeFilter
  let right: OpcodeFilter
  let apply: Apply

  /// A rule for an operation on integers of both widths; `left` and `right`: for operands that are such.
  init(
    _ name: String, on operations: IntegerOperation..., left: IntegerOperation..., right: IntegerOperation...,
    in context: Context = .value, apply: @escaping Apply
  ) {
    self.init(
      name, Rule.opcodes(of: operations), context, left: Rule.opcodes(of: left), right: Rule.opcodes(of: right),
      apply: apply)
  }

  /// A rule for an operation on integers of both widths whose second operand is a constant.
  static func constant(
    _ name: String, on operations: IntegerOperation..., left: IntegerOperation..., in context: Context = .value,
    apply: @escaping Apply
  ) -> Rule {
    Rule(
      name, opcodes(of: operations), context, needsConstant: true, left: opcodes(of: left), right: [], apply: apply)
  }

  init(
    _ name: String, at opcodes: Opcode..., left: Opcode..., in context: Context = .value, apply: @escaping Apply
  ) {
    self.init(name, opcodes, context, left: left, right: [], apply: apply)
  }

  private init(
    _ name: String, _ opcodes: [Opcode], _ context: Context, needsConstant: Bool = false, left: [Opcode],
    right: [Opcode], apply: @escaping Apply
  ) {
    self.name = name
    self.opcodes = opcodes
    self.context = context
    self.needsConstant = needsConstant
    self.left = OpcodeFilter(left)
    self.right = OpcodeFilter(right)
    self.apply = apply
  }

  private static func opcodes(of operations: [IntegerOperation]) -> [Opcode] {
    operations.flatMap { [$0.opcode(.w32), $0.opcode(.w64)] }
  }
}

/// A set of opcodes that says of some others, too, that it contains them.
struct OpcodeFilter: BitwiseCopyable {
  private let bits: UInt64

  /// All, if there are none.
  init(_ opcodes: [Opcode]) {
    bits = opcodes.isEmpty ? .max : opcodes.reduce(0) { $0 | OpcodeFilter.bit($1) }
  }

  @inline(__always)
  var isAll: Bool { bits == .max }

  @inline(__always)
  func mayContain(_ opcode: Opcode) -> Bool { bits & OpcodeFilter.bit(opcode) != 0 }

  @inline(__always)
  private static func bit(_ opcode: Opcode) -> UInt64 { 1 &<< UInt64(opcode.rawValue) }
}

/// A node that rules are asked about, taken apart once for all of them.
struct RuleSite: BitwiseCopyable {
  let id: NodeID
  let opcode: Opcode
  /// Of an operation on integers: that of its first operand.
  let width: Width
  /// The words of the node's record that are operands of a unary, binary or ternary node.
  let left: NodeID
  let right: NodeID
  let third: NodeID
  /// The bits, zero-extended, of a rule's constant operand.
  let constant: UInt64

  init(_ id: NodeID, constant: UInt64, in body: borrowing Body) {
    let record = body.nodes[id.index]
    self.id = id
    opcode = record.opcode
    width = opcode.width
    left = NodeID(rawValue: record.a)
    right = NodeID(rawValue: record.b)
    third = NodeID(rawValue: record.c)
    self.constant = constant
  }

  /// The operation on integers that the node is.
  var operation: IntegerOperation { IntegerOperation(opcode)! }
}

import BinaryFormat
import IR
import Support

/// One change to a body. Changes are named by the nodes of the body as it was when the round began.
struct BodyChange {
  enum Action {
    /// The node becomes the simplest of its type: nothing, a zero, a null, `unreachable`.
    case simplify
    /// The operand at this position takes the node's place, dropped if the node has another type.
    case hoist(Int)
    /// As `hoist`, of what a `drop` drops.
    case hoistBelow(Int)
    /// The items of a labelled block stand without it.
    case unwrap
    case constant(ConstantStep)
    /// Locals that are not mentioned any more go. Not about a node.
    case removeUnusedLocals
  }

  let function: FunctionID
  let node: NodeID
  let action: Action
}

/// Changes bodies, a node at a time.
struct BodyReduction: ReductionRound {
  enum Kind {
    /// Subtrees become as simple as their type lets.
    case subtrees
    /// Operands take the place of their node.
    case operands
    case locals
    case constants
  }

  private let kind: Kind
  /// In the order of functions, in each from the outside in.
  private var changes: [BodyChange] = []
  private var isAccepted: [Bool]
  /// By function: its changes.
  private var ranges: [FunctionID: Range<Int>] = [:]
  private let original: EntityTable<FunctionID, Function>
  private let editor: BodyEditor

  init(of module: Module, _ kind: Kind) throws {
    self.kind = kind
    original = module.functions
    editor = try BodyEditor(in: module)
    for id in module.functions.ids {
      guard let code = module.functions[id].code else { continue }
      let start = changes.count
      changes += try editor.changes(kind, to: code, of: id, type: module.functions[id].type)
      ranges[id] = start..<changes.count
    }
    isAccepted = Array(repeating: false, count: changes.count)
  }

  var title: String {
    switch kind {
    case .subtrees: return "subtrees removed"
    case .operands: return "instructions taken out"
    case .locals: return "functions rid of unused locals"
    case .constants: return "constants simplified"
    }
  }

  var count: Int { changes.count }
  var mayGrow: Bool { kind == .constants }
  var repeats: Bool { kind != .locals }

  func apply(_ part: Range<Int>, to module: inout Module) throws -> Bool {
    var hasChanged = false
    var next = part.lowerBound
    while next < part.upperBound {
      let function = changes[next].function
      let all = ranges[function]!
      let chosen = all.filter { isAccepted[$0] || part.contains($0) }.map { changes[$0] }
      let code = try editor.code(original[function].code!, type: original[function].type, after: chosen)
      if code.bytes != module.functions[function].code!.bytes {
        module.functions[function].code = code
        hasChanged = true
      }
      next = all.upperBound
    }
    return hasChanged
  }

  mutating func accept(_ part: Range<Int>) {
    for index in part { isAccepted[index] = true }
  }
}

/// Decodes bodies, finds or makes changes, encodes.
private final class BodyEditor {
  private var decoder: BodyDecoder
  private var encoder = BodyEncoder()
  private var body = Body()

  init(in module: Module) throws {
    var module = module
    decoder = BodyDecoder(declarations: try module.makeDeclarations())
  }

  func changes(_ kind: BodyReduction.Kind, to code: Code, of function: FunctionID, type: TypeID) throws -> [BodyChange] {
    try decoder.decode(code, type: type, into: &body, validating: false)
    var changes: [BodyChange] = []
    func add(_ node: NodeID, _ action: BodyChange.Action) {
      changes.append(BodyChange(function: function, node: node, action: action))
    }
    if kind == .locals {
      if body.hasUnusedLocals { add(.none, .removeUnusedLocals) }
      return changes
    }
    body.walk(
      from: body.root,
      enter: { id in
        switch kind {
        case .subtrees: if id != body.root && !body.isSimplest(id) { add(id, .simplify) }
        case .operands: if id != body.root { for action in body.hoists(from: id) { add(id, action) } }
        case .constants: for step in body.constantSteps(of: id) { add(id, .constant(step)) }
        case .locals: break
        }
        return true
      }, exit: { _ in })
    return changes
  }

  /// The code with changes made, of which there may be several for a node: the first counts.
  func code(_ code: Code, type: TypeID, after changes: [BodyChange]) throws -> Code {
    try decoder.decode(code, type: type, into: &body, validating: false)
    var actions: [NodeID: BodyChange.Action] = [:]
    for change in changes where actions[change.node] == nil { actions[change.node] = change.action }
    if case .removeUnusedLocals? = actions[.none] { body.removeUnusedLocals() }
    body.rewriteBottomUp { body, id in
      switch actions[id] {
      case .simplify: return body.makeSimplest(body.type(of: id))
      case .hoist(let position): return body.hoist(position, from: id)
      case .hoistBelow(let position): return body.hoistBelow(position, from: id)
      case .unwrap: return body.unwrap(id)
      case .constant(let step): return body.makeConstant(step, insteadOf: id)
      case .removeUnusedLocals, nil: return id
      }
    }
    body.retargetLostLabels()
    return encoder.encode(&body)
  }
}

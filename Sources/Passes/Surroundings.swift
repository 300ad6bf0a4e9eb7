import Analysis
import IR
import Support

/// Where each node of a body stands, and what conditions on the way to it tell. Linear to make; 8 bytes for each node.
struct Surroundings: ~Copyable {
  /// So many constructs around, and in each list so many items before, are looked at for conditions.
  private static let ancestorLimit = 12
  private static let siblingLimit = 8

  /// By node: the one whose operand it is.
  private var parents = Column<NodeID>()
  /// By node: the item before it, if it is one of a list.
  private var predecessors = Column<NodeID>()

  init(in body: borrowing Body) {
    parents.resize(to: body.nodes.count, filling: .none)
    predecessors.resize(to: body.nodes.count, filling: .none)
    body.forEachNode { id in
      let isList = body.opcode(of: id) == .block
      var previous = NodeID.none
      body.forEachOperand(of: id) {
        parents[$0.index] = id
        if isList { predecessors[$0.index] = previous }
        previous = $0
      }
    }
  }

  func parent(of id: NodeID) -> NodeID { parents[id.index] }

  /// What a value of type i32 is at least, taken as unsigned, where control comes to the node.
  func minimum(
    of value: LocalValue, at id: NodeID, _ values: borrowing CountedValues, in body: borrowing Body
  ) -> UInt32 {
    var range = ValueRange()
    var child = id
    for _ in 0..<Self.ancestorLimit {
      var previous = predecessors[child.index]
      for _ in 0..<Self.siblingLimit where !previous.isNone {
        switch body[previous] {
        case .brIf(let branch): range.narrow(by: branch.condition, false, value, values, in: body)
        case .if(let node) where node.elseArm.isNone && body.diverges(node.thenArm):
          range.narrow(by: node.condition, false, value, values, in: body)
        default: break
        }
        previous = predecessors[previous.index]
      }
      let parent = parents[child.index]
      if parent.isNone { break }
      if case .if(let node) = body[parent], child != node.condition {
        range.narrow(by: node.condition, child == node.thenArm, value, values, in: body)
      }
      child = parent
    }
    return range.unsignedMin
  }
}

extension ValueRange {
  /// - Parameter holds: whether the condition does.
  fileprivate mutating func narrow(
    by condition: NodeID, _ holds: Bool, _ value: LocalValue, _ values: borrowing CountedValues, in body: borrowing Body
  ) {
    var (condition, holds) = (condition, holds)
    if case .unary(let node) = body[condition], node.opcode == .i32Eqz { (condition, holds) = (node.operand, !holds) }
    switch body[condition] {
    case .localGet, .localTee:
      if values.value(at: condition, in: body) == value { narrow(by: holds ? .i32Ne : .i32Eq, 0) }
    case .binary(let node):
      guard body.isGetOrTee(node.left), values.value(at: node.left, in: body) == value,
        case .i32Const(let constant) = body[node.right], let opcode = holds ? node.opcode : node.opcode.inverseComparison
      else { return }
      narrow(by: opcode, constant)
    default: break
    }
  }
}

import IR
import Support

/// What validation takes for set at a place of the code (specification 3.4.9): what has been set in a construct counts
/// only up to its end, or that of the arm. For walks over the tree; sets are of any numbers.
struct StructuralSets: ~Copyable {
  private var numbers = Column<Bool>()
  /// Those that are set, in turn.
  private var undo = Column<UInt32>()
  /// Open constructs and arms, with the height of `undo` where each began.
  private var scopes = Column<Scope>()
  /// Arms of the open constructs, the next to come last.
  private var arms = Column<NodeID>()

  private struct Scope: BitwiseCopyable {
    let node: NodeID
    let height: Int32
  }

  init(count: Int) { numbers.resize(to: count, filling: false) }

  func isSet(_ number: Int) -> Bool { numbers[number] }

  mutating func set(_ number: Int) {
    if numbers[number] { return }
    numbers[number] = true
    undo.append(UInt32(number))
  }

  /// To be called before the operands of any node. Returns whether a construct or an arm begins.
  @discardableResult mutating func enter(_ id: NodeID, in body: borrowing Body) -> Bool {
    var isScope = false
    if !arms.isEmpty && arms.last == id {
      arms.removeLast(1)
      isScope = true
    }
    switch body[id] {
    case .block(let block): isScope = isScope || !block.label.isNone && block.label != .function
    case .loop: isScope = true
    case .if(let node):
      if !node.elseArm.isNone { arms.append(node.elseArm) }
      arms.append(node.thenArm)
    case .try(let node):
      for index in (0..<node.arms.count).reversed() { arms.append(body[node.arms, index]) }
    case .tryTable(let node): arms.append(node.body)
    default: break
    }
    if isScope { scopes.append(Scope(node: id, height: Int32(undo.count))) }
    return isScope
  }

  /// To be called behind the operands of any node, when what it sets itself has been noted. Returns whether a construct
  /// or an arm ends.
  @discardableResult mutating func exit(_ id: NodeID) -> Bool {
    guard !scopes.isEmpty, scopes.last.node == id else { return false }
    let scope = scopes.popLast()
    while undo.count > Int(scope.height) { numbers[Int(undo.popLast())] = false }
    return true
  }
}

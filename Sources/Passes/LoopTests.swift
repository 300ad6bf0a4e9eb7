import Analysis
import IR
import Support

/// A test in each round of a loop: whether something that is counted has come to its end.
struct LoopTest: BitwiseCopyable {
  let loop: NodeID
  /// How many loops it is in.
  let depth: Int
  /// The comparison.
  let node: NodeID
  /// A `local.get` or `local.tee` of what is counted.
  let counted: NodeID
  /// A `local.get` of its end, and how far that is shifted to the right before.
  let end: NodeID
  let endShift: Int32
  /// The test holds when the end has come.
  let leaves: Bool
}

/// The tests of a body by which loops end when something has been counted up. There is one way back to the begin of such
/// a loop, and it leads through the test. Linear to find.
struct LoopTests: ~Copyable {
  private var tests = Column<LoopTest>()

  var count: Int { tests.count }
  subscript(number: Int) -> LoopTest { tests[number] }

  init(in body: borrowing Body) {
    let locals = IndexLocals(of: body)
    if locals.hasNone { return }
    body.forEachLoopBranch(where: { Self.comparison(testedBy: $0, locals, in: body) != nil }) { branch, loop, depth in
      guard let node = Self.comparison(testedBy: branch, locals, in: body) else { return }
      let leaves = body.label(ofConstruct: loop) != body.label(ofBranch: branch)
      if let test = Self.test(node, loop, depth: depth, leaves: leaves, in: body) { tests.append(test) }
    }
  }

  /// The comparison that a `br_if` is about, if one side may be what is counted.
  private static func comparison(
    testedBy id: NodeID, _ locals: borrowing IndexLocals, in body: borrowing Body
  ) -> NodeID? {
    guard body.opcode(of: id) == .brIf, case .brIf(let branch) = body[id], branch.value.isNone,
      case .binary(let test) = body[branch.condition], body.isGetOrTee(test.left),
      locals.contains(body.local(of: test.left))
    else { return nil }
    return branch.condition
  }

  private static func test(
    _ node: NodeID, _ loop: NodeID, depth: Int, leaves: Bool, in body: borrowing Body
  ) -> LoopTest? {
    guard case .binary(let test) = body[node] else { return nil }
    switch leaves ? test.opcode.inverseComparison : test.opcode {
    case .i32Ne, .i32LtU, .i32LtS: break
    default: return nil
    }
    // What leads out need not come in each round, unless it counts.
    if leaves && body.opcode(of: test.left) != .localTee { return nil }
    var (end, shift) = (test.right, Int32(0))
    if case .binary(let node) = body[end], node.opcode == .i32ShrU, case .i32Const(let count) = body[node.right] {
      (end, shift) = (node.left, count & 31)
    }
    if body.opcode(of: end) != .localGet { return nil }
    return LoopTest(
      loop: loop, depth: depth, node: node, counted: test.left, end: end, endShift: shift, leaves: leaves)
  }
}

/// The locals that may be indexes, as far as single instructions tell. One scan.
private struct IndexLocals: ~Copyable {
  private struct Signs: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    static let beginsWithZero = Signs(rawValue: 1)
    static let isCounted = Signs(rawValue: 2)
    static let isInAddress = Signs(rawValue: 4)
    static let all: Signs = [.beginsWithZero, .isCounted, .isInAddress]
  }

  private var signs = Column<Signs>()
  private(set) var hasNone = true

  init(of body: borrowing Body) {
    signs.resize(to: body.localCount, filling: [])
    for number in 0..<body.nodes.count {
      let id = NodeID(number)
      switch body.opcode(of: id) {
      case .localSet, .localTee: noteAssignment(id, in: body)
      case .i32Add: noteSum(id, in: body)
      default: break
      }
    }
  }

  func contains(_ local: LocalID) -> Bool { signs[local.index] == .all }

  private mutating func noteAssignment(_ id: NodeID, in body: borrowing Body) {
    let (local, value) = (body.local(of: id), body.localValue(of: id))
    switch body.opcode(of: value) {
    case .i32Const: if case .i32Const(0) = body[value] { note(.beginsWithZero, local) }
    case .i32Add:
      guard case .binary(let sum) = body[value], case .localGet(local) = body[sum.left],
        case .i32Const(1) = body[sum.right]
      else { return }
      note(.isCounted, local)
    default: break
    }
  }

  private mutating func noteSum(_ id: NodeID, in body: borrowing Body) {
    let (left, right) = (body.operand(0, of: id), body.operand(1, of: id))
    if body.opcode(of: right) == .localGet { noteAddend(left, in: body) }
    if body.opcode(of: left) == .localGet { noteAddend(right, in: body) }
  }

  private mutating func noteAddend(_ id: NodeID, in body: borrowing Body) {
    let index = body.opcode(of: id) == .i32Shl ? body.operand(0, of: id) : id
    if body.opcode(of: index) == .localGet { note(.isInAddress, body.local(of: index)) }
  }

  private mutating func note(_ sign: Signs, _ local: LocalID) {
    // Nodes that are not in the tree any more may name locals that are gone.
    if local.index >= signs.count { return }
    signs[local.index].insert(sign)
    if signs[local.index] == .all { hasNone = false }
  }
}

extension Body {
  /// Visits branches of the innermost loops around them, where only one branch leads back to the begin of the loop.
  ///
  /// - Parameters:
  ///   - isWanted: which nodes are branches to be visited. If there are none, that is all the work.
  ///   - visit: is given the branch, the loop, and in how many loops the branch is.
  func forEachLoopBranch(where isWanted: (NodeID) -> Bool, _ visit: (NodeID, NodeID, Int) -> Void) {
    if !(0..<nodes.count).contains(where: { isWanted(NodeID($0)) }) { return }
    let uses = LabelUses(of: self)
    var loops = Column<NodeID>()
    walk(from: root) { id in
      if opcode(of: id) == .loop { loops.append(id) }
      return true
    } exit: { id in
      if opcode(of: id) == .loop { loops.removeLast(1) }
      if loops.isEmpty || !isWanted(id) { return }
      let label = label(ofConstruct: loops.last)
      if !label.isNone && uses[label] == 1 { visit(id, loops.last, loops.count) }
    }
  }

  func isGetOrTee(_ id: NodeID) -> Bool { opcode(of: id) == .localGet || opcode(of: id) == .localTee }
}

import Analysis
import IR
import Support

/// Who uses each value of a `LocalGraph`: accesses that read it, and phis that it comes to.
struct ValueUses: ~Copyable {
  private let accessCount: Int
  /// By value, and one more.
  private var starts = Column<UInt32>()
  /// Accesses, and beyond them phis.
  private var list = Column<UInt32>()

  init(of locals: borrowing LocalGraph, _ flow: borrowing ControlFlowGraph) {
    accessCount = flow.accesses.count
    starts.resize(to: locals.valueCount + 1, filling: 0)
    var total = 0
    Self.forEachUse(locals, flow) { value, _ in
      starts[value.index + 1] += 1
      total += 1
    }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    list.resize(to: total, filling: 0)
    var ends = Column<UInt32>(capacity: starts.count)
    for index in 0..<starts.count { ends.append(starts[index]) }
    Self.forEachUse(locals, flow) { value, user in
      list[Int(ends[value.index])] = UInt32(user)
      ends[value.index] += 1
    }
  }

  private static func forEachUse(
    _ locals: borrowing LocalGraph, _ flow: borrowing ControlFlowGraph, _ visit: (LocalValue, Int) -> Void
  ) {
    for access in 0..<flow.accesses.count where !flow.accesses[access].isWrite {
      let value = locals.value(readBy: access)
      if !value.isNone { visit(value, access) }
    }
    for phi in 0..<locals.phiCount {
      for index in 0..<locals.operandCount(ofPhi: phi) {
        let operand = locals.operand(index, ofPhi: phi)
        if !operand.isNone { visit(operand, flow.accesses.count + phi) }
      }
    }
  }

  /// Where the users of a value are in the list.
  func range(of value: LocalValue) -> Range<Int> { Int(starts[value.index])..<Int(starts[value.index + 1]) }

  func user(at position: Int) -> Int { Int(list[position]) }

  /// The phi that a user is; nil if it is an access.
  func phi(_ user: Int) -> Int? { user >= accessCount ? user - accessCount : nil }
}

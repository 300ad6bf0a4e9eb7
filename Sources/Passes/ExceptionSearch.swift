import Analysis
import IR
import Support

/// Looks for what may throw an exception out of a subtree.
///
/// A search ends at the first node that may, which in most bodies of a `try` comes soon. One that has to look at all of
/// them, time and again where one `try` is in another, spends what the searches of a body have together; then the
/// answer is yes.
struct ExceptionSearch: ~Copyable {
  /// How many nodes may be looked at yet.
  private var budget: Int
  private var pending = Column<NodeID>()

  init(budget: Int) { self.budget = budget }

  mutating func mayThrow(_ top: NodeID, in body: borrowing Body) -> Bool {
    pending.removeAll()
    pending.append(top)
    while !pending.isEmpty {
      let id = pending.popLast()
      budget -= 1
      if budget < 0 || Effects(of: id, in: body).flags.contains(.throwsException) { return true }
      // What is in a `try` with `catch_all` counts, too: a `delegate` may lead past it.
      body.forEachOperand(of: id) { pending.append($0) }
    }
    return false
  }
}

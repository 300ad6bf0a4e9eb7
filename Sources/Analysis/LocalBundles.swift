import IR
import Support

/// Locals that are to share an index because values are copied from one to the other, found by joining the two locals of
/// each copy where nothing is against it; those worth most first.
///
/// Costs the neighbours of the smaller side of each copy, up to a multiple of the edges.
package struct LocalBundles: ~Copyable {
  /// What must hold for the locals of a bundle.
  private struct Bundle: BitwiseCopyable {
    /// The parameter among them, `none` if there is none.
    var parameter: LocalID
    /// One of them begins with a zero that may be read.
    var needsZero: Bool
    /// Sum of the neighbours of each.
    var degree: UInt32
  }

  /// By local: another of its bundle that is nearer to the leader; the leader has itself.
  private var leaders = Column<LocalID>()
  /// By local: the next in its bundle, round in a circle.
  private var nextMembers = Column<LocalID>()
  /// By leader.
  private var bundles = Column<Bundle>()

  /// - Parameter copies: indices of the problem's copies in the order in which they are tried.
  package init(of problem: borrowing ColoringProblem, copies: borrowing Column<UInt32>) {
    for index in 0..<problem.localCount {
      let local = LocalID(index)
      leaders.append(local)
      nextMembers.append(local)
      bundles.append(
        Bundle(
          parameter: problem.isParameter(local) ? local : .none, needsZero: problem.needsZero[index],
          degree: problem.degrees[index]))
    }
    var stepLimit = 4 * problem.degreeSum + 16 * copies.count
    for index in 0..<copies.count where stepLimit > 0 {
      let copy = problem.interference.copies[Int(copies[index])]
      join(copy.source, copy.target, of: problem, &stepLimit)
    }
  }

  /// The local that stands for the bundle of `local`.
  package mutating func leader(of local: LocalID) -> LocalID {
    var local = local
    while leaders[local.index] != local {
      leaders[local.index] = leaders[leaders[local.index].index]
      local = leaders[local.index]
    }
    return local
  }

  package func nextMember(after local: LocalID) -> LocalID { nextMembers[local.index] }
  package func needsZero(_ leader: LocalID) -> Bool { bundles[leader.index].needsZero }
  package func parameter(of leader: LocalID) -> LocalID { bundles[leader.index].parameter }

  private mutating func join(
    _ first: LocalID, _ second: LocalID, of problem: borrowing ColoringProblem, _ stepLimit: inout Int
  ) {
    let first = leader(of: first)
    let second = leader(of: second)
    if first == second { return }
    let (one, other) = (bundles[first.index], bundles[second.index])
    let hasParameter = !one.parameter.isNone || !other.parameter.isNone
    if !one.parameter.isNone && !other.parameter.isNone || hasParameter && (one.needsZero || other.needsZero) { return }
    let (small, large) = one.degree <= other.degree ? (first, second) : (second, first)
    stepLimit -= Int(bundles[small.index].degree) + 1
    if interferes(small, with: large, in: problem) { return }
    leaders[small.index] = large
    let next = nextMembers[small.index]
    nextMembers[small.index] = nextMembers[large.index]
    nextMembers[large.index] = next
    bundles[large.index] = Bundle(
      parameter: one.parameter.isNone ? other.parameter : one.parameter, needsZero: one.needsZero || other.needsZero,
      degree: one.degree + other.degree)
  }

  private mutating func interferes(_ small: LocalID, with large: LocalID, in problem: borrowing ColoringProblem) -> Bool {
    let kind = problem.interference.kinds[small]
    var member = small
    repeat {
      if problem.interference.edges.containsNeighbor(of: member, kind: kind, where: { leader(of: $0) == large }) {
        return true
      }
      member = nextMembers[member.index]
    } while member != small
    return false
  }
}

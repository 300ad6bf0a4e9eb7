import IR
import Support

/// What a node, or a subtree, does besides computing its value: constant size, so that questions about two subtrees
/// take constant time.
@frozen public struct Effects: BitwiseCopyable, Equatable, Sendable {
  public var flags: Flags
  /// Branches and returns whose target is outside.
  public var branchCount: UInt32
  /// Bit `index % 64` for each local.
  public var localsRead: UInt64
  public var localsWritten: UInt64

  @inlinable public init(_ flags: Flags = [], branchCount: UInt32 = 0, localsRead: UInt64 = 0, localsWritten: UInt64 = 0) {
    self.flags = flags
    self.branchCount = branchCount
    self.localsRead = localsRead
    self.localsWritten = localsWritten
  }

  /// What an assignment to `local` does.
  package init(writing local: LocalID) { self.init(localsWritten: Effects.bit(of: local)) }

  package static let none = Effects()
  package static let everything = Effects(.everything, branchCount: 1, localsRead: .max, localsWritten: .max)

  @inlinable public mutating func formUnion(_ other: Effects) {
    flags.formUnion(other.flags)
    branchCount = UInt32(min(UInt64(branchCount) + UInt64(other.branchCount), UInt64(UInt32.max)))
    localsRead |= other.localsRead
    localsWritten |= other.localsWritten
  }

  /// Control may leave otherwise than by falling out at the end or by a trap.
  @inlinable public var transfersControl: Bool {
    branchCount > 0 || !flags.isDisjoint(with: [.throwsException, .mayNotReturn, .takesPayload])
  }

  /// Does something that is noticed even if nobody uses the value: a write, a trap, a transfer of control.
  @inlinable public var hasSideEffects: Bool {
    transfersControl || localsWritten != 0 || !flags.isDisjoint(with: [.traps, .calls, .allWrites])
  }

  /// Whether two neighbours may run in either order.
  package func mayReorder(with other: Effects) -> Bool {
    if transfersControl && other.hasSideEffects || other.transfersControl && hasSideEffects { return false }
    // Locals are gone after a trap, all else can be seen.
    if flags.contains(.traps) && !other.flags.isDisjoint(with: .allWrites) { return false }
    if other.flags.contains(.traps) && !flags.isDisjoint(with: .allWrites) { return false }
    if conflicts(with: other) || other.conflicts(with: self) { return false }
    return localsWritten & (other.localsRead | other.localsWritten) | localsRead & other.localsWritten == 0
  }

  /// Writes what the other reads or writes.
  private func conflicts(with other: Effects) -> Bool {
    let writes = flags.rawValue & Flags.allWrites.rawValue
    // Each write flag is one bit above the read flag of the same state.
    let touched = (other.flags.rawValue << 1 | other.flags.rawValue) & Flags.allWrites.rawValue
    return writes & touched != 0
  }

  static func bit(of local: LocalID) -> UInt64 { 1 << UInt64(local.rawValue % 64) }
}

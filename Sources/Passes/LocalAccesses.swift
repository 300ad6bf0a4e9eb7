import IR
import Support

/// A part of the body that moves, or stays, as a whole: what accesses to locals are counted to.
struct AccessGroupID: EntityID {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// By local: the groups that read it and those that write it. Groups merge when one becomes part of another, so that an
/// access is noted once, however often the code around it moves.
struct LocalAccesses: ~Copyable {
  /// What a group is.
  enum State: Equatable {
    /// It is gone, or what it does concerns nobody.
    case settled
    /// Its end has not been reached. Groups that are open nest.
    case open(depth: Int)
    case sinkable(SinkableID)
  }

  private struct Access: BitwiseCopyable {
    var group: AccessGroupID
    var next: UInt32
  }

  /// Union-find, with halving of paths.
  private var parents = Column<AccessGroupID>()
  /// Of groups that are their own parents: -1 settled, -2 - depth open, else the sinkable.
  private var states = Column<Int32>()
  private var accesses = Column<Access>()
  private var reads = Column<UInt32>()
  private var writes = Column<UInt32>()

  init(localCount: Int) {
    reads.resize(to: localCount, filling: .max)
    writes.resize(to: localCount, filling: .max)
  }

  // MARK: Groups

  mutating func makeGroup(depth: Int) -> AccessGroupID {
    let group = AccessGroupID(parents.count)
    parents.append(group)
    states.append(Int32(truncatingIfNeeded: -2 - depth))
    return group
  }

  @inline(__always)
  mutating func root(of group: AccessGroupID) -> AccessGroupID {
    var group = group
    while parents[group.index] != group {
      parents[group.index] = parents[parents[group.index].index]
      group = parents[group.index]
    }
    return group
  }

  @inline(__always)
  func state(ofRoot group: AccessGroupID) -> State {
    let state = states[group.index]
    return state == -1 ? .settled : state < 0 ? .open(depth: Int(-2 - state)) : .sinkable(SinkableID(Int(state)))
  }

  mutating func close(_ group: AccessGroupID, as sinkable: SinkableID) {
    states[root(of: group).index] = Int32(truncatingIfNeeded: sinkable.index)
  }

  /// Makes `group` part of `other`; of nothing if that is `none`.
  mutating func merge(_ group: AccessGroupID, into other: AccessGroupID) {
    let root = root(of: group)
    if other.isNone {
      states[root.index] = -1
    } else {
      let target = self.root(of: other)
      if target != root { parents[root.index] = target }
    }
  }

  // MARK: Accesses

  mutating func noteRead(of local: LocalID, in group: AccessGroupID) {
    reads[local.index] = note(group, before: reads[local.index])
  }

  mutating func noteWrite(of local: LocalID, in group: AccessGroupID) {
    writes[local.index] = note(group, before: writes[local.index])
  }

  @inline(__always)
  func isWritten(_ local: LocalID) -> Bool { writes[local.index] != .max }
  @inline(__always)
  func isRead(_ local: LocalID) -> Bool { reads[local.index] != .max }

  /// Takes the groups that have written the local out of the list.
  mutating func takeWrites(of local: LocalID) -> UInt32 {
    let list = writes[local.index]
    writes[local.index] = .max
    return list
  }

  mutating func takeReads(of local: LocalID) -> UInt32 {
    let list = reads[local.index]
    reads[local.index] = .max
    return list
  }

  /// The next group of a list that was taken; nil at its end.
  mutating func next(of list: inout UInt32) -> AccessGroupID? {
    if list == .max { return nil }
    let access = accesses[Int(list)]
    list = access.next
    return root(of: access.group)
  }

  @inline(__always)
  private mutating func note(_ group: AccessGroupID, before next: UInt32) -> UInt32 {
    if next != .max && accesses[Int(next)].group == group { return next }
    accesses.append(Access(group: group, next: next))
    return UInt32(accesses.count - 1)
  }
}

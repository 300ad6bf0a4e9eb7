import Analysis
import IR
import Support

/// A `local.set` that has been met and may move down, as long as nothing comes in its way.
struct SinkableID: EntityID {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
}

struct Sinkable: BitwiseCopyable {
  enum State: UInt8, BitwiseCopyable {
    case alive
    /// Something came in its way, or it stands where control need not have come through.
    case stopped
    /// It does not stand there any more.
    case taken
  }

  /// The `local.set`, or, if `plan` is there, the construct that can become its value.
  var node: NodeID
  let local: LocalID
  /// What the value does, accesses to locals aside.
  let flags: Effects.Flags
  /// Which construct it stands in, by serial number.
  let construct: UInt32
  let accesses: AccessGroupID
  /// What the accesses belong to if the set stays.
  let surroundings: AccessGroupID
  var plan: ResultPlanID
  var state = State.alive
  /// The sinkable before it that was alive when this was met; and the next after it, while this is alive.
  var before: SinkableID
  var after = SinkableID.none
  /// The one met before it of the same local.
  let previous: SinkableID
  /// How many branches had been met when it was stopped.
  var stopTime = UInt32.max
}

extension Effects.Flags {
  /// Branches to somewhere outside, or returns.
  static var branches: Effects.Flags { Effects.Flags(rawValue: 1 << 13) }
  /// Writes a local.
  static var writesLocals: Effects.Flags { Effects.Flags(rawValue: 1 << 14) }

  static var transfers: Effects.Flags { throwsException.union(mayNotReturn).union(branches) }
  static var sideEffects: Effects.Flags { transfers.union(traps).union(calls).union(allWrites) }

  /// Takes out the lowest flag; returns its bit number.
  mutating func removeFirst() -> Int {
    let bit = rawValue.trailingZeroBitCount
    self = Effects.Flags(rawValue: rawValue & (rawValue - 1))
    return bit
  }

  /// What may not change places with something that does this.
  var conflicts: Effects.Flags {
    var result = Effects.Flags()
    if !isDisjoint(with: .sideEffects) { result.formUnion(.transfers) }
    if !isDisjoint(with: .transfers) { result.formUnion(.sideEffects) }
    let writes = rawValue & Effects.Flags.allWrites.rawValue
    if writes != 0 { result.insert(.traps) }
    if contains(.traps) { result.formUnion(.allWrites) }
    // Each write flag is one bit above the read flag of the same state.
    let reads = rawValue & Effects.Flags.allReads.rawValue
    result.formUnion(Effects.Flags(rawValue: writes | writes >> 1 | reads << 1))
    return result
  }
}

/// The sets that may move down to where control is now, indexed by what would be in their way: something that happens
/// looks only at those that it stops, and each is stopped once.
///
/// Sets are numbered as they are met. Those below `floor` wait: between them and here is a way that leads elsewhere.
struct SinkableSets: ~Copyable {
  /// A value or construct that is being gone through.
  private struct OpenGroup: BitwiseCopyable {
    let accesses: AccessGroupID
    /// The number of the first set within.
    let start: Int
    var flags = Effects.Flags()
    /// Branches to labels outside, or whose construct has not ended.
    var branchCount: Int = 0
  }

  private struct FlagLink: BitwiseCopyable {
    let set: SinkableID
    let next: UInt32
  }

  private var sets = Column<Sinkable>()
  private var lastAlive = SinkableID.none
  /// By local: the last set of it.
  private var current = Column<SinkableID>()
  private var accesses: LocalAccesses
  private var openGroups = Column<OpenGroup>()
  /// By flag: those that have it.
  private var flagLists = Column<UInt32>()
  private var flagLinks = Column<FlagLink>()
  /// The flags whose lists are not empty.
  private var listedFlags = Effects.Flags()
  /// Sets from this number on may go wherever control is now.
  var floor = 0
  /// Sets from this number on may, if they are of the only `local.get` and harmless: where they have not been computed
  /// nobody misses them.
  var soloFloor = 0
  /// Branches met so far.
  var time: UInt32 = 0

  init(localCount: Int) {
    accesses = LocalAccesses(localCount: localCount)
    current.resize(to: localCount, filling: .none)
    flagLists.resize(to: 16, filling: .max)
  }

  var count: Int { sets.count }

  subscript(id: SinkableID) -> Sinkable {
    get { sets[id.index] }
    set { sets[id.index] = newValue }
  }

  /// The last set of the local, if it still may move somewhere.
  @inline(__always)
  func current(of local: LocalID) -> SinkableID? {
    let id = current[local.index]
    return !id.isNone && sets[id.index].state == .alive ? id : nil
  }

  func last(of local: LocalID) -> SinkableID { current[local.index] }

  // MARK: Groups

  /// A value begins that may move as a whole; sets within have numbers from `start` on.
  mutating func open(from start: Int) {
    let group = accesses.makeGroup(depth: openGroups.count)
    openGroups.append(OpenGroup(accesses: group, start: start))
  }

  /// It has ended, and is part of what is around it.
  mutating func closeInPlace() {
    let group = openGroups.popLast()
    accesses.merge(group.accesses, into: innermost)
    add(group)
  }

  /// It has ended, and is the value of a set that may move. What is inside can't move out of it any more.
  mutating func close(
    asValueOf node: NodeID, _ local: LocalID, plan: ResultPlanID = .none, construct: UInt32
  ) {
    let group = openGroups.popLast()
    stopAll(in: group.start..<sets.count)
    let id = SinkableID(sets.count)
    var flags = group.flags
    if group.branchCount > 0 { flags.insert(.branches) }
    accesses.noteWrite(of: local, in: group.accesses)
    accesses.close(group.accesses, as: id)
    sets.append(
      Sinkable(
        node: node, local: local, flags: flags, construct: construct, accesses: group.accesses, surroundings: innermost,
        plan: plan, before: lastAlive, previous: current[local.index]))
    if !lastAlive.isNone { sets[lastAlive.index].after = id }
    lastAlive = id
    current[local.index] = id
    index(id, flags)
    add(group)
    if !openGroups.isEmpty { openGroups.last.flags.insert(.writesLocals) }
  }

  private var innermost: AccessGroupID { openGroups.isEmpty ? .none : openGroups.last.accesses }

  private mutating func add(_ group: OpenGroup) {
    if openGroups.isEmpty { return }
    openGroups.last.flags.formUnion(group.flags)
    openGroups.last.branchCount += group.branchCount
  }

  private mutating func index(_ id: SinkableID, _ flags: Effects.Flags) {
    var bits = flags.subtracting(.writesLocals)
    // What calls does all that a callee may do: one list is enough.
    if bits.contains(.calls) { bits.formIntersection([.calls, .branches]) }
    listedFlags.formUnion(bits)
    while !bits.isEmpty {
      let bit = bits.removeFirst()
      flagLinks.append(FlagLink(set: id, next: flagLists[bit]))
      flagLists[bit] = UInt32(flagLinks.count - 1)
    }
  }

  // MARK: What happens

  /// A local is read.
  mutating func read(_ local: LocalID) {
    if accesses.isWritten(local) {
      let list = accesses.takeWrites(of: local)
      if let group = stop(list) { accesses.noteWrite(of: local, in: group) }
    }
    noteRead(local)
  }

  /// What is open contains a read of the local, whatever its place.
  mutating func noteRead(_ local: LocalID) {
    if !openGroups.isEmpty { accesses.noteRead(of: local, in: innermost) }
  }

  /// What is open does this, whatever its place.
  mutating func noteFlags(_ flags: Effects.Flags) {
    if !openGroups.isEmpty { openGroups.last.flags.formUnion(flags) }
  }

  /// A local is written. Whoever tells so says where to, by `noteWrite` or by closing a set.
  mutating func write(_ local: LocalID) {
    if accesses.isRead(local) {
      let list = accesses.takeReads(of: local)
      if let group = stop(list) { accesses.noteRead(of: local, in: group) }
    }
    if accesses.isWritten(local) {
      let list = accesses.takeWrites(of: local)
      if let group = stop(list) { accesses.noteWrite(of: local, in: group) }
    }
  }

  /// What is open contains a write of the local, whatever its place.
  mutating func noteWrite(_ local: LocalID) {
    if openGroups.isEmpty { return }
    accesses.noteWrite(of: local, in: innermost)
    openGroups.last.flags.insert(.writesLocals)
  }

  /// Stops the sets that the groups of a list are part of. Returns the innermost group that is still open: those around
  /// it contain whatever it does.
  private mutating func stop(_ list: UInt32) -> AccessGroupID? {
    var list = list
    var kept: AccessGroupID?
    var keptDepth = -1
    while var group = accesses.next(of: &list) {
      if case .sinkable(let id) = accesses.state(ofRoot: group) {
        stop(id)
        group = accesses.root(of: group)
      }
      if case .open(let depth) = accesses.state(ofRoot: group), depth > keptDepth {
        kept = group
        keptDepth = depth
      }
    }
    return kept
  }

  /// Something happens that is no access to a local.
  @inline(__always)
  mutating func perform(_ flags: Effects.Flags) {
    noteFlags(flags)
    if !listedFlags.isEmpty { stop(having: flags.conflicts) }
  }

  /// Control goes to so many labels, or returns.
  mutating func countBranches(_ number: Int) {
    if !openGroups.isEmpty { openGroups.last.branchCount += number }
  }

  /// So many branches go no farther than here.
  mutating func resolveBranches(_ number: Int) {
    if !openGroups.isEmpty { openGroups.last.branchCount -= min(number, openGroups.last.branchCount) }
  }

  /// Stops the sets that do any of this.
  mutating func stop(having flags: Effects.Flags) {
    var bits = flags.intersection(listedFlags.subtracting(.calls))
    if listedFlags.contains(.calls) && !flags.isDisjoint(with: .anyCall) { bits.insert(.calls) }
    listedFlags.subtract(bits)
    while !bits.isEmpty {
      let bit = bits.removeFirst()
      var link = flagLists[bit]
      flagLists[bit] = .max
      while link != .max {
        let entry = flagLinks[Int(link)]
        if sets[entry.set.index].state == .alive { stop(entry.set) }
        link = entry.next
      }
    }
  }

  // MARK: Ends

  /// The set stays where it is.
  mutating func stop(_ id: SinkableID) {
    sets[id.index].state = .stopped
    sets[id.index].stopTime = time
    unlink(id)
    accesses.merge(sets[id.index].accesses, into: sets[id.index].surroundings)
  }

  /// Stops the sets with these numbers.
  mutating func stopAll(in range: Range<Int>) {
    var id = lastAlive(below: range.upperBound)
    while !id.isNone && id.index >= range.lowerBound {
      let before = sets[id.index].before
      stop(id)
      id = before
    }
  }

  /// The set moves to where control is now.
  mutating func take(_ id: SinkableID) {
    sets[id.index].state = .taken
    unlink(id)
    let set = sets[id.index]
    accesses.merge(set.accesses, into: innermost)
    if !openGroups.isEmpty { openGroups.last.flags.formUnion(set.flags) }
  }

  /// The set is removed.
  mutating func remove(_ id: SinkableID) {
    stop(id)
    sets[id.index].state = .taken
  }

  /// Of the sets that may go wherever control is now, those from `start` on: the last, or the one before `set`.
  @inline(__always)
  func lastAlive(from start: Int, before set: SinkableID = .none) -> SinkableID {
    let id = set.isNone ? lastAlive : sets[set.index].before
    return !id.isNone && id.index >= max(start, floor) ? id : .none
  }

  /// The alive set with the highest number below `end`.
  mutating func lastAlive(below end: Int) -> SinkableID {
    if end >= sets.count { return lastAlive }
    if end == 0 { return .none }
    var id = SinkableID(end - 1)
    while !id.isNone && sets[id.index].state != .alive {
      let before = sets[id.index].before
      // The next to ask has a shorter way.
      if !before.isNone && sets[before.index].state != .alive { sets[id.index].before = sets[before.index].before }
      id = before
    }
    return id
  }

  private mutating func unlink(_ id: SinkableID) {
    let set = sets[id.index]
    if set.after.isNone { lastAlive = set.before } else { sets[set.after.index].before = set.before }
    if !set.before.isNone { sets[set.before.index].after = set.after }
  }
}

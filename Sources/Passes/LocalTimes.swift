import IR
import Support

/// When locals are read and written, in the order of evaluation. Linear to make; a question is logarithmic in the
/// accesses of a local.
struct LocalTimes: ~Copyable {
  /// The accesses of one kind by local, in order.
  private struct Accesses: ~Copyable {
    /// By local, and one more.
    private var starts = Column<UInt32>()
    private var times = Column<UInt32>()

    init() {}

    /// - Parameter counts: how many accesses each local has.
    init(counts: borrowing Column<UInt32>) {
      var total: UInt32 = 0
      for local in 0..<counts.count {
        starts.append(total)
        total += counts[local]
      }
      starts.append(total)
      times.resize(to: Int(total), filling: 0)
    }

    /// Accesses come in order; until all have come, `counts` says how many of each local are still to come.
    mutating func append(_ time: UInt32, _ local: LocalID, counts: inout Column<UInt32>) {
      times[Int(starts[local.index + 1] - counts[local.index])] = time
      counts[local.index] -= 1
    }

    /// How many come at `range.lowerBound` or later, and before its end.
    func count(of local: LocalID, in range: Range<UInt32>) -> Int {
      position(of: local, range.upperBound) - position(of: local, range.lowerBound)
    }

    /// The first that is not before `time`.
    private func position(of local: LocalID, _ time: UInt32) -> Int {
      var (low, high) = (Int(starts[local.index]), Int(starts[local.index + 1]))
      while low < high {
        let middle = (low + high) / 2
        if times[middle] < time { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private var reads = Accesses()
  private var writes = Accesses()
  /// By node: when it begins and ends.
  private var starts = Column<UInt32>()
  private var ends = Column<UInt32>()

  /// Of a body without nodes.
  init() {}

  init(of body: borrowing Body) {
    var readCounts = Column<UInt32>()
    var writeCounts = Column<UInt32>()
    readCounts.resize(to: body.localCount, filling: 0)
    writeCounts.resize(to: body.localCount, filling: 0)
    body.forEachNode { id in
      body.forEachAccess(of: id) { local, isWrite in
        if isWrite { writeCounts[local.index] += 1 } else { readCounts[local.index] += 1 }
      }
    }
    var reads = Accesses(counts: readCounts)
    var writes = Accesses(counts: writeCounts)
    var starts = Column<UInt32>()
    var ends = Column<UInt32>()
    starts.resize(to: body.nodes.count, filling: 0)
    ends.resize(to: body.nodes.count, filling: 0)
    var time: UInt32 = 0
    body.walk(from: body.root) { id in
      starts[id.index] = time
      return true
    } exit: { id in
      body.forEachAccess(of: id) { local, isWrite in
        if isWrite {
          writes.append(time, local, counts: &writeCounts)
        } else {
          reads.append(time, local, counts: &readCounts)
        }
      }
      time += 1
      ends[id.index] = time
    }
    self.reads = reads
    self.writes = writes
    self.starts = starts
    self.ends = ends
  }

  func writeCount(of local: LocalID, in id: NodeID) -> Int {
    writes.count(of: local, in: starts[id.index]..<ends[id.index])
  }

  /// Whether the local is read in the node before what is below `part`.
  func isRead(_ local: LocalID, in id: NodeID, before part: NodeID) -> Bool {
    reads.count(of: local, in: starts[id.index]..<max(starts[id.index], starts[part.index])) > 0
  }

  /// A new node counts as if it stood where the old one stood when the times were taken.
  mutating func note(_ new: NodeID, movedFrom old: NodeID) {
    if starts.count <= new.index {
      starts.resize(to: new.index + 1, filling: 0)
      ends.resize(to: new.index + 1, filling: 0)
    }
    starts[new.index] = starts[old.index]
    ends[new.index] = ends[old.index]
  }
}

extension Body {
  /// Calls `visit` with each local that the node itself reads or writes, and which it does.
  @inline(__always)
  fileprivate func forEachAccess(of id: NodeID, _ visit: (LocalID, Bool) -> Void) {
    switch opcode(of: id) {
    case .localGet: visit(local(of: id), false)
    case .localSet, .localTee: visit(local(of: id), true)
    case .tupleSet:
      guard case .tupleSet(let set) = self[id] else { preconditionFailure() }
      for index in 0..<set.localCount {
        let local = local(index, of: set)
        if !local.isNone { visit(local, true) }
      }
    default: break
    }
  }
}

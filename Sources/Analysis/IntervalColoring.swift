import IR
import Support

/// Gives locals indices by the range of accesses in which they live, holes and equal values left out of account: what is
/// done when there are too many edges to look at (after Poletto and Sarkar's linear scan).
///
/// Takes n log n for n locals, and memory for n, whatever lives at once.
package struct IntervalColoring: ~Copyable {
  private struct Interval: BitwiseCopyable {
    /// Positions of accesses; -1 for what lives from the beginning.
    var first = Int32.max
    var last = Int32.min
  }

  private struct ColorState: BitwiseCopyable {
    let kind: UInt32
    /// Its neighbours in the list of free colors of its kind.
    var next = LocalID.none
    var last = LocalID.none
    var isFree = false
  }

  private var intervals = Column<Interval>()
  private var result = LocalColoring()
  private var states = Column<ColorState>()
  /// By kind: the color that has become free last.
  private var free = Column<LocalID>()
  /// Where the locals end that live, and their colors in the lower half.
  private var busy = MinHeap()
  /// By local: the copies that it is in, as a list.
  private var copyStarts = Column<UInt32>()
  private var copyPartners = Column<LocalID>()

  /// - Parameters:
  ///   - deadWrites: by access: whether it will be removed; empty for none.
  ///   - copies: for which it is good that both locals get the same index.
  package static func coloring(
    of body: borrowing Body, _ graph: borrowing ControlFlowGraph, _ liveness: borrowing Liveness,
    _ kinds: borrowing LocalKinds, deadWrites: borrowing Column<Bool>, copies: borrowing Column<LocalCopy>
  ) -> LocalColoring {
    var scan = IntervalColoring(of: body, graph, liveness, kinds, deadWrites)
    scan.sortCopies(copies, localCount: body.localCount)
    scan.color(body, liveness, kinds)
    return scan.result
  }

  private init(
    of body: borrowing Body, _ graph: borrowing ControlFlowGraph, _ liveness: borrowing Liveness,
    _ kinds: borrowing LocalKinds, _ deadWrites: borrowing Column<Bool>
  ) {
    intervals.resize(to: body.localCount, filling: Interval())
    for index in 0..<graph.accesses.count where deadWrites.isEmpty || !deadWrites[index] {
      let local = graph.accesses[index].local.index
      intervals[local].first = min(intervals[local].first, Int32(index))
      intervals[local].last = Int32(index)
    }
    for index in 0..<body.localCount {
      let local = LocalID(index)
      if index < body.parameterCount || liveness.isLiveAtEntry(local) {
        intervals[index].first = -1
        intervals[index].last = max(intervals[index].last, -1)
      }
      // A local that lives behind its last access does so to the end of a loop.
      if intervals[index].last >= 0, let span = liveness.span(of: local) {
        intervals[index].last = max(intervals[index].last, Int32(graph.accessRange(of: span.last).upperBound))
      }
    }
    free.resize(to: kinds.kindCount, filling: .none)
  }

  private mutating func sortCopies(_ copies: borrowing Column<LocalCopy>, localCount: Int) {
    copyStarts.resize(to: localCount + 1, filling: 0)
    for index in 0..<copies.count {
      copyStarts[copies[index].source.index] += 1
      copyStarts[copies[index].target.index] += 1
    }
    var sum: UInt32 = 0
    for local in 0...localCount {
      sum += copyStarts[local]
      copyStarts[local] = sum
    }
    copyPartners.resize(to: Int(sum), filling: .none)
    for index in 0..<copies.count {
      let copy = copies[index]
      copyStarts[copy.source.index] -= 1
      copyPartners[Int(copyStarts[copy.source.index])] = copy.target
      copyStarts[copy.target.index] -= 1
      copyPartners[Int(copyStarts[copy.target.index])] = copy.source
    }
  }

  // MARK: Colors

  private mutating func color(
    _ body: borrowing Body, _ liveness: borrowing Liveness, _ kinds: borrowing LocalKinds
  ) {
    result.colors.resize(to: body.localCount, filling: .none)
    for index in 0..<body.parameterCount {
      let local = LocalID(index)
      take(makeColor(of: local, body, kinds), for: local)
    }
    for local in sortedLocals(body) {
      let start = intervals[local.index].first
      release(before: start)
      var color = LocalID.none
      // A parameter begins with what was passed, and zeros all live at the beginning.
      if start >= 0 { color = partnerColor(of: local) ?? free[kinds[local]] }
      take(color.isNone ? makeColor(of: local, body, kinds) : color, for: local)
    }
  }

  /// The declared locals that are used, by where their lives begin.
  private func sortedLocals(_ body: borrowing Body) -> [LocalID] {
    var locals: [LocalID] = []
    for index in body.parameterCount..<max(body.parameterCount, body.localCount)
    where intervals[index].last >= 0 {
      locals.append(LocalID(index))
    }
    return locals.sorted {
      let (left, right) = (intervals[$0.index].first, intervals[$1.index].first)
      return left != right ? left < right : $0 < $1
    }
  }

  private mutating func makeColor(
    of local: LocalID, _ body: borrowing Body, _ kinds: borrowing LocalKinds
  ) -> LocalID {
    result.types.append(body.type(of: local))
    states.append(ColorState(kind: UInt32(kinds[local])))
    return LocalID(states.count - 1)
  }

  private mutating func take(_ color: LocalID, for local: LocalID) {
    let state = states[color.index]
    if state.isFree {
      if state.last.isNone { free[Int(state.kind)] = state.next } else { states[state.last.index].next = state.next }
      if !state.next.isNone { states[state.next.index].last = state.last }
      states[color.index] = ColorState(kind: state.kind)
    }
    result.colors[local.index] = color
    busy.push(UInt64(intervals[local.index].last + 1) << 32 | UInt64(color.rawValue))
  }

  /// Makes the colors free whose locals end before a position.
  private mutating func release(before position: Int32) {
    while !busy.isEmpty && busy.first >> 32 < UInt64(position + 1) {
      let color = LocalID(rawValue: UInt32(truncatingIfNeeded: busy.pop()))
      let kind = Int(states[color.index].kind)
      states[color.index].isFree = true
      states[color.index].next = free[kind]
      if !free[kind].isNone { states[free[kind].index].last = color }
      free[kind] = color
    }
  }

  /// The color of a local that this one is a copy of, or the other way round, if it is free.
  private func partnerColor(of local: LocalID) -> LocalID? {
    let start = Int(copyStarts[local.index])
    // Many copies of one local are as good as the first few.
    for index in start..<min(start + 16, Int(copyStarts[local.index + 1])) {
      let color = result.colors[copyPartners[index].index]
      if !color.isNone && states[color.index].isFree { return color }
    }
    return nil
  }
}

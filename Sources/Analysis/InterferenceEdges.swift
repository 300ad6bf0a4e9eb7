import IR
import Support

/// Which locals must not share an index, for locals of one type each.
///
/// A bit for each pair, while that takes no more memory than lists would; else the neighbours of each local in a list.
package struct InterferenceEdges: ~Copyable {
  private struct Pair: BitwiseCopyable {
    let first: LocalID
    let second: LocalID
  }

  /// Bits: where the row of each local begins, in words; which bit it has in the rows of others of its kind; and which
  /// local has each bit.
  private var rows = Column<UInt64>()
  private var rowStarts = Column<UInt32>()
  private var bits = Column<UInt32>()
  private var locals = Column<LocalID>()
  private var localStarts = Column<UInt32>()
  private let hasRows: Bool

  /// Lists: what has been found, more than once maybe; then the neighbours of each local.
  private var pairs = Column<Pair>()
  private var neighbors = Column<LocalID>()
  private var neighborStarts = Column<UInt32>()

  /// How many more pairs may be looked at, and put into lists.
  private var visitLimit: Int
  private var pairLimit: Int

  /// Whether a limit has been reached, so that there are edges that have not been found.
  package var isIncomplete: Bool { visitLimit < 0 || pairLimit < 0 }

  init(among kinds: borrowing LocalKinds, size: Int, limits: LivenessLimits) {
    visitLimit = limits.pairVisits.limit(forSize: size)
    pairLimit = limits.pairs.limit(forSize: size)
    let wordCount = (0..<kinds.kindCount).reduce(0) { $0 + kinds.count(of: $1) * ((kinds.count(of: $1) + 63) / 64) }
    hasRows = wordCount <= limits.rowWords.limit(forSize: size)
    if hasRows { makeRows(wordCount, kinds) }
  }

  private mutating func makeRows(_ wordCount: Int, _ kinds: borrowing LocalKinds) {
    rows.resize(to: wordCount, filling: 0)
    var nextRows: [Int] = []
    var nextBits: [UInt32] = []
    var nextRow = 0
    var nextLocal = 0
    for kind in 0..<kinds.kindCount {
      nextRows.append(nextRow)
      nextBits.append(0)
      localStarts.append(UInt32(nextLocal))
      nextRow += kinds.count(of: kind) * Self.stride(kind, kinds)
      nextLocal += kinds.count(of: kind)
    }
    locals.resize(to: kinds.localCount, filling: .none)
    for index in 0..<kinds.localCount {
      let kind = kinds[LocalID(index)]
      rowStarts.append(UInt32(nextRows[kind]))
      bits.append(nextBits[kind])
      locals[Int(localStarts[kind] + nextBits[kind])] = LocalID(index)
      nextRows[kind] += Self.stride(kind, kinds)
      nextBits[kind] += 1
    }
  }

  private static func stride(_ kind: Int, _ kinds: borrowing LocalKinds) -> Int { (kinds.count(of: kind) + 63) / 64 }

  // MARK: Finding

  /// Notes that a local interferes with all others in the set that are of its kind.
  mutating func add(_ local: LocalID, withAllOf live: borrowing LiveSet, kind: Int) {
    let count = live.count(of: kind)
    visitLimit -= count
    // Those that live here interfere with each other, nearly always: there is no need to find out how many pairs that is.
    if !hasRows && count * count / 4 > pairLimit { pairLimit = -1 }
    if isIncomplete { return }
    for index in 0..<count { add(local, live.member(index, of: kind)) }
  }

  /// As above, leaving out what holds the value that `number` is of.
  mutating func add(
    _ local: LocalID, withAllOf live: borrowing LiveSet, kind: Int, except number: UInt32, in values: borrowing BlockValues
  ) {
    let count = live.count(of: kind)
    visitLimit -= count
    if isIncomplete { return }
    for index in 0..<count {
      let other = live.member(index, of: kind)
      if !values.holds(other, number) { add(local, other) }
    }
  }

  @inline(__always) private mutating func add(_ first: LocalID, _ second: LocalID) {
    if !hasRows {
      pairs.append(Pair(first: first, second: second))
      pairLimit -= 1
      return
    }
    let bit = bits[second.index]
    let word = Int(rowStarts[first.index] + bit >> 6)
    let mask: UInt64 = 1 << UInt64(bit & 63)
    if rows[word] & mask != 0 { return }
    rows[word] |= mask
    let otherBit = bits[first.index]
    rows[Int(rowStarts[second.index] + otherBit >> 6)] |= 1 << UInt64(otherBit & 63)
  }

  /// Makes neighbours known. Without limits reached, nothing is added afterwards.
  mutating func finish(localCount: Int) {
    if hasRows || isIncomplete { return }
    neighborStarts.resize(to: localCount + 1, filling: 0)
    for index in 0..<pairs.count {
      neighborStarts[pairs[index].first.index] += 1
      neighborStarts[pairs[index].second.index] += 1
    }
    var sum: UInt32 = 0
    for local in 0...localCount {
      sum += neighborStarts[local]
      neighborStarts[local] = sum
    }
    neighbors.resize(to: Int(sum), filling: .none)
    for index in 0..<pairs.count {
      let pair = pairs[index]
      neighborStarts[pair.first.index] -= 1
      neighbors[Int(neighborStarts[pair.first.index])] = pair.second
      neighborStarts[pair.second.index] -= 1
      neighbors[Int(neighborStarts[pair.second.index])] = pair.first
    }
    pairs = Column()
    removeDuplicates(localCount: localCount)
  }

  private mutating func removeDuplicates(localCount: Int) {
    var seen = Column<LocalID>()
    seen.resize(to: localCount, filling: .none)
    var end = 0
    for local in 0..<localCount {
      let range = Int(neighborStarts[local])..<Int(neighborStarts[local + 1])
      neighborStarts[local] = UInt32(end)
      for index in range {
        let other = neighbors[index]
        if seen[other.index] == LocalID(local) { continue }
        seen[other.index] = LocalID(local)
        neighbors[end] = other
        end += 1
      }
    }
    neighborStarts[localCount] = UInt32(end)
    neighbors.truncate(to: end)
  }

  // MARK: Neighbours

  /// Whether `isFound` holds for a neighbour of the local; stops at the first.
  @inline(__always)
  package func containsNeighbor(of local: LocalID, kind: Int, where isFound: (LocalID) -> Bool) -> Bool {
    if !hasRows {
      for index in Int(neighborStarts[local.index])..<Int(neighborStarts[local.index + 1]) where isFound(neighbors[index]) {
        return true
      }
      return false
    }
    let first = Int(localStarts[kind])
    let count = (kind + 1 < localStarts.count ? Int(localStarts[kind + 1]) : locals.count) - first
    let row = Int(rowStarts[local.index])
    for word in 0..<(count + 63) / 64 {
      var rest = rows[row + word]
      while rest != 0 {
        if isFound(locals[first + 64 * word + rest.trailingZeroBitCount]) { return true }
        rest &= rest - 1
      }
    }
    return false
  }

  @inline(__always) package func forEachNeighbor(of local: LocalID, kind: Int, _ visit: (LocalID) -> Void) {
    _ = containsNeighbor(of: local, kind: kind) {
      visit($0)
      return false
    }
  }
}

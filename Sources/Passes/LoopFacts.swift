import Analysis
import IR
import Support

/// What the loops of a body change. Linear to make; a question is logarithmic.
struct LoopFacts: ~Copyable {
  private struct Loop: BitwiseCopyable {
    /// What happens in it.
    var flags = Effects.Flags()
    /// How many assignments to locals come before its begin, and before its end.
    let start: UInt32
    var end: UInt32 = 0
  }

  /// In the order in which they begin.
  private var loops = Column<Loop>()
  /// The assignments to each local by number, in order; by local, and one more, where they begin.
  private var writes = Column<UInt32>()
  private var writeStarts = Column<UInt32>()

  /// Of a body without loops.
  init() {}

  init(of body: borrowing Body) {
    var written = Column<LocalID>()
    var open = Column<UInt32>()
    var flags = Effects.Flags()
    var outerFlags = Column<Effects.Flags>()
    body.walk(from: body.root) { id in
      if body.opcode(of: id) == .loop {
        open.append(UInt32(loops.count))
        outerFlags.append(flags)
        flags = []
        loops.append(Loop(start: UInt32(written.count)))
      }
      return true
    } exit: { id in
      switch body.opcode(of: id) {
      case .localSet, .localTee: written.append(body.local(of: id))
      case .tupleSet:
        guard case .tupleSet(let set) = body[id] else { preconditionFailure() }
        for index in 0..<set.localCount {
          let local = body.local(index, of: set)
          if !local.isNone { written.append(local) }
        }
      case .loop:
        let number = Int(open.popLast())
        loops[number].flags = flags
        loops[number].end = UInt32(written.count)
        flags.formUnion(outerFlags.popLast())
      default:
        if !body.info(of: id).attributes.contains(.pure) { flags.formUnion(Effects(of: id, in: body).flags) }
      }
    }
    sort(written, localCount: body.localCount)
  }

  private mutating func sort(_ written: borrowing Column<LocalID>, localCount: Int) {
    writeStarts.resize(to: localCount + 1, filling: 0)
    for number in 0..<written.count { writeStarts[written[number].index] += 1 }
    var total: UInt32 = 0
    for local in 0...localCount {
      total += writeStarts[local]
      writeStarts[local] = total
    }
    writes.resize(to: written.count, filling: 0)
    // Each start is where the next one begins now, and is counted down to its own.
    for number in (0..<written.count).reversed() {
      let local = written[number].index
      writeStarts[local] -= 1
      writes[Int(writeStarts[local])] = UInt32(number)
    }
  }

  /// What happens in the loop.
  func effects(ofLoop number: Int) -> Effects.Flags { loops[number].flags }

  func assigns(_ local: LocalID, inLoop number: Int) -> Bool {
    let (start, end) = (loops[number].start, loops[number].end)
    var (low, high) = (Int(writeStarts[local.index]), Int(writeStarts[local.index + 1]))
    let last = high
    while low < high {
      let middle = (low + high) / 2
      if writes[middle] < start { low = middle + 1 } else { high = middle }
    }
    return low < last && writes[low] < end
  }
}

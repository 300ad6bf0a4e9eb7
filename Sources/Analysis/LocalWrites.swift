import IR
import Support

/// The locals whose values may meet, and the blocks that write each of them.
///
/// Most locals are none of these: they are read only in the blocks that write them, or in what the one block that writes
/// them dominates.
struct LocalWrites: ~Copyable {
  private(set) var locals = Column<LocalID>()
  /// Those that write the first of `locals`, then those that write the second, and so on; ascending for each.
  private(set) var blocks = Column<BlockID>()
  /// By number of the local in `locals`, and one more.
  private var starts = Column<UInt32>()
  /// By local: how many blocks write it.
  private var counts = Column<UInt32>()
  /// By local: the last block that has been found to write it.
  private var lastWrites = Column<BlockID>()
  /// By local: the last block that uses what it has at its beginning.
  private var lastUses = Column<BlockID>()
  /// By local: whether one is read where the first block that writes it does not dominate.
  private var isReadAside = Column<Bool>()

  init(
    in graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators, localCount: Int,
    _ lastQueries: borrowing Column<BlockID>
  ) {
    counts.resize(to: localCount, filling: 0)
    lastWrites.resize(to: localCount, filling: .none)
    lastUses.resize(to: localCount, filling: .none)
    isReadAside.resize(to: localCount, filling: false)
    survey(graph, dominators)
    var total = 0
    for index in 0..<localCount where counts[index] > 0 {
      if !lastQueries.isEmpty && !lastQueries[index].isNone {
        let lastRead = lastUses[index]
        lastUses[index] = lastRead.isNone ? lastQueries[index] : max(lastRead, lastQueries[index])
      } else if lastUses[index].isNone || counts[index] == 1 && !isReadAside[index] {
        continue
      }
      locals.append(LocalID(index))
      starts.append(UInt32(total))
      total += Int(counts[index])
    }
    if locals.isEmpty { return }
    starts.append(UInt32(total))
    collect(graph, total)
  }

  private mutating func survey(_ graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators) {
    for number in 0..<graph.blockCount {
      let block = BlockID(number)
      if !graph.isReachable(block) { continue }
      for index in graph.accessRange(of: block) {
        let access = graph.accesses[index]
        let local = access.local.index
        if lastWrites[local] == block { continue }
        if access.isWrite {
          counts[local] += 1
          lastWrites[local] = block
        } else if lastUses[local] != block {
          lastUses[local] = block
          if counts[local] == 0 || counts[local] == 1 && !dominators.dominates(lastWrites[local], block) {
            isReadAside[local] = true
          }
        }
      }
    }
  }

  private mutating func collect(_ graph: borrowing ControlFlowGraph, _ total: Int) {
    blocks.resize(to: total, filling: .none)
    // By local: where its next block goes, if values may meet.
    var next = Column<UInt32>()
    next.resize(to: counts.count, filling: .max)
    for index in 0..<locals.count {
      next[locals[index].index] = starts[index]
      lastWrites[locals[index].index] = .none
    }
    for number in 0..<graph.blockCount {
      let block = BlockID(number)
      if !graph.isReachable(block) { continue }
      for index in graph.accessRange(of: block) {
        let access = graph.accesses[index]
        let local = access.local.index
        guard access.isWrite && next[local] != .max && lastWrites[local] != block else { continue }
        lastWrites[local] = block
        blocks[Int(next[local])] = block
        next[local] += 1
      }
    }
  }

  func blockRange(_ index: Int) -> Range<Int> { Int(starts[index])..<Int(starts[index + 1]) }

  /// The highest block that uses what the local has at its beginning.
  func lastUse(of local: LocalID) -> BlockID { lastUses[local.index] }
}

import Support

/// How often each block runs for each time that the function does, as a guess from the shape of the code.
///
/// A block goes on to each of its successors equally often, but seldom out of a loop; a loop comes round eight times.
/// Good for comparing places with each other. One sweep; 4 bytes for each block.
package struct BlockFrequencies: ~Copyable {
  private static let roundsOfLoop: Float = 8
  private static let exitWeight: Float = 1 / 8
  /// Deep nests stay within what numbers can tell apart.
  private static let bounds: ClosedRange<Float> = 1e-18...1e18

  private var frequencies = Column<Float>()

  package init(of graph: borrowing ControlFlowGraph) {
    frequencies.resize(to: graph.blockCount, filling: 0)
    for number in 0..<graph.blockCount {
      let block = BlockID(number)
      var frequency = frequencies[number]
      if block == .entry { frequency += 1 }
      if graph.isLoopHeader(block) { frequency *= Self.roundsOfLoop }
      frequency = min(max(frequency, Self.bounds.lowerBound), Self.bounds.upperBound)
      frequencies[number] = frequency
      passOn(frequency, from: block, in: graph)
    }
  }

  private mutating func passOn(_ frequency: Float, from block: BlockID, in graph: borrowing ControlFlowGraph) {
    let count = graph.successorCount(of: block)
    let depth = graph.loopDepth(of: block)
    var total: Float = 0
    for index in 0..<count { total += Self.weight(from: depth, to: graph.loopDepth(of: graph.successor(index, of: block))) }
    for index in 0..<count {
      let successor = graph.successor(index, of: block)
      if successor <= block { continue }
      frequencies[successor.index] += frequency * Self.weight(from: depth, to: graph.loopDepth(of: successor)) / total
    }
  }

  private static func weight(from depth: Int, to successorDepth: Int) -> Float {
    successorDepth < depth ? exitWeight : 1
  }

  package subscript(block: BlockID) -> Float { frequencies[block.index] }
}

/// How much work liveness and interference may be for a body, before an answer that says less has to do. Each limit is a
/// multiple of the body's size (accesses to locals, twice; basic blocks; locals) and something for small bodies. Few
/// bodies come near: a dense one of 49,000 locals, the largest of flattened programs.
package struct LivenessLimits: Sendable {
  package struct Limit: Sendable {
    let factor: Int
    let least: Int

    package init(_ factor: Int, least: Int) {
      self.factor = factor
      self.least = least
    }

    func limit(forSize size: Int) -> Int { factor * size + least }
  }

  /// Blocks that are looked at to find out about 64 locals.
  package var visits = Limit(32, least: 1 << 16)
  /// Differences between sets of live locals that are kept, 12 bytes each.
  package var toggles = Limit(4, least: 1 << 14)
  /// Pairs of live locals that are looked at.
  package var pairVisits = Limit(64, least: 1 << 20)
  /// Pairs that are kept in lists, 16 bytes each.
  package var pairs = Limit(8, least: 1 << 14)
  /// Words in which there is a bit for each pair; if that is not enough, pairs are kept in lists.
  package var rowWords = Limit(4, least: 0)

  package init() {}
}

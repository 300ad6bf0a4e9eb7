/// What a pass counts of its work, by name: one for each worker, so that nobody waits.
package final class Tally {
  package private(set) var counts: [String: Int] = [:]

  package init() {}

  package func add(_ count: Int, to name: String) { counts[name, default: 0] += count }
}

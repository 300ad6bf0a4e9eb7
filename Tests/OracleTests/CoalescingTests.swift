import Analysis
import PassManager
import Testing

@testable import Oracle
@testable import Passes

/// What large bodies alone bring about in `coalesce-locals`, brought about in small ones.
@Suite struct CoalescingTests {
  /// Generated modules do after the pass what they did before.
  private func check(_ pass: CoalesceLocals) throws {
    let schedule = FuzzSchedule([ScheduledPass(name: "coalesce-locals", pass: .function(pass))])
    for seed in 0..<150 as Range<UInt64> { try FuzzCase(seed: seed, schedule: schedule).run() }
  }

  @Test func edgesInLists() throws {
    var pass = CoalesceLocals()
    pass.limits.rowWords = .init(0, least: -1)
    try check(pass)
  }

  @Test func intervals() throws {
    var pass = CoalesceLocals()
    pass.limits.pairVisits = .init(0, least: 0)
    try check(pass)
  }

  @Test func intervalsWithoutLiveness() throws {
    var pass = CoalesceLocals()
    pass.limits.visits = .init(0, least: 0)
    try check(pass)
  }

  @Test func search() throws { try check(CoalesceLocals(searches: true)) }
}

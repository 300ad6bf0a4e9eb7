import Testing

@testable import Oracle

@Suite struct SeededRandomTests {
  @Test func aSeedGivesTheSameNumbersAgain() {
    var (first, second) = (SeededRandom(seed: 7), SeededRandom(seed: 7))
    for _ in 0..<100 { #expect(first.next() == second.next()) }
  }

  @Test func numbersSpread() {
    var random = SeededRandom(seed: 1)
    var counts = [0, 0, 0, 0]
    for _ in 0..<4000 { counts[random.below(4)] += 1 }
    for count in counts { #expect((900...1100).contains(count)) }
  }
}

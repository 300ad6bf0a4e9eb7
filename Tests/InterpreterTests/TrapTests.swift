import Testing

@testable import Interpreter

@Suite struct TrapTests {
  @Test func everyMessageTellsOneTrap() {
    #expect(Set(Trap.allCases.map(\.message)).count == Trap.allCases.count)
  }
}

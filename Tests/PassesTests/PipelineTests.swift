import Passes
import Testing

@Suite struct PipelineTests {
  @Test func levelZeroRunsNothing() { #expect(Pipelines.passes(optimizeLevel: 0, shrinkLevel: 0).isEmpty) }

  @Test(arguments: [(1, 0), (2, 0), (3, 0), (4, 0), (2, 1), (2, 2), (0, 1)])
  func allPassesAreInTheTable(_ level: (Int, Int)) {
    let passes = Pipelines.passes(optimizeLevel: level.0, shrinkLevel: level.1)
    #expect(!passes.isEmpty)
    for pass in passes { #expect(PassTable.descriptor(pass) != nil, "\(pass)") }
  }

  /// Rules that the order has to keep, whatever else is added.
  @Test(arguments: [(1, 0), (2, 0), (3, 0), (4, 0), (2, 1), (2, 2)])
  func orderHolds(_ level: (Int, Int)) throws {
    let passes = Pipelines.passes(optimizeLevel: level.0, shrinkLevel: level.1)
    // Work on one of two equal functions is work saved.
    #expect(passes.first == "duplicate-function-elimination")
    // Functions become equal, and items unused, only when all have been optimized.
    #expect(passes.suffix(2) == ["duplicate-function-elimination", "remove-unused-module-elements"])
    // The type of a construct tells whether control comes out of it only once `dce` has looked.
    let firstBranches = try #require(passes.firstIndex(of: "remove-unused-brs"))
    #expect(try #require(passes.firstIndex(of: "dce")) < firstBranches)
    // Branches that went leave labels, labels that went leave sequences, and all leave something to sweep.
    let last = { (name: String) in try #require(passes.lastIndex(of: name)) }
    #expect(try last("remove-unused-brs") < last("remove-unused-names"))
    #expect(try last("remove-unused-names") < last("merge-blocks"))
    #expect(try last("merge-blocks") < last("vacuum"))
  }

  @Test func namesAreUniqueAndInKebabCase() {
    let names = PassTable.all.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names { #expect(name.allSatisfy { $0 == "-" || $0.isLowercase || $0.isNumber }, "\(name)") }
    for pass in PassTable.all { #expect(pass.summary.hasSuffix(".") && pass.summary.count < 110, "\(pass.name)") }
  }
}

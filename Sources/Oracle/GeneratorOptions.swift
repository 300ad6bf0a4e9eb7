import IR

/// What modules `ModuleGenerator` may make.
package struct GeneratorOptions: Sendable {
  /// The two ways to catch an exception; some engines take no module that has both.
  package struct ExceptionForms: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `try` with `catch`, `catch_all` or `delegate`; `rethrow`.
    package static let legacy = ExceptionForms(rawValue: 1)
    /// `try_table`, `throw_ref`, references to exceptions.
    package static let standard = ExceptionForms(rawValue: 2)
    package static let all: ExceptionForms = [.legacy, .standard]
  }

  /// What a module may import beside functions.
  package struct ImportKinds: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let globals = ImportKinds(rawValue: 1)
    package static let mutableGlobals = ImportKinds(rawValue: 2)
    package static let memories = ImportKinds(rawValue: 4)
    package static let tables = ImportKinds(rawValue: 8)
    package static let tags = ImportKinds(rawValue: 16)
    package static let all = ImportKinds(rawValue: 31)
  }

  /// Features that modules may use. A module uses some of them.
  package var features = FeatureSet.all.subtracting(.compactImports)
  package var exceptionForms = ExceptionForms.all
  package var importKinds = ImportKinds.all
  /// Instructions of a module of middle size. There are modules with a twentieth and with three times as many.
  package var instructionBudget = 1200
  /// Blocks within each other in the deepest nests.
  package var nestDepth = 500

  package init() {}
}

/// What one module is given much or little of. Each module has a style of its own, so that what is rare together in
/// all modules is common together in some (Groce and others, "Swarm testing", 2012).
struct GeneratorStyle {
  /// Weights by `rawValue` of the kind.
  private(set) var expressions: [Int]
  private(set) var statements: [Int]
  /// One number in so many is written with more bytes than it needs.
  let paddingRate: Int
  /// One operand in so many is left unguarded where it may trap.
  let trapRate: Int
  /// One block in so many ends in a branch.
  let divergeRate: Int
  let hasNames: Bool
  let hasHints: Bool
  /// Levels of expressions and statements within each other.
  let depthLimit: Int

  init(_ random: inout SeededRandom) {
    func vary(_ weight: Int) -> Int { weight * random.pick([0, 1, 1, 1, 2, 4]) }
    expressions = ExpressionKind.allCases.map { vary($0.weight) }
    statements = StatementKind.allCases.map { vary($0.weight) }
    expressions[ExpressionKind.instruction.rawValue] += 20
    statements[StatementKind.instruction.rawValue] += 10
    paddingRate = random.pick([20, 300, 300, 100_000])
    trapRate = random.pick([8, 30, 60, 200])
    divergeRate = random.pick([5, 10, 20])
    hasNames = random.oneIn(3)
    hasHints = random.oneIn(3)
    depthLimit = random.number(3...9)
  }
}

extension SeededRandom {
  mutating func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  /// An index of `weights`, each as often as its weight says. Their sum is above 0.
  mutating func index(weighted weights: [Int]) -> Int {
    var rest = below(weights.reduce(0, +))
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    preconditionFailure("the rest is below the sum")
  }
}

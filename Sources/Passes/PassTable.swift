import PassManager

/// The one list of passes. A pass is a file, a row here and a page in passes-docs/.
package enum PassTable {
  /// In the order that `--help` has within each group.
  package static let all: [PassDescriptor] = functionRows + moduleRows

  /// The passes over one function at a time.
  private static let functionRows: [PassDescriptor] = [
    // Control flow
    PassDescriptor(
      "code-folding", "Folds equal ends of code into one.", group: .controlFlow
    ) { _ in .function(CodeFolding()) },
    PassDescriptor(
      "code-pushing", "Moves assignments down to where they are needed, past branches and into arms.",
      group: .controlFlow
    ) { _ in .function(CodePushing()) },
    PassDescriptor(
      "dce", "Removes code that cannot run.",
      group: .controlFlow, traits: .isIdempotent
    ) { _ in .function(DeadCodeElimination()) },
    PassDescriptor(
      "jump-threading", "Lets branches to a test go on to where it leads, if that is known.", group: .controlFlow
    ) { _ in .function(JumpThreading()) },
    PassDescriptor(
      "merge-blocks", "Merges blocks into those around them, moves statements out of operands.",
      group: .controlFlow, traits: .isIdempotent
    ) { _ in .function(MergeBlocks()) },
    PassDescriptor(
      "remove-unused-brs", "Removes branches that go where control goes anyway, shortens others.",
      group: .controlFlow
    ) { _ in .function(RemoveUnusedBranches()) },
    PassDescriptor(
      "remove-unused-names", "Removes labels of blocks and loops that nothing branches to.",
      group: .controlFlow, traits: .isIdempotent
    ) { _ in .function(RemoveUnusedNames()) },
    // Locals
    PassDescriptor(
      "coalesce-locals", "Gives one index to locals that are not needed at the same time; removes copies.",
      group: .locals
    ) { _ in .function(CoalesceLocals()) },
    PassDescriptor(
      "coalesce-locals-learning", "As coalesce-locals, looking longer for the best; =N: another way to look.",
      group: .locals
    ) { .function(try CoalesceLocals.learning(with: $0)) },
    PassDescriptor(
      "flatten", "Takes expressions apart, so that operands are constants and locals.", group: .locals
    ) { _ in .function(Flatten()) },
    PassDescriptor(
      "local-cse", "Computes a value that is needed again once, and keeps it in a local.",
      group: .locals
    ) { _ in .function(LocalCommonSubexpressionElimination()) },
    PassDescriptor(
      "merge-locals", "Lets reads of a copy and reads of its source use one local.", group: .locals
    ) { _ in .function(MergeLocals()) },
    PassDescriptor(
      "reorder-locals", "Gives the locals used most often the shortest indices, drops unused ones.",
      group: .locals, traits: .isIdempotent
    ) { _ in .function(ReorderLocals()) },
    PassDescriptor(
      "rse", "Removes assignments of values that the local has already.", group: .locals
    ) { _ in .function(RedundantSetElimination()) },
    PassDescriptor(
      "simplify-locals", "Moves values to where locals are read, gives constructs results.",
      group: .locals
    ) { _ in .function(SimplifyLocals()) },
    PassDescriptor(
      "simplify-locals-nonesting", "As simplify-locals, but operands stay simple (for flat code).",
      group: .locals
    ) { _ in .function(SimplifyLocals(rules: .init(makesTees: false, makesResults: false, nests: false))) },
    PassDescriptor(
      "simplify-locals-nostructure", "As simplify-locals, but no construct gets a result.",
      group: .locals
    ) { _ in .function(SimplifyLocals(rules: .init(makesResults: false))) },
    PassDescriptor(
      "simplify-locals-notee", "As simplify-locals, but without local.tee.",
      group: .locals
    ) { _ in .function(SimplifyLocals(rules: .init(makesTees: false))) },
    PassDescriptor(
      "simplify-locals-notee-nostructure", "As simplify-locals, but without local.tee, and no construct gets a result.",
      group: .locals
    ) { _ in .function(SimplifyLocals(rules: .init(makesTees: false, makesResults: false))) },
    PassDescriptor(
      "ssa", "Gives each value a local of its own, and values that meet one more.", group: .locals
    ) { _ in .function(StaticSingleAssignment(separatesMerges: true)) },
    PassDescriptor(
      "ssa-nomerge", "Gives values that never meet locals of their own.", group: .locals, traits: .isIdempotent
    ) { _ in .function(StaticSingleAssignment()) },
    PassDescriptor(
      "tuple-optimization", "Takes assignments of several values at once apart.",
      group: .locals, traits: [.isIdempotent, .rewritesAreIndependent]
    ) { _ in .function(TupleOptimization()) },
    PassDescriptor(
      "untee", "Takes local.tee apart.", group: .locals, traits: [.isIdempotent, .rewritesAreIndependent]
    ) { _ in .function(Untee()) },
    // Simpler code
    PassDescriptor(
      "optimize-instructions", "Rewrites small groups of instructions by algebra.",
      group: .code, traits: .rewritesAreIndependent
    ) { options in .function(OptimizeInstructions(skipping: options.skippedRules)) },
    PassDescriptor(
      "pick-load-signs", "Lets narrow loads extend as their value is used.",
      group: .code, traits: [.isIdempotent]
    ) { _ in .function(PickLoadSigns()) },
    PassDescriptor(
      "precompute", "Computes what is known: expressions of constants, branches on them.",
      group: .code, traits: [.isIdempotent, .rewritesAreIndependent]
    ) { _ in .function(Precompute()) },
    PassDescriptor(
      "vacuum", "Sweeps out what has no effect: unused values, empty arms and blocks.",
      group: .code, traits: .rewritesAreIndependent
    ) { _ in .function(Vacuum()) },
  ]

  package static func descriptor(_ name: String) -> PassDescriptor? { byName[name] }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

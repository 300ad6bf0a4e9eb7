import PassManager
import Support

/// The one list of passes. A pass is a file, a row here and a page in passes-docs/.
package enum PassTable {
  /// In the order that `--help` has within each group.
  package static let all: [PassDescriptor] = functionRows + loweringRows + moduleRows

  /// The passes over one function at a time.
  private static let functionRows: [PassDescriptor] = [
    // Control flow
    PassDescriptor(
      "arrange-branches", "Saves negations of tests, and branches that a test before them can do.", group: .controlFlow
    ) { _ in .function(ArrangeBranches()) },
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
      "licm", "Moves statements that do the same each time out of loops.", group: .controlFlow
    ) { _ in .function(LoopInvariantCodeMotion()) },
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
      "local-subtyping", "Gives locals the most exact reference types that fit what they are assigned.",
      group: .locals
    ) { _ in .function(LocalSubtyping()) },
    PassDescriptor(
      "loop-counters", "Drops counters of loops where something else that is counted tells when to end.", group: .locals
    ) { _ in .function(LoopCounters()) },
    PassDescriptor(
      "loop-pointers", "Counts addresses up instead of the indexes that they are computed from.", group: .locals
    ) { _ in .function(LoopPointers()) },
    PassDescriptor(
      "merge-locals", "Lets reads of a copy and reads of its source use one local.", group: .locals
    ) { _ in .function(MergeLocals()) },
    PassDescriptor(
      "optimize-stack-ir", "Leaves values on the stack instead of in locals; last of all.", group: .locals
    ) { _ in .function(OptimizeStackIR()) },
    PassDescriptor(
      "rematerialize", "Computes simple values again where that is less to run than keeping them.", group: .locals
    ) { _ in .function(Rematerialization()) },
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
    PassDescriptor(
      "value-numbering", "As local-cse, and keeps in loops what these do not change.", group: .locals
    ) { _ in .function(LocalCommonSubexpressionElimination(looksIntoLoops: true)) },
    // Simpler code
    PassDescriptor(
      "avoid-reinterprets", "Loads values again as what they are reinterpreted as.", group: .code
    ) { _ in .function(AvoidReinterprets()) },
    PassDescriptor(
      "const-hoisting", "Keeps constants that are long and used often in locals.", group: .code
    ) { options in .function(ConstHoisting(countsShortForms: options.shrinkLevel >= 2)) },
    PassDescriptor(
      "heap-store-optimization", "Stores values of fields where the structure is made.", group: .code
    ) { _ in .function(HeapStoreOptimization()) },
    PassDescriptor(
      "heap2local", "Keeps structures and small arrays that never leave the function in locals.", group: .code
    ) { _ in .function(HeapToLocal()) },
    PassDescriptor(
      "memory-forwarding", "Takes values from where they still are instead of from memory; drops useless stores.",
      group: .code
    ) { _ in .function(MemoryForwarding()) },
    PassDescriptor(
      "optimize-added-constants", "Makes constants that are added to addresses parts of offsets.", group: .code
    ) { options in .function(try addedConstants("optimize-added-constants", options)) },
    PassDescriptor(
      "optimize-added-constants-propagate", "As optimize-added-constants, also where locals hold the addresses.",
      group: .code
    ) { options in .function(try addedConstants("optimize-added-constants-propagate", options)) },
    PassDescriptor(
      "optimize-casts", "Lets reads of a reference use what a cast before them gave.", group: .code
    ) { _ in .function(OptimizeCasts()) },
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
      group: .code, traits: .rewritesAreIndependent
    ) { _ in .function(Precompute()) },
    PassDescriptor(
      "precompute-propagate", "As precompute; what is known is known of locals that hold it, too.", group: .code
    ) { _ in .function(Precompute(propagates: true)) },
    PassDescriptor(
      "shrink-constants", "Writes long constants as what is computed of short ones, for size alone.",
      group: .code, traits: [.isIdempotent, .rewritesAreIndependent]
    ) { _ in .function(ShrinkConstants()) },
    PassDescriptor(
      "vacuum", "Sweeps out what has no effect: unused values, empty arms and blocks.",
      group: .code, traits: .rewritesAreIndependent
    ) { _ in .function(Vacuum()) },
  ]

  /// What other engines need.
  private static let loweringRows: [PassDescriptor] = [
    PassDescriptor(
      "alignment-lowering", "Takes accesses to memory apart that may not be aligned.", group: .code
    ) { _ in .function(AlignmentLowering()) },
    PassDescriptor(
      "dealign", "Promises of no access to memory that its address is aligned.", group: .code,
      traits: [.isIdempotent, .rewritesAreIndependent]
    ) { _ in .function(Dealign()) },
    PassDescriptor(
      "signext-lowering", "Extends signs by shifts.", group: .code, traits: [.isIdempotent, .rewritesAreIndependent]
    ) { _ in .function(SignExtensionLowering()) },
  ]

  private static func addedConstants(_ name: String, _ options: PassOptions) throws -> OptimizeAddedConstants {
    guard options.lowMemoryUnused else {
      throw WasmError(.request, "--\(name) needs the promise of --low-memory-unused")
    }
    return OptimizeAddedConstants(propagates: name.hasSuffix("propagate"))
  }

  package static func descriptor(_ name: String) -> PassDescriptor? { byName[name] }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

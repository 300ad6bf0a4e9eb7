import PassManager

/// What the options `-O1` to `-O4`, `-Os` and `-Oz` run: the steps in order, each with the levels from which it runs.
package enum Pipelines {
  /// A pass of a pipeline. It runs if the speed level or the size level is high enough; 9 is never.
  struct Step {
    let pass: String
    var speed = 1
    var size = 1
    /// What runs at lower levels.
    var below: String?
    var needsLowMemoryUnused = false
  }

  /// First of all: what need not be optimized.
  static let modulePrelude = [
    Step(pass: "duplicate-function-elimination"),
    Step(pass: "remove-unused-module-elements", speed: 2, size: 2),
  ]

  /// Within each function; the order is that of wasm-opt.
  static let functionPipeline = [
    Step(pass: "ssa-nomerge", speed: 3),  // values that have nothing to do with each other no longer share a local
    Step(pass: "memory-forwarding", speed: 3, size: 1),  // values in locals, where the lines below can work with them
    Step(pass: "flatten", speed: 4, size: 9),  // each value in a local, for the line below to bring together anew
    Step(pass: "simplify-locals-notee-nostructure", speed: 4, size: 9),
    Step(pass: "value-numbering", speed: 4, size: 9),  // for local-cse: while operands are simple, equal values look equal
    Step(pass: "dce"),                    // the passes below may then trust that control comes out where types say so
    Step(pass: "remove-unused-names"),
    Step(pass: "remove-unused-brs"),
    Step(pass: "remove-unused-names"),    // of the blocks that the branches led to
    Step(pass: "optimize-instructions"),
    Step(pass: "heap-store-optimization", speed: 2, size: 2),
    Step(pass: "pick-load-signs", speed: 2, size: 2),
    Step(pass: "precompute-propagate", speed: 3, size: 2, below: "precompute"),
    Step(
      pass: "optimize-added-constants-propagate", speed: 3, size: 1, below: "optimize-added-constants",
      needsLowMemoryUnused: true),
    Step(pass: "loop-counters", speed: 3, size: 9),  // while counters have locals of their own
    Step(pass: "loop-pointers", speed: 3, size: 9),
    Step(pass: "code-pushing", speed: 2, size: 2),  // before sets become operands
    Step(pass: "tuple-optimization"),     // simplify-locals looks at single assignments
    Step(pass: "simplify-locals-nostructure"),  // results of blocks would hinder coalesce-locals
    Step(pass: "vacuum"),
    Step(pass: "reorder-locals"),         // drops what is unused, so that the next passes don't look at it
    Step(pass: "remove-unused-brs"),      // arms are empty now, and blocks shorter
    Step(pass: "heap2local", speed: 2, size: 2),
    Step(pass: "merge-locals", speed: 3, size: 9),  // reads of copies, so that coalesce-locals finds fewer apart
    Step(pass: "optimize-casts", speed: 2, size: 2),
    Step(pass: "local-subtyping", speed: 2, size: 2),  // while each local still has few values
    Step(pass: "coalesce-locals"),
    // What local-cse does and more, where locals are few and what it makes can still be simplified.
    Step(pass: "value-numbering", speed: 3, size: 1),
    Step(pass: "simplify-locals"),
    Step(pass: "vacuum"),
    Step(pass: "reorder-locals"),
    Step(pass: "rematerialize", speed: 3, size: 9),  // where locals are no more than are needed; it makes unused ones
    Step(pass: "coalesce-locals"),        // joins the copies that results of blocks made
    Step(pass: "reorder-locals"),
    Step(pass: "vacuum"),
    Step(pass: "code-folding", speed: 3, size: 1),  // the code is final but for its blocks
    Step(pass: "arrange-branches", speed: 3, size: 1),  // merge-blocks sees to blocks that nothing branches to any more
    Step(pass: "merge-blocks"),
    Step(pass: "remove-unused-brs"),      // what follows a statement now stands beside it
    Step(pass: "arrange-branches", speed: 3, size: 9),  // what the line above has negated
    Step(pass: "remove-unused-names"),
    Step(pass: "merge-blocks"),
    // Of what came together. Unlike wasm-opt with propagation for -Os: addresses that are the sum of a constant global
    // and another constant, of which a local keeps the first.
    Step(pass: "precompute-propagate", speed: 3, size: 1, below: "precompute"),
    Step(pass: "optimize-instructions"),
    Step(pass: "rse", speed: 2),          // assignments of what the local holds already
    Step(pass: "vacuum"),                 // sweeps what the lines above leave
    Step(pass: "const-hoisting", speed: 9, size: 2),  // this and the next make what `precompute` would undo
    Step(pass: "shrink-constants", speed: 9, size: 2),
    Step(pass: "optimize-stack-ir", speed: 2, size: 1),  // last: other passes look for assignments
    Step(pass: "reorder-locals", speed: 2, size: 1),     // without those that are not needed any more
  ]

  /// Last of all: what optimizing made equal or unused.
  static let moduleEpilogue = [
    Step(pass: "duplicate-function-elimination"),
    Step(pass: "remove-unused-module-elements"),
  ]

  /// The passes of a level, in order; none at level 0.
  package static func passes(
    optimizeLevel: Int, shrinkLevel: Int, lowMemoryUnused: Bool = false
  ) -> [String] {
    if optimizeLevel == 0 && shrinkLevel == 0 { return [] }
    return (modulePrelude + functionPipeline + moduleEpilogue).compactMap { step in
      if step.needsLowMemoryUnused && !lowMemoryUnused { return nil }
      return optimizeLevel >= step.speed || shrinkLevel >= step.size ? step.pass : step.below
    }
  }

  /// The same, ready to run.
  package static func schedule(with options: PassOptions) throws -> [ScheduledPass] {
    let names = passes(
      optimizeLevel: options.optimizeLevel, shrinkLevel: options.shrinkLevel,
      lowMemoryUnused: options.lowMemoryUnused)
    return try names.map { name in
      guard let descriptor = PassTable.descriptor(name) else { preconditionFailure("\(name) is in no table") }
      return try descriptor.scheduled(with: options)
    }
  }
}

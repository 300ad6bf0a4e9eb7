import PassManager

/// The one list of passes. A pass is a file, a row here and a page in passes-docs/.
package enum PassTable {
  /// In the order that `--help` has within each group.
  package static let all: [PassDescriptor] = [
    // Control flow
    PassDescriptor(
      "dce", "Removes code that cannot run, because something before it never lets control through.",
      group: .controlFlow, traits: .isIdempotent
    ) { _ in .function(DeadCodeElimination()) },
    PassDescriptor(
      "merge-blocks", "Merges blocks into the blocks around them and moves statements out of operands.",
      group: .controlFlow, traits: .isIdempotent
    ) { _ in .function(MergeBlocks()) },
    PassDescriptor(
      "remove-unused-brs", "Removes branches that go where control goes anyway, and shortens others.",
      group: .controlFlow
    ) { _ in .function(RemoveUnusedBranches()) },
    PassDescriptor(
      "remove-unused-names", "Removes the labels of blocks and loops that nothing branches to.",
      group: .controlFlow, traits: .isIdempotent
    ) { _ in .function(RemoveUnusedNames()) },
    // Simpler code
    PassDescriptor(
      "vacuum", "Sweeps out what has no effect: unused values, empty arms and blocks, constant conditions.",
      group: .code
    ) { _ in .function(Vacuum()) },
  ]

  package static func descriptor(_ name: String) -> PassDescriptor? { byName[name] }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

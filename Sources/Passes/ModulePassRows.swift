import IR
import PassManager
import Support

extension PassTable {
  /// The passes over whole modules.
  static let moduleRows: [PassDescriptor] = itemRows + inspectionRows + strippingRows

  private static let itemRows: [PassDescriptor] = [
    PassDescriptor(
      "duplicate-function-elimination", "Keeps one of several functions that have the same type and the same code.", group: .module
    ) { _ in .module(DuplicateFunctionElimination()) },
    PassDescriptor(
      "intrinsic-lowering", "Calls for good what is called through intrinsics.", group: .module
    ) { _ in .module(IntrinsicLowering()) },
    PassDescriptor(
      "remove-unused-module-elements", "Removes functions, globals, segments and other items that nothing outside can reach.",
      group: .module
    ) { _ in .module(RemoveUnusedModuleElements()) },
    PassDescriptor(
      "remove-unused-nonfunction-module-elements",
      "Removes items that nothing outside can reach, except for functions that have a body.", group: .module
    ) { _ in .module(RemoveUnusedModuleElements(keepsFunctions: true)) },
    PassDescriptor(
      "reorder-functions", "Gives the functions that are mentioned most the lowest indices.", group: .module
    ) { _ in .module(ReorderFunctions()) },
    PassDescriptor(
      "reorder-functions-by-name", "Orders functions by their names.", group: .module
    ) { _ in .module(ReorderFunctionsByName()) },
    PassDescriptor(
      "extract-function", "Keeps one function with what it needs: --pass-arg extract-function@NAME.", group: .module,
      traits: .changesMeaning
    ) { options in
      let name = try argument("extract-function", "the name of a function", of: options)
      return .module(ExtractFunction(choice: .name(Name(name))))
    },
    PassDescriptor(
      "extract-function-index", "Keeps one function with what it needs: --pass-arg extract-function-index@INDEX.",
      group: .module, traits: .changesMeaning
    ) { options in
      let text = try argument("extract-function-index", "the index of a function", of: options)
      guard let index = Int(text), index >= 0 else {
        throw WasmError(.request, "--pass-arg extract-function-index@\(text): '\(text)' is no index of a function")
      }
      return .module(ExtractFunction(choice: .index(index)))
    },
  ]

  private static let inspectionRows: [PassDescriptor] = [
    PassDescriptor(
      "print", "Prints the module in the text format.", group: .inspection, traits: .printsOnly
    ) { _ in .module(PrintModule()) },
    PassDescriptor(
      "print-call-graph", "Prints who calls whom, in the DOT language.", group: .inspection,
      traits: .printsOnly
    ) { _ in .module(PrintCallGraph()) },
    PassDescriptor(
      "metrics", "Prints how many items and instructions there are, and by how much that changed.",
      group: .inspection, traits: [.printsOnly, .needsCanonicalBodies]
    ) { _ in .module(Metrics()) },
    PassDescriptor(
      "func-metrics", "Prints the size of each function that has a body.", group: .inspection,
      traits: [.printsOnly, .needsCanonicalBodies]
    ) { _ in .module(FunctionMetrics()) },
    PassDescriptor(
      "nm", "Prints kind, index, size and name of each item.", group: .inspection, traits: .printsOnly
    ) { _ in .module(NameList()) },
  ]

  private static let strippingRows: [PassDescriptor] = [
    PassDescriptor(
      "strip", "Drops all names and debug sections; the same as strip-debug.", group: .stripping
    ) { _ in .module(Strip(part: .debug)) },
    PassDescriptor(
      "strip-debug", "Drops all names and debug sections.", group: .stripping
    ) { _ in .module(Strip(part: .debug)) },
    PassDescriptor(
      "strip-dwarf", "Drops DWARF sections.", group: .stripping
    ) { _ in .module(Strip(part: .dwarf)) },
    PassDescriptor(
      "strip-producers", "Drops the producers section.", group: .stripping
    ) { _ in .module(Strip(part: .producers)) },
    PassDescriptor(
      "strip-target-features", "Drops the target_features section.", group: .stripping
    ) { _ in .module(Strip(part: .targetFeatures)) },
    PassDescriptor(
      "emit-target-features", "Writes the features of the module into a target_features section.", group: .stripping
    ) { _ in .module(EmitTargetFeatures()) },
  ]

  private static func argument(_ pass: String, _ what: String, of options: PassOptions) throws -> String {
    guard let value = options.arguments[pass] else {
      throw WasmError(.request, "--\(pass) needs \(what): --pass-arg \(pass)@...")
    }
    return value
  }
}

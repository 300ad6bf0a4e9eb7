import IR
import PassManager
import Support

/// Writes the module's features into a `target_features` section, in place of the one there is (tool conventions,
/// "Target features section").
struct EmitTargetFeatures: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let features = module.features.union(context.options.features)
    let used = FeatureSet.names.filter { features.contains($0.feature) }
    var bytes = Column<UInt8>()
    bytes.appendUnsigned(used.count)
    for entry in used {
      bytes.append(EmitTargetFeatures.isUsed)
      bytes.append(Name(entry.section))
    }
    module.customSections.removeAll { $0.name == "target_features" }
    module.customSections.append(
      CustomSection(name: "target_features", bytes: Bytes(copying: bytes), place: SectionID.allCases.last))
    module.declaredFeatures = features
  }

  /// The prefix of a feature that the module uses: a plus sign.
  private static let isUsed: UInt8 = 0x2b
}

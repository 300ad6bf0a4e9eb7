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
      CustomSection(name: "target_features", bytes: Bytes(copying: bytes), place: module.lastSection))
    module.declaredFeatures = features
  }

  /// The prefix of a feature that the module uses: a plus sign.
  private static let isUsed: UInt8 = 0x2b
}

private extension Module {
  /// The last section that is written now; nil if there is none.
  var lastSection: SectionID? {
    if !writtenDatas.isEmpty { return .data }
    if !currentFunctionOrder.isEmpty { return .code }
    if !writtenElements.isEmpty { return .element }
    if start != nil { return .start }
    if !exports.isEmpty { return .export }
    if writtenGlobals.contains(where: { globals[$0].importName == nil }) { return .global }
    if writtenTags.contains(where: { tags[$0].importName == nil }) { return .tag }
    if writtenMemories.contains(where: { memories[$0].importName == nil }) { return .memory }
    if writtenTables.contains(where: { tables[$0].importName == nil }) { return .table }
    if imports.contains(where: { !isRemoved($0) }) { return .import }
    return types.count > removedTypes.count ? .type : nil
  }
}

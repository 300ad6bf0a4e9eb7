import BinaryFormat
import IR
import Support

extension FeatureOptions {
  /// Throws if the module uses a feature that is disabled. Bodies must have been validated.
  func check(_ module: inout Module) throws {
    let refused = module.usedFeatures.intersection(disabled)
    guard let feature = FeatureSet.names.first(where: { refused.contains($0.feature) }) else { return }
    let user = try functionUsing(feature.feature, in: &module)
    throw WasmError(.invalid, "the feature \(feature.option) is disabled and used", function: user)
  }

  /// The first function that uses the feature; nil if it is the declarations that do.
  private func functionUsing(_ feature: FeatureSet, in module: inout Module) throws -> String? {
    var module = module
    let declarations = try module.makeDeclarations()
    var decoder = BodyDecoder(declarations: declarations)
    var body = Body()
    for id in module.functions.ids {
      guard let code = module.functions[id].code else { continue }
      try decoder.decode(code, type: module.functions[id].type, into: &body, validating: false)
      if !decoder.usedFeatures.isDisjoint(with: feature) { return module.describe(id) }
    }
    return nil
  }
}

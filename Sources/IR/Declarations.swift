import Support

/// What a body may know of its module, in the flat form that decoding and passes read: one immutable object, shared by
/// all workers of a stage.
package final class Declarations: Sendable {
  package struct Signature: BitwiseCopyable, Sendable {
    /// Start of the parameters in `signatureTypes`; the results follow them.
    package let start: Int
    package let parameterCount: Int
    package let resultCount: Int
  }

  package struct GlobalDeclaration: BitwiseCopyable, Sendable {
    package let type: ValueType
    package let isMutable: Bool
    package let isImported: Bool
    /// `Global.constantBits`.
    package let constantBits: UInt64?

    package init(_ global: Global) {
      type = global.type
      isMutable = global.isMutable
      isImported = global.importName != nil
      constantBits = global.constantBits
    }
  }

  package let types: TypeTable
  /// By type: its signature; empty for types that are not functions.
  package let signatures: [Signature]
  package let signatureTypes: [ValueType]
  /// By type: whether it is a function type.
  package let isFunctionType: [Bool]
  /// Whether there are types of structures or arrays.
  package let hasAggregates: Bool

  package let functionTypes: [TypeID]
  /// Functions that a body may name in `ref.func`: those that the module mentions outside of bodies.
  package let referencedFunctions: [Bool]
  package let tables: [(element: ValueType, address: ValueType)]
  package let memories: [(address: ValueType, isShared: Bool)]
  package let globals: [GlobalDeclaration]
  package let tagTypes: [TypeID]
  /// By tag: two imported ones may be the same.
  package let isImportedTag: [Bool]
  package let elementTypes: [ValueType]
  package let dataCount: Int
  package let hasDataCount: Bool
  package let features: FeatureSet

  package init(of module: borrowing Module) {
    types = module.types
    var signatures: [Signature] = []
    var signatureTypes: [ValueType] = []
    for id in module.types.definitions.ids {
      let function = module.types[id].function ?? FunctionType()
      signatures.append(
        Signature(
          start: signatureTypes.count, parameterCount: function.parameters.count,
          resultCount: function.results.count))
      signatureTypes += function.parameters
      signatureTypes += function.results
    }
    self.signatures = signatures
    self.signatureTypes = signatureTypes
    referencedFunctions = module.referencedFunctions
    isFunctionType = module.types.definitions.values.map { $0.function != nil }
    hasAggregates = isFunctionType.contains(false)
    functionTypes = module.functions.values.map(\.type)
    tables = module.tables.values.map { ($0.element, $0.limits.addressType) }
    memories = module.memories.values.map { ($0.limits.addressType, $0.limits.isShared) }
    globals = module.globals.values.map(GlobalDeclaration.init)
    tagTypes = module.tags.values.map(\.type)
    isImportedTag = module.tags.values.map { $0.importName != nil }
    elementTypes = module.elements.values.map(\.type)
    dataCount = module.datas.count
    hasDataCount = module.hasDataCount
    features = module.features
  }

  package func parameters(of type: TypeID) -> ArraySlice<ValueType> {
    let signature = signatures[type.index]
    return signatureTypes[signature.start..<signature.start + signature.parameterCount]
  }

  package func results(of type: TypeID) -> ArraySlice<ValueType> {
    let signature = signatures[type.index]
    let start = signature.start + signature.parameterCount
    return signatureTypes[start..<start + signature.resultCount]
  }
}

/// The type of a function (specification 2.3.9).
package struct FunctionType: Hashable, Sendable {
  package var parameters: [ValueType]
  package var results: [ValueType]

  package init(parameters: [ValueType] = [], results: [ValueType] = []) {
    self.parameters = parameters
    self.results = results
  }
}

/// A field of a structure, or the element of an array (specification 2.3.8).
package struct FieldType: Hashable, Sendable {
  package var storage: StorageType
  package var isMutable: Bool

  package init(_ storage: StorageType, isMutable: Bool) {
    self.storage = storage
    self.isMutable = isMutable
  }
}

package enum CompositeType: Hashable, Sendable {
  case function(FunctionType)
  case structure([FieldType])
  case array(FieldType)
}

/// One type of the type section: a composite type with its place in the subtype hierarchy (specification 2.3.10).
package struct DefinedType: Hashable, Sendable {
  package var isFinal: Bool
  package var supertype: TypeID?
  package var composite: CompositeType

  package init(_ composite: CompositeType, isFinal: Bool = true, supertype: TypeID? = nil) {
    self.composite = composite
    self.isFinal = isFinal
    self.supertype = supertype
  }

  package var function: FunctionType? {
    if case .function(let type) = composite { return type }
    return nil
  }

  package var fields: [FieldType]? {
    if case .structure(let fields) = composite { return fields }
    return nil
  }

  package var arrayElement: FieldType? {
    if case .array(let element) = composite { return element }
    return nil
  }

  /// Calls `visit` with each type that this one mentions, its supertype first.
  package func forEachMentionedType(_ visit: (TypeID) -> Void) {
    if let supertype { visit(supertype) }
    func visitType(_ bits: UInt32) {
      let type = ValueType(bits: bits)
      if type.isReference, let defined = type.heapType.definedType { visit(defined) }
    }
    switch composite {
    case .function(let type):
      for parameter in type.parameters { visitType(parameter.bits) }
      for result in type.results { visitType(result.bits) }
    case .structure(let fields): for field in fields { visitType(field.storage.bits) }
    case .array(let element): visitType(element.storage.bits)
    }
  }
}

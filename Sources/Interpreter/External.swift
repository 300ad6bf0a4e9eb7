import IR
import Support

/// An item of a store that modules import and export (specification 4.2.10, "external addresses"): its number there.
package enum External: Hashable, Sendable {
  case function(Int)
  case table(Int)
  case memory(Int)
  case global(Int)
  case tag(Int)
}

/// A function of the host.
package struct HostFunction {
  package let name: String
  /// Reference types in it are abstract.
  package let type: FunctionType
  package let body: (HostCall) throws(Interruption) -> [Value]

  package init(_ name: String, _ type: FunctionType, _ body: @escaping (HostCall) throws(Interruption) -> [Value]) {
    self.name = name
    self.type = type
    self.body = body
  }
}

/// What a function of the host is given.
package struct HostCall {
  package let store: Store
  /// The instance that calls; nil if the host itself does.
  package let caller: Instance?
  package let arguments: [Value]
}

/// What modules import, by the names they import it by.
package struct Linker {
  private var items: [ImportName: External] = [:]
  /// Supplies what is not in the list.
  package var fallback: ((ImportName, ImportedType) throws -> External?)?

  package init() {}

  package mutating func define(_ module: Name, _ name: Name, _ item: External) {
    items[ImportName(module: module, name: name)] = item
  }

  /// Makes all exports of an instance importable under a module name.
  package mutating func define(_ module: Name, exportsOf instance: Instance) {
    for (name, item) in instance.exports { define(module, name, item) }
  }

  func item(_ name: ImportName, _ type: ImportedType) throws -> External? {
    if let item = items[name] { return item }
    return try fallback?(name, type)
  }
}

/// What a module wants of an import. Types are the store's.
package enum ImportedType: Sendable {
  case function(FunctionType)
  case table(element: ValueType, Limits)
  case memory(Limits)
  case global(ValueType, isMutable: Bool)
  case tag(FunctionType)
}

import IR
import Support

extension Module {
  /// Finds the functions that `ref.func` in bodies may name: those that exports, element segments, globals and tables
  /// mention (specification 3.5.16). To be called again after a pass changed any of these.
  package mutating func updateReferencedFunctions() throws {
    var isReferenced = [Bool](repeating: false, count: functions.count)
    func visit(_ expression: ConstExpression) throws {
      try expression.forEachReference(of: .function) { isReferenced[Int($0.index)] = true }
    }
    for export in exports {
      if case .function(let function) = export.item { isReferenced[function.index] = true }
    }
    for global in globals.values where !global.isRemoved {
      if let initializer = global.initializer { try visit(initializer) }
    }
    for table in tables.values where !table.isRemoved {
      if let initializer = table.initializer { try visit(initializer) }
    }
    for element in elements.values where !element.isRemoved {
      switch element.items {
      case .functions(let functions): for function in functions { isReferenced[function.index] = true }
      case .expressions(let expressions): for expression in expressions { try visit(expression) }
      }
    }
    referencedFunctions = isReferenced
  }

  /// The declarations as they are now, for one stage.
  package mutating func makeDeclarations() throws -> Declarations {
    try updateReferencedFunctions()
    return Declarations(of: self)
  }
}

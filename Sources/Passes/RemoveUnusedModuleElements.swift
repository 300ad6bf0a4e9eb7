import BinaryFormat
import IR
import PassManager
import Support

/// Removes functions, globals, tables, memories, tags, types and segments that nothing can reach from outside.
///
///     (func (export "f")            (func (export "f")
///       (call $g))                    (call $g))
///     (func $g)               ->    (func $g)
///     (func $h
///       (call $g))
///
/// Roots are the exports, the start function, and segments whose effect shows: those that write to an imported table
/// or memory, and those that may be out of bounds, since a module with one of these must go on to fail when it is
/// instantiated. Bodies are read by a scan of their bytes alone. A function that a table holds, but that no indirect
/// call can reach, keeps its slot and loses its body. Linear in the module.
struct RemoveUnusedModuleElements: ModulePass {
  /// All functions with a body count as used.
  var keepsFunctions = false

  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let numbering = ItemNumbering(of: module)
    let bodies = try survey(module, numbering, context)
    let reachability = try decide(module, numbering, bodies)
    rewrite(&module, reachability, bodies)
  }

  private func survey(
    _ module: borrowing Module, _ numbering: ItemNumbering, _ context: borrowing ModuleContext
  ) throws -> [BodyReferences?] {
    try module.surveyReferences(numbering, context.workers)
  }

  private func decide(
    _ module: borrowing Module, _ numbering: ItemNumbering, _ bodies: [BodyReferences?]
  ) throws -> Reachability {
    var reachability = Reachability(of: module, numbering: numbering, bodies: bodies)
    for export in module.exports { reachability.use(export.item) }
    if let start = module.start, !module.doesNothing(start) { reachability.use(.function(start)) }
    for id in module.elements.ids where module.mustKeep(id) {
      reachability.use(id)
      // Others can read and call what is in an imported table.
      if let table = module.importedTable(of: id) { reachability.use(.table(table)) }
    }
    for id in module.datas.ids where module.mustKeep(id) { reachability.use(id) }
    if keepsFunctions { for id in module.definedFunctions { reachability.use(.function(id)) } }
    try reachability.propagate(in: module)
    return reachability
  }

  private func rewrite(_ module: inout Module, _ reachability: Reachability, _ bodies: [BodyReferences?]) {
    if let start = module.start, module.doesNothing(start) { module.start = nil }
    module.removeFunctions(unreachableBy: reachability)
    for id in module.tables.ids where !reachability.isUsed(.table, id.index) { module.remove(id) }
    for id in module.memories.ids where !reachability.isUsed(.memory, id.index) { module.remove(id) }
    for id in module.globals.ids where !reachability.isUsed(.global, id.index) { module.remove(id) }
    for id in module.tags.ids where !reachability.isUsed(.tag, id.index) { module.remove(id) }
    for id in module.datas.ids where !reachability.isUsed(.data, id.index) { module.remove(id) }
    for id in module.elements.ids where !reachability.isUsed(.element, id.index) {
      if case .declarative = module.elements[id].mode { continue }
      module.remove(id)
    }
    let imports = module.imports
    module.imports = imports.filter { !module.isRemoved($0) }
    module.removeTypes(module.types.definitions.ids.filter { !reachability.isUsed(.type, $0.index) })

    var named: [FunctionID] = []
    for (index, body) in bodies.enumerated() where reachability.isUsed(.function, index) {
      named += body?.functionReferences ?? []
    }
    module.declareFunctions(named) { reachability.isUsed(.element, $0.index) }
  }
}

// MARK: Roots

private extension Module {
  /// Whether calling the function has no effect at all.
  func doesNothing(_ id: FunctionID) -> Bool { functions[id].code?.bytes == Code.empty.bytes }

  /// Whether the segment's effect on instantiation shows, whatever the module does afterwards.
  func mustKeep(_ id: ElementID) -> Bool {
    guard !elements[id].isRemoved, case .active(let table, let offset) = elements[id].mode else { return false }
    let size = UInt64(elements[id].itemCount)
    if tables[table].importName != nil && size > 0 { return true }
    return !offset.isProvablyInBounds(size: size, of: tables[table].limits.minimum)
  }

  func mustKeep(_ id: DataID) -> Bool {
    guard !datas[id].isRemoved, case .active(let memory, let offset) = datas[id].mode else { return false }
    let size = UInt64(datas[id].bytes.count)
    if memories[memory].importName != nil && size > 0 { return true }
    let limits = memories[memory].limits
    let bytes = limits.minimum.multipliedReportingOverflow(by: 1 << UInt64(limits.pageSizeLog2))
    return !offset.isProvablyInBounds(size: size, of: bytes.overflow ? .max : bytes.partialValue)
  }

  func importedTable(of id: ElementID) -> TableID? {
    guard case .active(let table, _) = elements[id].mode else { return nil }
    return tables[table].importName == nil ? nil : table
  }
}

private extension ConstExpression {
  func isProvablyInBounds(size: UInt64, of limit: UInt64) -> Bool {
    guard let address else { return false }
    let end = address.addingReportingOverflow(size)
    return !end.overflow && end.partialValue <= limit
  }
}

// MARK: Functions

private extension Module {
  mutating func removeFunctions(unreachableBy reachability: Reachability) {
    for id in functions.ids where !functions[id].isRemoved {
      if reachability.isUsed(.function, id.index) { continue }
      if !reachability.isMentioned[id.index] {
        remove(id)
      } else if functions[id].code != nil {
        functions[id].code = .unreachable
        names.labels[id] = nil
        let parameterCount = types[functions[id].type].function?.parameters.count ?? 0
        names.locals[id] = names.locals[id]?.filter { $0.key.index < parameterCount }
      }
    }
  }

  /// Makes declarative segments declare those of the functions that bodies name in `ref.func` and that nothing else
  /// outside of bodies mentions, and no others (specification 3.5.16).
  mutating func declareFunctions(_ named: [FunctionID], isSegmentUsed: (ElementID) -> Bool) {
    var isNeeded = [Bool](repeating: false, count: functions.count)
    for id in named { isNeeded[id.index] = true }
    forEachFunctionMention { isNeeded[$0.index] = false }
    for id in elements.ids where !elements[id].isRemoved {
      guard case .declarative = elements[id].mode else { continue }
      var kept: [FunctionID] = []
      for function in elements[id].functions where isNeeded[function.index] {
        isNeeded[function.index] = false
        kept.append(function)
      }
      elements[id].declareOnly(kept)
      if kept.isEmpty && !isSegmentUsed(id) { remove(id) }
    }
    let rest = functions.ids.filter { isNeeded[$0.index] }
    guard !rest.isEmpty else { return }
    elements.append(
      ElementSegment(
        mode: .declarative, type: .reference(to: .func, isNullable: false), items: .functions(Array(rest))))
  }

  /// Calls `visit` with each function that the module mentions outside of bodies and declarative segments.
  func forEachFunctionMention(_ visit: (FunctionID) -> Void) {
    for export in exports { if case .function(let id) = export.item { visit(id) } }
    func visitAll(in expression: ConstExpression?) {
      try? expression?.forEachReference(of: .function) { visit(FunctionID(rawValue: $0.index)) }
    }
    for table in tables.values where !table.isRemoved { visitAll(in: table.initializer) }
    for global in globals.values where !global.isRemoved { visitAll(in: global.initializer) }
    for segment in elements.values where !segment.isRemoved {
      if case .declarative = segment.mode { continue }
      switch segment.items {
      case .functions(let functions): functions.forEach(visit)
      case .expressions(let expressions): expressions.forEach(visitAll)
      }
    }
  }
}

private extension ElementSegment {
  /// Nothing can see the items of a declarative segment, so that their form is free; the type stays.
  mutating func declareOnly(_ functions: [FunctionID]) {
    switch items {
    case .functions: items = .functions(functions)
    case .expressions(let expressions):
      let kept = Set(functions)
      items = .expressions(expressions.filter { $0.function.map(kept.contains) ?? false })
    }
  }
}

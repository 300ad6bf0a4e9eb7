import BinaryFormat
import IR
import Support

/// Why a module has no instance.
package enum InstantiationError: Error {
  /// An import is missing or of another type.
  case unlinkable(String)
  /// Initialisation, or the start function, was interrupted. What segments wrote before stays.
  case interrupted(Interruption)
}

extension Store {
  /// Makes an instance of a valid module (specification 4.7.4).
  ///
  /// Throws `InstantiationError`, or `WasmError` if a memory or table is larger than the limits allow.
  package func instantiate(_ module: Module, _ linker: Linker = Linker()) throws -> Instance {
    let instance = try Instance(module, in: self, types: types.add(module.types))
    instances.append(instance)
    let imports = try Imports(of: instance, from: linker)
    for item in imports.items { instance.add(item) }
    for id in module.functions.ids where module.functions[id].importName == nil {
      let type = instance.types[module.functions[id].type.index]
      instance.add(.function(addFunction(type: type, id: id, instance: instance.record)))
    }
    try makeDefinitions(of: instance)
    instance.makeExports()
    do throws(Interruption) {
      try initialize(instance)
      if let start = module.start { _ = try invoke(.function(instance.functions[start.index]), []) }
    } catch {
      throw InstantiationError.interrupted(error)
    }
    return instance
  }

  private func makeDefinitions(of instance: Instance) throws {
    let module = instance.module
    for tag in module.tags.values where tag.importName == nil { instance.add(.tag(addTag(instance.types[tag.type.index]))) }
    for memory in module.memories.values where memory.importName == nil { instance.add(try addMemory(memory.limits)) }
    // Initializers of globals may read globals before them.
    for global in module.globals.values where global.importName == nil {
      let type = instance.map(global.type)
      let value = try evaluate(global.initializer!, global.type, in: instance)
      instance.add(addGlobal(value, type: type, isMutable: global.isMutable))
    }
    for table in module.tables.values where table.importName == nil {
      var value = Reference.null
      if let initializer = table.initializer,
        case .reference(let reference) = try evaluate(initializer, table.element, in: instance)
      {
        value = reference
      }
      instance.add(try addTable(instance.map(table.element), table.limits, filledWith: value))
    }
    instance.elements = try module.elements.values.map { segment in
      switch segment.items {
      case .functions(let ids):
        return ids.map { Reference(.function, UInt64(instance.functions[$0.index])).bits }
      case .expressions(let expressions):
        return try expressions.map { expression in
          guard case .reference(let reference) = try evaluate(expression, segment.type, in: instance) else { return 0 }
          return reference.bits
        }
      }
    }
  }

  private func evaluate(_ expression: ConstExpression, _ type: ValueType, in instance: Instance) throws -> Value {
    do throws(Interruption) {
      return try run(expression, type, in: instance)
    } catch {
      throw InstantiationError.interrupted(error)
    }
  }

  // MARK: Segments

  private func initialize(_ instance: Instance) throws(Interruption) {
    for (index, segment) in instance.module.elements.values.enumerated() {
      switch segment.mode {
      case .active(let table, let offset):
        try copyElements(index, to: table, at: try address(offset, of: instance.module.tables[table].limits, in: instance), in: instance)
        instance.dropElements(index)
      case .declarative: instance.dropElements(index)
      case .passive: continue
      }
    }
    for (index, segment) in instance.module.datas.values.enumerated() {
      guard case .active(let memory, let offset) = segment.mode else { continue }
      try copyData(index, to: memory, at: try address(offset, of: instance.module.memories[memory].limits, in: instance), in: instance)
      instance.dropData(index)
    }
  }

  private func address(
    _ offset: ConstExpression, of limits: Limits, in instance: Instance
  ) throws(Interruption) -> UInt64 {
    switch try run(offset, limits.addressType, in: instance) {
    case .i32(let address): return UInt64(address)
    case .i64(let address): return address
    default: preconditionFailure("an offset is an address")
    }
  }

  private func copyElements(
    _ segment: Int, to table: TableID, at offset: UInt64, in instance: Instance
  ) throws(Interruption) {
    let elements = instance.elements[segment]
    let record = tables[instance.tables[table.index]]
    guard offset <= record.pointee.count, UInt64(elements.count) <= record.pointee.count - offset else {
      throw .trap(.outOfBoundsTableAccess)
    }
    for (index, element) in elements.enumerated() { record.pointee.base[Int(offset) + index] = element }
  }

  private func copyData(
    _ segment: Int, to memory: MemoryID, at offset: UInt64, in instance: Instance
  ) throws(Interruption) {
    let data = instance.datas[segment]
    let record = memories[instance.memories[memory.index]]
    guard offset <= record.pointee.byteCount, UInt64(data.count) <= record.pointee.byteCount - offset else {
      throw .trap(.outOfBoundsMemoryAccess)
    }
    data.withUnsafeBytes { if !data.isEmpty { memcpy(record.pointee.base + Int(offset), $0.baseAddress!, data.count) } }
  }
}

extension Instance {
  /// A type of the module as one of the store.
  func map(_ type: ValueType) -> ValueType { type.mapType { types[$0.index] } }
}

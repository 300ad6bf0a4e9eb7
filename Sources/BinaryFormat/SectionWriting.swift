import IR
import Support

// The contents of the sections. A section that stays empty is not written.

extension ModuleWriter {
  // MARK: Types

  mutating func writeTypes() {
    let groups = module.types.groups.filter { group in
      group.isEmpty || !module.removedTypes.contains(TypeID(rawValue: group.lowerBound))
    }
    guard !groups.isEmpty else { return }
    contents.appendUnsigned(groups.count)
    for group in groups {
      if group.count != 1 {
        contents.append(0x4e)
        contents.appendUnsigned(group.count)
      }
      for index in group { append(module.types[TypeID(rawValue: index)]) }
    }
  }

  private mutating func append(_ type: DefinedType) {
    if !type.isFinal || type.supertype != nil {
      contents.append(type.isFinal ? 0x4f : 0x50)
      contents.appendUnsigned(type.supertype == nil ? 0 : 1)
      if let supertype = type.supertype { contents.appendUnsigned(indices.types[supertype.index]) }
    }
    switch type.composite {
    case .function(let function):
      contents.append(0x60)
      contents.appendUnsigned(function.parameters.count)
      for parameter in function.parameters { append(parameter) }
      contents.appendUnsigned(function.results.count)
      for result in function.results { append(result) }
    case .structure(let fields):
      contents.append(0x5f)
      contents.appendUnsigned(fields.count)
      for field in fields { append(field) }
    case .array(let element):
      contents.append(0x5e)
      append(element)
    }
  }

  private mutating func append(_ field: FieldType) {
    if field.storage.isPacked {
      contents.append(field.storage)
    } else {
      append(field.storage.unpacked)
    }
    contents.append(field.isMutable ? 1 : 0)
  }

  /// Appends a type that mentions types by their stable ids.
  private mutating func append(_ type: ValueType) {
    guard type.isReference, let defined = type.heapType.definedType else { return contents.append(type) }
    let index = TypeID(rawValue: indices.types[defined.index])
    contents.append(.reference(to: HeapType(index), isNullable: type.isNullable))
  }

  // MARK: Imports

  mutating func writeImports() {
    let written = module.imports.filter { indices.index(of: $0) != IndexAssignment.removed }
    guard !written.isEmpty else { return }
    contents.appendUnsigned(written.count)
    for item in written {
      switch item {
      case .function(let id):
        let function = module.functions[id]
        append(function.importName!)
        contents.append(0)
        contents.appendUnsigned(indices.types[function.type.index])
      case .table(let id):
        append(module.tables[id].importName!)
        contents.append(1)
        append(module.tables[id])
      case .memory(let id):
        append(module.memories[id].importName!)
        contents.append(2)
        append(module.memories[id].limits)
      case .global(let id):
        append(module.globals[id].importName!)
        contents.append(3)
        append(module.globals[id])
      case .tag(let id):
        append(module.tags[id].importName!)
        contents.append(4)
        append(module.tags[id])
      }
    }
  }

  private mutating func append(_ name: ImportName) {
    contents.append(name.module)
    contents.append(name.name)
  }

  private mutating func append(_ table: Table) {
    append(table.element)
    append(table.limits)
  }

  private mutating func append(_ global: Global) {
    append(global.type)
    contents.append(global.isMutable ? 1 : 0)
  }

  private mutating func append(_ tag: Tag) {
    contents.append(0)
    contents.appendUnsigned(indices.types[tag.type.index])
  }

  private mutating func append(_ limits: Limits) {
    var flags: UInt8 = limits.maximum == nil ? 0 : 1
    if limits.isShared { flags |= 2 }
    if limits.is64 { flags |= 4 }
    if limits.pageSizeLog2 != 16 { flags |= 8 }
    contents.append(flags)
    contents.appendUnsigned(limits.minimum)
    if let maximum = limits.maximum { contents.appendUnsigned(maximum) }
    if limits.pageSizeLog2 != 16 { contents.appendUnsigned(UInt64(limits.pageSizeLog2)) }
  }

  private mutating func append(_ expression: ConstExpression) throws {
    contents.append(try rewriter.rewrite(expression).bytes)
  }

  // MARK: Functions, tables, memories, tags, globals, exports

  mutating func writeFunctions() {
    guard !indices.definedFunctions.isEmpty else { return }
    contents.appendUnsigned(indices.definedFunctions.count)
    for id in indices.definedFunctions {
      contents.appendUnsigned(indices.types[module.functions[id].type.index])
    }
  }

  mutating func writeTables() throws {
    guard !indices.definedTables.isEmpty else { return }
    contents.appendUnsigned(indices.definedTables.count)
    for id in indices.definedTables {
      let table = module.tables[id]
      if table.initializer != nil {
        contents.append(0x40)
        contents.append(0x00)
      }
      append(table)
      if let initializer = table.initializer { try append(initializer) }
    }
  }

  mutating func writeMemories() {
    guard !indices.definedMemories.isEmpty else { return }
    contents.appendUnsigned(indices.definedMemories.count)
    for id in indices.definedMemories { append(module.memories[id].limits) }
  }

  mutating func writeTags() {
    guard !indices.definedTags.isEmpty else { return }
    contents.appendUnsigned(indices.definedTags.count)
    for id in indices.definedTags { append(module.tags[id]) }
  }

  mutating func writeGlobals() throws {
    guard !indices.definedGlobals.isEmpty else { return }
    contents.appendUnsigned(indices.definedGlobals.count)
    for id in indices.definedGlobals {
      append(module.globals[id])
      try append(module.globals[id].initializer!)
    }
  }

  mutating func writeExports() {
    guard !module.exports.isEmpty else { return }
    contents.appendUnsigned(module.exports.count)
    for export in module.exports {
      contents.append(export.name)
      contents.append(export.item.kindCode)
      contents.appendUnsigned(indices.index(of: export.item))
    }
  }

  // MARK: Element segments

  mutating func writeElements() throws {
    guard !indices.keptElements.isEmpty else { return }
    contents.appendUnsigned(indices.keptElements.count)
    for id in indices.keptElements {
      let segment = module.elements[id]
      switch segment.items {
      case .functions(let functions): try appendHeader(of: segment, listsFunctions: true, count: functions.count)
        for function in functions { contents.appendUnsigned(indices.functions[function.index]) }
      case .expressions(let expressions):
        try appendHeader(of: segment, listsFunctions: false, count: expressions.count)
        for expression in expressions { try append(expression) }
      }
    }
  }

  private mutating func appendHeader(of segment: ElementSegment, listsFunctions: Bool, count: Int) throws {
    let kind: UInt32 = listsFunctions ? 0 : 4
    var namesType = true
    switch segment.mode {
    case .active(let table, let offset):
      let index = indices.tables[table.index]
      // The short form means table 0, and funcref where items are expressions.
      namesType = index != 0 || !(listsFunctions || segment.type == .funcref)
      contents.appendUnsigned(namesType ? kind | 2 : kind)
      if namesType { contents.appendUnsigned(index) }
      try append(offset)
    case .passive: contents.appendUnsigned(kind | 1)
    case .declarative: contents.appendUnsigned(kind | 3)
    }
    if namesType {
      if listsFunctions { contents.append(0) } else { append(segment.type) }
    }
    contents.appendUnsigned(count)
  }

  // MARK: Code and data

  mutating func writeCode() throws {
    let codes = indices.definedFunctions.map { module.functions[$0].code! }
    guard !codes.isEmpty else { return }
    var size = unsignedLEBSize(UInt64(codes.count))
    for code in codes { size += code.bytes.count + unsignedLEBSize(UInt64(code.bytes.count)) }
    try writeSectionHeader(SectionID.code.code, size: size)
    contents.appendUnsigned(codes.count)
    for code in codes {
      contents.appendUnsigned(code.bytes.count)
      mappings?.append(code.positions, at: written + contents.count)
      contents.append(code.bytes)
      try flushIfLarge()
    }
    try flush()
  }

  mutating func writeDatas() throws {
    guard !indices.keptDatas.isEmpty else { return }
    var size = unsignedLEBSize(UInt64(indices.keptDatas.count))
    for id in indices.keptDatas {
      let segment = module.datas[id]
      try appendMode(of: segment)
      size += contents.count + segment.bytes.count + unsignedLEBSize(UInt64(segment.bytes.count))
      contents.removeAll()
    }
    try writeSectionHeader(SectionID.data.code, size: size)
    contents.appendUnsigned(indices.keptDatas.count)
    for id in indices.keptDatas {
      let segment = module.datas[id]
      try appendMode(of: segment)
      contents.appendUnsigned(segment.bytes.count)
      try flush()
      // Straight from the input: data may be large.
      try segment.bytes.withUnsafeBytes(sink)
      written += segment.bytes.count
    }
    try flush()
  }

  private mutating func appendMode(of segment: DataSegment) throws {
    switch segment.mode {
    case .active(let memory, let offset):
      let index = indices.memories[memory.index]
      contents.appendUnsigned(index == 0 ? 0 : 2)
      if index != 0 { contents.appendUnsigned(index) }
      try append(offset)
    case .passive: contents.append(1)
    }
  }
}

extension ItemID {
  /// The code of the item's kind in imports and exports.
  package var kindCode: UInt8 {
    switch self {
    case .function: return 0
    case .table: return 1
    case .memory: return 2
    case .global: return 3
    case .tag: return 4
    }
  }
}

import BinaryFormat
import IR
import Support

// The module in binary form (specification 5.5).

extension GeneratorState {
  mutating func writeModule() -> Bytes {
    addDeclarativeSegment()
    var module = Column<UInt8>()
    for byte: UInt8 in [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0] { module.append(byte) }
    for section in SectionID.allCases {
      addCustomSections(before: section, to: &module)
      write(section)
      if !out.isEmpty || random.oneIn(200) && section.mayBeEmpty { finishSection(section.code, to: &module) }
    }
    if style.hasNames {
      writeNames()
      finishSection(0, to: &module)
    }
    return Bytes(copying: module)
  }

  private mutating func finishSection(_ code: UInt8, to module: inout Column<UInt8>) {
    // An empty section is an empty vector.
    if out.isEmpty { out.append(0) }
    module.append(code)
    module.appendUnsigned(out.count)
    out.withUnsafeBuffer { module.append(contentsOf: $0) }
    out.removeAll()
  }

  private mutating func addCustomSections(before section: SectionID, to module: inout Column<UInt8>) {
    if section == .code && style.hasHints && bodies.contains(where: { !$0.hints.isEmpty }) {
      writeHints()
      finishSection(0, to: &module)
    }
    if random.oneIn(60) {
      name(Name(random.pick(["producers", "custom", "", "sourceMappingURL?"])))
      for _ in 0..<random.below(10) { out.append(UInt8(truncatingIfNeeded: random.next())) }
      finishSection(0, to: &module)
    }
  }

  mutating func name(_ name: Name) {
    index(name.utf8.count)
    for byte in name.utf8 { out.append(byte) }
  }

  /// `ref.func` in a body needs its function to be named outside of bodies (specification 3.5.16).
  private mutating func addDeclarativeSegment() {
    guard !undeclaredFunctions.isEmpty else { return }
    let functions = Set(undeclaredFunctions).sorted()
    module.elements.append(
      ElementSegment(mode: .declarative, type: .reference(to: .func, isNullable: false), items: .functions(functions)))
  }

  private mutating func write(_ section: SectionID) {
    switch section {
    case .type: writeTypes()
    case .import: writeImports()
    case .function: writeVector(definedFunctions) { $0.index($0.module.functions[$1].type) }
    case .table: writeTables()
    case .memory:
      writeVector(module.memories.values.filter { $0.importName == nil }) { $0.limits($1.limits, isMemory: true) }
    case .tag: writeVector(module.tags.values.filter { $0.importName == nil }) { $0.tag($1) }
    case .global: writeVector(module.globals.values.filter { $0.importName == nil }) { $0.global($1) }
    case .export: writeExports()
    case .start: if let start = module.start { index(start) }
    case .element: writeVector(module.elements.values) { $0.element($1) }
    case .dataCount:
      if usesDataIndices || !module.datas.isEmpty && features.contains(.bulkMemory) && random.oneIn(2) {
        index(module.datas.count)
      }
    case .code: writeCode()
    case .data: writeVector(module.datas.values) { $0.data($1) }
    }
  }

  /// Nothing for no items.
  private mutating func writeVector<Item>(_ items: [Item], _ write: (inout GeneratorState, Item) -> Void) {
    if items.isEmpty { return }
    index(items.count)
    for item in items { write(&self, item) }
  }

  // MARK: Types

  private mutating func writeTypes() {
    index(module.types.groups.count)
    for group in module.types.groups {
      if group.count != 1 || hasGC && random.oneIn(40) {
        out.append(0x4e)
        index(group.count)
      }
      for index in group { write(module.types[TypeID(rawValue: index)]) }
    }
  }

  private mutating func write(_ type: DefinedType) {
    if !type.isFinal || type.supertype != nil || hasGC && random.oneIn(20) {
      out.append(type.isFinal ? 0x4f : 0x50)
      index(type.supertype == nil ? 0 : 1)
      if let supertype = type.supertype { index(supertype) }
    }
    switch type.composite {
    case .function(let function):
      out.append(0x60)
      valueTypes(function.parameters)
      valueTypes(function.results)
    case .structure(let fields):
      out.append(0x5f)
      index(fields.count)
      for field in fields { write(field) }
    case .array(let element):
      out.append(0x5e)
      write(element)
    }
  }

  private mutating func write(_ field: FieldType) {
    out.append(field.storage)
    out.append(field.isMutable ? 1 : 0)
  }

  // MARK: Imports and exports

  private mutating func writeImports() {
    let imports = module.imports
    writeVector(imports) { state, item in
      guard let name = state.importName(of: item) else { return }
      state.name(name.module)
      state.name(name.name)
      state.out.append(item.kindByte)
      switch item {
      case .function(let id): state.index(state.module.functions[id].type)
      case .table(let id):
        state.valueType(state.module.tables[id].element)
        state.limits(state.module.tables[id].limits, isMemory: false)
      case .memory(let id): state.limits(state.module.memories[id].limits, isMemory: true)
      case .global(let id):
        state.valueType(state.module.globals[id].type)
        state.out.append(state.module.globals[id].isMutable ? 1 : 0)
      case .tag(let id): state.tag(state.module.tags[id])
      }
    }
  }

  private func importName(of item: ItemID) -> ImportName? {
    switch item {
    case .function(let id): return module.functions[id].importName
    case .table(let id): return module.tables[id].importName
    case .memory(let id): return module.memories[id].importName
    case .global(let id): return module.globals[id].importName
    case .tag(let id): return module.tags[id].importName
    }
  }

  private mutating func writeExports() {
    writeVector(module.exports) { state, export in
      state.name(export.name)
      state.out.append(export.item.kindByte)
      switch export.item {
      case .function(let id): state.index(id)
      case .table(let id): state.index(id)
      case .memory(let id): state.index(id)
      case .global(let id): state.index(id)
      case .tag(let id): state.index(id)
      }
    }
  }

  // MARK: Tables, memories, tags, globals

  private mutating func writeTables() {
    writeVector(module.tables.values.filter { $0.importName == nil }) { state, table in
      if table.initializer != nil {
        state.out.append(0x40)
        state.out.append(0)
      }
      state.valueType(table.element)
      state.limits(table.limits, isMemory: false)
      if let initializer = table.initializer { state.out.append(initializer.bytes) }
    }
  }

  private mutating func limits(_ limits: Limits, isMemory: Bool) {
    let bits = limits.is64 ? 64 : 32
    let hasPageSize = limits.pageSizeLog2 != 16 || isMemory && features.contains(.customPageSizes) && random.oneIn(20)
    out.append(
      (limits.maximum == nil ? 0 : 1) | (limits.isShared ? 2 : 0) | (limits.is64 ? 4 : 0) | (hasPageSize ? 8 : 0))
    unsigned(limits.minimum, bits: bits)
    if let maximum = limits.maximum { unsigned(maximum, bits: bits) }
    if hasPageSize { index(Int(limits.pageSizeLog2)) }
  }

  private mutating func tag(_ tag: Tag) {
    out.append(0)
    index(tag.type)
  }

  private mutating func global(_ global: Global) {
    valueType(global.type)
    out.append(global.isMutable ? 1 : 0)
    if let initializer = global.initializer { out.append(initializer.bytes) }
  }

  // MARK: Segments

  private mutating func element(_ segment: ElementSegment) {
    var flags = 0
    var table: TableID?
    switch segment.mode {
    case .passive: flags = 1
    case .declarative: flags = 3
    case .active(let id, _):
      table = id
      if id.index != 0 || hasReferences && random.oneIn(4) { flags = 2 }
    }
    var hasExpressions = false
    if case .expressions = segment.items { hasExpressions = true }
    // The short form is of funcref only.
    if flags == 0 && hasExpressions && segment.type != .funcref { flags = 2 }
    index(flags | (hasExpressions ? 4 : 0))
    if flags == 2, let table { index(table) }
    if case .active(_, let offset) = segment.mode { out.append(offset.bytes) }
    if flags != 0 { if hasExpressions { valueType(segment.type) } else { out.append(0) } }
    switch segment.items {
    case .functions(let functions):
      index(functions.count)
      for function in functions { index(function) }
    case .expressions(let expressions):
      index(expressions.count)
      for expression in expressions { out.append(expression.bytes) }
    }
  }

  private mutating func data(_ segment: DataSegment) {
    switch segment.mode {
    case .passive: index(1)
    case .active(let memory, let offset):
      let namesMemory = memory.index != 0 || features.contains(.multimemory) && random.oneIn(10)
      index(namesMemory ? 2 : 0)
      if namesMemory { index(memory) }
      out.append(offset.bytes)
    }
    index(segment.bytes.count)
    out.append(segment.bytes)
  }

  // MARK: Code

  private mutating func writeCode() {
    writeVector(bodies) { state, body in
      state.index(body.locals.count + body.code.count)
      for bytes in [body.locals, body.code] {
        bytes.withUnsafeBufferPointer { state.out.append(contentsOf: $0) }
      }
    }
  }

  private mutating func writeHints() {
    name("metadata.code.branch_hint")
    let hinted = zip(definedFunctions, bodies).filter { !$1.hints.isEmpty }
    writeVector(Array(hinted)) { state, hinted in
      let (id, body) = hinted
      state.index(id)
      state.writeVector(body.hints) { state, hint in
        state.index(body.locals.count + Int(hint.offset))
        state.index(1)
        state.out.append(hint.isLikely ? 1 : 0)
      }
    }
  }
}

extension SectionID {
  fileprivate var mayBeEmpty: Bool { self != .start && self != .dataCount && self != .function && self != .code }
}

extension ItemID {
  fileprivate var kindByte: UInt8 {
    switch self {
    case .function: return 0
    case .table: return 1
    case .memory: return 2
    case .global: return 3
    case .tag: return 4
    }
  }
}

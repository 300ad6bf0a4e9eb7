import BinaryFormat
import IR
import Support

/// Writes the fields of a module other than functions with bodies (specification 6.6), each on a line of its own.
struct DeclarationPrinter: ~Copyable {
  let module: Module
  var printer: TextPrinter
  private var decoder: BodyDecoder
  private var body = Body()

  init(_ module: Module, _ identifiers: ModuleIdentifiers, _ declarations: Declarations) {
    self.module = module
    printer = TextPrinter(identifiers)
    decoder = BodyDecoder(declarations: declarations)
  }

  private var identifiers: ModuleIdentifiers { printer.identifiers }

  mutating func appendText(_ text: StaticString) { printer.text.appendText(text) }

  /// Begins a field: a line and "(".
  private mutating func begin(_ keyword: StaticString) {
    printer.text.appendNewline(indentation: 2)
    appendText(keyword)
  }

  private mutating func end() { printer.text.append(0x29) }

  // MARK: Types, imports, exports

  mutating func appendTypes() {
    for group in module.types.groups {
      let isRemoved = !group.isEmpty && module.removedTypes.contains(TypeID(rawValue: group.lowerBound))
      if !isRemoved { printer.appendRecursionGroup(group, of: module) }
    }
  }

  mutating func appendImports() {
    for item in module.imports where !module.isRemoved(item) {
      guard let name = module.importName(of: item) else { continue }
      begin("(import ")
      printer.text.appendQuoted(name.module)
      printer.text.append(0x20)
      printer.text.appendQuoted(name.name)
      printer.text.append(0x20)
      appendImported(item)
      end()
    }
  }

  private mutating func appendImported(_ item: ItemID) {
    switch item {
    case .function(let id):
      appendText("(func ")
      printer.appendDeclared(id, in: identifiers.functions)
      printer.appendTypeUse(module.functions[id].type, of: module)
    case .table(let id):
      appendText("(table ")
      appendType(of: id)
    case .memory(let id):
      appendText("(memory ")
      appendType(of: id)
    case .global(let id):
      appendText("(global ")
      appendType(of: id)
    case .tag(let id):
      appendText("(tag ")
      appendType(of: id)
    }
    end()
  }

  mutating func appendExports() {
    for export in module.exports where !module.isRemoved(export.item) {
      begin("(export ")
      printer.text.appendQuoted(export.name)
      switch export.item {
      case .function(let id): appendReference("(func", id, in: identifiers.functions)
      case .table(let id): appendReference("(table", id, in: identifiers.tables)
      case .memory(let id): appendReference("(memory", id, in: identifiers.memories)
      case .global(let id): appendReference("(global", id, in: identifiers.globals)
      case .tag(let id): appendReference("(tag", id, in: identifiers.tags)
      }
      end()
    }
  }

  mutating func appendStart() {
    guard let start = module.start else { return }
    begin("(start")
    printer.append(start, in: identifiers.functions)
    end()
  }

  /// Appends ` (keyword reference)`.
  private mutating func appendReference<ID>(
    _ keyword: StaticString, _ id: ID, in table: borrowing ReferenceTable<ID>
  ) {
    printer.text.append(0x20)
    appendText(keyword)
    printer.append(id, in: table)
    end()
  }

  // MARK: Tables, memories, tags, globals

  mutating func appendTables() throws {
    for id in identifiers.tables.order where module.tables[id].importName == nil {
      begin("(table ")
      appendType(of: id)
      if let value = module.tables[id].initializer { try append(value, type: module.tables[id].element) }
      end()
    }
  }

  mutating func appendMemories() {
    for id in identifiers.memories.order where module.memories[id].importName == nil {
      begin("(memory ")
      appendType(of: id)
      end()
    }
  }

  mutating func appendTags() {
    for id in identifiers.tags.order where module.tags[id].importName == nil {
      begin("(tag ")
      appendType(of: id)
      end()
    }
  }

  mutating func appendGlobals() throws {
    for id in identifiers.globals.order where module.globals[id].importName == nil {
      begin("(global ")
      appendType(of: id)
      if let value = module.globals[id].initializer { try append(value, type: module.globals[id].type) }
      end()
    }
  }

  private mutating func appendType(of id: TableID) {
    printer.appendDeclared(id, in: identifiers.tables)
    printer.append(module.tables[id].limits)
    printer.text.append(0x20)
    printer.append(module.tables[id].element)
  }

  private mutating func appendType(of id: MemoryID) {
    printer.appendDeclared(id, in: identifiers.memories)
    printer.append(module.memories[id].limits)
  }

  private mutating func appendType(of id: TagID) {
    printer.appendDeclared(id, in: identifiers.tags)
    printer.appendTypeUse(module.tags[id].type, of: module)
  }

  private mutating func appendType(of id: GlobalID) {
    printer.appendDeclared(id, in: identifiers.globals)
    printer.text.append(0x20)
    let global = module.globals[id]
    printer.append(FieldType(StorageType(global.type), isMutable: global.isMutable))
  }

  // MARK: Segments

  mutating func appendElements() throws {
    for id in identifiers.elements.order {
      let segment = module.elements[id]
      begin("(elem ")
      printer.appendDeclared(id, in: identifiers.elements)
      switch segment.mode {
      case .active(let table, let offset):
        if !identifiers.tables.isFirst(table) { appendReference("(table", table, in: identifiers.tables) }
        try appendOffset(offset, type: module.tables[table].limits.addressType)
      case .declarative: appendText(" declare")
      case .passive: break
      }
      try append(segment.items, type: segment.type)
      end()
    }
  }

  private mutating func append(_ items: ElementSegment.Items, type: ValueType) throws {
    let breaksLines: Bool
    printer.text.append(0x20)
    switch items {
    case .functions(let functions):
      appendText("func")
      breaksLines = functions.count > 8
      for (index, function) in functions.enumerated() {
        if breaksLines && index % 8 == 0 { printer.text.appendNewline(indentation: 3) }
        printer.append(function, in: identifiers.functions)
      }
    case .expressions(let expressions):
      printer.append(type)
      breaksLines = expressions.count > 4
      for (index, expression) in expressions.enumerated() {
        if breaksLines && index % 4 == 0 { printer.text.appendNewline(indentation: 3) }
        appendText(" (item")
        try append(expression, type: type)
        end()
      }
    }
  }

  /// Appends a data segment up to its strings; `end` and `printer.appendStrings` do the rest.
  mutating func beginData(_ id: DataID) throws {
    begin("(data ")
    printer.appendDeclared(id, in: identifiers.datas)
    if case .active(let memory, let offset) = module.datas[id].mode {
      if !identifiers.memories.isFirst(memory) { appendReference("(memory", memory, in: identifiers.memories) }
      try appendOffset(offset, type: module.memories[memory].limits.addressType)
    }
  }

  private mutating func appendOffset(_ offset: ConstExpression, type: ValueType) throws {
    appendText(" (offset")
    try append(offset, type: type)
    end()
  }

  /// Appends the instructions of a constant expression on this line.
  private mutating func append(_ expression: ConstExpression, type: ValueType) throws {
    try decoder.decode(expression, expecting: type, into: &body)
    printer.beginBody(body)
    printer.appendTree(body.root, of: body, indentation: 0, isInline: true)
  }

  // MARK: Custom sections

  /// Appends the sections that the text can't say otherwise, with their places.
  mutating func beginCustomSection(_ section: IR.CustomSection) {
    begin("(@custom ")
    printer.text.appendQuoted(section.name)
    if let place = section.place {
      appendText(" (after ")
      printer.text.appendText(place.name)
      end()
    } else {
      appendText(" (before first)")
    }
  }
}

extension Module {
  func isRemoved(_ item: ItemID) -> Bool {
    switch item {
    case .function(let id): return functions[id].isRemoved
    case .table(let id): return tables[id].isRemoved
    case .memory(let id): return memories[id].isRemoved
    case .global(let id): return globals[id].isRemoved
    case .tag(let id): return tags[id].isRemoved
    }
  }

  func importName(of item: ItemID) -> ImportName? {
    switch item {
    case .function(let id): return functions[id].importName
    case .table(let id): return tables[id].importName
    case .memory(let id): return memories[id].importName
    case .global(let id): return globals[id].importName
    case .tag(let id): return tags[id].importName
    }
  }
}

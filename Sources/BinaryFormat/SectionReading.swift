import IR
import Support

// The sections up to the function section, and those that hold no expressions (specification 5.5.4 to 5.5.10).

extension ModuleReader {
  // MARK: Types

  mutating func readTypes() throws {
    let count = try reader.readCount(of: "types", itemSize: 2)
    for _ in 0..<count {
      if reader.peekByte() == 0x4e {
        reader.position += 1
        let size = try reader.readCount(of: "types of a recursion group", itemSize: 2)
        use(.gc)
        try readGroup(size: size)
      } else {
        try readGroup(size: 1)
      }
    }
  }

  private mutating func readGroup(size: Int) throws {
    let start = reader.position
    let first = module.types.count
    guard first + size <= HeapType.typeLimit else {
      throw invalid("too many types: more than \(HeapType.typeLimit)", at: start)
    }
    var group: [DefinedType] = []
    var offsets: [Int] = []
    for _ in 0..<size {
      offsets.append(reader.position)
      group.append(try readSubtype(typeCount: first + size, own: first + group.count))
    }
    module.types.append(group: group)
    for (index, type) in group.enumerated() {
      guard let supertype = type.supertype else { continue }
      try checkSupertype(of: type, supertype, at: offsets[index])
    }
  }

  private mutating func readSubtype(typeCount: Int, own: Int) throws -> DefinedType {
    let start = reader.position
    guard let form = reader.peekByte(), form == 0x50 || form == 0x4f else {
      return DefinedType(try readComposite(typeCount: typeCount))
    }
    reader.position += 1
    use(.gc)
    var supertype: TypeID?
    let supertypeCount = try reader.readCount(of: "supertypes")
    for _ in 0..<supertypeCount {
      let place = reader.position
      let index = try reader.readU32()
      guard index < UInt32(own) else { throw invalid("unknown type \(index) as supertype", at: place) }
      supertype = TypeID(rawValue: index)
    }
    guard supertypeCount <= 1 else { throw invalid("a type has at most one supertype", at: start) }
    return DefinedType(try readComposite(typeCount: typeCount), isFinal: form == 0x4f, supertype: supertype)
  }

  private mutating func readComposite(typeCount: Int) throws -> CompositeType {
    let start = reader.position
    switch try reader.readByte() {
    case 0x60:
      let type = FunctionType(
        parameters: try readValueTypes(typeCount), results: try readValueTypes(typeCount))
      if type.results.count > 1 { use(.multivalue) }
      return .function(type)
    case 0x5f:
      use(.gc)
      let count = try reader.readCount(of: "fields", itemSize: 2)
      var fields: [FieldType] = []
      fields.reserveCapacity(count)
      for _ in 0..<count { fields.append(try readField(typeCount)) }
      return .structure(fields)
    case 0x5e:
      use(.gc)
      return .array(try readField(typeCount))
    case let byte:
      if let proposal = [0x5d: "stack-switching", 0x65: "shared-everything", 0x4c: "custom-descriptors",
        0x4d: "custom-descriptors"][byte]
      {
        throw reader.error("this form of type belongs to the proposal \(proposal), which is not supported", at: start,
          kind: .unsupported)
      }
      throw reader.error("malformed type form 0x\(String(byte, radix: 16))", at: start)
    }
  }

  private mutating func readValueTypes(_ typeCount: Int) throws -> [ValueType] {
    let count = try reader.readCount(of: "value types")
    var types: [ValueType] = []
    types.reserveCapacity(count)
    for _ in 0..<count {
      let type = try reader.readValueType(typeCount: typeCount)
      use(type.features)
      types.append(type)
    }
    return types
  }

  private mutating func readField(_ typeCount: Int) throws -> FieldType {
    let storage = try reader.readStorageType(typeCount: typeCount)
    return FieldType(storage, isMutable: try reader.readMutability())
  }

  /// Specification 3.2.11: a subtype's composite type matches that of its supertype, which is open.
  private func checkSupertype(of type: DefinedType, _ id: TypeID, at offset: Int) throws {
    let supertype = module.types[id]
    let types = module.types
    func matches(_ lower: FieldType, _ upper: FieldType) -> Bool {
      guard lower.isMutable == upper.isMutable else { return false }
      return upper.isMutable ? sameStorage(lower.storage, upper.storage) : types.matches(lower.storage, upper.storage)
    }
    func sameStorage(_ left: StorageType, _ right: StorageType) -> Bool {
      types.matches(left, right) && types.matches(right, left)
    }
    var fits = false
    switch (type.composite, supertype.composite) {
    case (.function(let lower), .function(let upper)):
      fits =
        lower.parameters.count == upper.parameters.count && lower.results.count == upper.results.count
        && zip(upper.parameters, lower.parameters).allSatisfy { types.matches($0, $1) }
        && zip(lower.results, upper.results).allSatisfy { types.matches($0, $1) }
    case (.structure(let lower), .structure(let upper)):
      fits = lower.count >= upper.count && zip(lower, upper).allSatisfy { matches($0, $1) }
    case (.array(let lower), .array(let upper)): fits = matches(lower, upper)
    default: break
    }
    if supertype.isFinal || !fits {
      throw invalid("sub type does not match super type \(id)" + (supertype.isFinal ? ", which is final" : ""), at: offset)
    }
  }

  // MARK: Imports

  mutating func readImports() throws {
    let count = try reader.readCount(of: "imports", itemSize: 4)
    for _ in 0..<count {
      let moduleName = try reader.readName()
      let name = try reader.readName()
      let kindPosition = reader.position
      let kind = try reader.readByte()
      if name.utf8.isEmpty && (kind == 0x7f || kind == 0x7e) {
        try readCompactImports(moduleName, sharesType: kind == 0x7e)
      } else {
        try readImport(ImportName(module: moduleName, name: name), kind, at: kindPosition)
      }
    }
    importedFunctionCount = module.functions.count
  }

  /// The forms of the compact import section: many fields of one module, each with its type or all with one.
  private mutating func readCompactImports(_ moduleName: Name, sharesType: Bool) throws {
    use(.compactImports)
    if sharesType {
      let typeStart = reader.position
      _ = try readExternType()
      let count = try reader.readCount(of: "imports")
      for _ in 0..<count {
        let name = try reader.readName()
        let next = reader.position
        reader.position = typeStart
        let kindPosition = reader.position
        try readImport(ImportName(module: moduleName, name: name), try reader.readByte(), at: kindPosition)
        reader.position = next
      }
      return
    }
    let count = try reader.readCount(of: "imports", itemSize: 3)
    for _ in 0..<count {
      let name = try reader.readName()
      let kindPosition = reader.position
      try readImport(ImportName(module: moduleName, name: name), try reader.readByte(), at: kindPosition)
    }
  }

  /// Skips an import's kind and type.
  private mutating func readExternType() throws {
    let kindPosition = reader.position
    let kind = try reader.readByte()
    let saved = module
    try readImport(ImportName(module: "", name: ""), kind, at: kindPosition)
    module = saved
  }

  private mutating func readImport(_ name: ImportName, _ kind: UInt8, at kindPosition: Int) throws {
    switch kind {
    case 0:
      let type = try readFunctionTypeID()
      module.imports.append(.function(module.functions.append(Function(type: type, importName: name))))
    case 1:
      let element = try readReferenceType()
      let limits = try readLimits(ofMemory: false)
      module.imports.append(
        .table(module.tables.append(Table(element: element, limits: limits, importName: name))))
      noteTables()
    case 2:
      let limits = try readLimits(ofMemory: true)
      module.imports.append(.memory(module.memories.append(Memory(limits: limits, importName: name))))
      noteMemories()
    case 3:
      let type = try readValueType()
      let isMutable = try reader.readMutability()
      if isMutable { use(.mutableGlobals) }
      append(Global(type: type, isMutable: isMutable, importName: name))
      module.imports.append(.global(GlobalID(module.globals.count - 1)))
    case 4:
      module.imports.append(.tag(module.tags.append(Tag(type: try readTagType(), importName: name))))
    default:
      if kind == 0x20 {
        throw reader.error(
          "exact function imports belong to the proposal custom-descriptors, which is not supported",
          at: kindPosition, kind: .unsupported)
      }
      throw reader.error("malformed import kind 0x\(String(kind, radix: 16))", at: kindPosition)
    }
  }

  private mutating func readTagType() throws -> TypeID {
    let start = reader.position
    guard try reader.readByte() == 0 else { throw reader.error("malformed tag attribute", at: start) }
    let place = reader.position
    let type = try readFunctionTypeID()
    use(.exceptionHandling)
    if module.types[type].function?.results.isEmpty == false {
      throw invalid("non-empty tag result type", at: place)
    }
    return type
  }

  mutating func noteTables() {
    if module.tables.count > 1 { use(.referenceTypes) }
  }

  private mutating func noteMemories() {
    if module.memories.count > 1 { use(.multimemory) }
  }

  // MARK: Functions, memories, tags, start, exports

  mutating func readFunctions() throws {
    let count = try reader.readCount(of: "functions")
    module.functions.values.reserveCapacity(module.functions.count + count)
    for _ in 0..<count { module.functions.append(Function(type: try readFunctionTypeID())) }
  }

  mutating func readMemories() throws {
    let count = try reader.readCount(of: "memories", itemSize: 2)
    for _ in 0..<count { module.memories.append(Memory(limits: try readLimits(ofMemory: true))) }
    noteMemories()
  }

  mutating func readTags() throws {
    let count = try reader.readCount(of: "tags", itemSize: 2)
    for _ in 0..<count { module.tags.append(Tag(type: try readTagType())) }
  }

  mutating func readStart() throws {
    let start = reader.position
    let function = try readFunctionID()
    guard module.types[module.functions[function].type].function == FunctionType() else {
      throw invalid("start function: it must take nothing and return nothing", at: start)
    }
    module.start = function
  }

  mutating func readExports() throws {
    let count = try reader.readCount(of: "exports", itemSize: 3)
    var names = Set<Name>(minimumCapacity: count)
    for _ in 0..<count {
      let start = reader.position
      let name = try reader.readName()
      guard names.insert(name).inserted else { throw invalid("duplicate export name \"\(name)\"", at: start) }
      let kindPosition = reader.position
      let kind = try reader.readByte()
      let indexPosition = reader.position
      let index = try reader.readU32()
      let item: ItemID
      let limit: Int
      switch kind {
      case 0: (item, limit) = (.function(FunctionID(rawValue: index)), module.functions.count)
      case 1: (item, limit) = (.table(TableID(rawValue: index)), module.tables.count)
      case 2: (item, limit) = (.memory(MemoryID(rawValue: index)), module.memories.count)
      case 3: (item, limit) = (.global(GlobalID(rawValue: index)), module.globals.count)
      case 4: (item, limit) = (.tag(TagID(rawValue: index)), module.tags.count)
      default: throw reader.error("malformed export kind 0x\(String(kind, radix: 16))", at: kindPosition)
      }
      guard Int(index) < limit else {
        let kindName = ["function", "table", "memory", "global", "tag"][Int(kind)]
        throw invalid("unknown \(kindName) \(index) is exported as \"\(name)\"", at: indexPosition)
      }
      if kind == 3 && module.globals[GlobalID(rawValue: index)].isMutable { use(.mutableGlobals) }
      module.exports.append(Export(name: name, item: item))
    }
  }
}

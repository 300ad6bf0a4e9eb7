import IR
import Support

// The sections that hold expressions, code and data (specification 5.5.7 to 5.5.14).

extension ModuleReader {
  mutating func readTables() throws {
    let count = try reader.readCount(of: "tables", itemSize: 3)
    for _ in 0..<count {
      let start = reader.position
      let hasInitializer = reader.peekByte() == 0x40
      if hasInitializer {
        reader.position += 1
        guard try reader.readByte() == 0 else { throw reader.error("zero byte expected", at: start + 1) }
        use(.gc)
      }
      let element = try readReferenceType()
      let limits = try readLimits(ofMemory: false)
      guard hasInitializer || element.isNullable else {
        throw invalid("type mismatch: a table of non-nullable references needs an initializer", at: start)
      }
      let initializer = hasInitializer ? try readConstant(element) : nil
      module.tables.append(Table(element: element, limits: limits, initializer: initializer))
    }
    noteTables()
  }

  mutating func readGlobals() throws {
    let count = try reader.readCount(of: "globals", itemSize: 4)
    for _ in 0..<count {
      let type = try readValueType()
      let isMutable = try reader.readMutability()
      let initializer = try readConstant(type)
      append(Global(type: type, isMutable: isMutable, initializer: initializer))
    }
  }

  // MARK: Element segments

  mutating func readElements() throws {
    let count = try reader.readCount(of: "element segments", itemSize: 2)
    for _ in 0..<count {
      let start = reader.position
      let flags = try reader.readU32()
      guard flags < 8 else { throw reader.error("malformed elements segment kind", at: start) }
      if flags != 0 { use(.bulkMemory) }
      if flags & 3 == 3 || flags & 4 != 0 { use(.referenceTypes) }
      try readElement(flags, at: start)
    }
  }

  private mutating func readElement(_ flags: UInt32, at start: Int) throws {
    var mode = ElementSegment.Mode.passive
    var tableElement: ValueType?
    if flags & 1 == 0 {
      let tableIndex = flags & 2 != 0 ? try reader.readU32() : 0
      guard tableIndex < UInt32(module.tables.count) else { throw invalid("unknown table \(tableIndex)", at: start) }
      let table = TableID(rawValue: tableIndex)
      let limits = module.tables[table].limits
      mode = .active(table, offset: try readConstant(limits.addressType))
      tableElement = module.tables[table].element
    } else if flags & 2 != 0 {
      mode = .declarative
    }
    var type = ValueType.reference(to: .func, isNullable: false)
    var items = ElementSegment.Items.functions([])
    if flags & 4 == 0 {
      if flags & 3 != 0 {
        guard try reader.readByte() == 0 else {
          throw reader.error("malformed element kind", at: reader.position - 1)
        }
      }
      items = .functions(try readFunctionItems())
    } else {
      type = flags & 3 != 0 ? try readReferenceType() : .funcref
      items = .expressions(try readExpressionItems(type))
    }
    if let tableElement, !module.types.matches(type, tableElement) {
      throw invalid("type mismatch: the items of the segment do not fit the table", at: start)
    }
    module.elements.append(ElementSegment(mode: mode, type: type, items: items))
  }

  private mutating func readFunctionItems() throws -> [FunctionID] {
    let count = try reader.readCount(of: "functions of an element segment")
    var functions: [FunctionID] = []
    functions.reserveCapacity(count)
    for _ in 0..<count { functions.append(try readFunctionID()) }
    return functions
  }

  private mutating func readExpressionItems(_ type: ValueType) throws -> [ConstExpression] {
    let count = try reader.readCount(of: "items of an element segment", itemSize: 2)
    var expressions: [ConstExpression] = []
    expressions.reserveCapacity(count)
    for _ in 0..<count { expressions.append(try readConstant(type)) }
    return expressions
  }

  // MARK: Code

  mutating func readCode(_ contents: Range<Int>) throws {
    hasCode = true
    let start = reader.position
    let count = Int(try reader.readU32())
    let definedCount = module.functions.count - importedFunctionCount
    guard count == definedCount else {
      throw reader.error(
        "function and code section have inconsistent lengths: \(definedCount) and \(count)", at: start)
    }
    for index in importedFunctionCount..<module.functions.count {
      let place = reader.position
      let size = Int(try reader.readU32())
      guard size <= reader.remaining else {
        throw reader.error("unexpected end: a body of \(size) bytes goes beyond the section", at: place)
      }
      let offset = contents.lowerBound + reader.position
      try reader.skip(size)
      module.functions[FunctionID(index)].code = Code(
        bytes: bytes[offset..<offset + size], fileOffset: offset)
    }
  }

  // MARK: Data

  mutating func readDatas(_ contents: Range<Int>) throws {
    let count = try reader.readCount(of: "data segments", itemSize: 2)
    for _ in 0..<count {
      let start = reader.position
      let flags = try reader.readU32()
      var mode = DataSegment.Mode.passive
      switch flags {
      case 0, 2:
        let index = flags == 2 ? try reader.readU32() : 0
        guard index < UInt32(module.memories.count) else { throw invalid("unknown memory \(index)", at: start) }
        let memory = MemoryID(rawValue: index)
        mode = .active(memory, offset: try readConstant(module.memories[memory].limits.addressType))
      case 1: use(.bulkMemory)
      default: throw reader.error("malformed data segment kind \(flags)", at: start)
      }
      let size = try reader.readCount(of: "bytes")
      let offset = contents.lowerBound + reader.position
      try reader.skip(size)
      module.datas.append(DataSegment(mode: mode, bytes: bytes[offset..<offset + size]))
    }
  }

  // MARK: Custom sections

  mutating func readCustomSection(_ contents: Range<Int>, after last: SectionID?) throws {
    var section = ByteReader(
      borrowing: reader.buffer(contents), origin: contents.lowerBound, section: "custom")
    let name = try section.readName()
    let payload = bytes[contents.lowerBound + section.position..<contents.upperBound]
    let text = name.description
    if text == "linking" || text.hasPrefix("reloc.") {
      throw reader.error(
        "this is an object file (it has a \(text) section): link it before optimizing it", at: contents.lowerBound,
        kind: .unsupported)
    }
    switch text {
    case "name": nameSection = nameSection ?? payload
    case "metadata.code.branch_hint": branchHintSection = branchHintSection ?? payload
    default:
      if text == "target_features" { readTargetFeatures(payload) }
      module.customSections.append(CustomSection(name: name, bytes: payload, place: last))
    }
  }

  /// A malformed section declares nothing.
  private mutating func readTargetFeatures(_ payload: Bytes) {
    payload.withUnsafeBytes { buffer in
      var reader = ByteReader(borrowing: buffer)
      guard let count = try? reader.readCount(of: "features", itemSize: 2) else { return }
      for _ in 0..<count {
        guard let prefix = try? reader.readByte(), let name = try? reader.readName() else { return }
        guard prefix != UInt8(ascii: "-") else { continue }
        if let known = FeatureSet.names.first(where: { $0.section == name.description }) {
          module.declaredFeatures.formUnion(known.feature)
        }
      }
    }
  }

  /// A malformed section hints nothing.
  mutating func attachBranchHints(from payload: Bytes) {
    payload.withUnsafeBytes { buffer in
      var reader = ByteReader(borrowing: buffer)
      guard let functionCount = try? reader.readCount(of: "functions", itemSize: 2) else { return }
      for _ in 0..<functionCount {
        guard let index = try? reader.readU32(), let count = try? reader.readCount(of: "hints", itemSize: 3) else {
          return
        }
        var hints: [BranchHint] = []
        for _ in 0..<count {
          guard let offset = try? reader.readU32(), let size = try? reader.readU32(), size == 1,
            let value = try? reader.readByte(), value <= 1, offset > hints.last?.offset ?? 0
          else { return }
          hints.append(BranchHint(offset: offset, isLikely: value == 1))
        }
        guard index < UInt32(module.functions.count) else { return }
        module.functions[FunctionID(rawValue: index)].code?.branchHints = hints
      }
    }
  }
}

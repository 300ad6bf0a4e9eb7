import IR
import Support

package struct ReaderOptions: Sendable {
  /// Whether `Module.names` is filled from the name section; else the section stays unread.
  package var readsNames = true
  /// Whether comments of a text that tell source positions are heeded.
  package var readsPositions = true

  package init() {}
}

/// Reads a module in binary form: declarations decoded and validated, bodies left as slices of the input for the first
/// stage of the runner to validate (specification 5.5).
package struct ModuleReader: ~Copyable {
  var reader: ByteReader
  let bytes: Bytes
  let options: ReaderOptions
  var module = Module()
  /// Serves all constant expressions: what they can name, but for globals, is known before the first.
  var constantDecoder: ConstantDecoder?
  var body = Body()
  var encoder = BodyEncoder()
  var importedFunctionCount = 0
  var dataCount: Int?
  var hasCode = false
  var nameSection: Bytes?
  var branchHintSection: Bytes?

  /// - Throws: `WasmError`: malformed, invalid or unsupported, with the offset.
  package static func read(_ bytes: Bytes, options: ReaderOptions = ReaderOptions()) throws -> Module {
    try bytes.withUnsafeBytes { buffer in
      var reader = ModuleReader(bytes, buffer, options)
      return try reader.readModule()
    }
  }

  private init(_ bytes: Bytes, _ buffer: UnsafeBufferPointer<UInt8>, _ options: ReaderOptions) {
    self.bytes = bytes
    self.options = options
    reader = ByteReader(borrowing: buffer)
  }

  private mutating func readModule() throws -> Module {
    try readPreamble()
    var last: SectionID?
    while !reader.isAtEnd {
      let start = reader.position
      let code = try reader.readByte()
      let size = Int(try reader.readU32())
      guard size <= reader.remaining else {
        throw reader.error("unexpected end: a section of \(size) bytes goes beyond the file", at: start)
      }
      let contents = reader.position..<reader.position + size
      if code == 0 {
        try readCustomSection(contents, after: last)
      } else {
        guard let section = SectionID(code: code) else {
          throw reader.error("malformed section id \(code)", at: start)
        }
        if let last, section <= last {
          throw reader.error("unexpected content after last section: \(section.name) section after \(last.name)", at: start)
        }
        last = section
        try readSection(section, contents)
      }
      reader.position = contents.upperBound
    }
    try finish()
    return module
  }

  private mutating func readPreamble() throws {
    let magic: [UInt8] = [0x00, 0x61, 0x73, 0x6d]
    for expected in magic {
      guard reader.peekByte() == expected else {
        throw reader.error("magic header not detected: not a WebAssembly binary", at: 0)
      }
      reader.position += 1
    }
    let version = try reader.readLittleEndian(byteCount: 4)
    if version == 1 { return }
    if version == 0x1_000d {
      throw reader.error(
        "this is a component, not a core module; optimize the modules inside it", at: 4, kind: .unsupported)
    }
    throw reader.error("unknown binary version \(version)", at: 4)
  }

  private mutating func readSection(_ section: SectionID, _ contents: Range<Int>) throws {
    let outer = reader
    // The section's own reader ends where the section does.
    reader = ByteReader(
      borrowing: outer.buffer(contents), origin: contents.lowerBound, section: section.name)
    switch section {
    case .type: try readTypes()
    case .import: try readImports()
    case .function: try readFunctions()
    case .table: try readTables()
    case .memory: try readMemories()
    case .tag: try readTags()
    case .global: try readGlobals()
    case .export: try readExports()
    case .start: try readStart()
    case .element: try readElements()
    case .dataCount: dataCount = Int(try reader.readU32())
    case .code: try readCode(contents)
    case .data: try readDatas(contents)
    }
    guard reader.isAtEnd else {
      throw reader.error("section size mismatch: \(reader.remaining) bytes are left in the section")
    }
    reader = outer
  }

  private mutating func finish() throws {
    let definedCount = module.functions.count - importedFunctionCount
    if !hasCode && definedCount > 0 {
      throw reader.error("function and code section have inconsistent lengths: \(definedCount) and 0")
    }
    if let dataCount, dataCount != module.datas.count {
      throw reader.error(
        "data count and data section have inconsistent lengths: \(dataCount) and \(module.datas.count)")
    }
    module.hasDataCount = dataCount != nil
    try module.updateReferencedFunctions()
    if let branchHintSection { attachBranchHints(from: branchHintSection) }
    if let nameSection, options.readsNames { module.names = NameSection.read(nameSection, for: module) }
  }

  // MARK: Shared parts

  mutating func readLimits(ofMemory isMemory: Bool) throws -> Limits {
    let start = reader.position
    let flags = try reader.readByte()
    guard flags & ~(isMemory ? 0x0f : 0x07) == 0 else {
      throw reader.error(flags > 0x0f ? "malformed limits flags" : "integer too large", at: start)
    }
    if !isMemory && flags & 2 != 0 { throw reader.error("malformed limits flags: tables can't be shared", at: start) }
    let is64 = flags & 4 != 0
    var limits = Limits(minimum: try readLimit(is64), isShared: flags & 2 != 0, is64: is64)
    if flags & 1 != 0 { limits.maximum = try readLimit(is64) }
    if flags & 2 != 0 { use(.threads) }
    if is64 { use(.memory64) }
    if flags & 8 != 0 {
      let place = reader.position
      let pageSize = try reader.readU32()
      guard pageSize == 0 || pageSize == 16 else { throw invalid("invalid custom page size", at: place) }
      limits.pageSizeLog2 = UInt8(pageSize)
      if pageSize != 16 { use(.customPageSizes) }
    }
    try check(limits, isMemory: isMemory, at: start)
    return limits
  }

  private mutating func readLimit(_ is64: Bool) throws -> UInt64 {
    is64 ? try reader.readU64() : UInt64(try reader.readU32())
  }

  private func check(_ limits: Limits, isMemory: Bool, at start: Int) throws {
    if limits.isShared && limits.maximum == nil {
      throw invalid("shared memory must have maximum", at: start)
    }
    if let maximum = limits.maximum, maximum < limits.minimum {
      throw invalid("size minimum must not be greater than maximum", at: start)
    }
    guard isMemory else { return }
    let addressBits: UInt64 = limits.is64 ? 64 : 32
    let pageBits = addressBits - UInt64(limits.pageSizeLog2)
    let mostPages = pageBits == 64 ? UInt64.max : 1 << pageBits
    if limits.minimum > mostPages || limits.maximum ?? 0 > mostPages {
      throw invalid("memory size must be at most \(mostPages) pages", at: start)
    }
  }

  mutating func readValueType() throws -> ValueType {
    let type = try reader.readValueType(typeCount: module.types.count)
    use(type.features)
    return type
  }

  mutating func readReferenceType() throws -> ValueType {
    let type = try reader.readReferenceType(typeCount: module.types.count)
    use(type.features)
    return type
  }

  mutating func readFunctionTypeID() throws -> TypeID {
    let start = reader.position
    let index = try reader.readU32()
    guard index < UInt32(module.types.count) else { throw invalid("unknown type \(index)", at: start) }
    let type = TypeID(rawValue: index)
    guard module.types[type].function != nil else {
      throw invalid("type mismatch: type \(index) is not a function type", at: start)
    }
    return type
  }

  mutating func readFunctionID() throws -> FunctionID {
    let start = reader.position
    let index = try reader.readU32()
    guard index < UInt32(module.functions.count) else { throw invalid("unknown function \(index)", at: start) }
    return FunctionID(rawValue: index)
  }

  mutating func use(_ features: FeatureSet) { module.usedFeatures.formUnion(features) }

  func invalid(_ message: String, at position: Int) -> WasmError {
    reader.error(message, at: position, kind: .invalid)
  }

  // MARK: Constant expressions

  /// Reads and checks a constant expression, and puts it to rest.
  mutating func readConstant(_ type: ValueType) throws -> ConstExpression {
    let constants = constantDecoder ?? ConstantDecoder(Declarations(of: module))
    constantDecoder = constants
    try constants.decoder.decodeConstant(from: &reader, expecting: type, into: &body)
    use(constants.decoder.usedFeatures)
    var isExtended = false
    body.forEachNode { if case .binary = body[$0] { isExtended = true } }
    if isExtended { use(.extendedConst) }
    return encoder.encodeConstant(body)
  }

  /// Makes a global known to the constant expressions after it.
  mutating func append(_ global: Global) {
    module.globals.append(global)
    constantDecoder?.decoder.globals.append(Declarations.GlobalDeclaration(global))
  }
}

/// A place for a decoder that is made when the first constant expression comes.
final class ConstantDecoder {
  var decoder: BodyDecoder

  init(_ declarations: Declarations) { decoder = BodyDecoder(declarations: declarations) }
}

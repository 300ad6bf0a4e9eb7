import IR
import Support

package struct WriterOptions: Sendable {
  /// Whether the name section is written.
  package var keepsNames = false
  /// What the section `sourceMappingURL` says; nil for no such section.
  package var sourceMapURL: String?

  package init() {}
}

/// Writes a module in binary form: deterministic, every number in its smallest form (specification 5.5).
package struct ModuleWriter: ~Copyable {
  /// Takes the output, part by part.
  package typealias Sink = (UnsafeBufferPointer<UInt8>) throws -> Void

  let module: Module
  let indices: IndexAssignment
  var rewriter: BodyRewriter
  let options: WriterOptions
  let sink: Sink
  /// The section being written.
  var contents = Column<UInt8>()
  /// Bytes that the sink has taken.
  var written = 0
  /// Collects where the code comes from, if a source map is wanted.
  var mappings: MappingWriter?

  /// - Throws: what `sink` throws, and `WasmError` for bodies that can't be read (only without validation).
  package static func write(
    _ module: consuming Module, options: WriterOptions = WriterOptions(), workers: WorkerPool, to sink: Sink
  ) throws {
    _ = try write(module, options: options, workers: workers, sourceMap: nil, to: sink)
  }

  /// Writes the module and returns a source map of what has been written: JSON, with all that the map of the input says
  /// of sources, and no mappings if there was none.
  package static func writeMakingSourceMap(
    _ module: consuming Module, options: WriterOptions = WriterOptions(), workers: WorkerPool, to sink: Sink
  ) throws -> Bytes {
    let map = module.sourceMap ?? SourceMap()
    return try write(module, options: options, workers: workers, sourceMap: map, to: sink)!
  }

  private static func write(
    _ module: consuming Module, options: WriterOptions, workers: WorkerPool, sourceMap: SourceMap?, to sink: Sink
  ) throws -> Bytes? {
    var module = module
    try module.encodeCode(workers)
    try module.nameTupleTypes()
    let indices = IndexAssignment(of: module)
    try module.mapCode(to: indices, workers)
    return try withoutActuallyEscaping(sink) { sink in
      let rewriter = BodyRewriter(map: indices.map)
      var writer = ModuleWriter(
        module: module, indices: indices, rewriter: rewriter, options: options, sink: sink)
      if let sourceMap { writer.mappings = MappingWriter(sourceMap) }
      try writer.write(workers)
      return writer.mappings?.finish()
    }
  }

  /// The whole output at once.
  package static func bytes(
    of module: consuming Module, options: WriterOptions = WriterOptions(), workers: WorkerPool
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try write(module, options: options, workers: workers) { bytes.append(contentsOf: $0) }
    return bytes
  }

  private mutating func write(_ workers: WorkerPool) throws {
    for byte: UInt8 in [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] { contents.append(byte) }
    try flush()
    try writeCustomSections(after: nil)
    for section in SectionID.allCases {
      try writeSection(section, workers)
      if section == namesPlace { try writeNames() }
      try writeCustomSections(after: section)
      // Behind the others: what stands before the code is read as standing behind the last section that there was.
      if section == .dataCount { try writeBranchHints() }
    }
    if namesPlace == nil { try writeNames() }
    try writeSourceMapURL()
  }

  private mutating func writeSection(_ section: SectionID, _ workers: WorkerPool) throws {
    switch section {
    case .type: writeTypes()
    case .import: writeImports()
    case .function: writeFunctions()
    case .table: try writeTables()
    case .memory: writeMemories()
    case .tag: writeTags()
    case .global: try writeGlobals()
    case .export: writeExports()
    case .start: if let start = module.start { contents.appendUnsigned(indices.functions[start.index]) }
    case .element: try writeElements()
    case .dataCount:
      if module.hasDataCount, !indices.keptDatas.isEmpty, try module.namesDataSegments(workers) {
        contents.appendUnsigned(indices.keptDatas.count)
      }
    case .code: return try writeCode()
    case .data: return try writeDatas()
    }
    if !contents.isEmpty { try finishSection(section.code) }
  }

  // MARK: Output

  /// Hands `contents` to the sink, as a section.
  mutating func finishSection(_ code: UInt8) throws {
    try writeSectionHeader(code, size: contents.count)
    try flush()
  }

  mutating func writeSectionHeader(_ code: UInt8, size: Int) throws {
    var header = Column<UInt8>()
    header.append(code)
    header.appendUnsigned(size)
    written += header.count
    try header.withUnsafeBuffer(sink)
  }

  mutating func flush() throws {
    written += contents.count
    try contents.withUnsafeBuffer(sink)
    contents.removeAll()
  }

  /// Hands over what has piled up, now and then.
  mutating func flushIfLarge() throws {
    if contents.count >= 1 << 20 { try flush() }
  }

  // MARK: Custom sections

  private mutating func writeCustomSections(after place: SectionID?) throws {
    for section in module.customSections where section.place == place && section.isStillTrue {
      contents.append(section.name)
      contents.append(section.bytes)
      try finishSection(0)
    }
  }

  /// The section behind which the names come: the last that is written. Custom sections that were behind another one,
  /// which is empty now, follow them, and do so again when they are read as following that last one. Nil if there is
  /// neither code nor data: names come last of all then.
  private var namesPlace: SectionID? {
    if !indices.keptDatas.isEmpty { return .data }
    return indices.definedFunctions.isEmpty ? nil : .code
  }

  private mutating func writeNames() throws {
    guard options.keepsNames else { return }
    guard let names = NameSection.contents(module.names, indices) else { return }
    contents.append("name" as Name)
    names.withUnsafeBuffer { contents.append(contentsOf: $0) }
    try finishSection(0)
  }

  private mutating func writeSourceMapURL() throws {
    guard let url = options.sourceMapURL else { return }
    contents.append("sourceMappingURL" as Name)
    contents.appendUnsigned(url.utf8.count)
    for byte in url.utf8 { contents.append(byte) }
    try finishSection(0)
  }

  private mutating func writeBranchHints() throws {
    let hinted = indices.definedFunctions.filter { module.functions[$0].code?.branchHints.isEmpty == false }
    guard !hinted.isEmpty else { return }
    contents.append("metadata.code.branch_hint" as Name)
    contents.appendUnsigned(hinted.count)
    for id in hinted {
      let hints = module.functions[id].code!.branchHints
      contents.appendUnsigned(indices.functions[id.index])
      contents.appendUnsigned(hints.count)
      for hint in hints {
        contents.appendUnsigned(hint.offset)
        contents.append(1)
        contents.append(hint.isLikely ? 1 : 0)
      }
    }
    try finishSection(0)
  }
}

extension CustomSection {
  /// Whether the section still holds after the code has moved: those that give positions in the code do not.
  package var isStillTrue: Bool {
    let name = name.description
    return !(name.hasPrefix(".debug_") || name.hasPrefix("metadata.code.") || name.hasPrefix("binaryen.")
      || name == "sourceMappingURL" || name == "external_debug_info")
  }
}

extension Module {
  /// Puts bodies that are as they were read into their smallest form. The runner has done that to all bodies that it
  /// validated.
  fileprivate mutating func encodeCode(_ workers: WorkerPool) throws {
    let pending = functions.ids.filter { [functions] id in
      guard !functions[id].isRemoved, let code = functions[id].code else { return false }
      return !code.isCanonical
    }
    guard !pending.isEmpty else { return }
    let declarations = try makeDeclarations()
    let codecs = (0..<workers.count).map { _ in BodyCodec(declarations) }
    let originals = self.functions
    let codes = try workers.map(pending.map(\.index)) { worker, index in
      try codecs[worker].encode(originals[FunctionID(index)])
    }
    for (position, id) in pending.enumerated() { self.functions[id].code = codes[position] }
  }

  /// Gives the references in bodies their final indices, and names to the block types that they spell out.
  fileprivate mutating func mapCode(to indices: IndexAssignment, _ workers: WorkerPool) throws {
    let map = indices.map
    let pending = indices.definedFunctions.filter {
      !map.changed.isEmpty || self.functions[$0].code?.hasTupleTypes == true
    }
    guard !pending.isEmpty else { return }
    let types = self.types
    let functions = self.functions
    let codes = try workers.map(pending.map(\.index)) { _, index in
      var rewriter = BodyRewriter(map: map) { results in
        guard let type = types.plainFunctionType(FunctionType(results: results)) else {
          throw WasmError(.internalError, "a block type has no name")
        }
        return indices.types[type.index]
      }
      return try rewriter.rewrite(functions[FunctionID(index)].code!)
    }
    for (position, id) in pending.enumerated() { self.functions[id].code = codes[position] }
  }

  /// Whether a body refers to a data segment, so that the data count section is needed.
  fileprivate func namesDataSegments(_ workers: WorkerPool) throws -> Bool {
    for function in functions.values where !function.isRemoved {
      guard let code = function.code else { continue }
      var found = false
      try code.forEachReference(of: .data) { _ in found = true }
      if found { return true }
    }
    return false
  }
}

/// What one worker needs to bring bodies into their smallest form.
private final class BodyCodec: @unchecked Sendable {
  // Unchecked: each worker has its own.
  private var decoder: BodyDecoder
  private var encoder = BodyEncoder()
  private var body = Body()

  init(_ declarations: Declarations) { decoder = BodyDecoder(declarations: declarations) }

  func encode(_ function: Function) throws -> Code {
    try decoder.decode(function.code!, type: function.type, into: &body, validating: false)
    return encoder.encode(&body)
  }
}

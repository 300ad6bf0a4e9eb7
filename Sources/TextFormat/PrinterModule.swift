import BinaryFormat
import IR
import Support

/// Writes a module in the text format: folded, indented, with the names it has.
///
/// Standard WebAssembly text: parsing it and writing the result gives the bytes that writing the module gives, as far
/// as equal names of items don't force a suffix. Items without names stay without. Bodies are decoded a chunk at a
/// time, on all workers; the text does not depend on their number. Memory beside the module: a few megabytes per
/// worker, or the text of the largest function.
package enum ModulePrinter {
  /// Appends the text of `module` to `text`.
  package static func print(_ module: Module, workers: WorkerPool, to text: inout Column<UInt8>) throws {
    try print(module, workers: workers) { text.append(contentsOf: $0) }
  }

  /// Gives the text of `module` to `sink`, part by part.
  ///
  /// - Throws: what `sink` throws, and `WasmError` for a body that can't be decoded.
  package static func print(
    _ module: Module, workers: WorkerPool, to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    var module = module
    // What the writer would do: so that both forms have the same types.
    try module.nameTupleTypes()
    let declarations = try module.makeDeclarations()
    let identifiers = ModuleIdentifiers(of: module)
    var fields = DeclarationPrinter(module, identifiers, declarations)
    try printHead(&fields, of: module)
    try flush(&fields, to: sink)
    let functions = identifiers.functions.order.filter { module.functions[$0].code != nil }
    try printFunctions(functions, of: module, identifiers, declarations, workers: workers, to: sink)
    for id in identifiers.datas.order {
      try fields.beginData(id)
      try printStrings(module.datas[id].bytes, &fields, to: sink)
    }
    for section in module.customSections where section.isStillTrue {
      fields.beginCustomSection(section)
      try printStrings(section.bytes, &fields, to: sink)
    }
    fields.appendText(")\n")
    try flush(&fields, to: sink)
  }

  private static func printHead(_ fields: inout DeclarationPrinter, of module: Module) throws {
    fields.appendText("(module")
    if let name = module.names.module {
      fields.printer.text.append(0x20)
      if name.utf8.isEmpty {
        fields.appendText(#"(@name "")"#)
      } else {
        fields.printer.text.appendIdentifier(name)
      }
    }
    fields.appendTypes()
    fields.appendImports()
    try fields.appendTables()
    fields.appendMemories()
    fields.appendTags()
    try fields.appendGlobals()
    fields.appendExports()
    fields.appendStart()
    try fields.appendElements()
  }

  private static func flush(
    _ fields: inout DeclarationPrinter, to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    try fields.printer.text.withUnsafeBuffer { try sink($0) }
    fields.printer.text.removeAll()
  }

  /// Ends a field with `bytes` as strings.
  private static func printStrings(
    _ bytes: Bytes, _ fields: inout DeclarationPrinter, to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    let pieceSize = 1 << 16
    try bytes.withUnsafeBytes { buffer in
      for start in stride(from: 0, to: buffer.count, by: pieceSize) {
        let piece = UnsafeBufferPointer(rebasing: buffer[start..<min(start + pieceSize, buffer.count)])
        fields.printer.appendStrings(piece, isOnly: buffer.count == piece.count)
        try flush(&fields, to: sink)
      }
    }
    fields.appendText(")")
  }

  // MARK: Functions

  /// What one worker needs to print functions.
  private final class Worker: @unchecked Sendable {
    // Unchecked: used by one thread at a time.
    var decoder: BodyDecoder
    var body = Body()
    var printer: TextPrinter

    init(_ identifiers: ModuleIdentifiers, _ declarations: Declarations) {
      decoder = BodyDecoder(declarations: declarations)
      printer = TextPrinter(identifiers)
    }
  }

  /// The text of some functions in a row.
  private final class Chunk: @unchecked Sendable {
    // Unchecked: written by one thread, read when all have finished.
    var text = Column<UInt8>()
  }

  private static func printFunctions(
    _ functions: [FunctionID], of module: Module, _ identifiers: ModuleIdentifiers, _ declarations: Declarations,
    workers: WorkerPool, to sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    let chunks = makeChunks(functions, of: module)
    let states = (0..<workers.count).map { _ in Worker(identifiers, declarations) }
    let batchSize = workers.count == 1 ? 1 : 4 * workers.count
    for start in stride(from: 0, to: chunks.count, by: batchSize) {
      let batch = Array(chunks[start..<min(start + batchSize, chunks.count)])
      let outputs = batch.map { _ in Chunk() }
      try workers.forEach(Array(batch.indices)) { worker, index in
        try print(functions[batch[index]], of: module, with: states[worker], to: &outputs[index].text)
      }
      for output in outputs { try output.text.withUnsafeBuffer { try sink($0) } }
    }
  }

  /// Ranges of `functions` with about 64 KB of code each, which makes some 500 KB of text.
  private static func makeChunks(_ functions: [FunctionID], of module: Module) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var start = 0
    var size = 0
    for (position, id) in functions.enumerated() {
      size += module.functions[id].code?.bytes.count ?? 0
      if size >= 1 << 16 || position == functions.count - 1 {
        chunks.append(start..<position + 1)
        start = position + 1
        size = 0
      }
    }
    return chunks
  }

  private static func print(
    _ functions: ArraySlice<FunctionID>, of module: Module, with worker: Worker, to text: inout Column<UInt8>
  ) throws {
    swap(&worker.printer.text, &text)
    defer { swap(&worker.printer.text, &text) }
    for id in functions {
      guard let code = module.functions[id].code else { continue }
      let type = module.functions[id].type
      do {
        try worker.decoder.decode(
          code, type: type, into: &worker.body, validating: false, labelNames: module.names.labels[id] ?? [:])
      } catch var error as WasmError {
        error.function = error.function ?? module.describe(id)
        throw error
      }
      if let names = module.names.locals[id] { worker.body.localNames = names }
      worker.printer.text.appendNewline(indentation: 2)
      worker.printer.appendFunction(worker.body, id, type: type, indentation: 2)
    }
  }
}

extension TextPrinter {
  /// Appends bytes as string literals: one on this line if it is short and the only one, else one per line.
  mutating func appendStrings(_ bytes: UnsafeBufferPointer<UInt8>, isOnly: Bool) {
    var start = 0
    while start < bytes.count {
      var end = start
      var width = 0
      while end < bytes.count && width < TextPrinter.lineWidth {
        let byte = bytes[end]
        width += byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c ? 1 : 3
        end += 1
      }
      if isOnly && start == 0 && end == bytes.count {
        text.append(0x20)
      } else {
        text.appendNewline(indentation: 4)
      }
      text.appendQuoted(UnsafeBufferPointer(rebasing: bytes[start..<end]))
      start = end
    }
  }
}

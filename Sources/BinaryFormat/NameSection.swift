import IR
import Support

/// The `name` custom section (specification, appendix "Name Section", and the proposal for extended names).
package enum NameSection {
  private enum Subsection {
    static let module: UInt8 = 0
    static let function: UInt8 = 1
    static let local: UInt8 = 2
    static let label: UInt8 = 3
    static let type: UInt8 = 4
    static let table: UInt8 = 5
    static let memory: UInt8 = 6
    static let global: UInt8 = 7
    static let element: UInt8 = 8
    static let data: UInt8 = 9
    static let field: UInt8 = 10
    static let tag: UInt8 = 11
  }

  // MARK: Reading

  /// Reads what can be read; a malformed rest is ignored, as the section has no say in what the module means.
  package static func read(_ bytes: Bytes, for module: borrowing Module) -> ModuleNames {
    var names = ModuleNames()
    bytes.withUnsafeBytes { buffer in
      var reader = ByteReader(borrowing: buffer)
      while !reader.isAtEnd {
        guard let id = try? reader.readByte(), let size = try? reader.readCount(of: "bytes") else { return }
        let end = reader.position + size
        var contents = ByteReader(borrowing: reader.buffer(reader.position..<end))
        guard (try? readSubsection(id, &contents, into: &names)) != nil else { return }
        reader.position = end
      }
    }
    return names
  }

  private static func readSubsection(_ id: UInt8, _ reader: inout ByteReader, into names: inout ModuleNames) throws {
    switch id {
    case Subsection.module: names.module = try reader.readName()
    case Subsection.function: names.functions = try readMap(&reader)
    case Subsection.local: names.locals = try readIndirectMap(&reader) { LocalID(rawValue: $0) }
    case Subsection.label: names.labels = try readIndirectMap(&reader) { $0 }
    case Subsection.type: names.types = try readMap(&reader)
    case Subsection.table: names.tables = try readMap(&reader)
    case Subsection.memory: names.memories = try readMap(&reader)
    case Subsection.global: names.globals = try readMap(&reader)
    case Subsection.element: names.elements = try readMap(&reader)
    case Subsection.data: names.datas = try readMap(&reader)
    case Subsection.field: names.fields = try readIndirectMap(&reader) { $0 }
    case Subsection.tag: names.tags = try readMap(&reader)
    default: break
    }
  }

  private static func readMap<ID: EntityID>(_ reader: inout ByteReader) throws -> [ID: Name] {
    try readMap(&reader) { ID(rawValue: $0) }
  }

  private static func readMap<Key: Hashable>(_ reader: inout ByteReader, _ key: (UInt32) -> Key) throws -> [Key: Name] {
    let count = try reader.readCount(of: "names", itemSize: 2)
    var map = [Key: Name](minimumCapacity: count)
    for _ in 0..<count {
      let index = try reader.readU32()
      map[key(index)] = try reader.readName()
    }
    return map
  }

  private static func readIndirectMap<ID: EntityID, Key: Hashable>(
    _ reader: inout ByteReader, _ key: (UInt32) -> Key
  ) throws -> [ID: [Key: Name]] {
    let count = try reader.readCount(of: "names", itemSize: 2)
    var maps = [ID: [Key: Name]](minimumCapacity: count)
    for _ in 0..<count {
      let index = try reader.readU32()
      maps[ID(rawValue: index)] = try readMap(&reader, key)
    }
    return maps
  }

  // MARK: Writing

  /// The section's contents, by final index; nil if nothing that is written has a name.
  package static func contents(_ names: ModuleNames, _ indices: borrowing IndexAssignment) -> Column<UInt8>? {
    guard !names.isEmpty else { return nil }
    var output = Column<UInt8>()
    if let module = names.module {
      var contents = Column<UInt8>()
      contents.append(module)
      append(Subsection.module, contents, to: &output)
    }
    append(Subsection.function, names.functions, to: &output) { indices.functions[$0.index] }
    append(Subsection.local, names.locals, to: &output, outer: { indices.functions[$0.index] }, inner: { $0.rawValue })
    append(Subsection.label, names.labels, to: &output, outer: { indices.functions[$0.index] }, inner: { $0 })
    append(Subsection.type, names.types, to: &output) { indices.types[$0.index] }
    append(Subsection.table, names.tables, to: &output) { indices.tables[$0.index] }
    append(Subsection.memory, names.memories, to: &output) { indices.memories[$0.index] }
    append(Subsection.global, names.globals, to: &output) { indices.globals[$0.index] }
    append(Subsection.element, names.elements, to: &output) { indices.elements[$0.index] }
    append(Subsection.data, names.datas, to: &output) { indices.datas[$0.index] }
    append(Subsection.field, names.fields, to: &output, outer: { indices.types[$0.index] }, inner: { $0 })
    append(Subsection.tag, names.tags, to: &output) { indices.tags[$0.index] }
    if output.isEmpty { return nil }
    return output
  }

  private static func append(_ id: UInt8, _ contents: borrowing Column<UInt8>, to output: inout Column<UInt8>) {
    output.append(id)
    output.appendUnsigned(contents.count)
    contents.withUnsafeBuffer { output.append(contentsOf: $0) }
  }

  /// Appends the names of items that are written: those whose index is not `IndexAssignment.removed`.
  private static func append<Key>(
    _ id: UInt8, _ names: [Key: Name], to output: inout Column<UInt8>, _ index: (Key) -> UInt32
  ) {
    var contents = Column<UInt8>()
    if appendMap(names, to: &contents, index) { append(id, contents, to: &output) }
  }

  private static func append<Key, Inner>(
    _ id: UInt8, _ names: [Key: [Inner: Name]], to output: inout Column<UInt8>, outer: (Key) -> UInt32,
    inner: (Inner) -> UInt32
  ) {
    let written = names.filter { !$0.value.isEmpty }.map { (outer($0.key), $0.value) }
      .filter { $0.0 != IndexAssignment.removed }.sorted { $0.0 < $1.0 }
    guard !written.isEmpty else { return }
    var contents = Column<UInt8>()
    contents.appendUnsigned(written.count)
    for (index, map) in written {
      contents.appendUnsigned(index)
      _ = appendMap(map, to: &contents, inner)
    }
    append(id, contents, to: &output)
  }

  private static func appendMap<Key>(
    _ names: [Key: Name], to output: inout Column<UInt8>, _ index: (Key) -> UInt32
  ) -> Bool {
    let written = names.map { (index($0.key), $0.value) }.filter { $0.0 != IndexAssignment.removed }
      .sorted { $0.0 < $1.0 }
    guard !written.isEmpty else { return false }
    output.appendUnsigned(written.count)
    for (index, name) in written {
      output.appendUnsigned(index)
      output.append(name)
    }
    return true
  }
}

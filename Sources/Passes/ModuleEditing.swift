import BinaryFormat
import IR
import Support

// Edits of a module that several passes share.

extension Module {
  /// Marks the function removed and forgets its body and its names. Nothing may refer to it any more.
  mutating func remove(_ id: FunctionID) {
    functions[id].isRemoved = true
    functions[id].code = nil
    names.functions[id] = nil
    names.locals[id] = nil
    names.labels[id] = nil
  }

  mutating func remove(_ id: TableID) {
    tables[id].isRemoved = true
    names.tables[id] = nil
  }

  mutating func remove(_ id: MemoryID) {
    memories[id].isRemoved = true
    names.memories[id] = nil
  }

  mutating func remove(_ id: GlobalID) {
    globals[id].isRemoved = true
    names.globals[id] = nil
  }

  mutating func remove(_ id: TagID) {
    tags[id].isRemoved = true
    names.tags[id] = nil
  }

  mutating func remove(_ id: ElementID) {
    elements[id].isRemoved = true
    names.elements[id] = nil
  }

  mutating func remove(_ id: DataID) {
    datas[id].isRemoved = true
    names.datas[id] = nil
  }

  /// Marks the types removed; they must make up whole recursion groups.
  mutating func removeTypes(_ ids: [TypeID]) {
    for id in ids {
      removedTypes.insert(id)
      names.types[id] = nil
      names.fields[id] = nil
    }
  }

  func isRemoved(_ item: ItemID) -> Bool {
    switch item {
    case .function(let id): return functions[id].isRemoved
    case .table(let id): return tables[id].isRemoved
    case .memory(let id): return memories[id].isRemoved
    case .global(let id): return globals[id].isRemoved
    case .tag(let id): return tags[id].isRemoved
    }
  }

  /// Calls `visit` with each constant expression outside of bodies, to replace it if it has to.
  mutating func updateConstExpressions(_ visit: (inout ConstExpression) throws -> Void) rethrows {
    for id in tables.ids where tables[id].initializer != nil { try visit(&tables[id].initializer!) }
    for id in globals.ids where globals[id].initializer != nil { try visit(&globals[id].initializer!) }
    for id in elements.ids {
      if case .active(let table, var offset) = elements[id].mode {
        try visit(&offset)
        elements[id].mode = .active(table, offset: offset)
      }
      guard case .expressions(var items) = elements[id].items else { continue }
      for index in items.indices { try visit(&items[index]) }
      elements[id].items = .expressions(items)
    }
    for id in datas.ids {
      guard case .active(let memory, var offset) = datas[id].mode else { continue }
      try visit(&offset)
      datas[id].mode = .active(memory, offset: offset)
    }
  }
}

extension ConstExpression {
  /// The function, if the expression is `ref.func` alone.
  var function: FunctionID? {
    guard bytes.count >= 3, bytes[0] == 0xd2 else { return nil }
    return bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(borrowing: bytes)
      reader.position = 1
      guard let index = try? reader.readU32(), reader.remaining == 1 else { return nil }
      return FunctionID(rawValue: index)
    }
  }

  /// The value, if the expression is one `i32.const` or `i64.const`, as an address: unsigned.
  var address: UInt64? {
    guard bytes.count >= 3, bytes[0] == 0x41 || bytes[0] == 0x42 else { return nil }
    return bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(borrowing: bytes)
      reader.position = 1
      let value = bytes[0] == 0x41
        ? (try? reader.readS32()).map { UInt64(UInt32(bitPattern: $0)) } : (try? reader.readS64()).map(UInt64.init(bitPattern:))
      return reader.remaining == 1 ? value : nil
    }
  }
}

extension ElementSegment {
  var itemCount: Int {
    switch items {
    case .functions(let functions): return functions.count
    case .expressions(let expressions): return expressions.count
    }
  }

  /// The functions that the items name, with those named twice.
  var functions: [FunctionID] {
    switch items {
    case .functions(let functions): return functions
    case .expressions(let expressions): return expressions.compactMap(\.function)
    }
  }
}

extension Code {
  /// A body that traps at once.
  static let unreachable = Code(bytes: Bytes([0x00, 0x00, 0x0b]), isCanonical: true)
  /// A body that does nothing.
  static let empty = Code(bytes: Bytes([0x00, 0x0b]), isCanonical: true)
}

import Support

/// The names of a module, for its `name` section (specification 7.4.1 and the extended name section).
struct NameTables: ~Copyable {
  struct Entry: BitwiseCopyable {
    var space: IndexSpace
    var index: UInt32
    var symbol: UInt32
  }

  var module = Interner.none
  /// Names of what belongs to the module, in ascending order within each index space.
  private var entries = Column<Entry>()
  var locals = IndirectNames()
  var labels = IndirectNames()
  var fields = IndirectNames()

  mutating func append(_ symbol: UInt32, to space: IndexSpace, index: UInt32) {
    entries.append(Entry(space: space, index: index, symbol: symbol))
  }

  /// Appends the subsections that have something to say, in ascending order of their ids.
  func encode(_ symbols: borrowing Interner, into section: inout Column<UInt8>) {
    var contents = Column<UInt8>()
    if module != Interner.none {
      appendName(module, symbols, to: &contents)
      appendSubsection(0, &contents, to: &section)
    }
    encode(.function, 1, symbols, &contents, &section)
    locals.encode(into: &contents)
    appendSubsection(2, &contents, to: &section)
    labels.encode(into: &contents)
    appendSubsection(3, &contents, to: &section)
    let direct: [(IndexSpace, UInt8)] = [
      (.type, 4), (.table, 5), (.memory, 6), (.global, 7), (.element, 8), (.data, 9),
    ]
    for (space, id) in direct { encode(space, id, symbols, &contents, &section) }
    fields.encode(into: &contents)
    appendSubsection(10, &contents, to: &section)
    encode(.tag, 11, symbols, &contents, &section)
  }

  private func encode(
    _ space: IndexSpace, _ id: UInt8, _ symbols: borrowing Interner, _ contents: inout Column<UInt8>,
    _ section: inout Column<UInt8>
  ) {
    var count = 0
    for index in 0..<entries.count where entries[index].space == space { count += 1 }
    guard count > 0 else { return }
    contents.appendUnsigned(count)
    for index in 0..<entries.count where entries[index].space == space {
      contents.appendUnsigned(entries[index].index)
      appendName(entries[index].symbol, symbols, to: &contents)
    }
    appendSubsection(id, &contents, to: &section)
  }

  /// Appends a subsection unless it is empty, and empties `contents`.
  private func appendSubsection(_ id: UInt8, _ contents: inout Column<UInt8>, to section: inout Column<UInt8>) {
    guard !contents.isEmpty else { return }
    section.append(id)
    section.appendUnsigned(contents.count)
    contents.withUnsafeBuffer { section.append(contentsOf: $0) }
    contents.removeAll()
  }
}

private func appendName(_ symbol: UInt32, _ symbols: borrowing Interner, to column: inout Column<UInt8>) {
  symbols.withText(symbol) {
    column.appendUnsigned($0.count)
    column.append(contentsOf: $0)
  }
}

/// Names in two levels: by function or type, then by local, label or field. Both ascend.
struct IndirectNames: ~Copyable {
  private var groups = Column<UInt8>()
  private var groupCount = 0
  private var group: UInt32 = 0
  private var entries = Column<UInt8>()
  private var entryCount = 0

  /// What is appended from now on belongs to the function or type `index`.
  mutating func beginGroup(_ index: UInt32) {
    endGroup()
    group = index
  }

  mutating func append(_ index: UInt32, _ symbol: UInt32, _ symbols: borrowing Interner) {
    entries.appendUnsigned(index)
    appendName(symbol, symbols, to: &entries)
    entryCount += 1
  }

  private mutating func endGroup() {
    guard entryCount > 0 else { return }
    groupCount += 1
    groups.appendUnsigned(group)
    groups.appendUnsigned(entryCount)
    entries.withUnsafeBuffer { groups.append(contentsOf: $0) }
    entries.removeAll()
    entryCount = 0
  }

  /// Appends the contents of the subsection, if there is any; the last group must have been ended by `beginGroup`.
  func encode(into contents: inout Column<UInt8>) {
    precondition(entryCount == 0)
    guard groupCount > 0 else { return }
    contents.appendUnsigned(groupCount)
    groups.withUnsafeBuffer { contents.append(contentsOf: $0) }
  }
}

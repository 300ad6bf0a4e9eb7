import IR
import Support

// Tables, and the segments that fill tables and memories.

extension GeneratorState {
  // MARK: Tables

  mutating func declareTables() {
    if hasReferences || module.tables.isEmpty { declareTable(.funcref) }
    if hasReferences { for _ in 0..<random.below(4) { declareTable(randomReference()) } }
    steadyTables = module.tables.ids.filter { $0.index == 0 ? !random.oneIn(3) : random.oneIn(3) }
  }

  private mutating func declareTable(_ type: ValueType) {
    let is64 = features.contains(.memory64) && random.oneIn(4)
    let minimum = random.number(4...20)
    let maximum = random.oneIn(2) ? UInt64(minimum + random.below(20)) : nil
    let limits = Limits(minimum: UInt64(minimum), maximum: maximum, is64: is64)
    let initializer = !type.isNullable || hasGC && random.oneIn(4) ? constantExpression(type) : nil
    module.tables.append(Table(element: type, limits: limits, initializer: initializer))
  }

  // MARK: Element segments

  mutating func declareSegments() {
    for id in module.tables.ids { declareActiveElements(of: id) }
    if features.contains(.bulkMemory) { for _ in 0..<random.below(4) { declarePassiveElements() } }
    for id in module.memories.ids { declareActiveData(of: id) }
    if features.contains(.bulkMemory) {
      for _ in 0..<random.below(4) { module.datas.append(DataSegment(mode: .passive, bytes: randomData(below: 200))) }
    }
  }

  /// Segments that lie behind one another, so that what they leave in the table is known.
  private mutating func declareActiveElements(of id: TableID) {
    let table = module.tables[id]
    var position = random.below(3)
    let limit = Int(table.limits.minimum)
    for _ in 0..<random.number(1...3) {
      let count = random.number(0...min(6, limit - position))
      let offset = offsetExpression(position, table.limits.addressType)
      if table.element == .funcref && !random.oneIn(4) || !hasReferences {
        let functions = (0..<count).map { _ in randomFunction() }
        note(functions, in: id, at: position)
        module.elements.append(
          ElementSegment(
            mode: .active(id, offset: offset), type: .reference(to: .func, isNullable: false),
            items: .functions(functions)))
      } else {
        let type = table.element
        let items = (0..<count).map { _ in constantExpression(type) }
        module.elements.append(
          ElementSegment(mode: .active(id, offset: offset), type: type, items: .expressions(items)))
      }
      position += count
    }
  }

  private mutating func note(_ functions: [FunctionID], in table: TableID, at position: Int) {
    for (offset, function) in functions.enumerated() {
      tableEntries.append(TableEntry(table: table, index: position + offset, function: function))
    }
  }

  private mutating func declarePassiveElements() {
    let mode: ElementSegment.Mode = hasReferences && random.oneIn(5) ? .declarative : .passive
    let count = random.below(8)
    if !hasReferences || random.oneIn(2) {
      let functions = (0..<count).map { _ in randomFunction() }
      let type = ValueType.reference(to: .func, isNullable: false)
      module.elements.append(ElementSegment(mode: mode, type: type, items: .functions(functions)))
    } else {
      let type = random.oneIn(2) ? random.pick(module.tables.values).element : randomReference()
      let items = (0..<count).map { _ in constantExpression(type) }
      module.elements.append(ElementSegment(mode: mode, type: type, items: .expressions(items)))
    }
  }

  /// Not the last, `reset`: were it called from code, executions would not end.
  mutating func randomFunction() -> FunctionID { FunctionID(random.below(module.functions.count - 1)) }

  // MARK: Data segments

  private mutating func declareActiveData(of id: MemoryID) {
    let size = byteCount(of: id)
    for _ in 0..<random.below(4) {
      let bytes = randomData(below: min(size, 300) + 1)
      let position = random.below(min(size, 3000) - bytes.count + 1)
      let offset = offsetExpression(position, module.memories[id].limits.addressType)
      module.datas.append(DataSegment(mode: .active(id, offset: offset), bytes: bytes))
    }
  }

  /// Bytes at the start of a memory that are there from the beginning.
  func byteCount(of id: MemoryID) -> Int {
    let limits = module.memories[id].limits
    return Int(limits.minimum) << Int(limits.pageSizeLog2)
  }

  /// Random bytes with zeros in between.
  private mutating func randomData(below limit: Int) -> Bytes {
    var bytes: [UInt8] = []
    let count = random.oneIn(3) ? random.below(limit) : random.below(min(limit, 40))
    while bytes.count < count {
      let isZero = random.oneIn(3)
      for _ in 0..<min(random.number(1...30), count - bytes.count) {
        bytes.append(isZero ? 0 : UInt8(truncatingIfNeeded: random.next()))
      }
    }
    return Bytes(bytes)
  }
}

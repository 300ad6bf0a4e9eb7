import IR

// Instructions on tables and element segments.

extension GeneratorState {
  private mutating func pickTable(isWritten: Bool = false) -> TableID? {
    guard hasReferences && !module.tables.isEmpty else { return nil }
    let id = TableID(random.below(module.tables.count))
    return isWritten && steadyTables.contains(id) ? nil : id
  }

  private func addressType(of id: TableID) -> ValueType { module.tables[id].limits.addressType }

  private func place(in id: TableID) -> GeneratorOperand {
    .small(addressType(of: id), below: Int(module.tables[id].limits.minimum))
  }

  /// An instruction that gives an element of a table, which matches `type`.
  mutating func tableGetInstruction(_ type: ValueType) -> PlannedInstruction? {
    guard let id = pickTable(), module.types.matches(module.tables[id].element, type) else { return nil }
    return PlannedInstruction(.tableGet, [place(in: id)], [module.tables[id].element], immediates: [id.index])
  }

  mutating func tableSizeInstruction(_ type: ValueType) -> PlannedInstruction? {
    guard let id = pickTable(), addressType(of: id) == type else { return nil }
    if random.oneIn(2) || steadyTables.contains(id) {
      return PlannedInstruction(.tableSize, [], [type], immediates: [id.index])
    }
    return PlannedInstruction(
      .tableGrow, [.value(module.tables[id].element), .count(type, 0...2)], [type], immediates: [id.index])
  }

  /// An instruction that changes tables and gives nothing.
  mutating func tableInstruction() -> PlannedInstruction? {
    guard let id = pickTable(isWritten: true) else {
      if hasReferences && !module.elements.isEmpty && random.oneIn(6) {
        return PlannedInstruction(.elemDrop, [], immediates: [random.below(module.elements.count)])
      }
      return nil
    }
    let element = module.tables[id].element
    switch random.below(6) {
    case 0...1: return PlannedInstruction(.tableSet, [place(in: id), .value(element)], immediates: [id.index])
    case 2:
      return PlannedInstruction(
        .tableFill, [place(in: id), .value(element), .small(addressType(of: id), below: 3)], immediates: [id.index])
    case 3...4: return tableCopyInstruction(to: id)
    default: return tableInitInstruction(of: id)
    }
  }

  private mutating func tableCopyInstruction(to id: TableID) -> PlannedInstruction? {
    guard let source = pickTable(), module.types.matches(module.tables[source].element, module.tables[id].element)
    else { return nil }
    let is64 = addressType(of: id) == .i64 && addressType(of: source) == .i64
    return PlannedInstruction(
      .tableCopy, [place(in: id), place(in: source), .small(is64 ? .i64 : .i32, below: 3)],
      immediates: [id.index, source.index])
  }

  private mutating func tableInitInstruction(of id: TableID) -> PlannedInstruction? {
    guard let (element, position, count) = pickElementRange(matching: module.tables[id].element) else { return nil }
    let place = GeneratorOperand.small(addressType(of: id), below: 4)
    return PlannedInstruction(
      .tableInit, [place, .exactly(.i32, position), .exactly(.i32, min(count, 3))],
      immediates: [element.index, id.index])
  }

  /// An element segment, mostly a passive one, whose items match `type`, and a range of them.
  mutating func pickElementRange(matching type: ValueType) -> (ElementID, position: Int, count: Int)? {
    guard !module.elements.isEmpty else { return nil }
    let id = ElementID(random.below(module.elements.count))
    let segment = module.elements[id]
    guard module.types.matches(segment.type, type) else { return nil }
    guard case .passive = segment.mode else {
      // Dropped before anything runs.
      return random.oneIn(style.trapRate) ? (id, 0, 1) : (id, 0, 0)
    }
    let position = random.below(segment.items.count + 1)
    return (id, position, random.below(segment.items.count - position + 1))
  }
}

extension ElementSegment.Items {
  fileprivate var count: Int {
    switch self {
    case .functions(let functions): return functions.count
    case .expressions(let expressions): return expressions.count
    }
  }
}

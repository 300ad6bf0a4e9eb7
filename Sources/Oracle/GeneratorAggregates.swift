import IR

// Structures and arrays.

extension GeneratorState {
  /// A reference to a `type`, seldom null.
  private mutating func reference(_ type: TypeID) -> GeneratorOperand {
    .value(.reference(to: HeapType(type), isNullable: random.oneIn(style.trapRate)))
  }

  /// Arrays have at least four elements, nearly all of them.
  private var place: GeneratorOperand { .small(.i32, below: 3) }

  // MARK: Reading

  /// An instruction that gives a field or an element that matches `type`.
  mutating func aggregateReadInstruction(_ type: ValueType) -> PlannedInstruction? {
    let count = structures.count + arrays.count
    guard count > 0 else { return nil }
    let start = random.below(count)
    for offset in 0..<count {
      let position = (start + offset) % count
      let found =
        position < structures.count
        ? fieldRead(structures[position], type) : elementRead(arrays[position - structures.count], type)
      if let found { return found }
    }
    return nil
  }

  private mutating func fieldRead(_ id: TypeID, _ type: ValueType) -> PlannedInstruction? {
    let fields = module.types[id].fields ?? []
    let fitting = fields.indices.filter { module.types.matches(fields[$0].storage.unpacked, type) }
    guard !fitting.isEmpty else { return nil }
    let field = random.pick(fitting)
    let packed: Opcode = random.oneIn(2) ? .structGetS : .structGetU
    return PlannedInstruction(
      fields[field].storage.isPacked ? packed : .structGet, [reference(id)], [fields[field].storage.unpacked],
      immediates: [id.index, field])
  }

  private mutating func elementRead(_ id: TypeID, _ type: ValueType) -> PlannedInstruction? {
    guard let storage = module.types[id].arrayElement?.storage, module.types.matches(storage.unpacked, type)
    else { return nil }
    let packed: Opcode = random.oneIn(2) ? .arrayGetS : .arrayGetU
    return PlannedInstruction(
      storage.isPacked ? packed : .arrayGet, [reference(id), place], [storage.unpacked], immediates: [id.index])
  }

  mutating func arrayLengthInstruction() -> PlannedInstruction? {
    guard !arrays.isEmpty else { return nil }
    let operand =
      random.oneIn(2)
      ? reference(random.pick(arrays)) : .value(.reference(to: .array, isNullable: random.oneIn(style.trapRate)))
    return PlannedInstruction(.arrayLen, [operand], [.i32])
  }

  // MARK: Making

  /// An instruction that makes a structure or an array that matches `type`.
  mutating func aggregateNewInstruction(_ type: ValueType) -> PlannedInstruction? {
    let fitting = (structures + arrays).filter { module.types.matches(HeapType($0), type.heapType) }
    guard !fitting.isEmpty else { return nil }
    let id = random.pick(fitting)
    let result = [ValueType.reference(to: HeapType(id), isNullable: false)]
    if let fields = module.types[id].fields {
      if fields.allSatisfy(\.storage.unpacked.isDefaultable) && random.oneIn(4) {
        return PlannedInstruction(.structNewDefault, [], result, immediates: [id.index])
      }
      let operands = fields.map { GeneratorOperand.value($0.storage.unpacked) }
      return PlannedInstruction(.structNew, operands, result, immediates: [id.index])
    }
    guard let element = module.types[id].arrayElement else { return nil }
    return arrayNewInstruction(id, element.storage, result)
  }

  private mutating func arrayNewInstruction(_ id: TypeID, _ storage: StorageType, _ result: [ValueType])
    -> PlannedInstruction?
  {
    let type = storage.unpacked
    switch random.below(6) {
    case 0 where type.isDefaultable:
      return PlannedInstruction(.arrayNewDefault, [.count(.i32, 4...20)], result, immediates: [id.index])
    case 1:
      let count = random.oneIn(20) ? random.number(0...60) : random.number(3...6)
      let operands = [GeneratorOperand](repeating: .value(type), count: count)
      return PlannedInstruction(.arrayNewFixed, operands, result, immediates: [id.index, count])
    case 2...3 where !type.isReference:
      guard let (data, position, count) = pickDataRange(below: 60) else { return nil }
      // Short arrays make traps of what reads them.
      if count / storage.byteCount < 3 && !random.oneIn(10) { return nil }
      return PlannedInstruction(
        .arrayNewData, [.exactly(.i32, position), .exactly(.i32, count / storage.byteCount)], result,
        immediates: [id.index, data.index])
    case 2...3:
      guard let (element, position, count) = pickElementRange(matching: type) else { return nil }
      if count < 3 && !random.oneIn(10) { return nil }
      return PlannedInstruction(
        .arrayNewElem, [.exactly(.i32, position), .exactly(.i32, count)], result,
        immediates: [id.index, element.index])
    default:
      let lengths = random.oneIn(8) ? 0...100 : 4...8
      return PlannedInstruction(.arrayNew, [.value(type), .count(.i32, lengths)], result, immediates: [id.index])
    }
  }

  // MARK: Writing

  /// An instruction that changes a structure or an array and gives nothing.
  mutating func aggregateWriteInstruction() -> PlannedInstruction? {
    if !structures.isEmpty && random.oneIn(2) { return fieldWrite(random.pick(structures)) }
    guard !arrays.isEmpty else { return nil }
    let id = random.pick(arrays)
    guard let element = module.types[id].arrayElement, element.isMutable else { return nil }
    let type = element.storage.unpacked
    switch random.below(5) {
    case 0:
      return PlannedInstruction(
        .arrayFill, [reference(id), place, .value(type), .small(.i32, below: 2)], immediates: [id.index])
    case 1: return arrayCopyInstruction(to: id, element.storage)
    case 2 where !type.isReference:
      guard let (data, position, count) = pickDataRange(below: 60) else { return nil }
      return PlannedInstruction(
        .arrayInitData,
        [reference(id), place, .exactly(.i32, position), .exactly(.i32, min(count / element.storage.byteCount, 2))],
        immediates: [id.index, data.index])
    case 2:
      guard let (segment, position, count) = pickElementRange(matching: type) else { return nil }
      return PlannedInstruction(
        .arrayInitElem, [reference(id), place, .exactly(.i32, position), .exactly(.i32, min(count, 2))],
        immediates: [id.index, segment.index])
    default: return PlannedInstruction(.arraySet, [reference(id), place, .value(type)], immediates: [id.index])
    }
  }

  private mutating func fieldWrite(_ id: TypeID) -> PlannedInstruction? {
    let fields = module.types[id].fields ?? []
    let fitting = fields.indices.filter { fields[$0].isMutable }
    guard !fitting.isEmpty else { return nil }
    let field = random.pick(fitting)
    return PlannedInstruction(
      .structSet, [reference(id), .value(fields[field].storage.unpacked)], immediates: [id.index, field])
  }

  private func canCopy(from source: TypeID, to storage: StorageType) -> Bool {
    guard let element = module.types[source].arrayElement else { return false }
    return module.types.matches(element.storage, storage)
  }

  private mutating func arrayCopyInstruction(to id: TypeID, _ storage: StorageType) -> PlannedInstruction? {
    let sources = arrays.filter { canCopy(from: $0, to: storage) }
    guard !sources.isEmpty else { return nil }
    let source = random.pick(sources)
    return PlannedInstruction(
      .arrayCopy, [reference(id), place, reference(source), place, .small(.i32, below: 2)],
      immediates: [id.index, source.index])
  }
}

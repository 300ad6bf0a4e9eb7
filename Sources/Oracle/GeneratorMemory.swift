import IR

// Instructions on memories and data segments.

extension GeneratorState {
  /// A memory; nearly always one with something in it.
  private mutating func pickMemory() -> MemoryID? {
    guard !module.memories.isEmpty else { return nil }
    let id = MemoryID(random.below(module.memories.count))
    return byteCount(of: id) > 0 || random.oneIn(20) ? id : nil
  }

  /// A power of two: an address below it, an offset below a quarter of it and the access are within the memory.
  private func addressLimit(of id: MemoryID) -> Int { byteCount(of: id) >= 65536 ? 0x8000 : 0x100 }

  private func addressType(of id: MemoryID) -> ValueType { module.memories[id].limits.addressType }

  private mutating func address(in id: MemoryID, alignment: Int = 1) -> GeneratorOperand {
    .address(addressType(of: id), below: addressLimit(of: id), alignment: alignment)
  }

  // MARK: Loads and stores

  /// An instruction that reads memory and gives a `type`.
  mutating func memoryInstruction(_ type: ValueType) -> PlannedInstruction? {
    let opcodes = catalog.memory[type.numberIndex]
    return opcodes.isEmpty ? nil : accessInstruction(random.pick(opcodes))
  }

  mutating func storeInstruction() -> PlannedInstruction? { accessInstruction(random.pick(catalog.stores)) }

  private mutating func accessInstruction(_ opcode: Opcode) -> PlannedInstruction? {
    guard let id = pickMemory() else { return nil }
    let info = opcode.info
    if info.shape == .atomicWait && !module.memories[id].limits.isShared && !random.oneIn(style.trapRate) { return nil }
    let isAtomic = info.feature.contains(.threads)
    let size = 1 << Int(info.alignment)
    var operands = info.operandTypes.map {
      $0 == .none ? address(in: id, alignment: isAtomic ? size : 1) : GeneratorOperand.value($0.valueType)
    }
    if info.shape == .atomicWait { operands[2] = .count(.i64, 0...100) }
    let alignment = isAtomic || random.oneIn(2) ? info.alignment : UInt8(random.below(Int(info.alignment) + 1))
    let offset = randomOffset(in: id, alignment: isAtomic ? size : 1)
    let hasLane = info.shape == .loadLane || info.shape == .storeLane
    return PlannedInstruction(
      opcode, operands, info.result == .none ? [] : [info.result.valueType],
      immediates: hasLane ? [random.below(16 >> Int(info.alignment))] : [],
      memarg: Memarg(offset: offset, alignment: alignment, memory: id))
  }

  private mutating func randomOffset(in id: MemoryID, alignment: Int) -> UInt64 {
    if random.oneIn(4 * style.trapRate) {
      let bits = random.next() >> UInt64(random.below(64))
      return module.memories[id].limits.is64 ? bits : bits & 0xffff_ffff
    }
    if random.oneIn(2) { return 0 }
    return UInt64(random.below(addressLimit(of: id) / 4) & ~(alignment - 1))
  }

  // MARK: Sizes and bulk operations

  mutating func memorySizeInstruction(_ type: ValueType) -> PlannedInstruction? {
    guard let id = pickMemory(), addressType(of: id) == type else { return nil }
    if random.oneIn(2) { return PlannedInstruction(.memorySize, [], [type], immediates: [id.index]) }
    let most = module.memories[id].limits.maximum == nil ? 0 : 2
    return PlannedInstruction(.memoryGrow, [.count(type, 0...most)], [type], immediates: [id.index])
  }

  mutating func bulkMemoryInstruction() -> PlannedInstruction? {
    switch random.below(8) {
    case 0 where features.contains(.threads): return PlannedInstruction(.atomicFence, [])
    case 1...2 where features.contains(.bulkMemoryOpt): return fillInstruction()
    case 3...4 where features.contains(.bulkMemoryOpt): return copyInstruction()
    case 5...6 where !module.datas.isEmpty && features.contains(.bulkMemory): return initInstruction()
    case 7 where !module.datas.isEmpty && features.contains(.bulkMemory) && random.oneIn(4):
      return PlannedInstruction(.dataDrop, [], immediates: [random.below(module.datas.count)])
    default: return nil
    }
  }

  private mutating func fillInstruction() -> PlannedInstruction? {
    guard let id = pickMemory() else { return nil }
    return PlannedInstruction(
      .memoryFill, [address(in: id), .value(.i32), .small(addressType(of: id), below: 60)], immediates: [id.index])
  }

  private mutating func copyInstruction() -> PlannedInstruction? {
    guard let to = pickMemory(), let from = pickMemory() else { return nil }
    let is64 = addressType(of: to) == .i64 && addressType(of: from) == .i64
    return PlannedInstruction(
      .memoryCopy, [address(in: to), address(in: from), .small(is64 ? .i64 : .i32, below: 60)],
      immediates: [to.index, from.index])
  }

  private mutating func initInstruction() -> PlannedInstruction? {
    guard let id = pickMemory(), let (data, position, count) = pickDataRange(below: 60) else { return nil }
    return PlannedInstruction(
      .memoryInit, [address(in: id), .exactly(.i32, position), .exactly(.i32, count)],
      immediates: [data.index, id.index])
  }

  /// A data segment, mostly a passive one, and a range of its bytes.
  mutating func pickDataRange(below limit: Int) -> (DataID, position: Int, count: Int)? {
    guard !module.datas.isEmpty && features.contains(.bulkMemory) else { return nil }
    let id = DataID(random.below(module.datas.count))
    let size = module.datas[id].bytes.count
    if case .active = module.datas[id].mode {
      // Dropped before anything runs.
      return random.oneIn(style.trapRate) ? (id, 0, random.below(size + 1)) : (id, 0, 0)
    }
    let position = random.below(size + 1)
    return (id, position, random.below(min(size - position + 1, limit)))
  }
}

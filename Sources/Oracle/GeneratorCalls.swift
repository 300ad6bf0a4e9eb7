import IR

// Calls of all kinds, and fuel.

extension GeneratorState {
  // MARK: Calls

  /// A call whose results satisfy `isWanted`.
  mutating func callInstruction(
    where isWanted: (_ state: borrowing GeneratorState, _ results: [ValueType]) -> Bool
  ) -> PlannedInstruction? {
    guard let function = pickFunction(where: isWanted) else { return nil }
    return call(function, isTail: false)
  }

  /// A tail call that returns what the function at hand returns.
  mutating func tailCallInstruction() -> PlannedInstruction? {
    guard features.contains(.tailCall) else { return nil }
    let wanted = frames[0].labelTypes
    guard let function = pickFunction(where: { [wanted] state, results in state.matches(results, wanted) })
    else { return nil }
    return call(function, isTail: true)
  }

  private mutating func pickFunction(
    where isWanted: (_ state: borrowing GeneratorState, _ results: [ValueType]) -> Bool
  ) -> FunctionID? {
    let start = random.below(module.functions.count)
    for offset in 0..<module.functions.count {
      let id = FunctionID((start + offset) % module.functions.count)
      if id != burn && id != reset && isWanted(self, signature(of: id).results) { return id }
    }
    return nil
  }

  private mutating func call(_ function: FunctionID, isTail: Bool) -> PlannedInstruction {
    let signature = signature(of: function)
    let operands = signature.parameters.map { GeneratorOperand.value($0) }
    let results = isTail ? [] : signature.results
    let type = module.functions[function].type
    if random.oneIn(3), let entry = pickEntry(of: function) {
      let index = GeneratorOperand.exactly(module.tables[entry.table].limits.addressType, entry.index)
      return PlannedInstruction(
        isTail ? .returnCallIndirect : .callIndirect, operands + [index], results,
        immediates: [type.index, entry.table.index])
    }
    if hasGC && random.oneIn(3) {
      let reference = ValueType.reference(to: HeapType(type), isNullable: random.oneIn(style.trapRate))
      return PlannedInstruction(
        isTail ? .returnCallRef : .callRef, operands + [.value(reference)], results, immediates: [type.index])
    }
    return PlannedInstruction(isTail ? .returnCall : .call, operands, results, immediates: [function.index])
  }

  private mutating func pickEntry(of function: FunctionID) -> TableEntry? {
    let entries = tableEntries.filter { $0.function == function }
    return entries.isEmpty ? nil : random.pick(entries)
  }

  // MARK: Fuel

  /// Takes from the fuel, or returns default values.
  mutating func spendFuel() {
    let calls = random.oneIn(3)
    if calls {
      emit(.call, burn)
    } else {
      emit(.globalGet, fuel)
      emit(.i32Eqz)
    }
    open(.if)
    returnDefaults()
    end()
    if calls { return }
    decrementFuel()
  }

  private mutating func returnDefaults() {
    constructionDepth += 1
    for type in frames[0].labelTypes { minimal(type) }
    constructionDepth -= 1
    emit(.return)
  }

  private mutating func decrementFuel() {
    emit(.globalGet, fuel)
    i32(1)
    emit(.i32Sub)
    emit(.globalSet, fuel)
  }

  mutating func generateBurn() {
    emit(.globalGet, fuel)
    emit(.i32Eqz)
    open(.if, [], [.i32])
    i32(1)
    nextArm(.else)
    decrementFuel()
    i32(0)
    end()
  }

  mutating func generateReset() {
    i32(random.pick([20, 100, 300]))
    emit(.globalSet, fuel)
  }
}

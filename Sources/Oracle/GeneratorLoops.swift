import IR

// Loops as compilers write them: with counters, indexes and pointers.

extension GeneratorState {
  /// Counts down to zero, and sometimes a pointer with it.
  mutating func countingLoop() {
    let counter = addLocal(.i32)
    i32(random.number(1...8))
    set(local: counter)
    let pointer = random.oneIn(2) ? addLocal(.i32) : nil
    let sum = addLocal(.i32)
    if let pointer {
      smallNumber(below: 4096)
      set(local: pointer)
    }
    let leaves = random.oneIn(3)
    if leaves { open(.block) }
    open(.loop)
    // Without fuel it is not for others to change the counter.
    if pointer == nil || random.oneIn(2) {
      spendFuel()
      statements(random.number(1...4))
    } else {
      frames[frames.count - 1].isBranchable = false
    }
    if let pointer {
      add(to: sum) { state in state.get(pointer) }
      count(pointer, by: random.pick([1, 4, 4, 8, -4, -1]), .localSet)
    }
    count(counter, by: -1, .localTee)
    endLoop(leaves: leaves)
    get(sum)
    consume(.i32)
  }

  /// Goes through what lies behind a pointer, by an index.
  mutating func indexLoop() {
    let (base, position, limit, sum) = (addLocal(.i32), addLocal(.i32), addLocal(.i32), addLocal(.i32))
    smallNumber(below: 4096)
    set(local: base)
    let isGuarded = !random.oneIn(4)
    if random.oneIn(2) {
      smallNumber(below: 8)
      set(local: limit)
      get(limit)
    } else {
      let shifted = addLocal(.i32)
      smallNumber(below: 256)
      set(local: shifted)
      get(shifted)
      i32(5)
      emit(.i32ShrU)
      set(local: limit)
      get(shifted)
      i32(random.pick([31, 32, 32, 33]))
      emit(.i32GeU)
    }
    if isGuarded { open(.if) } else { emit(.drop) }
    i32(0)
    set(local: position)
    let leaves = random.oneIn(3)
    if leaves { open(.block) }
    open(.loop)
    if !isGuarded || random.oneIn(2) {
      spendFuel()
      statements(random.below(3))
    } else {
      frames[frames.count - 1].isBranchable = false
    }
    let shift = random.pick([0, 2, 2, 3, 31])
    add(to: sum) { state in state.element(position, of: base, shift: shift) }
    count(position, by: 1, .localTee)
    get(limit)
    emit(random.pick(leaves ? [.i32Eq, .i32GeU, .i32GeS] : [.i32Ne, .i32LtU, .i32LtS]))
    endLoop(leaves: leaves, isComparison: true)
    if isGuarded { end() }
    get(sum)
    consume(.i32)
  }

  /// The address of an element, or what is there.
  private mutating func element(_ position: Int, of base: Int, shift: Int) {
    get(base)
    get(position)
    if shift > 0 {
      i32(shift)
      emit(.i32Shl)
    }
    emit(.i32Add)
    if !module.memories.isEmpty && !module.memories[MemoryID(0)].limits.is64 && random.oneIn(2) {
      emit(PlannedInstruction(.i32Load8U, [], memarg: Memarg(offset: 0, alignment: 0, memory: MemoryID(0))))
    }
  }

  /// Ends a loop that goes on while what is on the stack is not zero.
  private mutating func endLoop(leaves: Bool, isComparison: Bool = false) {
    addHint()
    if leaves {
      if !isComparison { emit(.i32Eqz) }
      emit(.brIf, label: 1)
      emit(.br, label: 0)
    } else {
      emit(.brIf, label: 0)
    }
    end()
    if leaves { end() }
  }

  private mutating func smallNumber(below limit: Int) {
    expression(.i32)
    i32(limit - 1)
    emit(.i32And)
  }

  private mutating func get(_ local: Int) {
    emit(.localGet)
    index(local)
  }

  private mutating func count(_ local: Int, by step: Int, _ opcode: Opcode) {
    get(local)
    i32(step)
    emit(.i32Add)
    set(local: local, opcode)
  }

  private mutating func add(to sum: Int, _ value: (inout GeneratorState) -> Void) {
    get(sum)
    value(&self)
    emit(.i32Add)
    set(local: sum)
  }
}

import IR
import Support

// Where values are: entries, moves, and instructions with a result.

extension CodeCompiler {
  /// Notes that the value of the node just compiled is at the top of the temporaries.
  mutating func pushResult(width: Int) {
    let home = UInt32(height)
    entries.append(Entry(slot: home, width: UInt32(width), home: home, local: -1, previous: -1))
    height += width
    highest = max(highest, height)
  }

  /// Notes that the value of the node just compiled is that of a local.
  mutating func pushLocal(_ local: LocalID) {
    let width = body.type(of: local).slotCount
    entries.append(
      Entry(
        slot: localSlots[local.index], width: UInt32(width), home: UInt32(height), local: Int32(local.index),
        previous: readers[local.index]))
    readers[local.index] = Int32(entries.count - 1)
    height += width
    highest = max(highest, height)
  }

  /// Takes the newest entry off.
  @discardableResult mutating func pop() -> Entry {
    let entry = entries.popLast()
    if entry.local >= 0 { readers[Int(entry.local)] = entry.previous }
    height = Int(entry.home)
    settledCount = min(settledCount, entries.count)
    return entry
  }

  /// Copies the value of an entry to its home, and says so in the entry.
  private mutating func settle(_ index: Int) {
    let entry = entries[index]
    emitMove(from: Int(entry.slot), to: Int(entry.home), width: Int(entry.width))
    entries[index].slot = entry.home
    entries[index].local = -1
  }

  /// Copies what waits in locals to its home: control forks or joins here.
  mutating func settleAll() {
    for index in settledCount..<entries.count where entries[index].local >= 0 {
      readers[Int(entries[index].local)] = -1
      settle(index)
    }
    settledCount = entries.count
  }

  /// Copies what waits in `local` to its home: the local is about to change.
  mutating func settleReaders(of local: LocalID) {
    var index = Int(readers[local.index])
    readers[local.index] = -1
    while index >= 0 {
      let previous = Int(entries[index].previous)
      settle(index)
      index = previous
    }
  }

  /// Brings the newest `count` entries to their homes, where they stand side by side. Returns the first slot.
  @discardableResult mutating func bringHome(_ count: Int) -> Int {
    guard count > 0 else { return height }
    let first = entries.count - count
    for index in first..<entries.count where entries[index].slot != entries[index].home {
      let entry = entries[index]
      emitMove(from: Int(entry.slot), to: Int(entry.home), width: Int(entry.width))
    }
    return Int(entries[first].home)
  }

  // MARK: Code

  mutating func emit(_ instruction: Instruction) {
    code.append(instruction)
    lastResult = -1
  }

  mutating func emitMove(from source: Int, to target: Int, width: Int) {
    if source == target || width == 0 { return }
    let operation: Operation = width == 1 ? .copy : width == 2 ? .copyPair : .copyMany
    emit(Instruction(operation, a: target, b: source, c: width))
  }

  /// Emits an instruction that writes its result, of `width` words, to slot `a`, which is set here.
  mutating func emitResult(_ instruction: Instruction, width: Int = 1) {
    var instruction = instruction
    instruction.a = UInt32(height)
    code.append(instruction)
    lastResult = code.count - 1
    pushResult(width: width)
  }

  /// Emits an instruction "at a": its `count` operands stand side by side where its result comes.
  mutating func emitInPlace(_ instruction: Instruction, operands count: Int, width: Int, more: Instruction? = nil) {
    var instruction = instruction
    instruction.a = UInt32(bringHome(count))
    for _ in 0..<count { pop() }
    emit(instruction)
    if let more { emit(more) }
    pushResult(width: width)
  }

  /// Emits an instruction with operands in `b` and `c`, or in `b` alone, and one result in `a`.
  mutating func emitUnary(_ instruction: Instruction, width: Int = 1) {
    var instruction = instruction
    instruction.b = pop().slot
    emitResult(instruction, width: width)
  }

  mutating func emitBinary(_ instruction: Instruction, width: Int = 1) {
    var instruction = instruction
    instruction.c = pop().slot
    instruction.b = pop().slot
    emitResult(instruction, width: width)
  }

  /// Makes `value` the value of a local.
  mutating func emitSet(_ local: LocalID, to value: Entry) {
    let slot = localSlots[local.index]
    if readers[local.index] >= 0 {
      settleReaders(of: local)
    } else if lastResult >= 0, lastResult == code.count - 1, code[lastResult].a == value.slot, value.local < 0 {
      code[lastResult].a = slot
      lastResult = -1
      return
    }
    emitMove(from: Int(value.slot), to: Int(slot), width: Int(value.width))
  }

  // MARK: Labels

  /// A label of the compiler's own.
  mutating func makeLabel() -> Int {
    labels.append(Label())
    return labels.count - 1
  }

  /// Gives the label the position that the next instruction has.
  mutating func bind(_ label: Int) {
    labels[label].position = Int32(code.count)
    lastResult = -1
  }

  mutating func emitJump(to label: Int) {
    jumps.append(UInt32(code.count))
    emit(Instruction(.jump, a: label))
  }

  /// A jump to `label` if the value of `condition`, the entry popped last, is not zero, or if it is. A comparison that
  /// was only made for it becomes part of it.
  mutating func emitJump(to label: Int, if condition: Entry, isTrue: Bool) {
    var instruction = Instruction(isTrue ? .jumpIf : .jumpUnless, a: Int(condition.slot), b: label)
    if lastResult >= 0, lastResult == code.count - 1, code[lastResult].a == condition.slot, condition.local < 0 {
      let comparison = code[lastResult]
      if let fused = CodeCompiler.fusedJump(comparison, isTrue: isTrue, label: label) {
        code.removeLast(1)
        instruction = fused
      }
    }
    jumps.append(UInt32(code.count))
    emit(instruction)
  }

  private static func fusedJump(_ comparison: Instruction, isTrue: Bool, label: Int) -> Instruction? {
    var swapped = false
    let operation: Operation
    switch (comparison.operation, isTrue) {
    case (.i32Eqz, _): return Instruction(isTrue ? .jumpUnless : .jumpIf, a: Int(comparison.b), b: label)
    case (.i32Eq, true), (.i32Ne, false): operation = .jumpIfI32Eq
    case (.i32Ne, true), (.i32Eq, false): operation = .jumpIfI32Ne
    case (.i32LtS, true), (.i32GeS, false): operation = .jumpIfI32LtS
    case (.i32LtU, true), (.i32GeU, false): operation = .jumpIfI32LtU
    case (.i32GeS, true), (.i32LtS, false): operation = .jumpIfI32GeS
    case (.i32GeU, true), (.i32LtU, false): operation = .jumpIfI32GeU
    case (.i32GtS, true), (.i32LeS, false): (operation, swapped) = (.jumpIfI32LtS, true)
    case (.i32GtU, true), (.i32LeU, false): (operation, swapped) = (.jumpIfI32LtU, true)
    case (.i32LeS, true), (.i32GtS, false): (operation, swapped) = (.jumpIfI32GeS, true)
    case (.i32LeU, true), (.i32GtU, false): (operation, swapped) = (.jumpIfI32GeU, true)
    default: return nil
    }
    let (left, right) = swapped ? (comparison.c, comparison.b) : (comparison.b, comparison.c)
    return Instruction(operation, a: Int(left), b: Int(right), c: label)
  }
}

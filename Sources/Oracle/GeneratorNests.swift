import IR

// Blocks within blocks, many more than expressions would give. No function calls itself here: a nest costs no stack.

extension GeneratorState {
  private struct Level {
    let opcode: Opcode
    let result: ValueType?
  }

  mutating func nest() {
    let longest = max(1, options.nestDepth)
    let count = random.oneIn(3) ? random.number(min(50, longest)...longest) : random.number(1...min(40, longest))
    let levels = openNest(count)
    let rest = max(0, budget - 40)
    budget -= rest
    statements(3)
    budget += rest
    closeNest(levels)
  }

  private mutating func openNest(_ count: Int) -> [Level] {
    var opcodes: [Opcode] = [.block, .block, .if, .loop]
    if exceptionForms.contains(.legacy) { opcodes.append(.try) }
    if exceptionForms.contains(.standard) { opcodes.append(.tryTable) }
    return (0..<count).map { _ in
      let level = Level(opcode: random.pick(opcodes), result: random.oneIn(3) ? randomNumberType() : nil)
      if level.opcode == .if { leaf(.i32) }
      // Loops of a nest take no fuel: nothing branches to them.
      open(level.opcode, [], level.result.map { [$0] } ?? [], isBranchable: level.opcode != .loop)
      if level.opcode == .tryTable {
        index(0)
        openFrame(.tryTable, [], level.result.map { [$0] } ?? [])
      }
      return level
    }
  }

  private mutating func closeNest(_ levels: [Level]) {
    for level in levels.reversed() {
      // Nothing is on the stack here; each level leaves its result for a moment.
      if let result = level.result { leaf(result) }
      branchInNest(level)
      if level.opcode == .if && (level.result != nil || random.oneIn(4)) {
        nextArm(.else)
        if let result = level.result { leaf(result) }
      }
      if level.opcode == .try && random.oneIn(2) {
        nextArm(.catchAll)
        if let result = level.result { leaf(result) }
      }
      end()
      if let result = level.result { consume(result) }
    }
  }

  /// Branches to any label of the nest that takes what is on the stack.
  private mutating func branchInNest(_ level: Level) {
    guard random.oneIn(4) else { return }
    let types = level.result.map { [$0] } ?? []
    guard let target = pickLabel(where: { [types] _, other in other == types }) else { return }
    leaf(.i32)
    if random.oneIn(4) {
      emit(.brTable)
      let count = random.below(20)
      index(count)
      for _ in 0...count { index(label(of: pickLabel(where: { [types] _, other in other == types }) ?? target)) }
    } else {
      addHint()
      emit(.brIf, label: label(of: target))
    }
  }
}

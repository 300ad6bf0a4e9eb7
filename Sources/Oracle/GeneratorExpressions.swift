import IR

/// What leaves a value.
enum ExpressionKind: Int, CaseIterable {
  case leaf, instruction, tee, call, block, select, conditionalBranch, statementBefore, statementAfter, several
  case castBranch, chain, diverge

  var weight: Int {
    switch self {
    case .leaf: return 40
    case .instruction: return 100
    case .call, .block: return 15
    case .tee, .select, .castBranch: return 10
    case .conditionalBranch, .statementBefore, .statementAfter, .several: return 6
    case .chain: return 2
    case .diverge: return 1
    }
  }
}

extension GeneratorState {
  /// Code that leaves one value, which matches `type`.
  mutating func expression(_ type: ValueType) {
    guard depth < style.depthLimit && budget > 0 else { return leaf(type) }
    depth += 1
    defer { depth -= 1 }
    for _ in 0..<4 {
      let kind = ExpressionKind.allCases[random.index(weighted: style.expressions)]
      if tryExpression(kind, type) { return }
    }
    leaf(type)
  }

  /// Code that leaves values of `types`.
  mutating func sequence(_ types: [ValueType]) {
    if types.count > 1 && depth < style.depthLimit && budget > 0 && random.oneIn(3) {
      depth += 1
      defer { depth -= 1 }
      let call =
        random.oneIn(2) ? callInstruction { [types] state, results in state.matches(results, types) } : nil
      if let call { return perform(call) }
      if types == [.i64, .i64], let wide = wideInstruction() { return perform(wide) }
      if hasMultivalue && random.oneIn(2) { return block([], types) }
      return walk(from: [], to: types, steps: random.number(1...5))
    }
    for type in types {
      if random.oneIn(25) { statement() }
      expression(type)
    }
  }

  /// False if there is nothing of that kind; then nothing is emitted.
  private mutating func tryExpression(_ kind: ExpressionKind, _ type: ValueType) -> Bool {
    switch kind {
    case .leaf: leaf(type)
    case .instruction:
      guard let instruction = instruction(giving: type) else { return false }
      perform(instruction)
    case .tee: return tee(type)
    case .call:
      guard let call = callInstruction(where: { [type] state, results in state.matches(results, [type]) })
      else { return false }
      perform(call)
    case .block: typedBlock(type)
    case .select: select(type)
    case .conditionalBranch: return conditionalBranch(giving: type)
    case .statementBefore:
      statement()
      expression(type)
    case .statementAfter:
      expression(type)
      statement()
    case .several: several(type)
    case .castBranch:
      guard hasGC && type.isReference && isConstructible(type) else { return false }
      castBranch(type)
    case .chain:
      guard !type.isReference else { return false }
      chain(type)
    case .diverge:
      guard random.oneIn(3) else { return false }
      diverge()
    }
    return true
  }

  // MARK: Instructions

  /// An instruction whose one result matches `type`.
  mutating func instruction(giving type: ValueType) -> PlannedInstruction? {
    if type.isReference { return referenceInstruction(type) }
    switch random.below(20) {
    case 0...3: return memoryInstruction(type)
    case 4...6 where hasGC: return aggregateReadInstruction(type)
    case 7...8 where type == .i32: return referenceTestInstruction()
    case 9 where type == .i32: return arrayLengthInstruction()
    case 10 where type == .i32 || type == .i64:
      return random.oneIn(2) ? memorySizeInstruction(type) : tableSizeInstruction(type)
    default: return numericInstruction(type)
    }
  }

  /// Any instruction but those of control.
  mutating func anyInstruction() -> PlannedInstruction? {
    switch random.below(12) {
    case 0...1: return storeInstruction()
    case 2: return bulkMemoryInstruction()
    case 3: return tableInstruction()
    case 4: return hasGC ? aggregateWriteInstruction() : nil
    case 5: return callInstruction { _, _ in true }
    case 6: return wideInstruction()
    case 7: return hasReferences ? referenceInstruction(randomReference()) : nil
    default: return instruction(giving: randomCalculatedType())
    }
  }

  // MARK: Parts of code

  private mutating func tee(_ type: ValueType) -> Bool {
    let fitting = locals.indices.filter {
      module.types.matches(locals[$0].type, type) && isConstructible(locals[$0].type)
    }
    guard !fitting.isEmpty else { return false }
    let local = random.pick(fitting)
    expression(locals[local].type)
    set(local: local, .localTee)
    return true
  }

  private mutating func typedBlock(_ type: ValueType) {
    var parameters: [ValueType] = []
    if hasMultivalue && random.oneIn(3) {
      parameters = (0..<random.number(1...3)).map { _ in randomType() }
      sequence(parameters)
    }
    if type == .exnref && hasExceptionReferences && !module.tags.isEmpty && random.oneIn(2) {
      for _ in parameters { discard() }
      return caughtReference()
    }
    block(parameters, [type])
  }

  private mutating func select(_ type: ValueType) {
    expression(type)
    expression(type)
    condition()
    guard type.isReference || hasReferences && random.oneIn(3) else { return emit(.select) }
    emit(.selectTyped)
    valueTypes([type])
  }

  /// More values than are wanted, and the rest dropped or kept elsewhere.
  private mutating func several(_ type: ValueType) {
    let others = (0..<random.number(1...2)).map { _ in randomType() }
    if random.oneIn(2) {
      sequence([type] + others)
      consume(others)
    } else {
      sequence(others + [type])
      let local = addLocal(type)
      set(local: local)
      consume(others)
      emit(.localGet)
      index(local)
    }
  }

  mutating func condition() {
    if random.oneIn(4) { return leaf(.i32) }
    expression(.i32)
  }

  // MARK: Consuming

  /// Takes values of `types` from the stack, the last first.
  mutating func consume(_ types: [ValueType]) {
    for type in types.reversed() { consume(type) }
  }

  mutating func consume(_ type: ValueType) {
    if random.oneIn(2) { return discard() }
    let fitting = locals.indices.filter { module.types.matches(type, locals[$0].type) }
    if !fitting.isEmpty && !random.oneIn(8) { return set(local: random.pick(fitting)) }
    let globals: [GlobalID] = module.globals.ids.filter {
      let global = module.globals[$0]
      return global.isMutable && $0 != fuel && module.types.matches(type, global.type)
    }
    if !globals.isEmpty && random.oneIn(2) { return emit(.globalSet, random.pick(globals)) }
    if locals.count < 60 { set(local: addLocal(type)) } else { discard() }
  }

  private mutating func discard() { emit(.drop) }
}

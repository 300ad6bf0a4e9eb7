import IR

// Blocks and branches.

extension GeneratorState {
  // MARK: Blocks

  /// A block of any kind, whose parameters are on the stack.
  mutating func block(_ parameters: [ValueType], _ results: [ValueType]) {
    switch random.below(12) {
    case 0...3:
      open(.block, parameters, results)
      body(parameters, results)
      end()
    case 4...5: loop(parameters, results)
    case 6...8: conditional(parameters, results)
    case 9...10 where exceptionForms.contains(.legacy): legacyTry(parameters, results)
    case 9...11 where exceptionForms.contains(.standard): tryTable(parameters, results)
    default:
      open(.block, parameters, results)
      walk(from: parameters, to: results, steps: random.number(1...6))
      end()
    }
  }

  /// What stands in a block: takes values of `inputs` from the stack and leaves values of `outputs`.
  mutating func body(_ inputs: [ValueType], _ outputs: [ValueType]) {
    if !inputs.isEmpty {
      if random.oneIn(2) { return walk(from: inputs, to: outputs, steps: random.number(0...6)) }
      consume(inputs)
    }
    statements(random.below(4))
    guard random.oneIn(style.divergeRate) else { return sequence(outputs) }
    diverge()
    switch random.below(3) {
    case 0: break
    case 1:
      statements(random.below(2))
      sequence(outputs)
    default: walk(from: [], to: outputs, steps: random.number(1...5), isDead: true)
    }
  }

  private mutating func loop(_ parameters: [ValueType], _ results: [ValueType]) {
    open(.loop, parameters, results)
    spendFuel()
    if frames[frames.count - 1].isBranchable && random.oneIn(2) {
      body(parameters, parameters)
      condition()
      addHint()
      emit(.brIf, label: 0)
      body(parameters, results)
    } else {
      body(parameters, results)
    }
    end()
  }

  private mutating func conditional(_ parameters: [ValueType], _ results: [ValueType]) {
    condition()
    open(.if, parameters, results)
    body(parameters, results)
    if parameters != results || random.oneIn(2) {
      nextArm(.else)
      body(parameters, results)
    }
    end()
  }

  // MARK: Branches

  /// The position of an open frame to branch to, whose label's types satisfy `isWanted`.
  mutating func pickLabel(where isWanted: (_ state: borrowing GeneratorState, _ types: [ValueType]) -> Bool) -> Int? {
    let start = random.below(frames.count)
    for offset in 0..<frames.count {
      let position = (start + offset) % frames.count
      if frames[position].isBranchable && isWanted(self, frames[position].labelTypes) { return position }
    }
    return nil
  }

  /// A label, seldom that of a loop: a branch back runs until the fuel is gone.
  private mutating func pickExit() -> Int {
    for _ in 0..<4 {
      let position = random.below(frames.count)
      if frames[position].isBranchable && (frames[position].kind != .loop || random.oneIn(4)) { return position }
    }
    return 0
  }

  /// Code that does not come back.
  mutating func diverge() {
    switch random.below(16) {
    case 0...1:
      sequence(frames[0].labelTypes)
      return emit(.return)
    case 2...3: return branchTable()
    case 4...5 where !module.tags.isEmpty: return throwException()
    case 6 where exceptionForms.contains(.legacy): if rethrow() { return }
    case 7 where hasExceptionReferences:
      expression(.exnref)
      return emit(.throwRef)
    case 8...9:
      if let call = tailCallInstruction() {
        push(call.operands)
        return emit(call)
      }
    case 10 where random.oneIn(style.trapRate): return emit(.unreachable)
    default: break
    }
    let exit = pickExit()
    sequence(frames[exit].labelTypes)
    emit(.br, label: label(of: exit))
  }

  private mutating func branchTable() {
    let types = frames[pickExit()].labelTypes
    let targets = frames.indices.filter { frames[$0].isBranchable && matches(types, frames[$0].labelTypes) }
    sequence(types)
    let count = random.oneIn(30) ? random.number(20...300) : random.number(0...6)
    push([random.oneIn(4) ? GeneratorOperand.value(.i32) : .small(.i32, below: count + 1)])
    emit(.brTable)
    index(count)
    for _ in 0...count { index(label(of: random.pick(targets))) }
  }

  /// `br_if` that leaves its operand, which matches `type`.
  mutating func conditionalBranch(giving type: ValueType) -> Bool {
    guard
      let position = pickLabel(where: { [type] state, types in
        types.count == 1 && state.module.types.matches(types[0], type)
      })
    else { return false }
    expression(frames[position].labelTypes[0])
    condition()
    addHint()
    emit(.brIf, label: label(of: position))
    return true
  }

  mutating func branchIf() {
    let position = pickExit()
    let types = frames[position].labelTypes
    sequence(types)
    condition()
    addHint()
    emit(.brIf, label: label(of: position))
    consume(types)
  }

  // MARK: Branches on references

  /// A block whose result, a `type`, is in part what a branch on a reference passes.
  mutating func castBranch(_ type: ValueType) {
    if !type.isNullable && random.oneIn(2) { return random.oneIn(2) ? branchOnNull(type) : branchOnNonNull(type) }
    guard let target = randomSubtype(of: type) else { return leaf(type) }
    open(.block, [], [type])
    expression(type)
    let isFail = random.oneIn(2)
    emitCastBranch(isFail ? .brOnCastFail : .brOnCast, label: 0, from: type, to: target)
    // What falls through matches the result as well.
    if random.oneIn(3) {
      consume(isFail ? target : type)
      statements(random.below(2))
      expression(type)
    }
    end()
  }

  private mutating func emitCastBranch(_ opcode: Opcode, label: Int, from source: ValueType, to target: ValueType) {
    emit(opcode)
    out.append((source.isNullable ? 1 : 0) | (target.isNullable ? 2 : 0))
    index(label)
    out.append(source.heapType)
    out.append(target.heapType)
  }

  private mutating func branchOnNull(_ type: ValueType) {
    open(.block, [], [type])
    open(.block)
    expression(type.asNullable)
    emit(.brOnNull, label: 0)
    emit(.br, label: 1)
    end()
    expression(type)
    end()
  }

  private mutating func branchOnNonNull(_ type: ValueType) {
    open(.block, [], [type])
    expression(type.asNullable)
    emit(.brOnNonNull, label: 0)
    statements(random.below(2))
    expression(type)
    end()
  }

  /// A branch on a reference to any label that can take it.
  mutating func castBranchStatement() {
    let type = randomReference()
    if random.oneIn(2) {
      let exit = pickExit()
      let types = frames[exit].labelTypes
      sequence(types)
      expression(type.asNullable)
      emit(.brOnNull, label: label(of: exit))
      return consume(types + [type.asNonNull])
    }
    let passed = type.asNonNull
    let exit = pickLabel { [passed] state, types in
      guard let last = types.last else { return false }
      return state.module.types.matches(passed, last)
    }
    guard let exit else {
      if isConstructible(type) {
        castBranch(type)
        consume(type)
      }
      return
    }
    let others = Array(frames[exit].labelTypes.dropLast())
    sequence(others)
    expression(type.asNullable)
    if random.oneIn(2), let target = randomSubtype(of: passed) {
      emitCastBranch(.brOnCast, label: label(of: exit), from: type.asNullable, to: target)
      consume(others + [type.asNullable])
    } else {
      emit(.brOnNonNull, label: label(of: exit))
      consume(others)
    }
  }
}

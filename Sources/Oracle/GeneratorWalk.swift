import IR

// Code that is no tree: each step takes from the stack what happens to be there.

extension GeneratorState {
  /// Steps that turn values of `inputs` on the stack into values of `outputs`.
  ///
  /// - Parameter isDead: whether the code follows a branch, so that the stack below gives values of any type
  ///   (specification 3.4.1).
  mutating func walk(from inputs: [ValueType], to outputs: [ValueType], steps: Int, isDead: Bool = false) {
    var stack = inputs
    for _ in 0..<steps where budget > 0 { step(&stack, isDead) }
    var start = isDead && stack.isEmpty ? random.number(0...outputs.count) : 0
    while true {
      if start + stack.count <= outputs.count && matches(stack, Array(outputs[start..<start + stack.count])) { break }
      if isDead && start + stack.count < outputs.count {
        start += 1
      } else {
        consume(stack.removeLast())
        start = 0
      }
    }
    sequence(Array(outputs[(start + stack.count)...]))
  }

  private mutating func step(_ stack: inout [ValueType], _ isDead: Bool) {
    switch random.below(12) {
    case 0...1:
      let type = randomType()
      expression(type)
      stack.append(type)
    case 2: statement()
    case 3 where !stack.isEmpty: consume(stack.removeLast())
    case 3 where isDead: emit(.drop)
    case 4 where !stack.isEmpty: teeTop(stack[stack.count - 1])
    case 5 where stack.count > 1: selectTop(&stack)
    case 6: stepIntoBlock(&stack)
    case 7: branchOnTop(stack, isDead)
    default:
      guard let instruction = stackInstruction(stack, isDead) else { return }
      apply(instruction, to: &stack, isDead)
    }
  }

  /// An instruction that can use the top of the stack, if one is soon found.
  private mutating func stackInstruction(_ stack: [ValueType], _ isDead: Bool) -> PlannedInstruction? {
    var last: PlannedInstruction?
    for _ in 0..<6 {
      guard let instruction = anyInstruction() else { continue }
      if largestTake(of: instruction.operands, from: stack, isDead) > 0 { return instruction }
      last = instruction
    }
    return last
  }

  /// How many of the first operands the stack can give.
  private func largestTake(of operands: [GeneratorOperand], from stack: [ValueType], _ isDead: Bool) -> Int {
    var count = operands.count
    while count > 0 {
      let known = min(count, stack.count)
      let fit = (0..<known).allSatisfy { offset in
        let operand = operands[count - 1 - offset]
        return (operand.isPlain || isDead) && module.types.matches(stack[stack.count - 1 - offset], operand.type)
      }
      if fit && (known == count || isDead) { return count }
      count -= 1
    }
    return 0
  }

  private mutating func apply(_ instruction: PlannedInstruction, to stack: inout [ValueType], _ isDead: Bool) {
    let operands = instruction.operands
    let taken = largestTake(of: operands, from: stack, isDead)
    stack.removeLast(min(taken, stack.count))
    push(operands[taken...])
    emit(instruction)
    stack += instruction.results
  }

  private mutating func teeTop(_ type: ValueType) {
    let fitting = locals.indices.filter { locals[$0].type == type }
    if let local = fitting.isEmpty ? nil : random.pick(fitting) {
      set(local: local, .localTee)
    } else if locals.count < 60 {
      set(local: addLocal(type), .localTee)
    }
  }

  private mutating func selectTop(_ stack: inout [ValueType]) {
    let type = stack[stack.count - 1]
    guard stack[stack.count - 2] == type else { return }
    condition()
    if type.isReference {
      emit(.selectTyped)
      valueTypes([type])
    } else {
      emit(.select)
    }
    stack.removeLast()
  }

  private mutating func stepIntoBlock(_ stack: inout [ValueType]) {
    guard depth < style.depthLimit && budget > 0 else { return }
    depth += 1
    defer { depth -= 1 }
    let taken = hasMultivalue ? random.number(0...min(3, stack.count)) : 0
    let parameters = Array(stack.suffix(taken))
    let results = (0..<random.below(hasMultivalue ? 4 : 2)).map { _ in randomType() }
    stack.removeLast(taken)
    block(parameters, results)
    stack += results
  }

  private mutating func branchOnTop(_ stack: [ValueType], _ isDead: Bool) {
    let label = pickLabel { state, types in
      types.count <= stack.count && Array(stack.suffix(types.count)) == types || isDead && stack.isEmpty
    }
    guard let label else { return }
    // In dead code `br_if` leaves what the label takes; here no value is known of it.
    if isDead && stack.isEmpty && !frames[label].labelTypes.isEmpty { return }
    condition()
    addHint()
    emit(.brIf, label: self.label(of: label))
  }
}

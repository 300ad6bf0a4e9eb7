import Analysis
import IR
import Support
import Testing

@Suite struct EffectsTests {
  private func makeBody(locals: [ValueType] = [.i32, .i32]) -> Body {
    var body = Body()
    body.reset(parameters: locals[...])
    return body
  }

  @Test func stateConflicts() {
    let pairs: [(Effects.Flags, Effects.Flags)] = [
      (.readsGlobals, .writesGlobals), (.readsMemory, .writesMemory), (.readsTables, .writesTables),
      (.readsObjects, .writesObjects),
    ]
    for (read, write) in pairs {
      #expect(Effects(read).mayReorder(with: Effects(read)))
      #expect(!Effects(read).mayReorder(with: Effects(write)))
      #expect(!Effects(write).mayReorder(with: Effects(read)))
      #expect(!Effects(write).mayReorder(with: Effects(write)))
      for (otherRead, otherWrite) in pairs where otherRead != read {
        #expect(Effects(write).mayReorder(with: Effects(otherRead)))
        #expect(Effects(write).mayReorder(with: Effects(otherWrite)))
      }
    }
  }

  @Test func trapsAndTransfersKeepTheirPlace() {
    let trap = Effects(.traps)
    #expect(trap.mayReorder(with: trap))
    #expect(!trap.mayReorder(with: Effects(.writesMemory)))
    #expect(trap.mayReorder(with: Effects(.readsMemory)))
    // Nobody sees the locals of a function that trapped.
    #expect(trap.mayReorder(with: Effects(localsWritten: 1)))
    let branch = Effects(branchCount: 1)
    #expect(!branch.mayReorder(with: trap))
    #expect(!branch.mayReorder(with: branch))
    #expect(!branch.mayReorder(with: Effects(localsWritten: 1)))
    #expect(branch.mayReorder(with: Effects(.readsMemory, localsRead: 1)))
    #expect(!Effects(.anyCall).mayReorder(with: Effects(.readsMemory)))
    #expect(Effects(.anyCall).mayReorder(with: Effects(localsRead: 1)))
  }

  @Test func localsConflict() {
    #expect(Effects(localsRead: 2).mayReorder(with: Effects(localsWritten: 1)))
    #expect(!Effects(localsRead: 1).mayReorder(with: Effects(localsWritten: 1)))
    #expect(!Effects(localsWritten: 1).mayReorder(with: Effects(localsWritten: 1)))
  }

  @Test func branchesEndAtTheirBlock() {
    var body = makeBody()
    let label = body.makeLabel()
    let outer = body.makeLabel()
    let inner = body.makeBlock(
      [body.makeBrIf(label, condition: body.makeLocalGet(LocalID(0)), type: .none), body.makeBr(outer)], label: label,
      type: .none)
    let block = body.makeBlock([inner], label: outer, type: .none)
    body.root = body.makeBlock([block], label: .function, type: .none)
    let effects = EffectsColumn(of: body)
    #expect(effects[inner].branchCount == 1)
    #expect(effects[block].branchCount == 0)
    #expect(!effects[block].hasSideEffects)
    #expect(effects[block].localsRead == 1)
  }

  @Test func loopsWithBackBranchMayRunForEver() {
    var body = makeBody()
    let label = body.makeLabel()
    let loop = body.makeLoop(
      body.makeBrIf(label, condition: body.makeLocalGet(LocalID(0)), type: .none), label: label, type: .none)
    let other = body.makeLoop(body.makeNop(), label: body.makeLabel(), type: .none)
    body.root = body.makeBlock([loop, other], label: .function, type: .none)
    let effects = EffectsColumn(of: body)
    #expect(effects[loop].flags.contains(.mayNotReturn))
    #expect(!effects[other].hasSideEffects)
  }

  @Test func divisionByAConstantDoesNotTrap() {
    var body = makeBody()
    func quotient(_ opcode: Opcode, by divisor: Int32) -> Bool {
      let node = body.makeBinary(opcode, body.makeLocalGet(LocalID(0)), body.makeI32Const(divisor))
      return Effects(of: node, in: body).flags.contains(.traps)
    }
    #expect(!quotient(.i32DivS, by: 3))
    #expect(quotient(.i32DivS, by: -1))
    #expect(quotient(.i32DivU, by: 0))
    #expect(!quotient(.i32DivU, by: -1))
    #expect(!quotient(.i32RemS, by: -1))
    #expect(quotient(.i32RemU, by: 0))
  }

  @Test func boundedWalkGivesUp() {
    var body = makeBody()
    var node = body.makeLocalGet(LocalID(0))
    for _ in 0..<1_000_000 { node = body.makeUnary(.i32Eqz, node) }
    let (few, all) = (body.hasSideEffects(node, limit: 100), body.hasSideEffects(node, limit: 2_000_000))
    #expect(few)
    #expect(!all)
  }
}

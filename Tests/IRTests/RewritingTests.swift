import IR
import Support
import Testing

@Suite struct RewritingTests {
  private func makeBody(locals: [ValueType] = [.i32, .i32]) -> Body {
    var body = Body()
    body.reset(parameters: locals[...])
    return body
  }

  @Test func inverseComparisonsAreMutual() {
    for opcode in Opcode.allCases {
      guard let inverse = opcode.inverseComparison else { continue }
      #expect(inverse.inverseComparison == opcode)
    }
    #expect(Opcode.f32Lt.inverseComparison == nil)
  }

  @Test func inverseOfCondition() {
    var body = makeBody()
    let get = body.makeLocalGet(LocalID(0))
    let negated = body.makeInverse(of: get)
    #expect(body.opcode(of: negated) == .i32Eqz)
    #expect(body.makeInverse(of: negated) == get)
    let comparison = body.makeBinary(.i32LtU, body.makeLocalGet(LocalID(0)), body.makeLocalGet(LocalID(1)))
    #expect(body.makeInverse(of: comparison) == comparison)
    #expect(body.opcode(of: comparison) == .i32GeU)
  }

  @Test func labelsAreCountedAndReplaced() {
    var body = makeBody()
    let (first, second) = (body.makeLabel(), body.makeLabel())
    let table = body.makeBrTable([first, second, first, .function], value: .none, index: body.makeLocalGet(LocalID(0)))
    let inner = body.makeBlock([table], label: first, type: .none)
    body.root = body.makeBlock([body.makeBlock([inner], label: second, type: .none)], label: .function, type: .none)
    let uses = LabelUses(of: body)
    #expect(uses[first] == 2 && uses[second] == 1 && uses[.function] == 1)
    body.mapBranchLabels(of: table) { $0 == first ? second : $0 }
    let after = LabelUses(of: body)
    #expect(after[first] == 0 && after[second] == 3)
    body.narrowLabels(of: table, to: 1..<3)
    let narrow = LabelUses(of: body)
    #expect(narrow[second] == 2 && narrow[.function] == 0)
  }

  @Test func sequencesFlatten() {
    var body = makeBody()
    func statement() -> NodeID { body.makeDrop(body.makeLocalGet(LocalID(0))) }
    let (a, b, c, d) = (statement(), statement(), statement(), statement())
    let inner = body.makeBlock([b, body.makeBlock([c], type: .none), body.makeBlock([], type: .none)], type: .none)
    body.root = body.makeBlock([body.makeBlock([a, inner], type: .none), d], label: .function, type: .none)
    body.flattenSequences()
    #expect(body.operands(of: body.root) == [a, b, c, d])
    let changes = body.changeCount
    body.flattenSequences()
    #expect(body.changeCount == changes)
  }

  /// A nest of a million sequences, each with an item beside the next, takes linear time and memory.
  @Test func deepSequencesFlatten() {
    var body = makeBody()
    let depth = 1_000_000
    var node = body.makeNop()
    for _ in 0..<depth { node = body.makeBlock([node, body.makeNop()], type: .none) }
    body.root = body.makeBlock([node], label: .function, type: .none)
    let memory = body.byteCount
    body.flattenSequences()
    #expect(body.operandCount(of: body.root) == depth + 1)
    #expect(body.byteCount <= 2 * memory)
  }

  @Test func divergenceShowsThroughSequences() {
    var body = makeBody()
    let branch = body.makeReturn(.none)
    let sequence = body.makeBlock([body.makeBlock([body.makeNop(), branch], type: .none)], type: .i32)
    let block = body.makeBlock([branch], label: body.makeLabel(), type: .none)
    let (sequenceDiverges, blockDiverges) = (body.diverges(sequence), body.diverges(block))
    #expect(sequenceDiverges)
    #expect(!blockDiverges)
  }

  @Test func whatTakesAPlaceTakesOverThePosition() {
    var body = makeBody()
    let (known, unknown, nowhere) = (PositionID(7), PositionID.none, PositionID.nowhere)
    let value = body.makeLocalGet(LocalID(0))
    let test = body.makeUnary(.i32Eqz, value)
    let drop = body.makeDrop(test)
    body.root = body.makeBlock([drop], label: .function, type: .none)
    body.setPosition(of: test, to: known)
    body.setPosition(of: value, to: PositionID(3))
    body.setPosition(of: drop, to: nowhere)
    body.rewriteBottomUp { body, id in
      switch id {
      case value: return body.makeI32Const(1)
      case test: return body.makeUnary(.i32Clz, body.operand(0, of: id))
      default: return id
      }
    }
    let clz = body.operand(0, of: drop)
    #expect(body.opcode(of: clz) == .i32Clz && body.position(of: clz) == known)
    #expect(body.position(of: body.operand(0, of: clz)) == PositionID(3))
    // One that has its own keeps it, also if it is known to be nowhere.
    body.movePosition(from: clz, to: drop)
    #expect(body.position(of: drop) == nowhere && body.position(of: body.root) == unknown)
    body.setOperand(0, of: drop, to: value)
    #expect(body.position(of: value) == PositionID(3))
    body.positions.removeAll()
    body.setOperand(0, of: drop, to: clz)
    #expect(body.positions.count == 0)
  }
}

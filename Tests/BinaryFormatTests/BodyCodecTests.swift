import BinaryFormat
import IR
import Support
import Testing

/// Bodies through decoder and encoder: what the tree does with stack code, and that nothing drifts.
@Suite struct BodyCodecTests {
  /// (i32) -> (i32), (i32 i32) -> (i32 i32), () -> ()
  private static let declarations: Declarations = {
    var module = Module()
    for arity in [1, 2, 0] {
      let types = [ValueType](repeating: .i32, count: arity)
      module.types.append(group: [DefinedType(.function(FunctionType(parameters: types, results: types)))])
      module.functions.append(Function(type: TypeID(module.types.count - 1)))
    }
    module.memories.append(Memory(limits: Limits(minimum: 1)))
    return Declarations(of: module)
  }()

  /// Decodes and validates, encodes, and checks that the second time changes nothing.
  private static func encoded(_ instructions: [UInt8], type: Int = 0, locals: [UInt8] = [0]) throws -> [UInt8] {
    var decoder = BodyDecoder(declarations: declarations)
    var encoder = BodyEncoder()
    var body = Body()
    let code = Code(bytes: Bytes(locals + instructions))
    try decoder.decode(code, type: TypeID(type), into: &body, validating: true)
    let first = encoder.encode(&body)
    decoder.acceptsTupleBlockTypes = true
    try decoder.decode(first, type: TypeID(type), into: &body, validating: true)
    #expect(encoder.encode(&body).bytes == first.bytes)
    return first.bytes.array
  }

  private static func expectSame(_ instructions: [UInt8], type: Int = 0) throws {
    #expect(try encoded(instructions, type: type) == [0] + instructions)
  }

  @Test func stackCodeKeepsItsBytes() throws {
    // A call without value between two operands, and one after the last.
    try Self.expectSame([0x20, 0, 0x10, 2, 0x41, 1, 0x6a, 0x0b])
    try Self.expectSame([0x20, 0, 0x41, 1, 0x10, 2, 0x6a, 0x0b])
    try Self.expectSame([0x20, 0, 0x10, 2, 0x0b])
  }

  @Test func severalResultsKeepTheirBytes() throws {
    // A call of two results: stored, dropped, returned whole.
    try Self.expectSame([0x20, 0, 0x20, 0, 0x10, 1, 0x21, 0, 0x1a, 0x20, 0, 0x0b])
    try Self.expectSame([0x20, 0, 0x20, 1, 0x10, 1, 0x0b], type: 1)
    try Self.expectSame([0x20, 0, 0x20, 1, 0x10, 1, 0x0f, 0x0b], type: 1)
  }

  @Test func parametersOfBlocksBecomeLocals() throws {
    // (block (param i32) (result i32) (i32.const 1) (i32.add))
    let bytes = try Self.encoded([0x20, 0, 0x02, 0, 0x41, 1, 0x6a, 0x0b, 0x0b])
    #expect(bytes == [1, 1, 0x7f, 0x20, 0, 0x21, 1, 0x02, 0x7f, 0x20, 1, 0x41, 1, 0x6a, 0x0b, 0x0b])
  }

  @Test func branchesToLoopsWithParametersAssignThem() throws {
    // (loop (param i32) (result i32) (br_if 0 (i32.const 0)))
    let bytes = try Self.encoded([0x20, 0, 0x03, 0, 0x41, 0, 0x0d, 0, 0x0b, 0x0b])
    #expect(bytes.contains(0x21))
    // The same with br_table, which needs a landing.
    _ = try Self.encoded([0x20, 0, 0x03, 0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x0b])
  }

  @Test func deadCodeIsCheckedAndDropped() throws {
    #expect(try Self.encoded([0x00, 0x6a, 0x1a, 0x20, 0, 0x0b]) == [0, 0x00, 0x0b])
    #expect(throws: WasmError.self) { try Self.encoded([0x00, 0x43, 0, 0, 0, 0, 0x45, 0x0b]) }
    // A construct in dead code begins with an empty stack of its own.
    #expect(throws: WasmError.self) { try Self.encoded([0x00, 0x02, 0x40, 0x1a, 0x0b, 0x0b]) }
  }

  @Test func tryInDeadCodeLeavesNothingToTheOneAroundIt() throws {
    // (try (do (unreachable) (try (do) (catch_all))) (catch_all (nop)))
    let legacy: [UInt8] = [0x06, 0x40, 0x00, 0x06, 0x40, 0x19, 0x0b, 0x19, 0x01, 0x0b, 0x20, 0, 0x0b]
    #expect(try Self.encoded(legacy) == [0, 0x06, 0x40, 0x00, 0x19, 0x01, 0x0b, 0x20, 0, 0x0b])
    // (try_table (catch_all 0) (unreachable) (try_table (catch_all 1)))
    let standard: [UInt8] = [
      0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x00, 0x1f, 0x40, 1, 2, 1, 0x0b, 0x0b, 0x0b, 0x20, 0, 0x0b,
    ]
    #expect(try Self.encoded(standard) == [0, 0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x00, 0x0b, 0x0b, 0x20, 0, 0x0b])
  }

  @Test func branchToIfNeedsNoBlock() throws {
    // (if (result i32) (local.get 0) (then (br 0 (i32.const 1))) (else (i32.const 2)))
    try Self.expectSame([0x20, 0, 0x04, 0x7f, 0x41, 1, 0x0c, 0, 0x05, 0x41, 2, 0x0b, 0x0b])
  }

  @Test func numbersGetTheirSmallestForm() throws {
    #expect(try Self.encoded([0x41, 0x81, 0x80, 0x00, 0x1a, 0x20, 0x80, 0x00, 0x0b]) == [0, 0x41, 1, 0x1a, 0x20, 0, 0x0b])
  }

  @Test func localsAreGrouped() throws {
    let locals: [UInt8] = [4, 1, 0x7f, 2, 0x7f, 1, 0x7e, 1, 0x7f]
    #expect(try Self.encoded([0x20, 0, 0x0b], locals: locals).prefix(7) == [3, 3, 0x7f, 1, 0x7e, 1, 0x7f])
  }

  @Test(arguments: [0x02, 0x03] as [UInt8]) func aMillionNestedConstructs(opcode: UInt8) throws {
    let depth = 1_000_000
    let opening = [[UInt8]](repeating: [opcode, 0x40], count: depth).joined()
    let code = Array(opening) + [UInt8](repeating: 0x0b, count: depth) + [0x20, 0, 0x0b]
    #expect(try Self.encoded(code).count == code.count + 1)
  }

  @Test func aMillionNestedOperands() throws {
    let code = [0x20, 0] + [UInt8](repeating: 0x45, count: 1_000_000) + [0x0b]
    try Self.expectSame(code)
  }

  @Test func hintsFollowTheirBranches() throws {
    var decoder = BodyDecoder(declarations: Self.declarations)
    var encoder = BodyEncoder()
    var body = Body()
    // An overlong constant before the `br_if` moves it.
    let bytes: [UInt8] = [0, 0x02, 0x40, 0x41, 0x81, 0x00, 0x0d, 0, 0x0b, 0x20, 0, 0x0b]
    let code = Code(bytes: Bytes(bytes), branchHints: [BranchHint(offset: 6, isLikely: true)])
    try decoder.decode(code, type: TypeID(0), into: &body, validating: true)
    #expect(encoder.encode(&body).branchHints == [BranchHint(offset: 5, isLikely: true)])
  }
}

import Analysis
import BinaryFormat
import IR
import Support
import Testing
import TextFormat

/// What passes take for the size of code, against what the code takes.
@Suite struct CodeSizeTests {
  static let bodies = [
    "(unreachable)",
    "(drop (memory.size))", "(drop (memory.grow (i32.const 1)))", "(memory.fill (i32.const 0) (i32.const 0) (i32.const 9))",
    "(drop (i32.load offset=64 (i32.const 0)))", "(drop (i32.load8_u offset=127 (i32.const 0)))",
    "(i64.store offset=128 align=1 (i32.const 0) (i64.const -65))", "(i32.store offset=2000000 (i32.const 0) (i32.const 64))",
    "(drop (ref.is_null (ref.null func)))", "(drop (ref.eq (ref.i31 (i32.const 1)) (ref.null eq)))",
    "(drop (i31.get_s (ref.i31 (i32.const 1))))", "(throw_ref (ref.null exn))", "(drop (f64.add (f64.const 1) (f64.const 2)))",
    "(drop (select (f32.const 1) (f32.const 2) (i32.const 0)))", "(global.set 0 (i32.eqz (global.get 0)))", "(call 0)",
    "(if (i32.const 1) (then (unreachable)))", "(loop $l (br_if $l (i32.const 1)))", "(return)",
  ]

  @Test(arguments: bodies) func isThatOfTheCode(_ body: String) throws {
    let text = "(module (memory 1) (global (mut i32) (i32.const 0)) (func \(body)))"
    let bytes = try TextParser.assemble(Bytes(Array(text.utf8))).bytes
    let code = try #require(try ModuleReader.read(bytes).functions[FunctionID(0)].code)
    try forEachBody(of: bytes) { _, body in
      // The code has no locals and an end; the body is a block.
      #expect(body.byteCount(of: body.root) - 3 == code.bytes.count - 2)
    }
  }
}

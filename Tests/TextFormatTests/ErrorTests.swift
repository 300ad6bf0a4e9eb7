import Support
import Testing
import TextFormat

@Suite struct ErrorTests {
  @Test func errorsSayWhere() {
    let cases: [(String, String)] = [
      ("(module\n  (func\n    (call $g)))", "3:11: unknown function $g"),
      ("(func é)", "1:7: illegal character"),
      (";; é\n(;é;) (func (foo))", "2:14: unknown operator foo"),
      ("(module (func)", "1:15: unexpected end of the text, expected )"),
      ("(module) x", "1:10: unknown operator x"),
      ("(func $a) (func $a)", "1:17: duplicate function $a"),
      ("(func (param $a i32) (local $a i32))", "1:29: duplicate local $a"),
      ("(type (struct (field $a i32) (field $a i32)))", "1:37: duplicate field $a"),
      ("(func) (import \"a\" \"b\" (func))", "1:8: import after function: imports must come before all definitions"),
      (
        "(memory 1) (global (import \"a\" \"b\") i32)",
        "1:12: import after memory: imports must come before all definitions"
      ),
      ("(func (block $a) br $a)", "1:21: unknown label $a"),
      ("(func block $a end $b)", "1:20: mismatching label $b"),
      ("(func (block (end)))", "1:14: unexpected token (end, expected an instruction"),
      ("(func block)", "1:12: unexpected token ), expected an instruction or end"),
      ("(func (if (i32.const 0)))", "1:24: unexpected token ), expected a folded instruction or (then"),
      ("(func (nop) (local i32))", "1:13: unexpected token (local, expected an instruction"),
      ("(func (i32.add nop nop))", "1:16: unexpected token nop, expected a folded instruction or )"),
      ("(type $s (struct)) (func (struct.get $s $x))", "1:41: unknown field $x"),
      ("(memory 1) (func i32.load align=3)", "1:27: alignment must be a power of two, found 3"),
      ("(start 0) (start 0)", "1:11: multiple start fields"),
      ("(module (table 4294967296 funcref))", "1:16: i32 constant out of range: 4294967296"),
      ("(memory 0 (pagesize 3))", "1:21: invalid custom page size 3: not a power of two"),
    ]
    for (text, expected) in cases { #expect(failure(text) == expected, "\(text)") }
  }

  @Test func errorsSayWhatIsMeant() {
    #expect(failure("(func i32.ad)") == "1:7: unknown operator i32.ad, did you mean i32.add?")
    #expect(failure("(func get_local 0)") == "1:7: unknown operator get_local, did you mean local.get?")
    #expect(failure("(func i32.wrap/i64)") == "1:7: unknown operator i32.wrap/i64, did you mean i32.wrap_i64?")
    #expect(
      failure("(func cont.new 0)") == "1:7: cont.new belongs to the proposal stack-switching, which is not supported")
    #expect(failure("(type (cont 0))").contains("stack-switching"))
  }

  @Test func binaryOffsetsHaveTheirPlaceInTheText() throws {
    let text =
      "(module\n (func (result i32)\n  (i32.add\n   (i32.const 1)\n   (i32.const 2)))\n (global i32 (i32.const 3)))"
    let module = try TextParser.assemble(Bytes(Array(text.utf8)))
    let bytes = module.bytes.array
    func place(of pattern: [UInt8]) -> WasmError.Place {
      let start = (0..<bytes.count).first { bytes[$0...].starts(with: pattern) }!
      return module.place(ofBinary: start)
    }
    #expect(place(of: [0x41, 1]) == .text(line: 4, column: 5))
    #expect(place(of: [0x41, 2]) == .text(line: 5, column: 5))
    #expect(place(of: [0x6a, 0x0b]) == .text(line: 3, column: 4))
    #expect(place(of: [0x7f, 0x00, 0x41, 3]) == .text(line: 6, column: 2))
    #expect(place(of: [0x41, 3]) == .text(line: 6, column: 15))
    #expect(module.place(ofBinary: 0) == .binary(offset: 0, section: nil))
    let error = WasmError(.invalid, "type mismatch", at: .binary(offset: bytes.count - 2, section: "code"))
    #expect("\(module.locate(error))" == "3:4: type mismatch")
  }
}

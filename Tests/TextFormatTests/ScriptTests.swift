import IR
import Support
import Testing
import TextFormat

@Suite struct ScriptTests {
  func parse(_ text: String) throws -> [ScriptCommand] { try ScriptParser.parse(Bytes(Array(text.utf8))) }

  @Test func commandsHaveTheirLines() throws {
    let commands = try parse(
      """
      (module $m (func (export "f")))
      (register "m" $m)

      (assert_return (invoke $m "f" (i32.const -1) (f32.const nan:0x1) (ref.extern 3)) (i64.const 1)
        (f32.const nan:canonical)) (get "g")
      (assert_trap (invoke "f") "unreachable")
      (assert_malformed (module quote "(func") "unexpected end")
      (assert_invalid (module (func (result i32))) "type mismatch")
      (module binary "\\00asm" "\\01\\00\\00\\00")
      (module definition $d) (module instance $i $d)
      (func) (memory 0)
      (assert_exhaustion (invoke "f") "call stack exhausted") (assert_exception (invoke "f"))
      """)
    #expect(commands.map(\.line) == [1, 2, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 12])
    guard case .module(let name, false, .text) = commands[0].content else {
      Issue.record("module")
      return
    }
    #expect(name == "m")
    guard case .register(as: "m", module: "m") = commands[1].content else {
      Issue.record("register")
      return
    }
    guard case .assertReturn(.invoke("m", "f", let arguments), let results) = commands[2].content else {
      Issue.record("assert_return")
      return
    }
    #expect(arguments == [.i32(0xffff_ffff), .f32(0x7f80_0001), .externReference(3)])
    #expect(results == [.i64(1), .f32(.canonicalNaN)])
    guard case .assertMalformed(let quoted, _) = commands[5].content else {
      Issue.record("assert_malformed")
      return
    }
    #expect(throws: WasmError.self) { try quoted.assemble() }
    guard case .assertInvalid(let invalid, "type mismatch") = commands[6].content else {
      Issue.record("assert_invalid")
      return
    }
    #expect(try invalid.assemble().bytes.count > 8)
    guard case .instance("i", "d") = commands[9].content else {
      Issue.record("instance")
      return
    }
    guard case .module(nil, false, let inline) = commands[10].content else {
      Issue.record("fields")
      return
    }
    #expect(sections(of: try inline.assemble().bytes.array).map(\.id) == [1, 3, 5, 10])
  }

  @Test func patterns() throws {
    let commands = try parse(
      """
      (assert_return (get "g") (v128.const f32x4 nan:arithmetic 1 nan:canonical -0) (ref.null) (ref.null func)
        (ref.func) (ref.i31) (ref.extern) (either (i32.const 1) (i32.const 2))
        (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16))
      (invoke "f" (v128.const i32x4 1 2 3 4) (ref.null extern) (ref.host 1))
      """)
    guard case .assertReturn(_, let results) = commands[0].content else {
      Issue.record("assert_return")
      return
    }
    #expect(results == [
      .v128([.arithmeticNaN, .bits(0x3f80_0000), .canonicalNaN, .bits(0x8000_0000)]), .null(nil), .null(.func),
      .reference(.func), .reference(.i31), .reference(.extern), .either([.i32(1), .i32(2)]),
      .v128((1...16).map { .bits($0) }),
    ])
    guard case .action(.invoke(nil, "f", let arguments)) = commands[1].content else {
      Issue.record("invoke")
      return
    }
    #expect(arguments == [.v128(low: 0x2_0000_0001, high: 0x4_0000_0003), .null(.extern), .hostReference(1)])
  }

  @Test func errorsSayWhere() {
    #expect(throws: WasmError.self) { try parse("(invoke \"f\" (f32.const nan:canonical))") }
    do {
      _ = try parse("(module)\n(assert_retur (invoke \"f\"))")
      Issue.record("no error")
    } catch {
      #expect("\(error)".hasPrefix("2:2: unknown operator assert_retur"))
    }
  }
}

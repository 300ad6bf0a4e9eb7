import Support
import Testing
import TextFormat

/// Abbreviations give the bytes of what they stand for.
@Suite struct AbbreviationTests {
  func expectSame(_ left: String, _ right: String, _ location: SourceLocation = #_sourceLocation) throws {
    func withoutNames(_ text: String) throws -> [String] {
      sections(of: try assemble(text)).filter { $0.id != 0 }.map { "\($0.id): \($0.contents)" }
    }
    #expect(try withoutNames(left) == withoutNames(right), sourceLocation: location)
  }

  @Test func foldedAndFlat() throws {
    try expectSame(
      "(func (param i32) (result i32) (i32.add (local.get 0) (i32.mul (i32.const 2) (i32.const 3))))",
      "(func (param i32) (result i32) local.get 0 i32.const 2 i32.const 3 i32.mul i32.add)")
    try expectSame(
      "(func (if $l (i32.const 1) (then (br $l)) (else (br 0))))",
      "(func i32.const 1 if $l br $l else $l br 0 end $l)")
    try expectSame(
      "(tag $e) (func (try $t (do (nop)) (catch $e (rethrow $t)) (catch_all (rethrow 0))))",
      "(tag $e) (func try $t nop catch $e rethrow $t catch_all rethrow 0 end)")
    try expectSame(
      "(func (block $b (try (do) (delegate $b))))", "(func block $b try delegate $b end)")
    try expectSame(
      "(tag $e) (func (block $l (try_table (catch $e $l) (catch_all 0) nop)))",
      "(tag $e) (func block $l try_table (catch 0 0) (catch_all 0) nop end end)")
  }

  @Test func typeUses() throws {
    try expectSame(
      "(func (param i32) (result i32) (local.get 0)) (type $t (func (param i32) (result i32)))",
      "(type $t (func (param i32) (result i32))) (func (type $t) (local.get 0))")
    try expectSame(
      "(type (func (param i32))) (func (type 0) (param) (result))", "(type (func (param i32))) (func (type 0))")
    // New types go behind the others, in order of appearance.
    #expect(
      section(1, of: try assemble("(func (param i32) (block (param i64) drop)) (type (func)) (func)"))
        == [3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7e, 0])
    // Only a final type without supertype, alone in its group, is reused.
    #expect(
      section(3, of: try assemble("(type (sub (func))) (rec (type (func)) (type (func))) (rec (type (func))) (func)"))
        == [1, 3])
    // A recursive type is none that a type use could mean.
    #expect(
      section(3, of: try assemble("(type $t (func (result (ref null $t)))) (func (result (ref null 0)) ref.null 0)"))
        == [1, 1])
    let mismatch = failure("(type $t (func (param i32))) (func (type $t) (param i64))")
    #expect(mismatch.hasPrefix("1:36: inline function type"))
  }

  @Test func blockTypes() throws {
    #expect(try body("(func (block (param) (result)))") == [0, 0x02, 0x40, 0x0b, 0x0b])
    #expect(try body("(func (drop (block (result i32) (i32.const 0))))") == [0, 0x02, 0x7f, 0x41, 0, 0x0b, 0x1a, 0x0b])
    #expect(try body("(func (block (result (ref null 0)) unreachable) drop)")[1...3] == [0x02, 0x63, 0x00])
    #expect(try body("(func (block (result i32 i32) unreachable) drop drop)")[1...2] == [0x02, 0x01])
    #expect(try body("(type $t (func)) (func (block (type $t)))")[1...2] == [0x02, 0x00])
  }

  @Test func inlineImportsAndExports() throws {
    try expectSame(
      """
      (func $f (export "a") (export "b") (import "m" "n") (param i32))
      (table (import "m" "t") i64 1 2 funcref) (memory (export "m") (import "m" "m") 1)
      (global (import "m" "g") (mut i32)) (tag (export "e") (import "m" "e"))
      """,
      """
      (import "m" "n" (func (param i32))) (import "m" "t" (table i64 1 2 funcref)) (import "m" "m" (memory 1))
      (import "m" "g" (global (mut i32))) (import "m" "e" (tag))
      (export "a" (func 0)) (export "b" (func 0)) (export "m" (memory 0)) (export "e" (tag 0))
      """)
  }

  @Test func inlineSegments() throws {
    try expectSame(
      "(func $f) (table $t funcref (elem $f $f)) (table i64 externref (elem (ref.null extern) (item ref.null extern)))",
      """
      (func $f) (table 2 2 funcref) (table i64 2 2 externref) (elem (i32.const 0) func $f $f)
      (elem (table 1) (offset i64.const 0) externref (ref.null extern) (ref.null extern))
      """)
    try expectSame("(memory (data \"ab\" \"\" \"c\"))", "(memory 1 1) (data (i32.const 0) \"abc\")")
    try expectSame(
      "(memory i64 (pagesize 1) (data \"abc\"))", "(memory i64 3 3 (pagesize 1)) (data (i64.const 0) \"abc\")")
    try expectSame(
      "(memory (data)) (data $d \"x\") (func (data.drop $d))",
      "(memory 0 0) (data (i32.const 0)) (data \"x\") (func (data.drop 1))")
    #expect(
      section(4, of: try assemble("(table 1 (ref func) (ref.func $f)) (func $f)"))
        == [1, 0x40, 0, 0x64, 0x70, 0, 1, 0xd2, 0, 0x0b])
  }

  @Test func elementForms() throws {
    func flags(_ text: String) throws -> UInt8 {
      section(9, of: try assemble("(table $t 1 funcref) (table $u 1 funcref) (func $f) \(text)"))[1]
    }
    #expect(try flags("(elem (i32.const 0) $f)") == 0)
    #expect(try flags("(elem func $f)") == 1)
    #expect(try flags("(elem (table $u) (offset (i32.const 0)) func $f)") == 2)
    #expect(try flags("(elem declare func $f)") == 3)
    #expect(try flags("(elem (table $t) (i32.const 0) funcref (ref.func $f))") == 4)
    #expect(try flags("(elem funcref (item (ref.func $f)))") == 5)
    #expect(try flags("(elem (i32.const 0) (ref func) (ref.func $f))") == 6)
    #expect(try flags("(elem declare (ref null func) (ref.null func))") == 7)
  }

  @Test func indicesMayBeMissing() throws {
    try expectSame(
      """
      (memory 1) (table 1 funcref) (elem func) (data) (func i32.const 0 i32.const 0 i32.const 0 memory.copy
      i32.const 0 i32.const 0 i32.const 0 table.init 0 i32.const 0 i32.const 0 i32.const 0 memory.init 0
      i32.const 0 i32.load drop i32.const 0 v128.const i64x2 0 0 v128.store8_lane 3)
      """,
      """
      (memory 1) (table 1 funcref) (elem func) (data) (func i32.const 0 i32.const 0 i32.const 0 memory.copy 0 0
      i32.const 0 i32.const 0 i32.const 0 table.init 0 0 i32.const 0 i32.const 0 i32.const 0 memory.init 0 0
      i32.const 0 i32.load 0 offset=0 align=4 drop i32.const 0 v128.const i64x2 0 0 v128.store8_lane 0 align=1 3)
      """)
  }

  @Test func instructionsWithTwoOpcodes() throws {
    #expect(try body("(func unreachable select)")[2] == 0x1b)
    #expect(try body("(func unreachable select (result i32) drop)")[2...4] == [0x1c, 1, 0x7f])
    #expect(try body("(func unreachable ref.test (ref any))")[2...4] == [0xfb, 0x14, 0x6e])
    #expect(try body("(func unreachable ref.cast anyref)")[2...4] == [0xfb, 0x17, 0x6e])
    #expect(try body("(func unreachable br_on_cast 0 anyref (ref i31))")[2...6] == [0xfb, 0x18, 0x01, 0, 0x6e])
  }

  @Test func dataCountOnlyWhenNeeded() throws {
    #expect(sections(of: try assemble("(memory 1) (data \"\")")).map(\.id) == [5, 11])
    #expect(sections(of: try assemble("(memory 1) (data $d \"\") (func (data.drop $d))")).map(\.id).contains(12))
  }

  @Test func modulesInOtherForms() throws {
    let binary: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
    #expect(try assemble("(module $m binary \"\\00asm\" \"\\01\\00\\00\\00\")") == binary)
    #expect(try assemble("(module quote \"(mod\" \"ule)\")") == binary)
    #expect(try assemble("(module definition)") == binary)
    #expect(failure("\n (module quote \"\\n(func\")").hasPrefix("2:10: in the quoted text, at 2:"))
  }
}

import Support
import Testing
import TextFormat

@Suite struct AnnotationTests {
  @Test func namesOfAllKinds() throws {
    let module = try assemble(
      """
      (module $m
        (type $s (struct (field i32) (field $x i32)))
        (func $f (param $p i32) (local i64) (local $l i64)
          (loop) (block $a (if $b (i32.const 0) (then))))
        (table $t 1 funcref) (memory $y 1) (global $g i32 (i32.const 0)) (tag $e) (elem $k func) (data $d))
      """)
    func entry(_ index: UInt8, _ name: String) -> [UInt8] { [index, UInt8(name.utf8.count)] + Array(name.utf8) }
    let expected: [[UInt8]] = [
      [0, 2] + [1] + Array("m".utf8), [1, 4, 1] + entry(0, "f"), [2, 9, 1, 0, 2] + entry(0, "p") + entry(2, "l"),
      [3, 9, 1, 0, 2] + entry(1, "a") + entry(2, "b"), [4, 4, 1] + entry(0, "s"), [5, 4, 1] + entry(0, "t"),
      [6, 4, 1] + entry(0, "y"), [7, 4, 1] + entry(0, "g"), [8, 4, 1] + entry(0, "k"), [9, 4, 1] + entry(0, "d"),
      [10, 6, 1, 0, 1] + entry(1, "x"), [11, 4, 1] + entry(0, "e"),
    ]
    #expect(custom("name", of: module) == expected.flatMap { $0 })
  }

  @Test func nameAnnotationsPrevail() throws {
    #expect(
      custom("name", of: try assemble("(module $m (@name \"M\") (func $f (@name \"λ x\")) (func (@name \"λ x\")))"))
        == [0, 2, 1, 0x4d, 1, 13, 2, 0, 4, 0xce, 0xbb, 0x20, 0x78, 1, 4, 0xce, 0xbb, 0x20, 0x78])
    let labels = try assemble(
      #"(func (block (@name "")) (if $a (@name "b c") (i32.const 0) (then (br $a))) loop (@name "d") end)"#)
    #expect(custom("name", of: labels) == [3, 13, 1, 0, 3, 0, 0, 1, 3, 0x62, 0x20, 0x63, 2, 1, 0x64])
    #expect(failure("(module (@name \"a\") (@name \"b\"))").contains("multiple module names"))
    #expect(failure("(module (func) (@name \"a\"))") == "1:16: misplaced @name annotation")
  }

  @Test func customSectionsGoWhereTheyAreSaid() throws {
    let module = try assemble(
      """
      (@custom "last" "x") (@custom "after type" (after type)) (@custom "first" (before first) "a" "b")
      (@custom "before code" (before code)) (func $f) (@custom "before type" (before type))
      """)
    let names = sections(of: module).map { entry -> String in
      guard entry.id == 0 else { return "\(entry.id)" }
      return String(decoding: entry.contents[1...].prefix(Int(entry.contents[0])), as: UTF8.self)
    }
    #expect(names == ["first", "before type", "1", "after type", "3", "before code", "10", "name", "last"])
    #expect(custom("first", of: module) == [0x61, 0x62])
    #expect(failure("(@custom)").contains("missing section name"))
    #expect(failure("(@custom \"a\" here)").contains("unexpected token here"))
    #expect(failure("(@custom \"a\" (beside type))").contains("malformed placement"))
    #expect(failure("(@custom \"a\" (after types))").contains("malformed section kind"))
    #expect(failure("(func (@custom \"a\"))") == "1:7: misplaced @custom annotation")
  }

  @Test func branchHints() throws {
    let hint = "(@metadata.code.branch_hint \"\\01\")"
    let folded = try assemble("(func) (func (block \(hint) (if (i32.const 1) (then)) \(hint) (br_if 0 (i32.const 0))))")
    let flat = try assemble("(func) (func block i32.const 1 \(hint) if end i32.const 0 \(hint) br_if 0 end)")
    #expect(custom("metadata.code.branch_hint", of: folded) == [1, 1, 2, 5, 1, 1, 10, 1, 1])
    #expect(folded == flat)
    #expect(sections(of: folded).map(\.id) == [1, 3, 0, 10])
    #expect(failure("(func \(hint) nop)").contains("invalid target"))
    #expect(failure("(func (block \(hint)))").contains("invalid target"))
    #expect(failure("(func \(hint) \(hint) if end)").contains("duplicate annotation"))
    #expect(failure("(module \(hint))").contains("not in a function"))
  }
}

import IR
import Passes
import Support
import Testing

@Suite struct RemoveUnusedTests {
  func left(_ text: String) throws -> [String] {
    var module = try module(text)
    try run("remove-unused-module-elements", on: &module)
    return module.left
  }

  @Test func functionsThatNothingReaches() throws {
    let left = try left(
      """
      (module
        (import "m" "used" (func $used)) (import "m" "unused" (func $unused))
        (func $main (export "main") (call $a))
        (func $a (call $b)) (func $b (call $used))
        (func $dead (call $dead2)) (func $dead2 (call $dead) (call $unused)))
      """)
    #expect(left == ["func a", "func b", "func main", "func used"])
  }

  @Test func everyKindOfItem() throws {
    let text = """
      (module
        (type $t (func (param i64)))
        (global $g i32 (i32.const 1)) (global $g2 i32 (global.get $g)) (global $dead i32 (i32.const 5))
        (memory $m 1) (memory $dead 1)
        (table $t 2 funcref) (table $dead 1 funcref)
        (tag $e (param i64)) (tag $dead)
        (data $d (memory $m) (i32.const 0) "x") (data $dead (memory $dead) (i32.const 0) "y") (data $passive "z")
        (data $unused "zz")
        (elem $el (table $t) (i32.const 0) func $item) (elem $dead (table $dead) (i32.const 0) func $item2)
        (func $item) (func $item2)
        (func $main (export "main")
          (i32.store8 $m (global.get $g2) (i32.const 2))
          (memory.init $m $passive (i32.const 0) (i32.const 0) (i32.const 0))
          (drop (table.get $t (i32.const 0)))
          (throw $e (i64.const 0))))
      """
    #expect(try left(text) == [
      "data d", "data passive", "elem el", "func item", "func main", "global g", "global g2", "memory m", "table t",
      "tag e",
    ])
    var module = try module(text)
    try run("remove-unused-nonfunction-module-elements", on: &module)
    #expect(module.left.contains("func item2") && !module.left.contains("elem dead"))
  }

  /// A segment that may be out of bounds makes the module fail when it is instantiated; it has to go on to do so.
  @Test func segmentsThatMayTrapStay() throws {
    #expect(try left("(module (memory $m 1) (data $d (i32.const 65535) \"ab\"))") == ["data d", "memory m"])
    #expect(try left("(module (memory $m 1) (data $d (i32.const 65534) \"ab\"))") == [])
    #expect(try left("(module (memory $m 1) (data $d (i32.const -1) \"\"))") == ["data d", "memory m"])
    #expect(try left("(module (table $t 1 funcref) (elem $e (i32.const 1) func $f) (func $f (call $g)) (func $g))") == [
      "elem e", "func f", "table t",
    ])
    #expect(
      try left("(module (import \"a\" \"b\" (global $g i32)) (memory $m 1) (data $d (global.get $g) \"\"))") == [
        "data d", "global g", "memory m",
      ])
    #expect(try left("(module (memory $m i64 1) (data $d (i64.const -1) \"ab\"))") == ["data d", "memory m"])
  }

  @Test func segmentsOfImportedMemoriesAndTablesStay() throws {
    let left = try left(
      """
      (module (import "a" "m" (memory $m 1)) (import "a" "t" (table $t 1 funcref)) (import "a" "u" (table $u 1 funcref))
        (data $d (i32.const 0) "x") (data $nothing (i32.const 0) "")
        (elem $e (table $t) (i32.const 0) func $f) (func $f (call $g)) (func $g))
      """)
    // The empty segment belongs to a memory that stays.
    #expect(left == ["data d", "data nothing", "elem e", "func f", "func g", "memory m", "table t"])
  }

  @Test func uncallableFunctionsOfAClosedTableLoseTheirBodies() throws {
    var module = try module(
      """
      (module
        (type $v (func)) (type $i (func (param i32)))
        (table $t 2 funcref) (elem $e (i32.const 0) $yes $no)
        (func $yes (call $x)) (func $no (param i32) (call $y)) (func $x) (func $y)
        (func $main (export "main") (call_indirect (type $v) (i32.const 0))))
      """)
    try run("remove-unused-module-elements", on: &module)
    #expect(module.left == ["elem e", "func main", "func no", "func x", "func yes", "table t"])
    #expect(module.body("no") == [0, 0, 0x0b])
  }

  @Test(arguments: [
    "(export \"t\" (table $t))", "(func (export \"get\") (drop (table.get $t (i32.const 0))))",
    "(table $o 2 funcref) (func (export \"copy\") (table.copy $o $t (i32.const 0) (i32.const 0) (i32.const 0)))",
  ])
  func openTablesKeepTheBodies(opener: String) throws {
    let left = try left(
      """
      (module (type $v (func)) (type $i (func (param i32)))
        (table $t 2 funcref) (elem $e (i32.const 0) $yes $no)
        (func $yes) (func $no (param i32) (call $y)) (func $y)
        (func $main (export "main") (call_indirect (type $v) (i32.const 0)))
        \(opener))
      """)
    #expect(left.contains("func y"))
  }

  @Test func subtypesCanBeCalled() throws {
    let left = try left(
      """
      (module
        (type $super (sub (func))) (type $sub (sub $super (func))) (type $other (sub (func (param i32))))
        (table $t 2 funcref) (elem $e (i32.const 0) $f $g)
        (func $f (type $sub) (call $x)) (func $g (type $other) (call $y)) (func $x) (func $y)
        (func $main (export "main") (call_indirect (type $super) (i32.const 0))))
      """)
    #expect(left.contains("func x") && !left.contains("func y"))
  }

  @Test func declarationsAreTrimmed() throws {
    var module = try module(
      """
      (module
        (elem $all declare func $a $b $c)
        (table $unused 1 funcref) (elem $gone (table $unused) (i32.const 0) func $d)
        (func $a) (func $b) (func $c) (func $d)
        (func $main (export "main") (drop (ref.func $b)) (drop (ref.func $d)))
        (func $dead (drop (ref.func $c))))
      """)
    try run("remove-unused-module-elements", on: &module)
    #expect(module.left == ["elem 2", "elem all", "func b", "func d", "func main"])
  }

  @Test func typesGoByGroups() throws {
    var module = try module(
      """
      (module
        (type $unused (func (param f32)))
        (rec (type $s (struct (field (ref null $x)))) (type $x (struct)))
        (rec (type $u1 (struct)) (type $u2 (struct (field i32))))
        (type $base (sub (struct))) (type $derived (sub $base (struct (field i64))))
        (func $main (export "main") (local (ref null $s)) (drop (struct.new_default $derived))))
      """)
    try run("remove-unused-module-elements", on: &module)
    #expect(module.removedTypes == [TypeID(0), TypeID(3), TypeID(4)])
  }

  @Test func aStartFunctionThatDoesNothing() throws {
    #expect(try left("(module (func $s) (start $s))") == [])
    #expect(try left("(module (func $s (call $f)) (func $f (loop)) (start $s))") == ["func f", "func s"])
    #expect(try left("(module (import \"a\" \"b\" (func $s)) (start $s))") == ["func s"])
  }

  @Test func longChainsAndManyItems() throws {
    let count = 20_000
    var text = "(module (func (export \"f\") (call $f0))"
    for index in 0..<count { text += "(func $f\(index) (call $f\(index + 1))) (func $dead\(index) (call $f\(index)))" }
    text += "(func $f\(count)))"
    var module = try module(text)
    try run("remove-unused-module-elements", on: &module)
    #expect(module.left.count == count + 2)
  }
}

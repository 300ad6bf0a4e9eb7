import IR
import Passes
import Support
import Testing

@Suite struct DuplicateFunctionTests {
  @Test func redirectsEveryReference() throws {
    var module = try module(
      """
      (module
        (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 1))
        (table 4 funcref) (elem $e (i32.const 0) func $b $a) (elem $x (i32.const 2) funcref (ref.func $b))
        (global $g funcref (ref.func $b))
        (export "b" (func $b))
        (func $main (export "main") (result i32) (i32.add (call $a) (call $b))))
      """)
    try run("duplicate-function-elimination", on: &module)
    #expect(module.left.filter { $0.hasPrefix("func") } == ["func a", "func main"])
    #expect(module.body("main") == [0, 0x10, 0, 0x10, 0, 0x6a, 0x0b])
    let refersToA = ConstExpression(bytes: Bytes([0xd2, 0, 0x0b]))
    guard case .functions(let functions) = module.elements[ElementID(0)].items,
      case .expressions(let expressions) = module.elements[ElementID(1)].items
    else { return #expect(Bool(false)) }
    #expect(functions == [FunctionID(0), FunctionID(0)])
    #expect(expressions == [refersToA])
    #expect(module.globals[GlobalID(0)].initializer == refersToA)
  }

  /// Level by level: leaves first, then what calls them.
  @Test(arguments: [(1, 0, 4), (2, 0, 1), (3, 0, 1), (0, 1, 1)])
  func roundsDependOnTheLevel(optimize: Int, shrink: Int, left: Int) throws {
    var text = "(module (memory 1)"
    for name in ["a", "b"] {
      text += "(func $\(name)0 (nop) (i32.store (i32.const 0) (i32.const 1)))"
      for level in 1..<4 { text += "(func $\(name)\(level) (call $\(name)\(level - 1)) (call $\(name)0))" }
    }
    text += "(func (export \"f\") (call $a3) (call $b3)))"
    var module = try module(text)
    try run("duplicate-function-elimination", on: &module) {
      $0.optimizeLevel = optimize
      $0.shrinkLevel = shrink
    }
    // With one round, the leaves alone are merged.
    #expect(module.left.filter { $0.hasPrefix("func b") }.count == left - 1)
  }

  @Test func typesMustBeTheSame() throws {
    var module = try module(
      """
      (module
        (type $one (func (param i32))) (type $same (func (param i32)))
        (rec (type $r (func (param i32))) (type $other (struct)))
        (func $a (type $one)) (func $b (type $same)) (func $c (type $r)) (func $d (param i64)) (func $e (param i32) (local i32)))
      """)
    try run("duplicate-function-elimination", on: &module)
    #expect(module.left == ["func a", "func c", "func d", "func e"])
  }

  @Test func hintsThatDisagreeAreDropped() throws {
    var module = try module(
      """
      (module
        (func $a (param i32) (if (local.get 0) (then (unreachable))) (if (local.get 0) (then (unreachable))))
        (func $b (param i32) (if (local.get 0) (then (unreachable))) (if (local.get 0) (then (unreachable)))))
      """)
    for (id, second) in [(FunctionID(0), true), (FunctionID(1), false)] {
      module.functions[id].code!.branchHints = [
        BranchHint(offset: 3, isLikely: true), BranchHint(offset: 9, isLikely: second),
      ]
    }
    try run("duplicate-function-elimination", on: &module)
    #expect(module.left == ["func a"])
    #expect(module.functions[FunctionID(0)].code!.branchHints == [BranchHint(offset: 3, isLikely: true)])
  }

  @Test func positionsDoNotCount() throws {
    var module = try module("(module (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 1)))")
    let marks = [0, 1].map { PositionMark(offset: 1, position: PositionID($0)) }
    for (id, mark) in zip(module.functions.ids, marks) { module.functions[id].code!.positions = [mark] }
    try run("duplicate-function-elimination", on: &module)
    #expect(module.left == ["func a"])
    #expect(module.functions[FunctionID(0)].code!.positions == [marks[0]])
  }

  @Test func theSameAtEveryWorkerCount() throws {
    var text = "(module (memory 1)"
    for index in 0..<3000 {
      text += "(func $f\(index) (i32.store (i32.const \(index % 7)) (i32.const 0)) \(index < 100 ? "" : "(call $f\(index % 100))"))"
    }
    text += ")"
    let before = try module(text)
    var results: [[String]] = []
    for workers in [1, 2, 5] {
      var module = before
      try run("duplicate-function-elimination", on: &module, workers: workers) { $0.optimizeLevel = 3 }
      results.append(module.left)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
    #expect(results[0].count < 60)
  }
}

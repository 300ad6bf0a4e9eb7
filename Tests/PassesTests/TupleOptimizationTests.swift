import BinaryFormat
import Passes
import Support
import Testing
import TextFormat

@Suite struct TupleOptimizationTests {
  /// A sequence with several values comes from a block that has lost its label: no page can show it.
  @Test func valuesOfASequence() throws {
    let source = """
      (func $f (param $x i32) (result i32)
        (local $a i32) (local $b i32)
        (block (result i32 i32 i32)
          (call $f (i32.const 0))
          (local.set $x)
          (i32.const 1)
          (i32.add (local.get $x) (i32.const 2))
          (i32.const 3))
        (local.set $a)
        (local.set $b)
        (local.set $a)
        (i32.sub (local.get $a) (local.get $b)))
      """
    var module = try ModuleReader.read(TextParser.assemble(Bytes(Array(source.utf8))).bytes)
    let schedule = try ["remove-unused-names", "tuple-optimization"].map { try PassTable.descriptor($0)!.scheduled(with: .init()) }
    try run(schedule, on: &module)
    let text = try print(module)
    for line in [
      "(local.set $x (call $f (i32.const 0)))", "(local.set $a (i32.const 1))",
      "(local.set $b (i32.add (local.get $x) (i32.const 2)))", "(drop (i32.const 3))",
    ] {
      #expect(text.contains(line + "\n"))
    }
  }
}

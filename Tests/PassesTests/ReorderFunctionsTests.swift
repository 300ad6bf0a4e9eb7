import IR
import Passes
import Support
import Testing

@Suite struct ReorderFunctionsTests {
  func order(_ module: Module) -> [String] { module.functionOrder!.map { "\(module.names.functions[$0]!)" } }

  @Test func mostUsedFirst() throws {
    var module = try module(
      """
      (module
        (import "a" "b" (func $imported))
        (func $once) (func $never) (func $often) (func $twice) (func $never2)
        (table 1 funcref) (elem (i32.const 0) func $twice)
        (func $main (export "main") (call $once) (call $often) (call $often) (call $often) (call $twice) (call $imported)))
      """)
    try run("reorder-functions", on: &module)
    #expect(order(module) == ["often", "twice", "once", "main", "never", "never2"])
    try run("reorder-functions-by-name", on: &module)
    #expect(order(module) == ["main", "never", "never2", "often", "once", "twice"])
  }
}

import BinaryFormat
import IR
import PassManager
import Passes
import Support
import Testing

@Suite struct InspectionTests {
  static let sample = """
    (module
      (import "env" "log" (func $log (param i32)))
      (memory $m 2) (data $d (i32.const 8) "hello")
      (table 1 funcref) (elem $e (i32.const 0) func $main)
      (func $helper (param i32) (local i64) (call $log (i32.add (local.get 0) (i32.const 1))))
      (func $main (export "main") (call $helper (i32.const 1)) (call $helper (i32.const 2)))
      (func $odd (drop (ref.func $main))))
    """

  @Test func nameList() throws {
    var module = try module(Self.sample)
    let text = try run("nm", on: &module)
    #expect(text == """
      func    0   -  log
      func    1  11  helper
      func    2  10  main
      func    3   5  odd
      table   0   1
      memory  0   2  m
      elem    0   1  e
      data    0   5  d

      """)
  }

  @Test func callGraph() throws {
    var module = try module(Self.sample)
    module.names.functions[FunctionID(3)] = "odd\""
    let text = try run("print-call-graph", on: &module)
    #expect(text == """
      digraph calls {
        node [shape=box];
        0 [label="log", shape=ellipse];
        1 [label="helper"];
        2 [label="main", peripheries=2];
        3 [label="odd\\""];
        1 -> 0;
        2 -> 1;
        3 -> 2 [style=dashed];
      }

      """)
  }

  @Test func metricsShowTheDifference() throws {
    var module = try module(
      """
      (module (memory 1)
        (func (export "f") (i32.store (i32.const 0) (i32.const 1)))
        (func $dead (local i32) (drop (i32.load (i32.const 0))) (nop)))
      """)
    let sink = Transcript()
    let context = ModuleContext(options: PassOptions(), workers: WorkerPool(count: 2), printer: sink)
    try modulePass("metrics").run(on: &module, in: context)
    let first = sink.text
    #expect(first == """
      functions       2
      bytes of code  20
      locals          1
      types           1
      exports         1
      memories        1
      nodes           7
        drop          1
        i32.const     3
        load          1
        nop           1
        store         1

      """)
    try modulePass("remove-unused-module-elements").run(on: &module, in: context)
    try modulePass("metrics").run(on: &module, in: context)
    #expect(sink.text.dropFirst(first.count) == """
      functions      1   -1
      bytes of code  9  -11
      locals         0   -1
      types          1
      exports        1
      memories       1
      nodes          3   -4
        drop         0   -1
        i32.const    2   -1
        load         0   -1
        nop          0   -1
        store        1

      """)
  }

  @Test func functionMetrics() throws {
    var module = try module(Self.sample)
    #expect(try run("func-metrics", on: &module) == """
      func  bytes  locals  nodes
         1     11       1      4  helper
         2     10       0      4  main
         3      5       0      2  odd
       all     26       1     10

      """)
  }

  @Test func extractsAFunction() throws {
    var module = try module(Self.sample)
    try run("extract-function", on: &module) { $0.arguments["extract-function"] = "main" }
    #expect(module.left == ["func helper", "func main"])
    #expect(module.imports == [.function(FunctionID(1))])
    #expect(module.functions[FunctionID(1)].importName == ImportName(module: "env", name: "helper"))
    #expect(module.exports.map(\.name) == ["main"])
  }

  @Test func extractsByIndex() throws {
    var module = try module(Self.sample)
    try run("extract-function-index", on: &module) { $0.arguments["extract-function-index"] = "1" }
    #expect(module.exports.map(\.name) == ["helper"])
    #expect(throws: WasmError.self) { try run("extract-function-index", on: &module) { $0.arguments["extract-function-index"] = "4" } }
    #expect(throws: WasmError.self) { try run("extract-function", on: &module) { $0.arguments["extract-function"] = "nobody" } }
  }

  @Test func stripsWhatItSays() throws {
    var module = try module("(module (func $f))")
    for name in [".debug_info", "producers", "target_features", "mine", "sourceMappingURL"] as [Name] {
      module.customSections.append(CustomSection(name: name, bytes: Bytes(), place: nil))
    }
    func left(_ pass: String) throws -> [String] {
      var copy = module
      try run(pass, on: &copy)
      return copy.customSections.map { "\($0.name)" } + copy.left
    }
    #expect(try left("strip-debug") == ["producers", "target_features", "mine", "func 0"])
    #expect(try left("strip-dwarf") == ["producers", "target_features", "mine", "sourceMappingURL", "func f"])
    #expect(try left("strip-producers") == [".debug_info", "target_features", "mine", "sourceMappingURL", "func f"])
    #expect(try left("strip-target-features") == [".debug_info", "producers", "mine", "sourceMappingURL", "func f"])
  }

  @Test func writesFeatures() throws {
    var module = try module("(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))")
    module.usedFeatures = [.signExt, .nontrappingFloatToInt]
    try run("emit-target-features", on: &module)
    try run("emit-target-features", on: &module)
    #expect(module.customSections.count == 1)
    #expect(module.customSections[0].bytes.array == [2, 0x2b, 8] + Array("sign-ext".utf8) + [0x2b, 19] + Array("nontrapping-fptoint".utf8))
  }
}

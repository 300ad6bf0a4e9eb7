import BinaryFormat
import IR
import Support
import Testing
import TextFormat

/// Reads a module with its names, all bodies checked and in their smallest form.
func readModule(_ bytes: Bytes) throws -> Module {
  var module = try ModuleReader.read(bytes)
  var decoder = BodyDecoder(declarations: try module.makeDeclarations())
  var encoder = BodyEncoder()
  var body = Body()
  for id in module.functions.ids {
    guard let code = module.functions[id].code else { continue }
    try decoder.decode(
      code, type: module.functions[id].type, into: &body, validating: true, labelNames: module.names.labels[id] ?? [:])
    module.functions[id].code = encoder.encode(&body)
    module.names.labels[id] = encoder.labelNames.isEmpty ? nil : encoder.labelNames
  }
  return module
}

func readModule(_ text: String) throws -> Module {
  try readModule(try TextParser.assemble(Bytes(Array(text.utf8))).bytes)
}

/// Expects that the printed text of a module stands for the bytes that writing it gives, names included.
func expectRoundTrip(_ module: Module, _ place: String = "") throws {
  let workers = WorkerPool(count: 1)
  var options = WriterOptions()
  options.keepsNames = true
  let written = try ModuleWriter.bytes(of: module, options: options, workers: workers)
  let text = try printModule(module)
  do {
    let again = try ModuleWriter.bytes(of: try readModule(text), options: options, workers: workers)
    #expect(again == written, "\(place)\n\(text.prefix(4000))")
  } catch {
    Issue.record("\(place): \(error)\n\(text.prefix(4000))")
  }
}

@Suite struct PrinterModuleTests {
  @Test(arguments: [
    #"""
    (module $m
      (type $v (func))
      (type (;1;) (func (param i32 i64) (result f32 f64)))
      (rec
        (type $s (sub (struct (field $x i8) (field (mut (ref null $a))))))
        (type $a (sub (array (mut i16)))))
      (type (;4;) (sub final $s (struct (field i8) (field (mut (ref null $a))) (field v128))))
      (import "m" "f" (func $f (type $v)))
      (import "m" "é\22\0a" (memory (;0;) 1))
      (import "m" "g" (func (;1;) (type 1) (param i32 i64) (result f32 f64)))
      (table $t 1 2 funcref)
      (table (;1;) i64 3 (ref func) (ref.func $f))
      (memory $n i64 1 2 shared (pagesize 1))
      (tag $e (type $v))
      (global $g (mut i32) (i32.const -1))
      (global (;1;) (ref null $s) (ref.null $s))
      (export "f" (func $f))
      (export "t" (table $t))
      (export "" (tag $e))
      (start $f)
      (elem (;0;) (offset (i32.const 0)) func $f 1)
      (elem $d declare func $f)
      (elem (;2;) (table 1) (offset (i64.const 0)) (ref func) (item (ref.func $f)))
      (elem (;3;) funcref (item (ref.null func)) (item (ref.func 1)))
      (func $h (type $v)
        (local $s (ref null $s))
        (drop (struct.get_u $s $x (local.get $s))))
      (data $d (offset (i32.const 8)) "a\00\ff\22")
      (data (;1;) (memory $n) (offset (i64.add (i64.const 1) (i64.const 2))) "")
      (data (;2;) "x")
      (@custom "producers" (after data) "\00"))

    """#
  ])
  func printsWhatItRead(text: String) throws {
    let module = try readModule(text)
    #expect(try printModule(module) == text.replacing(#" "")"#, with: ")"))
    try expectRoundTrip(module)
  }

  @Test func equalNamesAreKeptByAnnotations() throws {
    var module = try readModule("(module (func) (func) (func) (func))")
    module.names.functions = [
      FunctionID(0): "f", FunctionID(1): "f", FunctionID(2): "f_1", FunctionID(3): "",
    ]
    let text = try printModule(module)
    #expect(text.contains("(func $f (type 0))"))
    #expect(text.contains(#"(func $f_2 (@name "f") (type 0))"#))
    #expect(text.contains("(func $f_1 (type 0))"))
    #expect(text.contains(#"(func (;3;) (@name "") (type 0))"#))
    try expectRoundTrip(module)
  }

  @Test func emptyNamesAreKeptByAnnotations() throws {
    let module = try readModule(
      #"""
        (module (@name "")
          (type (@name "") (struct (field (@name "") i32)))
          (func (@name "") (param (@name "") i32) (local (@name "") i64)
            (block (@name "") (br 0))
            (loop (@name "") (br 0))
            (if (@name "") (local.get 0) (then (br 0)))
            (try (@name "") (do (br 0)))
            (try_table (@name "") (br 0))))
        """#)
    let text = try printModule(module)
    #expect(text.contains(#"(module (@name "")"#))
    #expect(text.contains(#"(block (;@1;) (@name "")"#))
    try expectRoundTrip(module)
  }

  @Test func orderIsThatOfTheFinalIndices() throws {
    var module = try readModule("(module (func $a (call $b)) (func $b (call $c)) (func $c (nop) (call $a)))")
    module.names = ModuleNames()
    module.functionOrder = [FunctionID(2), FunctionID(0), FunctionID(1)]
    #expect(
      try printModule(module) == """
        (module
          (type (;0;) (func))
          (func (;0;) (type 0)
            (nop)
            (call 1))
          (func (;1;) (type 0)
            (call 2))
          (func (;2;) (type 0)
            (call 0)))

        """)
    try expectRoundTrip(module)
  }

  @Test func textIsTheSameForAnyNumberOfWorkers() throws {
    let functions = (0..<20_000).map { "(func $f\($0) (result i32) (i32.add (i32.const \($0)) (call $f\($0))))" }
    let module = try readModule("(module \(functions.joined()))")
    #expect(try printModule(module, workers: 4) == printModule(module))
  }

  @Test func dataIsBrokenIntoLines() throws {
    let string = String(repeating: #"\00a\5c"#, count: 100_000)
    let module = try readModule(#"(module (data "\#(string)"))"#)
    let text = try printModule(module)
    #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count < 120 })
    try expectRoundTrip(module)
  }

  @Test func stackCodeAndExceptions() throws {
    let module = try readModule(
      #"""
        (module
          (tag $e (param i32 i64))
          (func $two (result i32 i64) (i32.const 1) (i64.const 2))
          (func (param i32) (result i32)
            (block $c
              (block $b (result i32 i64)
                (try_table (result i32 i64) (catch $e $b) (catch_all $c) (call $two))
                (br 1 (drop) (drop)))
              (br 1 (drop)))
            (call $two) (drop) (drop)
            (if (local.get 0) (then (br 0)) (else))
            (local.get 0) (nop) (i32.const 2) (call $two) (drop) (i32.add) (i32.sub))
          (func (result i32)
            (try $t (result i32)
              (do (try (do (throw $e (i32.const 1) (i64.const 2))) (delegate $t)) (i32.const 0))
              (catch $e (drop) (if (i32.eqz) (then (rethrow $t))) (i32.const 1))
              (catch_all (br $t (i32.const 3)))))
          (func (param i32) (result i32)
            (block $l (block (result i32) (br_if $l (local.get 0)) (i32.const 1)) (if (then (br $l))))
            (block $m
              (if (block (result i32) (br_table $m $m (local.get 0)) (i32.const 1)) (then (br $m))))
            (i32.const 2))
          (func (param i32)
            (@metadata.code.branch_hint "\01") (if (local.get 0) (then))
            (loop $l (loop $l (@metadata.code.branch_hint "\00") (br_if $l (local.get 0))) (br $l))))
        """#)
    #expect(try printModule(module).contains("(br_if $l (local.get 0))"))
    try expectRoundTrip(module)
  }

  @Test func testsuite() throws {
    let folders = [
      "", "custom", "legacy", "proposals/threads", "proposals/wide-arithmetic", "proposals/custom-page-sizes",
    ]
    for file in folders.flatMap({ Testsuite.scripts(in: Testsuite.root + "/" + $0) }) {
      for command in try ScriptParser.parse(try Testsuite.read(file)) {
        switch command.content {
        case .module(_, _, let source), .assertUnlinkable(let source, _), .assertModuleTrap(let source, _):
          guard let module = try? readModule(try source.assemble().bytes) else { continue }
          try expectRoundTrip(module, "\(file):\(command.line)")
        default: break
        }
      }
    }
  }
}

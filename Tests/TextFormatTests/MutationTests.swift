import Support
import Testing
import TextFormat

/// Whatever the text, it assembles or there is one error.
@Suite struct MutationTests {
  let text = """
    (module $m (@name "x") (rec (type $s (sub (struct (field $a (mut i8)) (field (ref null $s))))))
      (import "a" "b" (func $i (param $p i32) (result f32 f64))) (tag $e (param i32)) (memory (data "a\\00"))
      (table $t funcref (elem $f)) (global $g (export "g") (mut v128) (v128.const f32x4 1 -0x1p3 nan:0x1 inf))
      (func $f (param $p i32) (local $l i64)
        (block $l (drop (block $k (result i32) (try_table (catch $e $k) (catch_all $l) (br $l)) (i32.const 0))))
        (if $x (local.get $p) (then (br_table 0 $x 1 (i32.const 3))) (else (drop (struct.get_s $s $a (ref.null $s)))))
        block (result i32) i32.const 1 loop $y (@metadata.code.branch_hint "\\01") br_if $y end $y end drop
        (try (do (call_indirect $t (type 1) (param) (i32.const 0))) (catch $e drop) (catch_all (rethrow 0))))
      (elem declare func $f) (elem (table $t) (offset i32.const 0) funcref (item ref.func $f)) (data $d "x")
      (@custom "c" (after code) "y") (start $f))
    """
  let pieces = ["(", ")", "\"", "$", "(@", "(;", ";;", " end ", " else ", "(then", "delegate 0", "-1", "0x", "(type 9)"]

  @Test func mutatedText() throws {
    let original = Array(text.utf8)
    _ = try TextParser.assemble(Bytes(original))
    var seed: UInt64 = 1
    func random(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    for _ in 0..<5_000 {
      var bytes = original
      for _ in 0...random(3) {
        let position = random(bytes.count)
        switch random(4) {
        case 0: bytes[position] = UInt8(random(256))
        case 1: bytes.removeSubrange(position..<min(bytes.count, position + random(20)))
        case 2: bytes.insert(contentsOf: Array(pieces[random(pieces.count)].utf8), at: position)
        default:
          bytes.insert(contentsOf: Array(bytes[position..<min(bytes.count, position + 30)]), at: random(bytes.count))
        }
      }
      do { _ = try TextParser.assemble(Bytes(bytes)) } catch is WasmError {}
      do { _ = try ScriptParser.parse(Bytes(bytes)) } catch is WasmError {}
    }
  }
}

import BinaryFormat
import IR
import Interpreter
import PassManager
import Support
import Testing
import TextFormat

@testable import Oracle

/// The module of a text.
func module(_ text: String) throws -> Module { try ModuleInput(reading: Bytes(Array(text.utf8))).module }

func text(of module: Module) throws -> String {
  var text = Column<UInt8>()
  try ModulePrinter.print(module, workers: WorkerPool(count: 1), to: &text)
  return text.withUnsafeBuffer { String(decoding: $0, as: UTF8.self) }
}

@Suite struct ReducerTests {
  /// What is left of a module while a check of its text holds.
  private func reduce(
    _ text: String, usesPasses: Bool = true, while check: @escaping (String) throws -> Bool
  ) throws -> (text: String, checkCount: Int) {
    var reducer = Reducer(usesPasses: usesPasses) { bytes in
      try check(OracleTests.text(of: ModuleReader.read(bytes)))
    }
    let result = try reducer.reduce(module(text))
    return (try OracleTests.text(of: result), reducer.checkCount)
  }

  /// A module with something of everything, whose function `$deep` has a `popcnt` in a corner.
  private let sample = """
    (module $m
      (type $pair (struct (field i32) (field (mut i64))))
      (import "env" "f" (func $import (param i32) (result i64)))
      (import "env" "g" (global $base i32))
      (import "env" "t" (table $table 4 funcref))
      (tag $tag (param i32))
      (memory (export "memory") 1 3)
      (global $counter (mut i32) (i32.const 77))
      (start $init)
      (elem (table $table) (offset (i32.const 1)) func $init $deep)
      (data (i32.const 1024) "some bytes to write")
      (func $init (global.set $counter (i32.const 5)))
      (func $helper (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
      (func $deep (export "deep") (param $x i32) (result i32) (local $i i32) (local $j i64)
        (local.set $i (call $helper (local.get $x)))
        (block $out
          (loop $again
            (br_if $out (i32.eqz (local.get $i)))
            (local.set $i (i32.sub (local.get $i) (i32.const 1)))
            (try_table (catch $tag 0)
              (throw $tag (i32.const 3)))
            (drop (struct.get $pair 0 (struct.new $pair (i32.const 1) (i64.const 2))))
            (br $again)))
        (if (i32.gt_s (local.get $x) (i32.const 40))
          (then
            (local.set $j (call $import (i32.popcnt (i32.load offset=4 (local.get $i)))))))
        (i32.wrap_i64 (local.get $j)))
      (func (export "other") (result v128 externref) (v128.const i32x4 1 2 3 4) (ref.null extern))
      (@custom "notes" "something"))
    """.replacing("(catch $tag 0)", with: "").replacing("(param i32))\n  (memory", with: "(param i32))\n  (memory")

  @Test func onlyWhatTheCheckAsksForIsLeft() throws {
    for usesPasses in [true, false] {
      let (text, count) = try reduce(sample, usesPasses: usesPasses) { $0.contains("i32.popcnt") }
      #expect(text.contains("(i32.popcnt"))
      #expect(text.split(separator: "\n").count <= 7, "\(text)")
      for word in ["import", "memory", "global", "export", "data", "elem", "local", "@custom", "$deep"] {
        #expect(!text.contains(word), "\(text)")
      }
      #expect(count < 250, "\(count)")
    }
  }

  @Test func theSameModuleComesOut() throws {
    let first = try reduce(sample) { $0.contains("struct.new") && $0.contains("throw") }
    let second = try reduce(sample) { $0.contains("struct.new") && $0.contains("throw") }
    #expect(first.text == second.text && first.checkCount == second.checkCount)
    #expect(first.text.split(separator: "\n").count <= 16, "\(first.text)")
  }

  @Test func itemsThatMatterStay() throws {
    let (text, _) = try reduce(sample) { $0.contains("(export \"deep\"") && $0.contains("table") && $0.contains("(start") }
    #expect(text.contains("(export \"deep\""))
    #expect(!text.contains("popcnt") && !text.contains("memory") && !text.contains("export \"other\""), "\(text)")
  }

  @Test func constantsGoTowardZero() throws {
    let (text, _) = try reduce("(module (func (export \"f\") (result i64) (i64.add (i64.const 9999) (i64.const 800))))") {
      $0.contains("i64.add (i64.const") || $0.contains("i64.add\n")
    }
    #expect(text.contains("(i64.const 0)") && !text.contains("9999") && !text.contains("800"), "\(text)")
  }

  @Test func aLargeModuleTakesFewChecks() throws {
    var text = "(module"
    for index in 0..<2000 {
      let body = index == 1234 ? "(drop (i32.popcnt (local.get 0)))" : "(drop (i32.clz (local.get 0)))"
      text += "(func $f\(index) (param i32) (result i32) \(body) (call $f\((index * 7 + 1) % 2000) (local.get 0)))"
    }
    text += "(export \"f\" (func $f0)))"
    let (result, count) = try reduce(text) { $0.contains("i32.popcnt") }
    #expect(result.split(separator: "\n").count <= 7, "\(result)")
    #expect(count < 150, "\(count)")
  }

  @Test func aCheckThatFailsAtOnceIsAnError() throws {
    var reducer = Reducer { _ in false }
    let module = try module("(module)")
    #expect(throws: WasmError.self) { try reducer.reduce(module) }
  }

  @Test func deepNestingIsNoProblem() throws {
    let depth = 20_000
    let text = "(module (func (export \"f\") (result i32)" + String(repeating: "(i32.eqz ", count: depth)
      + "(i32.popcnt (i32.const 1))" + String(repeating: ")", count: depth) + "))"
    let (result, _) = try reduce(text) { $0.contains("i32.popcnt") }
    #expect(result.split(separator: "\n").count <= 6, "\(result.prefix(400))")
  }
}

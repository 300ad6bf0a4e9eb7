import IR
import Support
import Testing
import TextFormat

/// Bodies as passes may leave them, printed from the IR.
@Suite struct PrinterFunctionTests {
  @Test func foldsShortExpressionsOntoOneLine() {
    let printed = printBody(.withFunction([.i32, .i32], [.i32]), locals: [.i64, .i64, .f32]) { body in
      let sum = body.makeBinary(.i32Add, body.makeLocalGet(LocalID(0)), body.makeLocalGet(LocalID(1)))
      return [body.makeDrop(body.makeI64Const(-5)), body.makeReturn(sum)]
    }
    #expect(
      printed == """
        (func (;0;) (type 0) (param i32 i32) (result i32)
          (local i64 i64 f32)
          (drop (i64.const -5))
          (return (i32.add (local.get 0) (local.get 1))))
        """)
  }

  @Test func namesLocalsAndLabels() {
    var module = Module.withFunction([.i32], [])
    module.names.functions[FunctionID(0)] = "f"
    module.names.types[TypeID(0)] = "t"
    let printed = printBody(module, locals: [.i32, .i32, .i32]) { body in
      body.localNames = [LocalID(0): "p", LocalID(2): "p", LocalID(3): ""]
      let (outer, inner) = (body.makeLabel(), body.makeLabel())
      body.labelNames = [outer: "l", inner: "l"]
      let branches = [inner, outer, .function].map { body.makeBr($0) }
      let block = body.makeBlock(branches, label: inner, type: .none)
      let sequence = body.makeBlock([block, body.makeNop()], label: outer, type: .none)
      return [sequence, body.makeLocalSet(LocalID(2), body.makeLocalGet(LocalID(1)))]
    }
    #expect(
      printed == """
        (func $f (type $t) (param $p i32)
          (local i32) (local $p_1 (@name "p") i32) (local (@name "") i32)
          (block $l
            (block $l
              (br $l)
              (br 1 (;@1;))
              (br 2))
            (nop))
          (local.set $p_1 (local.get 1)))
        """)
  }

  @Test func constructTakesTheLabelOfTheBlockAround() {
    let printed = printBody(.withFunction([.i32], [.i32])) { body in
      let label = body.makeLabel()
      let condition = body.makeLocalGet(LocalID(0))
      let then = body.makeBr(label, value: body.makeI32Const(1))
      let branch = body.makeIf(condition, then: then, else: body.makeI32Const(2), type: .i32)
      return [body.makeBlock([branch], label: label, type: .i32)]
    }
    #expect(
      printed == """
        (func (;0;) (type 0) (param i32) (result i32)
          (if (;@1;) (result i32)
            (local.get 0)
            (then
              (br 0 (;@1;) (i32.const 1)))
            (else
              (i32.const 2))))
        """)
  }

  @Test func unreachableConstructsHaveTypes() {
    let printed = printBody(.withFunction([], [.i32])) { body in
      func makeLoop(_ body: inout Body) -> NodeID {
        let label = body.makeLabel()
        return body.makeLoop(body.makeBr(label), label: label, type: .unreachable)
      }
      return [makeLoop(&body), makeLoop(&body)]
    }
    #expect(
      printed == """
        (func (;0;) (type 0) (result i32)
          (loop (;@1;)
            (br 0 (;@1;)))
          (unreachable)
          (loop (;@2;) (result i32)
            (br 0 (;@2;))))
        """)
  }

  @Test func tuplesAreStackCode() {
    let printed = printBody(.withFunction([], []), locals: [.i32, .i64]) { body in
      func makePair(_ body: inout Body) -> NodeID {
        body.makeTupleMake([body.makeI32Const(1), body.makeI64Const(2)])
      }
      return [
        body.makeTupleSet([LocalID(0), LocalID(1)], makePair(&body)),
        body.makeTupleSet([.none, LocalID(1)], makePair(&body)),
        body.makeDrop(makePair(&body)),
        body.makeDrop(body.makeKeep(body.makeI32Const(3), then: [body.makeNop()])),
      ]
    }
    #expect(
      printed == """
        (func (;0;) (type 0)
          (local i32 i64)
          (local.set 0 (local.set 1 (i32.const 1) (i64.const 2)))
          (drop (local.set 1 (i32.const 1) (i64.const 2)))
          (drop (drop (i32.const 1) (i64.const 2)))
          (drop
            (i32.const 3)
            (nop)))
        """)
  }

  @Test func hintsStandBeforeTheirBranch() {
    let printed = printBody(.withFunction([.i32], [])) { body in
      let branch = body.makeIf(body.makeLocalGet(LocalID(0)), then: body.makeNop(), else: .none, type: .none)
      body.branchHints[branch] = true
      let exit = body.makeBrIf(.function, condition: body.makeLocalGet(LocalID(0)), type: .none)
      body.branchHints[exit] = false
      return [branch, exit]
    }
    #expect(
      printed == #"""
        (func (;0;) (type 0) (param i32)
          (@metadata.code.branch_hint "\01")
          (if
            (local.get 0)
            (then
              (nop)))
          (@metadata.code.branch_hint "\00")
          (br_if 0 (local.get 0)))
        """#)
  }

  @Test func vectorsAndMemory() {
    var module = Module.withFunction([], [])
    module.memories.append(Memory(limits: Limits(minimum: 1)))
    module.memories.append(Memory(limits: Limits(minimum: 1, is64: true)))
    module.names.memories[MemoryID(1)] = "big"
    let printed = printBody(module) { body in
      let vector = body.makeV128Const(V128(low: 0x0000_0002_0000_0001, high: 0xffff_ffff_0000_0003))
      let near = body.pack(Memarg(offset: 4, alignment: 4, memory: MemoryID(0)))
      let far = body.pack(Memarg(offset: 1 << 40, alignment: 1, memory: MemoryID(1)))
      let load = body.append(NodeRecord(.i64Load, .i64, a: body.makeI64Const(0).rawValue, c: far))
      let store = body.append(
        NodeRecord(.v128Store, .none, a: body.makeI32Const(0).rawValue, b: vector.rawValue, c: near))
      return [store, body.makeDrop(load)]
    }
    #expect(
      printed == """
        (func (;0;) (type 0)
          (v128.store offset=4 (i32.const 0) (v128.const i32x4 0x00000001 0x00000002 0x00000003 0xffffffff))
          (drop (i64.load $big offset=1099511627776 align=2 (i64.const 0))))
        """)
  }

  @Test func oddBodiesAreShownAsFarAsTheyGo() {
    let printed = printBody(.withFunction([], [])) { body in
      let shared = body.makeI32Const(1)
      let sum = body.makeBinary(.i32Add, shared, NodeID(rawValue: 1_000_000))
      let label = body.makeLabel()
      let get = body.append(NodeRecord(.localGet, .i32, a: 5))
      return [body.makeDrop(sum), body.makeBr(label), body.makeBr(LabelID(rawValue: 77)), get]
    }
    #expect(printed.contains("(;no such node;)"))
    #expect(printed.contains("(br (;no label 1 here;))"))
    #expect(printed.contains("(br (;no label 77 here;))"))
    #expect(printed.contains("(local.get (;no such local;))"))
  }

  @Test func cycleEnds() {
    let printed = printBody(.withFunction([], [])) { body in
      let drop = body.makeDrop(.none)
      let block = body.makeBlock([drop], type: .none)
      body.setOperand(0, of: drop, to: block)
      return [block]
    }
    #expect(printed.contains("(;not a tree;)"))
  }

  @Test(arguments: [false, true])
  func deepNestsAreLinear(areBlocks: Bool) {
    let depth = 1_000_000
    var module = Module.withFunction([], [.i32])
    module.names.functions[FunctionID(0)] = "deep"
    let printed = printBody(module) { body in
      var node = body.makeI32Const(7)
      for _ in 0..<depth {
        node =
          areBlocks
          ? body.makeBlock([node], label: body.makeLabel(), type: .i32) : body.makeUnary(.i32Eqz, node)
      }
      return [node]
    }
    #expect(printed.utf8.count > 10 * depth)
    #expect(printed.utf8.count < 140 * depth)
  }

  @Test func manyLocalsAreBrokenIntoLines() {
    let printed = printBody(.withFunction([], []), locals: Array(repeating: .i32, count: 200_000)) { _ in [] }
    #expect(printed.split(separator: "\n").allSatisfy { $0.utf8.count < 130 })
    #expect(printed.split(whereSeparator: { " ()\n".contains($0) }).count { $0 == "i32" } == 200_000)
  }
}

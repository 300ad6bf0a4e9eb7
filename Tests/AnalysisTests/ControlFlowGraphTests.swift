import Analysis
import IR
import Support
import Testing

@Suite struct ControlFlowGraphTests {
  /// - Parameter expected: a line for each block: its number, its accesses (`=0` writes local 0), where it goes.
  private func check(_ body: String, _ expected: String) throws {
    var lines: [String] = []
    let locals = "(param i32) (local i32 i32 exnref)"
    try forEachBody(ofText: "(func $f \(locals) \(body)) (func $g) (tag $e) (tag $p (param i32))") { id, body in
      if id == FunctionID(0) { lines = describe(ControlFlowGraph(of: body)) }
    }
    #expect(lines == expected.split(separator: "\n").map(String.init))
  }

  private func describe(_ graph: borrowing ControlFlowGraph) -> [String] {
    var lines: [String] = []
    for index in 0..<graph.blockCount {
      let block = BlockID(index)
      var words = ["\(index):"]
      for access in graph.accessRange(of: block) {
        let access = graph.accesses[access]
        words.append((access.isWrite ? "=" : "") + "\(access.local)")
      }
      words.append("->")
      for number in 0..<graph.successorCount(of: block) { words.append("\(graph.successor(number, of: block))") }
      if graph.loopDepth(of: block) > 0 { words.append("depth \(graph.loopDepth(of: block))") }
      lines.append(words.joined(separator: " "))
    }
    return lines
  }

  @Test func arms() throws {
    try check(
      """
      (if (local.get 0) (then (local.set 1 (i32.const 1))) (else (local.set 2 (local.get 1))))
      (if (local.get 2) (then (local.set 0 (i32.const 1))))
      (if (local.get 2) (then (return)))
      (drop (local.tee 1 (local.get 1)))
      """,
      """
      0: 0 -> 1 2
      1: =1 -> 3
      2: 1 =2 -> 3
      3: 2 -> 4 5
      4: =0 -> 5
      5: 2 -> 6 7
      6: ->
      7: 1 =1 ->
      """)
  }

  @Test func loopsAndTables() throws {
    try check(
      """
      (block $out
          (loop $again
            (block $in (br_table $in $again $in $out $again (local.get 0)))
            (br_if $again (local.get 1)))
          (local.set 1 (i32.const 0)))
      (local.set 2 (i32.const 0))
      """,
      """
      0: -> 1
      1: 0 -> 1 2 4 depth 1
      2: 1 -> 1 3 depth 1
      3: =1 -> 4 depth 1
      4: =2 ->
      """)
  }

  @Test func deadCode() throws {
    // What cannot run is dropped as it is decoded: what a pass leaves is tested below.
    try check("(unreachable) (local.set 1 (i32.const 0))", "0: ->")
    var body = Body()
    body.reset(parameters: [.i32])
    let dead = [body.makeBr(.function), body.makeDrop(body.makeLocalGet(LocalID(0)))]
    let arm = body.makeBlock([body.makeDrop(body.makeLocalGet(LocalID(0)))], type: .none)
    let condition = body.makeLocalGet(LocalID(0))
    let nodes = dead + [body.makeIf(condition, then: arm, else: .none, type: .none)]
    body.root = body.makeBlock(nodes, label: .function, type: .none)
    let lines = describe(ControlFlowGraph(of: body))
    #expect(lines == ["0: ->", "1: 0 0 0 ->"])
  }

  @Test func handlers() throws {
    // Both calls go to the dispatching block, and from there to the label and out of the function.
    try check(
      """
      (block $caught
          (try_table (catch $e $caught)
            (local.set 0 (i32.const 1))
            (call $g)
            (call $g)
            (local.set 1 (local.get 0))
            (return_call $f (local.get 0)))
          (local.set 2 (i32.const 0)))
      (local.set 1 (i32.const 0))
      """,
      """
      0: =0 -> 1 2
      1: 0 =1 0 ->
      2: -> 4
      3: =2 ->
      4: =1 ->
      """)
  }

  @Test func nestedHandlers() throws {
    try check(
      """
      (block $outer
          (try_table (catch_all $outer)
            (block $inner
              (try_table (catch $e $inner)
                (local.set 0 (i32.const 0))
                (throw $e)))
            (local.set 1 (i32.const 0)))
          (local.set 2 (i32.const 0)))
      """,
      """
      0: =0 -> 1
      1: -> 2 3
      2: =1 -> 4
      3: -> 5
      4: =2 -> 5
      5: ->
      """)
  }

  @Test func legacyHandlers() throws {
    try check(
      """
      (try $t
          (do
            (try (do (call $g) (local.set 0 (i32.const 1))) (delegate $t))
            (local.set 1 (i32.const 1)))
          (catch $p (local.set 2) (rethrow $t))
          (catch_all (local.set 0 (i32.const 2))))
      (local.set 1 (local.get 0))
      """,
      """
      0: -> 1 2
      1: =0 =1 -> 5
      2: -> 3 4
      3: =2 ->
      4: =0 -> 5
      5: 0 =1 ->
      """)
    // What a handler throws goes to the handlers around the `try`.
    try check(
      """
      (try
          (do
            (try (do (call $g)) (catch $e (call $g) (local.set 0 (i32.const 1)))))
          (catch_all (local.set 1 (i32.const 2))))
      """,
      """
      0: -> 1 2
      1: -> 5
      2: -> 3 6
      3: -> 4 6
      4: =0 -> 5
      5: -> 8
      6: -> 7
      7: =1 -> 8
      8: ->
      """)
  }

  @Test func generatedGraphsAreInOrder() throws {
    try forEachGeneratedBody(seeds: 0..<300) { id, body in
      let graph = ControlFlowGraph(of: body)
      var accessCount = 0
      for index in 0..<graph.blockCount {
        let block = BlockID(index)
        accessCount += graph.accessRange(of: block).count
        var sources: [BlockID] = []
        for number in 0..<graph.predecessorCount(of: block) { sources.append(graph.predecessor(number, of: block)) }
        #expect(sources == Array(Set(sources)).sorted(), "each edge is there once, in order")
        if block != .entry && !sources.isEmpty { #expect(sources[0] < block, "the block can be reached") }
        for number in 0..<graph.successorCount(of: block) where graph.successor(number, of: block) <= block {
          let isHeader = graph.isLoopHeader(graph.successor(number, of: block))
          #expect(isHeader)
          let depth = graph.loopDepth(of: block)
          #expect(depth > 0)
        }
      }
      let count = graph.accesses.count
      #expect(accessCount == count)
    }
  }
}

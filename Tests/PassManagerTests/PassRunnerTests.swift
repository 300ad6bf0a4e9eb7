import IR
import PassManager
import Support
import Testing

@Suite struct PassRunnerTests {
  @Test func anEmptyScheduleValidatesAndMakesBodiesCanonical() throws {
    var module = makeModule(constantCounts: [3, 0])
    try run([], on: &module)
    #expect(module.functions.values.allSatisfy { $0.code!.isCanonical })
    #expect(bodies(of: module) == [[0, 0x41, 0, 0x1a, 0x41, 1, 0x1a, 0x41, 2, 0x1a, 0x0b], [0, 0x0b]])
  }

  @Test func withoutValidationBodiesStayAsTheyAre() throws {
    var module = makeModule(constantCounts: [1])
    module.functions[FunctionID(0)].code!.bytes = Bytes([1, 2, 3])
    try run([schedule("nothing") { _, _ in }], on: &module) { $0.validates = false }
    #expect(bodies(of: module) == [[1, 2, 3]])
  }

  @Test(arguments: [DebugLevel.off, .log, .everyPass, .dump]) func passesRunInOrder(level: DebugLevel) throws {
    var module = makeModule(constantCounts: [1, 1])
    let passes = [
      schedule("add", AddToConstants(amount: 1)),
      schedule("cap", AddToConstants(amount: 10, limit: 2)),
      schedule("check") { module, _ in #expect(bodies(of: module)[0] == [0, 0x41, 11, 0x1a, 0x0b]) },
      schedule("add", AddToConstants(amount: 1)),
    ]
    try run(passes, on: &module) { $0.debugLevel = level }
    #expect(bodies(of: module) == [[0, 0x41, 12, 0x1a, 0x0b], [0, 0x41, 3, 0x1a, 0x0b]])
  }

  @Test func theSameBytesAtEveryWorkerCount() throws {
    let passes = [
      schedule("add", AddToConstants(amount: 3)), schedule("cap", AddToConstants(amount: 1, limit: 40)),
      schedule("rewrite") { module, context in
        try context.rewriteBodies(of: &module) { body, context in AddToConstants().run(on: &body, in: context) }
      },
    ]
    var results: [[[UInt8]]] = []
    for (workers, budget) in [(1, nil), (2, nil), (4, nil), (3, 0), (4, 1 << 30)] {
      var module = makeModule(constantCounts: variedCounts)
      try run(passes, on: &module, workers: workers) { $0.memoryBudget = budget }
      results.append(bodies(of: module))
    }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(results[0][1].prefix(4) == [0, 0x41, 6, 0x1a])
  }

  @Test func removedAndImportedFunctionsAreLeftOut() throws {
    var module = makeModule(constantCounts: [1, 1, 1])
    module.functions[FunctionID(0)].code = nil
    module.functions[FunctionID(0)].importName = ImportName(module: "m", name: "f")
    module.functions[FunctionID(2)].isRemoved = true
    let counter = CountBodies()
    try run([schedule("count", counter)], on: &module)
    #expect(counter.count == 1)
  }

  @Test func anUnchangedBodyIsNotEncodedAgain() throws {
    var module = makeModule(constantCounts: [1, 1])
    try run([], on: &module)
    let before = module.functions.values.map { ObjectIdentifier($0.code!.bytes.storage) }
    try run([schedule("change one", AddToConstants(amount: 1, limit: 1))], on: &module)
    let after = module.functions.values.map { ObjectIdentifier($0.code!.bytes.storage) }
    #expect(before[0] != after[0])
    #expect(before[1] == after[1])
  }

  @Test func anIdempotentPassIsNotRunAgainOnItsOwnOutput() throws {
    var module = makeModule(constantCounts: [1, 1])
    let counter = CountBodies()
    let count = schedule("count", counter, traits: .isIdempotent)
    try run([count, count, schedule("change one", AddToConstants(amount: 1, limit: 1)), count], on: &module)
    #expect(counter.count == 3)
  }

  @Test func aPassIsNotRunAgainOnABodyThatItLeftAlone() throws {
    var module = makeModule(constantCounts: [1, 1])
    let counter = CountBodies()
    let count = schedule("count", counter)
    // The first body is changed, the second is not.
    try run([count, schedule("change one", AddToConstants(amount: 1, limit: 1)), count], on: &module)
    #expect(counter.count == 3)
  }

  @Test func skippedPassesAreNotRun() throws {
    var module = makeModule(constantCounts: [1])
    let counter = CountBodies()
    let log = Transcript()
    try run([schedule("count", counter), schedule("fail") { _, _ in throw CancelledStep() }], on: &module, log: log) {
      $0.skippedPasses = ["fail", "count"]
      $0.debugLevel = .log
    }
    #expect(counter.count == 0)
    #expect(log.text.hasPrefix("count: skipped\nfail: skipped\n"))
  }

  @Test func convergenceRunsTheScheduleUntilTheSizeStays() throws {
    var module = makeModule(constantCounts: [5, 9])
    // Each round takes one constant from each body.
    let shrink = schedule("shrink") { module, _ in
      for id in module.functions.ids {
        let bytes = module.functions[id].code!.bytes.array
        guard bytes.count > 2 else { continue }
        module.functions[id].code!.bytes = Bytes([0] + bytes[4...])
      }
    }
    try run([shrink], on: &module) { $0.converges = true }
    #expect(bodies(of: module) == [[0, 0x0b], [0, 0x0b]])
  }

  @Test func passesSeeTheFeaturesOfTheModule() throws {
    var module = makeModule(constantCounts: [0])
    module.declaredFeatures = .simd
    // i32.const 0, i32.extend8_s, drop
    module.functions[FunctionID(0)].code!.bytes = Bytes([0, 0x41, 0, 0xc0, 0x1a, 0x0b])
    let counter = CountBodies()
    try run([schedule("nothing") { _, _ in }, schedule("count", counter)], on: &module)
    #expect(module.usedFeatures == .signExt)
    #expect(counter.features == [[.signExt, .simd]])
  }

  @Test func namesOfLocalsFollowTheBody() throws {
    var module = makeModule(constantCounts: [1, 1])
    module.functions[FunctionID(0)].code!.bytes = Bytes([1, 1, 0x7f, 0x0b])
    module.names.locals = [FunctionID(0): [LocalID(0): "x"]]
    try run([], on: &module)
    #expect(module.names.locals == [FunctionID(0): [LocalID(0): "x"]])
    let rename = schedule("rename") { module, context in
      try context.rewriteBodies(of: &module, [FunctionID(0)]) { body, _ in
        let local = body.makeLocal(.i32)
        body.localNames[local] = "y"
      }
    }
    try run([rename], on: &module)
    #expect(module.names.locals == [FunctionID(0): [LocalID(0): "x", LocalID(1): "y"]])
  }

  @Test func surveysSeeEveryBody() throws {
    var module = makeModule(constantCounts: variedCounts)
    let survey = schedule("survey") { module, context in
      let functions = module.functionsWithBodies
      let counts = try context.surveyBodies(of: module, functions) { body, context in
        var count = context.function.index * 0
        body.forEachNode { if case .i32Const = body[$0] { count += 1 } }
        return count
      }
      #expect(counts == variedCounts)
    }
    try run([survey], on: &module, workers: 3)
  }
}

struct CancelledStep: Error {}

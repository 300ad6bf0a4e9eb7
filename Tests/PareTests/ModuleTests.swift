import Pare
import Testing

@Suite struct ModuleTests {
  private let text = """
    (module
      (func $unused (nop))
      (func $answer (export "answer") (result i32)
        (nop)
        (block (nop))
        (i32.const 42)))
    """

  private func error(_ work: () throws -> Void) -> Module.Error? {
    do {
      try work()
      return nil
    } catch {
      return error as? Module.Error
    }
  }

  @Test func optimizes() throws {
    var module = try Module(wat: text)
    let before = try module.wasm()
    try module.optimize(.Oz)
    #expect(try module.wasm().count < before.count)
    #expect(try !module.wat().contains("unused"))
    #expect(try module.wat().contains("answer"))
  }

  @Test func binaryAndTextAreReadAlike() throws {
    let module = try Module(wat: text)
    let again = try Module(try module.wasm())
    #expect(try again.wasm() == module.wasm())
    #expect(try Module(Array(text.utf8)).wasm() == module.wasm())
  }

  @Test func namesAreKeptOnRequest() throws {
    var options = Module.Options()
    options.keepsNames = true
    let named = try Module(wat: text, options: options)
    #expect(try named.wasm().count > Module(wat: text).wasm().count)
    #expect(try Module(try named.wasm()).wat().contains("$unused"))
  }

  @Test func copiesAreIndependent() throws {
    let module = try Module(wat: text)
    var copy = module
    try copy.optimize(.Oz)
    #expect(try module.wasm() == Module(wat: text).wasm())
    #expect(try copy.wasm() != module.wasm())
  }

  @Test func bytesDoNotDependOnTheWorkers() throws {
    var results: Set<[UInt8]> = []
    for count in 1...3 {
      var options = Module.Options()
      options.workers = count
      var module = try Module(wat: text, options: options)
      try module.optimize(.O2)
      results.insert(try module.wasm())
    }
    #expect(results.count == 1)
  }

  @Test func errorsHaveAPlace() throws {
    #expect(error { _ = try Module([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99, 0]) }?.place == .offset(8))
    let malformed = try #require(error { _ = try Module(wat: "(module\n  (fun))") })
    #expect(malformed.place == .line(2, column: 4))
    #expect(!malformed.message.isEmpty)
    let invalid = try #require(error { _ = try Module(wat: "(module (func)\n (func (result i32)\n  i64.const 1))") })
    #expect(invalid.function?.hasPrefix("1") == true)
    if case .line(let line, _) = invalid.place { #expect(line >= 2) } else { Issue.record("\(invalid)") }
    #expect(error { _ = try Module([]) } != nil)
  }

  @Test func failedRunsLeaveTheModuleAlone() throws {
    var module = try Module(wat: text)
    let before = try module.wasm()
    #expect(error { try module.run(passes: ["vacuum", "no-such-pass"]) }?.message == "there is no pass no-such-pass")
    #expect(try module.wasm() == before)
    var options = Module.Options()
    options.enabledFeatures = ["smid"]
    #expect(error { _ = try Module(wat: text, options: options) }?.message == "there is no feature smid")
  }

  @Test func passesAreListed() {
    #expect(Module.passNames.contains("dce"))
    #expect(Set(Module.passNames).count == Module.passNames.count)
  }
}

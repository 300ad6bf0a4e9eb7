import BinaryFormat
import IR
import Support

/// What module passes do with bodies in IR.
extension ModuleContext {
  /// Decodes the bodies of `functions`, in parallel, and gives each to `rewrite`; those that it changes are encoded.
  ///
  /// - Parameter functions: functions with a body; all that have one if nil.
  /// - Throws: of the errors of `rewrite`, that for the function with the lowest id.
  package func rewriteBodies(
    of module: inout Module, _ functions: [FunctionID]? = nil,
    _ rewrite: @escaping @Sendable (inout Body, borrowing FunctionContext) throws -> Void
  ) throws {
    let declarations = try module.makeDeclarations()
    let options = self.options
    let outcome = BodyLoop().run(
      over: functions ?? module.functionsWithBodies, of: &module, declarations: declarations, with: bodyWorkers,
      prepare: { worker in
        worker.settings = [FunctionContext.Setting(declarations: declarations, options: options)]
      },
      { worker, body, id, type in
        try rewrite(&body, FunctionContext(setting: worker.settings[0], function: id, type: type))
      })
    if let failure = outcome.failure { throw failure.error.inFunction(module.describe(failure.function)) }
  }

  /// Decodes the bodies of `functions`, in parallel, and collects what `survey` says of each, in their order.
  ///
  /// - Parameter functions: functions with a body.
  /// - Throws: the first error in the order of `functions`.
  package func surveyBodies<Summary: Sendable>(
    of module: Module, _ functions: [FunctionID],
    _ survey: @Sendable (borrowing Body, borrowing FunctionContext) throws -> Summary
  ) throws -> [Summary] {
    let declarations = Declarations(of: module)
    let workers = bodyWorkers.workers(declarations, partCount: 0, measures: false)
    let gate = bodyWorkers.gate(reserving: 0)
    let columnLimit = bodyWorkers.columnLimit
    let options = self.options
    return try bodyWorkers.pool.map(functions.map(\.index)) { number, index in
      let worker = workers[number]
      let function = module.functions[FunctionID(index)]
      let code = function.code!
      let cost = BodyWorkers.estimatedArena(byteCount: code.bytes.count)
      gate?.enter(cost: cost)
      defer { gate?.leave(cost: cost) }
      try worker.decoder.decode(code, type: function.type, into: &worker.body, validating: false)
      let context = FunctionContext(
        setting: FunctionContext.Setting(declarations: declarations, options: options), function: FunctionID(index),
        type: function.type)
      let summary = try survey(worker.body, context)
      worker.body.releaseMemory(beyond: columnLimit)
      return summary
    }
  }
}

extension Error {
  /// The error with the function it is in; a bug of this program if it is not an error that input can cause.
  func inFunction(_ function: String) -> WasmError {
    var error = self as? WasmError ?? WasmError(.internalError, "\(self)")
    if error.function == nil { error.function = function }
    return error
  }
}

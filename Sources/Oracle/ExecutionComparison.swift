import IR
import Interpreter
import Support

/// Whether two modules do the same, as far as calls of their exports with arguments from a seed tell.
package struct ExecutionComparison: Sendable {
  package var seed: UInt64 = 0
  /// How often each export is called.
  package var rounds = 2
  /// Fuel of each call of the module before; that after gets more, as it may do the same in another way.
  package var fuel = 5_000_000
  /// What follows a trap of the module before may be anything: the optimizer was told that none happens.
  package var assumesNoTraps = false
  /// NaNs are told from one another by their bits: for code whose NaNs are those of the interpreter in either form.
  package var seesNaNBits = false

  package init() {}

  /// The trace of a module alone.
  package func trace(of module: Module) throws -> ExecutionTrace {
    try ExecutionTrace(
      of: module, seed: seed, limits: limits(factor: 1), calling: exportedFunctions(of: module), rounds: rounds,
      seesNaNBits: seesNaNBits)
  }

  /// The first difference between what `trace`, that of a module before, has and what `module` does; nil if there is
  /// none. Throws as `ExecutionTrace.init` does.
  package func difference(from trace: ExecutionTrace, calling exports: [Name], to module: Module) throws -> String? {
    let after = try ExecutionTrace(
      of: module, seed: seed, limits: limits(factor: 8), calling: exports, rounds: rounds, seesNaNBits: seesNaNBits)
    for (index, call) in trace.calls.enumerated() {
      if case .limit = call.outcome { return nil }
      if assumesNoTraps, case .trap = call.outcome { return nil }
      guard index < after.calls.count else { return "\(call.title): not called: the export is gone" }
      if let difference = difference(call, after.calls[index]) { return "\(call.title): \(difference)" }
    }
    return nil
  }

  package func exportedFunctions(of module: Module) -> [Name] {
    module.exports.compactMap { export in
      if case .function = export.item { return export.name }
      return nil
    }
  }

  private func limits(factor: Int) -> ExecutionLimits {
    var limits = ExecutionLimits()
    limits.fuel = fuel * factor
    limits.callDepth = 500 * factor
    limits.stackWords = 1 << 17 * factor
    limits.memoryBytes = 64 << 20
    limits.tableElements = 1_000_000
    limits.heapBytes = (16 << 20) * factor
    return limits
  }

  private func difference(_ before: ObservedCall, _ after: ObservedCall) -> String? {
    if before.export != after.export { return "the other module calls \(after.title)" }
    // Which trap it is may change where the optimizer knows that there is one.
    let (isTrap, wasTrap) = (after.outcome.isTrap, before.outcome.isTrap)
    if before.outcome != after.outcome, !(isTrap && wasTrap) {
      return "before: \(before.outcome.text); after: \(after.outcome.text)"
    }
    for (index, (old, new)) in zip(before.hostCalls, after.hostCalls).enumerated() where old != new {
      return "call \(index + 1) of an import: before: \(old.text); after: \(new.text)"
    }
    if before.hostCallCount != after.hostCallCount {
      return "calls of imports: before: \(before.hostCallCount); after: \(after.hostCallCount)"
    }
    let names = before.state.keys.sorted { "\($0)" < "\($1)" }
    for item in names {
      // An import that is never used may go.
      guard let new = after.state[item] else { continue }
      if new != before.state[item] { return "\(item) has other contents" }
    }
    return nil
  }
}

extension ObservedCall {
  /// As a person would write the call.
  package var title: String {
    guard let export else { return "instantiation" }
    return "\(export)(\(arguments.map(\.text).joined(separator: ", ")))"
  }
}

extension ObservedCall.Outcome {
  var isTrap: Bool {
    if case .trap = self { return true }
    return false
  }

  package var text: String {
    switch self {
    case .results(let values): return values.isEmpty ? "no result" : values.map(\.text).joined(separator: ", ")
    case .trap(let trap): return "trap: \(trap.message)"
    case .exception: return "an uncaught exception"
    case .exit(let status): return "exit with status \(status)"
    case .limit(let trap): return "stopped: \(trap.message)"
    }
  }
}

extension HostEnvironment.Call {
  var text: String {
    "\(function.module).\(function.name)(\(arguments.map(\.text).joined(separator: ", ")))"
  }
}

extension ObservedValue {
  var text: String {
    switch self {
    case .number(let value): return value.text
    case .nan: return "nan"
    case .null: return "null"
    case .reference(let kind, let number): return kind == .i31 || kind == .host ? "\(kind) \(number)" : "a reference: \(kind)"
    }
  }
}

import Support

/// The environment variables that pare reads; each of its own has a name that wasm-opt's users know, too.
package struct Environment: Sendable {
  private let values: [String: String]

  package init(values: [String: String]) { self.values = values.filter { !$0.value.isEmpty } }

  package static var ofProcess: Environment {
    let names = ["CORES", "PASS_DEBUG", "MAX_MEMORY"].flatMap { ["PARE_" + $0, "BINARYEN_" + $0] }
    return Environment(
      values: names.reduce(into: [:]) { values, name in values[name] = getenv(name).map { String(cString: $0) } })
  }

  /// The name and value of the variable that counts, `PARE_` before `BINARYEN_`.
  private func variable(_ name: String) -> (name: String, value: String)? {
    for name in ["PARE_" + name, "BINARYEN_" + name] {
      if let value = values[name] { return (name, value) }
    }
    return nil
  }

  /// The number of workers, if a variable says it.
  package func workerCount() throws -> Int? {
    try variable("CORES").map { try parseNumber($0.value, of: $0.name, in: ResourceOptions.workerCounts) }
  }

  /// The memory budget in bytes, if there is one.
  package func memoryBudget() throws -> Int? {
    try variable("MAX_MEMORY").map { try parseByteCount($0.value, of: $0.name) }
  }

  /// 0 (nothing) ... 3 (log, validate, run each pass as its own stage, and dump).
  package func debugLevel() throws -> Int {
    try variable("PASS_DEBUG").map { try parseNumber($0.value, of: $0.name, in: 0...3) } ?? 0
  }
}

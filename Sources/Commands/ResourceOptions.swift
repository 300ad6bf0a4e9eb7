import Support

/// How much of the machine may be used.
package struct ResourceOptions: Sendable {
  static let workerCounts = 1...1024

  package var workers: Int?
  /// Bytes.
  package var memoryBudget: Int?

  /// The workers that may run at once: as many as the option says, else the environment, else the processors.
  func workerPool(in environment: Environment) throws -> WorkerPool {
    WorkerPool(count: try workers ?? environment.workerCount() ?? WorkerPool.defaultCount)
  }

  /// Bytes; nil if there is no limit.
  func memoryBudget(in environment: Environment) throws -> Int? {
    try memoryBudget ?? environment.memoryBudget()
  }

  static func workerOption<Request>(_ path: WritableKeyPath<Request, ResourceOptions>) -> Option<Request> {
    Option(
      "-j", "--cores",
      says: "Run at most N threads. Default: PARE_CORES or BINARYEN_CORES, else one for each processor that this "
        + "process may run on.",
      action: .value("N") { $0[keyPath: path].workers = try $1.number(in: workerCounts) })
  }

  static func options<Request>(_ path: WritableKeyPath<Request, ResourceOptions>) -> [Option<Request>] {
    [
      workerOption(path),
      Option(
        "--max-memory",
        says: "Hold functions back while the work on others would take more than SIZE (such as 512M or 2G). One "
          + "function larger than that runs alone. Default: PARE_MAX_MEMORY, else no limit.",
        action: .value("SIZE") { $0[keyPath: path].memoryBudget = try $1.byteCount() }),
    ]
  }
}

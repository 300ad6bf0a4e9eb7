import IR

/// What a pass says of one body, for the log.
package struct Remark: Sendable {
  let function: FunctionID
  let text: String
}

/// The remarks of one pass in one stage, as one worker finds them.
package final class RemarkList: @unchecked Sendable {
  // Unchecked: it belongs to one worker, which belongs to one thread at a time.
  private(set) var remarks: [Remark] = []

  func add(_ remark: Remark) { remarks.append(remark) }
}

extension StageRecord {
  /// Takes over what the workers' passes said: by pass, then by function, whoever had it.
  mutating func addRemarks(of settings: [[FunctionContext.Setting]], passes: [String], describe: (FunctionID) -> String) {
    for (index, pass) in passes.enumerated() {
      let found = settings.flatMap { index < $0.count ? $0[index].remarks?.remarks ?? [] : [] }
      remarks += found.sorted { $0.function < $1.function }.map { "\(pass): \(describe($0.function)): \($0.text)" }
    }
  }

  /// The most remarks of a stage that are printed.
  private static let remarkLimit = 50

  /// The remarks to print.
  var remarkLines: [String] {
    let hidden = remarks.count - Self.remarkLimit
    return remarks.prefix(Self.remarkLimit) + (hidden > 0 ? ["and \(hidden) more"] : [])
  }
}

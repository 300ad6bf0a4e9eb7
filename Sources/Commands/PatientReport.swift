import Support

/// Lines of progress on standard error: at once on a terminal, elsewhere only from a command that takes its time.
struct PatientReport {
  private let isQuiet: Bool
  private let context: ToolContext
  private let start = Clock.now()

  /// Nanoseconds.
  private static let patience: UInt64 = 2_000_000_000

  init(isQuiet: Bool, _ context: ToolContext) {
    self.isQuiet = isQuiet
    self.context = context
  }

  func show(_ line: String) {
    guard !isQuiet, context.errors.isTerminal || Clock.now() - start > Self.patience else { return }
    context.report("pare: \(line)")
  }
}

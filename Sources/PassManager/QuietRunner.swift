import Support

extension PassRunner {
  /// A runner that shows nothing: what passes print is dropped.
  package static func quiet(_ workers: WorkerPool, options: RunnerOptions = RunnerOptions()) -> PassRunner {
    PassRunner(
      options: options, workers: workers, printer: DiscardedText(), progress: .standardError(isQuiet: true))
  }
}

private final class DiscardedText: TextSink {
  func write(_ text: Bytes) {}
}

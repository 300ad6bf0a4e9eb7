import Support
import Synchronization

/// The standard error of a run: log lines, and on a terminal, from the third second on, one line that says how far the
/// run is. The line is erased before anything else is written, and at the end.
package final class ProgressLine: Sendable {
  private struct Line {
    var isShown = false
    var title = ""
    var total = 0
  }

  /// Nanoseconds.
  private static let interval: UInt64 = 100_000_000

  private let write: @Sendable (String) -> Void
  private let isOn: Bool
  private let line = Mutex(Line())
  private let done = Atomic<Int>(0)
  /// When the line is to be written again.
  private let due: Atomic<UInt64>

  /// - Parameters:
  ///   - isOn: whether there is someone to look at it.
  ///   - delay: nanoseconds until the line is first shown.
  ///   - write: takes text for standard error.
  package init(isOn: Bool, delay: UInt64 = 2_000_000_000, write: @escaping @Sendable (String) -> Void) {
    self.isOn = isOn
    self.write = write
    due = Atomic(Clock.now() + delay)
  }

  /// For standard error; shows progress if that is a terminal and `isQuiet` is false.
  package static func standardError(isQuiet: Bool) -> ProgressLine {
    ProgressLine(isOn: !isQuiet && isatty(2) != 0) { SystemFile.writeToStandardError($0) }
  }

  /// A stage begins, in which `total` bytes of bodies are to be visited; 0 if nobody knows.
  func begin(_ title: String, total: Int) {
    guard isOn else { return }
    line.withLock {
      $0.title = title
      $0.total = total
    }
    done.store(0, ordering: .relaxed)
    show()
  }

  func advance(by bytes: Int) {
    guard isOn else { return }
    done.add(bytes, ordering: .relaxed)
    show()
  }

  /// Writes text of its own lines.
  package func log(_ text: String) {
    line.withLock {
      erase(&$0)
      write(text)
    }
  }

  package func end() { line.withLock { erase(&$0) } }

  private func show() {
    let now = Clock.now()
    guard now >= due.load(ordering: .relaxed) else { return }
    _ = line.withLockIfAvailable {
      due.store(now + Self.interval, ordering: .relaxed)
      $0.isShown = true
      let total = $0.total
      let percent = total > 0 ? ", \(min(100, done.load(ordering: .relaxed) * 100 / total)) %" : ""
      write("\r\u{1B}[Kpare: \($0.title)\(percent)")
    }
  }

  private func erase(_ line: inout Line) {
    guard line.isShown else { return }
    line.isShown = false
    write("\r\u{1B}[K")
  }
}

import IR
import Support
import Synchronization

/// Gives pages of a mapped input back as the bodies on them have been encoded anew, so that input and output are not
/// both in memory at the end of the stage. Should someone still read there, the system reads the file again.
final class InputRelease: Sendable {
  private struct Progress {
    var storage: ByteStorage?
    /// Up to here pages have been given back, counting small bodies only.
    var released = 0
  }

  /// Bytes of input that are kept at most, about, of what is done.
  private static let step = 4 << 20
  private let progress = Mutex(Progress())
  /// What `Progress.released` has to reach before it is worth taking the lock.
  private let next = Atomic<Int>(0)
  private let end = Atomic<Int>(0)

  /// Takes note that the body `code` of the input is no longer needed.
  func done(_ code: Code) {
    let bytes = code.bytes
    let end = bytes.start + bytes.count
    self.end.max(end, ordering: .relaxed)
    if bytes.count > BodyOrder.smallBody {
      bytes.storage.releasePages(of: bytes.start..<end)
    } else if end >= next.load(ordering: .relaxed) {
      // Small bodies are visited in the order of the file: what lies before this one is done, or as good as done.
      progress.withLock {
        guard end >= next.load(ordering: .relaxed) else { return }
        if $0.storage == nil { $0.released = bytes.start }
        $0.storage = bytes.storage
        bytes.storage.releasePages(of: $0.released..<max($0.released, bytes.start))
        $0.released = max($0.released, bytes.start)
        next.store(end + Self.step, ordering: .relaxed)
      }
    }
  }

  /// All bodies are done.
  func releaseAll() {
    progress.withLock {
      let end = self.end.load(ordering: .relaxed)
      guard let storage = $0.storage, $0.released < end else { return }
      storage.releasePages(of: $0.released..<end)
      $0.released = end
    }
  }
}

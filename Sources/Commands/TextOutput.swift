import PassManager
import Support
import Synchronization

/// Where a tool prints: collects small writes.
package final class TextOutput: TextSink {
  /// Whoever read our output wants no more of it; there is nobody to tell.
  enum Closed: Error {
    case byReader
  }

  private let descriptor: Int32?
  private let pending = Mutex<[UInt8]>([])

  /// - Parameter descriptor: where the text goes; nil keeps it for `collected`.
  package init(descriptor: Int32?) { self.descriptor = descriptor }

  package func write(_ text: Bytes) throws {
    try pending.withLock { pending in
      text.withUnsafeBytes { pending += $0 }
      if pending.count >= 1 << 16 { try send(&pending) }
    }
  }

  /// Writes what has been collected.
  package func flush() throws { try pending.withLock { try send(&$0) } }

  /// What was written and not sent.
  package var collected: String { pending.withLock { String(decoding: $0, as: UTF8.self) } }

  private func send(_ pending: inout [UInt8]) throws {
    guard let descriptor else { return }
    defer { pending.removeAll(keepingCapacity: true) }
    do {
      try pending.withUnsafeBufferPointer { try writeAll($0, to: descriptor) }
    } catch let error as WasmError {
      if errno == EPIPE { throw Closed.byReader }
      throw FileError(path: "standard output", error: error)
    }
  }
}

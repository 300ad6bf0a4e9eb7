import PassManager
import Support
import Synchronization

/// Standard output or standard error: collects small writes.
package final class StandardStream: TextSink {
  /// Whoever read our output wants no more of it; there is nobody to tell.
  enum Closed: Error {
    case byReader
  }

  private let descriptor: Int32?
  private let pending = Mutex<[UInt8]>([])

  /// - Parameter descriptor: where the bytes go; nil keeps them for `collected`.
  package init(descriptor: Int32?) { self.descriptor = descriptor }

  package var isTerminal: Bool { descriptor.map { isatty($0) == 1 } ?? false }

  package func write(_ text: Bytes) throws { try text.withUnsafeBytes { try write($0) } }

  package func write(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    try pending.withLock { pending in
      pending += bytes
      if pending.count >= 1 << 16 { try send(&pending) }
    }
  }

  /// Writes what has been collected.
  package func flush() throws { try pending.withLock { try send(&$0) } }

  /// What was written and not sent.
  package var collected: [UInt8] { pending.withLock { $0 } }

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

import PassManager
import Support
import Synchronization

/// Standard output: collects small writes.
package final class StandardOutput: TextSink {
  /// Whoever read our output wants no more of it; there is nobody to tell.
  enum Closed: Error {
    case byReader
  }

  private let descriptor: Int32
  private let pending = Mutex<[UInt8]>([])

  /// - Parameter descriptor: where to write, if not to the process's standard output.
  package init(descriptor: Int32 = STDOUT_FILENO) { self.descriptor = descriptor }

  package func write(_ text: Bytes) throws {
    try pending.withLock { pending in
      text.withUnsafeBytes { pending += $0 }
      if pending.count >= 1 << 16 { try send(&pending) }
    }
  }

  /// Writes what has been collected.
  package func flush() throws { try pending.withLock { try send(&$0) } }

  private func send(_ pending: inout [UInt8]) throws {
    defer { pending.removeAll(keepingCapacity: true) }
    do {
      try pending.withUnsafeBufferPointer { try writeAll($0, to: descriptor) }
    } catch {
      if errno == EPIPE { throw Closed.byReader }
      throw FileError(path: "standard output", error: error as! WasmError)
    }
  }
}

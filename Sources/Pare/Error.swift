import PassManager
import Support
import Synchronization

extension Module {
  /// What is wrong with a module or a request, and where.
  public struct Error: Swift.Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence for a person.
    public let message: String
    public let place: Place
    /// The function that the error is in, if it is in one: its index, and its name if it has one.
    public let function: String?

    /// Where in the input an error is.
    public enum Place: Hashable, Sendable {
      /// In no single place.
      case none
      /// Bytes from the start of a binary.
      case offset(Int)
      /// Line and column of a text, from 1, the column in characters.
      case line(Int, column: Int)
    }

    public let description: String
  }
}

extension Module.Error {
  init(message: String, place: Place, function: String? = nil, description: String? = nil) {
    self.message = message
    self.place = place
    self.function = function
    self.description = description ?? message
  }

  /// Runs `work` and gives its errors the form that users see.
  static func catching<Result>(_ work: () throws -> Result) throws(Module.Error) -> Result {
    do {
      return try work()
    } catch let error as WasmError {
      throw Module.Error(error)
    } catch {
      throw Module.Error(message: "\(error)", place: .none)
    }
  }

  private init(_ error: WasmError) {
    let place: Place
    switch error.place {
    case .file: place = .none
    case .binary(let offset, _): place = .offset(offset)
    case .text(let line, let column): place = .line(line, column: column)
    }
    self.init(message: error.message, place: place, function: error.function, description: error.description)
  }
}

/// Keeps what passes print.
final class CollectedText: TextSink {
  private let bytes = Mutex<[UInt8]>([])

  func write(_ text: Bytes) {
    bytes.withLock { bytes in text.withUnsafeBytes { bytes += $0 } }
  }

  var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}

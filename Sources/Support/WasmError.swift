/// What is wrong with an input or a request, and where: one sentence for a person.
public struct WasmError: Error, Sendable, CustomStringConvertible {
  public enum Place: Hashable, Sendable {
    /// Nothing more to say than the file.
    case file
    /// Byte offset from the start of the file, and the section's name where known.
    case binary(offset: Int, section: String?)
    /// 1-based line and column (in characters).
    case text(line: Int, column: Int)
  }

  /// What is wrong at large: decides which assertion of a script the error satisfies.
  public enum Kind: Hashable, Sendable {
    /// Not a module at all: can't be decoded or parsed.
    case malformed
    /// Decodes, but breaks a validation rule.
    case invalid
    /// Well-formed, but this program does not do it.
    case unsupported
    /// The fault of the request or of the system: options, files.
    case request
    /// A bug of this program.
    case internalError
  }

  public var kind: Kind
  public var message: String
  public var place: Place
  /// The function the error is in, as a person would call it: its index, and its name if it has one.
  public var function: String?

  public init(_ kind: Kind, _ message: String, at place: Place = .file, function: String? = nil) {
    self.kind = kind
    self.message = WasmError.onOneLine(message)
    self.place = place
    self.function = function
  }

  /// Names out of a module may hold anything; what a person reads is one line.
  private static func onOneLine(_ message: String) -> String {
    guard message.unicodeScalars.contains(where: \.isControl) else { return message }
    return message.unicodeScalars.reduce(into: "") { line, scalar in
      if scalar.isControl { line += "\\u{\(String(scalar.value, radix: 16))}" } else { line.unicodeScalars.append(scalar) }
    }
  }

  public var description: String {
    let inFunction = function.map { " in function \($0)" } ?? ""
    switch place {
    case .file: return message + inFunction
    case .binary(let offset, let section):
      let hex = String(offset, radix: 16)
      return "offset \(offset) (0x\(hex))" + (section.map { ", \($0) section" } ?? "") + inFunction + ": " + message
    case .text(let line, let column): return "\(line):\(column)" + inFunction + ": " + message
    }
  }
}

extension Unicode.Scalar {
  /// Control characters and line separators: what would break a line or steer a terminal.
  fileprivate var isControl: Bool {
    value < 0x20 || (0x7f...0x9f).contains(value) || (0x2028...0x202e).contains(value) || value == 0x85
  }
}

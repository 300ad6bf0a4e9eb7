import BinaryFormat
import Support

/// A module of the text format as a complete module of the binary format.
package struct AssembledModule: Sendable {
  package let bytes: Bytes
  package let textMap: TextMap
  /// The text that the offsets of `textMap` are of; empty for a module that was given as binary.
  package let text: Bytes
  /// What comments say of where instructions come from.
  package var positions: SourceMapInput?

  /// Line and column of what an offset of `bytes` was made from; the binary place if it was not made from text.
  package func place(ofBinary offset: Int, section: String? = nil) -> WasmError.Place {
    guard let position = textMap.textOffset(ofBinary: offset) else {
      return .binary(offset: offset, section: section)
    }
    return text.withUnsafeBytes { textPlace(of: position, in: $0) }
  }

  /// An error of the binary reader, with its place in the text.
  package func locate(_ error: WasmError) -> WasmError {
    guard case .binary(let offset, let section) = error.place else { return error }
    var located = error
    located.place = place(ofBinary: offset, section: section)
    return located
  }
}

/// Turns the text format (specification 6) into the binary format.
///
/// Types are not checked: the reader of the binary does that. What the text format itself demands is checked: tokens,
/// grammar, ranges of numbers, identifiers, type uses.
package enum TextParser {
  /// Whether an input is of the binary format; all else is taken for text.
  package static func isBinary(_ input: Bytes) -> Bool {
    input.count >= 4 && input[0] == 0 && input[1] == 0x61 && input[2] == 0x73 && input[3] == 0x6d
  }

  /// Assembles a text that is one module: `(module ...)` in any of its forms, or the fields alone.
  ///
  /// The binary has the names of all identifiers in a `name` section. Throws `WasmError` with line and column. Linear
  /// in the text, in time and in memory, however deep it nests.
  package static func assemble(_ text: Bytes) throws -> AssembledModule {
    try checkUTF8(text)
    return try assemble(text, range: 0..<text.count)
  }

  /// Assembles the module in a range of a text that is known to be valid UTF-8; places are those of the whole text.
  static func assemble(_ text: Bytes, range: Range<Int>) throws -> AssembledModule {
    var text = text
    var range = range
    var placeOfQuote: WasmError.Place?
    // Quoted text may hold a quote again; each is shorter than the one around it.
    while true {
      do {
        if placeOfQuote != nil { try checkUTF8(text) }
        switch try assembleOnce(text, range: range) {
        case .assembled(let module): return module
        case .binary(let bytes): return AssembledModule(bytes: bytes, textMap: TextMap(), text: Bytes())
        case .quote(let quoted, let offset):
          placeOfQuote = placeOfQuote ?? text.withUnsafeBytes { textPlace(of: offset, in: $0) }
          text = quoted
          range = 0..<quoted.count
        }
      } catch let error as WasmError {
        guard let place = placeOfQuote, case .text(let line, let column) = error.place else { throw error }
        throw WasmError(error.kind, "in the quoted text, at \(line):\(column): \(error.message)", at: place)
      }
    }
  }

  private static func assembleOnce(_ text: Bytes, range: Range<Int>) throws -> ModuleForm {
    try text.withUnsafeBytes { buffer in
      var assembler = try Assembler(text: text, buffer: buffer, range: range)
      return try assembler.assembleModule()
    }
  }

  static func checkUTF8(_ text: Bytes) throws {
    try text.withUnsafeBytes { buffer in
      if let position = firstMalformedUTF8(in: buffer) {
        throw WasmError(.malformed, "malformed UTF-8 encoding", at: textPlace(of: position, in: buffer))
      }
    }
  }
}

/// What a text turned out to be.
enum ModuleForm {
  case assembled(AssembledModule)
  /// `(module binary ...)`: the bytes of its strings.
  case binary(Bytes)
  /// `(module quote ...)`: the bytes of its strings, and where the first one is.
  case quote(Bytes, at: Int)
}

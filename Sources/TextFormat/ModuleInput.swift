import BinaryFormat
import IR
import Support

/// A module as it was read from a file of either format, with what tells where in a text an error is.
package struct ModuleInput: Sendable {
  package var module: Module
  /// Nil if the input was binary.
  private var assembled: AssembledModule?

  /// Reads a module; the first byte tells the format.
  ///
  /// Bodies are not validated yet, as `ModuleReader` says. Throws `WasmError` with offset, or line and column.
  package init(reading input: Bytes, options: ReaderOptions = ReaderOptions()) throws {
    if input.isEmpty { throw WasmError(.malformed, "the input is empty") }
    // No text begins with a zero byte: what does is a binary, if perhaps one that is cut off.
    if input[0] == 0 {
      try self.init(binary: input, options: options)
    } else {
      try self.init(assembled: TextParser.assemble(input), options: options)
    }
  }

  /// Reads a module that is known to be binary, or known to be meant so.
  package init(binary: Bytes, options: ReaderOptions = ReaderOptions()) throws {
    module = try ModuleReader.read(binary, options: options)
    assembled = nil
  }

  package init(assembled: AssembledModule, options: ReaderOptions = ReaderOptions()) throws {
    do {
      module = try ModuleReader.read(assembled.bytes, options: options)
    } catch let error as WasmError {
      throw assembled.locate(error)
    }
    self.assembled = assembled
    if options.readsPositions, let positions = assembled.positions {
      module.attach(positions)
      self.assembled?.positions = nil
    }
  }

  package var isText: Bool { assembled != nil }

  /// Runs `work` on the module; its errors get the place in the text that their offset was made from.
  package mutating func withModule<Result>(_ work: (inout Module) throws -> Result) throws -> Result {
    do {
      return try work(&module)
    } catch let error as WasmError {
      throw assembled?.locate(error) ?? error
    }
  }
}

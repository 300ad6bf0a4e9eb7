import IR
import Support

// The commands of a .wast script, as the specification's test suite uses them (interpreter/README of the
// specification, "Scripts").

/// A module in a script.
package enum ScriptModule: Sendable {
  /// A range of the script's text: `(module ...)`, or module fields alone.
  case text(Bytes, Range<Int>)
  /// The bytes of `(module binary ...)`.
  case binary(Bytes)
  /// The text that the strings of `(module quote ...)` hold; it may be malformed.
  case quote(Bytes)

  /// The module in the binary format; one given as binary comes as it is, unchecked.
  package func assemble() throws -> AssembledModule {
    switch self {
    case .text(let script, let range): return try TextParser.assemble(script, range: range)
    case .binary(let bytes): return AssembledModule(bytes: bytes, textMap: TextMap(), text: Bytes())
    case .quote(let text): return try TextParser.assemble(text)
    }
  }
}

/// An argument of an action.
package enum ScriptValue: Hashable, Sendable {
  case i32(UInt32)
  case i64(UInt64)
  /// Bits.
  case f32(UInt32)
  /// Bits.
  case f64(UInt64)
  /// Bits, the first lanes in `low`.
  case v128(low: UInt64, high: UInt64)
  case null(HeapType)
  /// `(ref.extern n)`
  case externReference(UInt32)
  /// `(ref.host n)`: a host reference below `any`.
  case hostReference(UInt32)
}

/// What a number of a result must be.
package enum NumberPattern: Hashable, Sendable {
  case bits(UInt64)
  /// `nan:canonical`: a NaN whose payload is the quiet bit alone, of either sign.
  case canonicalNaN
  /// `nan:arithmetic`: a NaN with the quiet bit.
  case arithmeticNaN
}

/// What a result must be.
package indirect enum ResultPattern: Hashable, Sendable {
  case i32(UInt32)
  case i64(UInt64)
  case f32(NumberPattern)
  case f64(NumberPattern)
  /// Lanes, first lane first, each of 128 / count bits.
  case v128([NumberPattern])
  /// A null reference, of this type if one is given.
  case null(HeapType?)
  /// `(ref.func)`, `(ref.struct)`, `(ref.extern)` and so on: any reference of this type that is not null.
  case reference(HeapType)
  case externReference(UInt32)
  case hostReference(UInt32)
  case either([ResultPattern])
}

package enum ScriptAction: Sendable {
  case invoke(module: Name?, function: Name, arguments: [ScriptValue])
  case get(module: Name?, global: Name)
}

package struct ScriptCommand: Sendable {
  package enum Content: Sendable {
    /// Defines a module and, unless it is a definition only, makes an instance of it.
    case module(name: Name?, isDefinition: Bool, ScriptModule)
    /// `(module instance $instance $module)`; without a name, the last definition.
    case instance(name: Name?, module: Name?)
    case register(as: Name, module: Name?)
    case action(ScriptAction)
    case assertReturn(ScriptAction, [ResultPattern])
    case assertTrap(ScriptAction, message: Name)
    /// A module whose instantiation traps.
    case assertModuleTrap(ScriptModule, message: Name)
    case assertExhaustion(ScriptAction, message: Name)
    case assertException(ScriptAction)
    case assertUnlinkable(ScriptModule, message: Name)
    case assertInvalid(ScriptModule, message: Name)
    case assertMalformed(ScriptModule, message: Name)
    case assertInvalidCustom(ScriptModule, message: Name)
    case assertMalformedCustom(ScriptModule, message: Name)
  }

  /// Line of the command's first parenthesis, from 1.
  package let line: Int
  package let content: Content
}

import BinaryFormat
import IR
import Support

/// A field of a structure, by position.
struct FieldID: EntityID {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What the text of a module calls its items: made once, shared by all workers.
///
/// Linear in the declarations.
package final class ModuleIdentifiers: Sendable {
  let indices: IndexAssignment
  let types: ReferenceTable
  let functions: ReferenceTable
  let tables: ReferenceTable
  let memories: ReferenceTable
  let globals: ReferenceTable
  let tags: ReferenceTable
  let elements: ReferenceTable
  let datas: ReferenceTable
  /// Only of structures with named fields.
  let fields: [TypeID: ReferenceTable]
  /// "(" and the mnemonic of each opcode, one after the other, and where each begins.
  let mnemonics: [UInt8]
  let mnemonicStarts: [Int]
}

import Support

/// A WebAssembly module: declarations as plain values in tables indexed by stable ids, bodies as bytes.
///
/// Ids are never renumbered while passes run. An item that a pass removes stays in its table, marked; the writer gives
/// the rest their final indices. In each index space imports come first.
package struct Module: Sendable {
  package var types = TypeTable()
  package var functions = EntityTable<FunctionID, Function>()
  package var tables = EntityTable<TableID, Table>()
  package var memories = EntityTable<MemoryID, Memory>()
  package var tags = EntityTable<TagID, Tag>()
  package var globals = EntityTable<GlobalID, Global>()
  package var elements = EntityTable<ElementID, ElementSegment>()
  package var datas = EntityTable<DataID, DataSegment>()
  package var exports: [Export] = []
  package var start: FunctionID?

  /// Imported items in the order of the import section.
  package var imports: [ItemID] = []
  /// Types that are in the type section but not to be written. Whole recursion groups only.
  package var removedTypes: Set<TypeID> = []
  /// The order in which defined functions are written, if it is not that of their ids.
  package var functionOrder: [FunctionID]?

  package var names = ModuleNames()
  package var customSections: [CustomSection] = []
  /// That of the input, if positions are kept.
  package var sourceMap: SourceMap?

  /// What the module uses; passes may use as much.
  package var usedFeatures: FeatureSet = .mvp
  /// What the module's `target_features` section lists and what the user enabled.
  package var declaredFeatures: FeatureSet = .mvp

  /// Functions that the module mentioned outside of bodies when it was read, by index.
  package var referencedFunctions: [Bool] = []
  /// Whether the input had a data count section; instructions that name data segments are invalid without.
  package var hasDataCount = true

  package init() {}

  /// What a pass may assume that the module's engines know.
  package var features: FeatureSet { usedFeatures.union(declaredFeatures) }
}

/// An item of any index space that can be imported or exported.
package enum ItemID: Hashable, Sendable {
  case function(FunctionID)
  case table(TableID)
  case memory(MemoryID)
  case global(GlobalID)
  case tag(TagID)
}

package struct ImportName: Hashable, Sendable {
  package var module: Name
  package var name: Name

  package init(module: Name, name: Name) {
    self.module = module
    self.name = name
  }
}

package struct Export: Sendable {
  package var name: Name
  package var item: ItemID

  package init(name: Name, item: ItemID) {
    self.name = name
    self.item = item
  }
}

package struct Function: Sendable {
  package var type: TypeID
  package var importName: ImportName?
  /// The body at rest; nil if imported.
  package var code: Code?
  package var isRemoved = false

  package init(type: TypeID, importName: ImportName? = nil, code: Code? = nil) {
    self.type = type
    self.importName = importName
    self.code = code
  }
}

/// A function body at rest: the bytes of a code section entry without its size.
///
/// Indices in it are stable ids. Beside what the binary format has it may hold one form of our own: the block type
/// `tupleBlockType`, which spells out several results instead of naming a type.
package struct Code: Sendable {
  package var bytes: Bytes
  /// Offset of the bytes in the input file, for messages; 0 if they came from elsewhere.
  package var fileOffset: Int
  /// Whether our own encoder wrote the bytes; else they are as in the input: valid, but perhaps not in their
  /// smallest form.
  package var isCanonical: Bool
  /// Whether a block type in the bytes is spelled out, so that the writer has to name it.
  package var hasTupleTypes: Bool
  /// Ascending by offset.
  package var branchHints: [BranchHint]
  /// Where the instructions come from; ascending by offset. What is before the first comes from nowhere.
  package var positions: [PositionMark]

  /// The first byte of a block type that is followed by a vector of value types (at least two).
  package static let tupleBlockType: UInt8 = 0x41

  package init(
    bytes: Bytes, fileOffset: Int = 0, isCanonical: Bool = false, hasTupleTypes: Bool = false,
    branchHints: [BranchHint] = [], positions: [PositionMark] = []
  ) {
    self.bytes = bytes
    self.fileOffset = fileOffset
    self.isCanonical = isCanonical
    self.hasTupleTypes = hasTupleTypes
    self.branchHints = branchHints
    self.positions = positions
  }
}

/// What `metadata.code.branch_hint` says of one `if` or `br_if`.
package struct BranchHint: Hashable, Sendable {
  /// Bytes from the start of the body (its locals) to the instruction.
  package var offset: UInt32
  package var isLikely: Bool

  package init(offset: UInt32, isLikely: Bool) {
    self.offset = offset
    self.isLikely = isLikely
  }
}

/// A constant expression at rest: its instructions with the final `end`.
package struct ConstExpression: Hashable, Sendable {
  package var bytes: Bytes

  package init(bytes: Bytes) { self.bytes = bytes }
}

/// Limits of a memory (in pages) or table (in elements), with what the flags byte beside them says.
package struct Limits: Hashable, Sendable {
  package var minimum: UInt64
  package var maximum: UInt64?
  package var isShared: Bool
  /// Addresses are i64 instead of i32.
  package var is64: Bool
  /// log2 of the page size in bytes, of memories; 16 unless the module says otherwise.
  package var pageSizeLog2: UInt8

  package init(
    minimum: UInt64, maximum: UInt64? = nil, isShared: Bool = false, is64: Bool = false, pageSizeLog2: UInt8 = 16
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.isShared = isShared
    self.is64 = is64
    self.pageSizeLog2 = pageSizeLog2
  }

  package var addressType: ValueType { is64 ? .i64 : .i32 }
}

package struct Table: Sendable {
  package var importName: ImportName?
  package var element: ValueType
  package var limits: Limits
  /// The first value of each element, if it is not null.
  package var initializer: ConstExpression?
  package var isRemoved = false

  package init(element: ValueType, limits: Limits, initializer: ConstExpression? = nil, importName: ImportName? = nil) {
    self.element = element
    self.limits = limits
    self.initializer = initializer
    self.importName = importName
  }
}

package struct Memory: Sendable {
  package var importName: ImportName?
  package var limits: Limits
  package var isRemoved = false

  package init(limits: Limits, importName: ImportName? = nil) {
    self.limits = limits
    self.importName = importName
  }
}

package struct Global: Sendable {
  package var importName: ImportName?
  package var type: ValueType
  package var isMutable: Bool
  /// Nil if imported.
  package var initializer: ConstExpression?
  package var isRemoved = false

  package init(type: ValueType, isMutable: Bool, initializer: ConstExpression? = nil, importName: ImportName? = nil) {
    self.type = type
    self.isMutable = isMutable
    self.initializer = initializer
    self.importName = importName
  }

  /// The bits of the number that the global always holds; nil if it may change, if it is imported, or if its value is
  /// more than one constant.
  package var constantBits: UInt64? {
    guard !isMutable, importName == nil, let initializer else { return nil }
    return initializer.bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(borrowing: bytes)
      let value: UInt64?
      switch try? reader.readByte() {
      case 0x41: value = (try? reader.readS32()).map { UInt64(UInt32(bitPattern: $0)) }
      case 0x42: value = (try? reader.readS64()).map { UInt64(bitPattern: $0) }
      case 0x43: value = try? reader.readLittleEndian(byteCount: 4)
      case 0x44: value = try? reader.readLittleEndian(byteCount: 8)
      default: value = nil
      }
      return reader.isAtEnd || (try? reader.readByte()) == 0x0b && reader.isAtEnd ? value : nil
    }
  }
}

package struct Tag: Sendable {
  package var importName: ImportName?
  package var type: TypeID
  package var isRemoved = false

  package init(type: TypeID, importName: ImportName? = nil) {
    self.type = type
    self.importName = importName
  }
}

package struct ElementSegment: Sendable {
  package enum Mode: Sendable {
    case active(TableID, offset: ConstExpression)
    case passive
    case declarative
  }

  package enum Items: Sendable {
    case functions([FunctionID])
    case expressions([ConstExpression])
  }

  package var mode: Mode
  /// Type of the items; `(ref func)` where the segment lists functions.
  package var type: ValueType
  package var items: Items
  package var isRemoved = false

  package init(mode: Mode, type: ValueType, items: Items) {
    self.mode = mode
    self.type = type
    self.items = items
  }
}

package struct DataSegment: Sendable {
  package enum Mode: Sendable {
    case active(MemoryID, offset: ConstExpression)
    case passive
  }

  package var mode: Mode
  package var bytes: Bytes
  package var isRemoved = false

  package init(mode: Mode, bytes: Bytes) {
    self.mode = mode
    self.bytes = bytes
  }
}

package struct CustomSection: Sendable {
  package var name: Name
  package var bytes: Bytes
  /// The section it follows; nil if it comes before all others.
  package var place: SectionID?

  package init(name: Name, bytes: Bytes, place: SectionID?) {
    self.name = name
    self.bytes = bytes
    self.place = place
  }
}

/// The sections of a module in the order that the specification demands (5.5.2); the raw value is that order.
package enum SectionID: UInt8, CaseIterable, Comparable, Sendable {
  case type, `import`, function, table, memory, tag, global, export, start, element, dataCount, code, data

  /// The byte that begins the section.
  package var code: UInt8 {
    switch self {
    case .type: return 1
    case .import: return 2
    case .function: return 3
    case .table: return 4
    case .memory: return 5
    case .tag: return 13
    case .global: return 6
    case .export: return 7
    case .start: return 8
    case .element: return 9
    case .dataCount: return 12
    case .code: return 10
    case .data: return 11
    }
  }

  package init?(code: UInt8) {
    guard let section = SectionID.allCases.first(where: { $0.code == code }) else { return nil }
    self = section
  }

  /// The section's name in messages and in `(@custom)` annotations.
  package var name: String {
    switch self {
    case .function: return "func"
    case .element: return "elem"
    case .dataCount: return "datacount"
    default: return String(describing: self)
    }
  }

  package static func < (left: SectionID, right: SectionID) -> Bool { left.rawValue < right.rawValue }
}

import IR
import Support

/// The types of all modules of a store: equal types of different modules are one here.
struct RuntimeTypes {
  private(set) var table = TypeTable()
  /// By type: where its fields are in an object, in bytes, and last the size of all; empty for other types.
  private var fieldOffsets: [[Int]] = []

  /// Adds the types of a module. Returns the canonical type of the store for each of them.
  mutating func add(_ module: TypeTable) -> [TypeID] {
    var map: [TypeID] = []
    map.reserveCapacity(module.count)
    for group in module.groups {
      let first = table.count
      // Members of the group may mention each other before they are there.
      func mapped(_ id: TypeID) -> TypeID {
        id.rawValue < group.lowerBound ? map[id.index] : TypeID(first + id.index - Int(group.lowerBound))
      }
      table.append(group: group.map { module[TypeID(rawValue: $0)].mapTypes(mapped) })
      for offset in 0..<group.count {
        let id = TypeID(first + offset)
        map.append(table.canonical(id))
        fieldOffsets.append(RuntimeTypes.offsets(of: table[id]))
      }
    }
    return map
  }

  mutating func find(_ type: FunctionType) -> TypeID {
    let id = table.findOrAppend(type)
    if id.index == fieldOffsets.count { fieldOffsets.append([]) }
    return table.canonical(id)
  }

  func fieldOffset(_ field: Int, of type: TypeID) -> Int { fieldOffsets[type.index][field] }

  /// Bytes of the fields of a structure.
  func size(of type: TypeID) -> Int { fieldOffsets[type.index].last ?? 0 }

  private static func offsets(of type: DefinedType) -> [Int] {
    guard let fields = type.fields else { return [] }
    var offset = 0
    return fields.map { field in
      defer { offset += field.storage.unpacked == .v128 ? 16 : 8 }
      return offset
    } + [offset]
  }

  func function(_ type: TypeID) -> FunctionType { table[type].function! }
}

extension ValueType {
  /// Words of a value in a frame.
  var slotCount: Int { self == .v128 ? 2 : 1 }

  func mapType(_ map: (TypeID) -> TypeID) -> ValueType {
    guard isReference, let defined = heapType.definedType else { return self }
    return .reference(to: HeapType(map(defined)), isNullable: isNullable)
  }
}

extension DefinedType {
  /// The type with `map` applied to each type it mentions.
  fileprivate func mapTypes(_ map: (TypeID) -> TypeID) -> DefinedType {
    func field(_ type: FieldType) -> FieldType {
      let storage = type.storage.isPacked ? type.storage : StorageType(type.storage.unpacked.mapType(map))
      return FieldType(storage, isMutable: type.isMutable)
    }
    var type = self
    type.supertype = supertype.map(map)
    switch composite {
    case .function(let function):
      type.composite = .function(
        FunctionType(
          parameters: function.parameters.map { $0.mapType(map) }, results: function.results.map { $0.mapType(map) }))
    case .structure(let fields): type.composite = .structure(fields.map(field))
    case .array(let element): type.composite = .array(field(element))
    }
    return type
  }
}

extension Collection where Element == ValueType {
  var slotCount: Int { reduce(0) { $0 + $1.slotCount } }
}

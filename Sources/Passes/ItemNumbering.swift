import BinaryFormat
import IR
import Support

/// Numbers the items of all index spaces of a module in one sequence, for graphs over them.
struct ItemNumbering: Sendable {
  /// By kind: the number of its first item; then the number of all.
  private let starts: [UInt32]

  init(of module: borrowing Module) {
    let counts = [
      module.functions.count, module.types.count, module.tables.count, module.memories.count, module.globals.count,
      module.tags.count, module.elements.count, module.datas.count,
    ]
    var starts: [UInt32] = [0]
    for count in counts { starts.append(starts.last! + UInt32(count)) }
    self.starts = starts
  }

  var count: Int { Int(starts.last!) }

  /// Nil if the module has no such item, as a body that was not validated may say.
  func number(_ kind: ReferenceKind, _ index: UInt32) -> UInt32? {
    let start = starts[Int(kind.rawValue)]
    return index < starts[Int(kind.rawValue) + 1] - start ? start + index : nil
  }

  func number(of id: FunctionID) -> UInt32 { starts[0] + id.rawValue }
  func number(of id: TypeID) -> UInt32 { starts[1] + id.rawValue }
  func number(of id: TableID) -> UInt32 { starts[2] + id.rawValue }
  func number(of id: MemoryID) -> UInt32 { starts[3] + id.rawValue }
  func number(of id: GlobalID) -> UInt32 { starts[4] + id.rawValue }
  func number(of id: TagID) -> UInt32 { starts[5] + id.rawValue }
  func number(of id: ElementID) -> UInt32 { starts[6] + id.rawValue }
  func number(of id: DataID) -> UInt32 { starts[7] + id.rawValue }

  func number(of item: ItemID) -> UInt32 {
    switch item {
    case .function(let id): return number(of: id)
    case .table(let id): return number(of: id)
    case .memory(let id): return number(of: id)
    case .global(let id): return number(of: id)
    case .tag(let id): return number(of: id)
    }
  }

  func item(_ number: UInt32) -> (kind: ReferenceKind, index: UInt32) {
    var kind = 0
    while number >= starts[kind + 1] { kind += 1 }
    return (ReferenceKind(rawValue: UInt8(kind))!, number - starts[kind])
  }
}

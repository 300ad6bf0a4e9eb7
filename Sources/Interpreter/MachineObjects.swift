import IR
import Support

// Structures and arrays (specification 4.6.10, "Aggregate instructions").

extension Machine {
  /// Reads a field or element, stored as `x` says, to slot `a`.
  @inline(__always) func get(_ i: Instruction, from place: UnsafeMutableRawPointer, _ fp: UnsafeMutablePointer<UInt64>) {
    switch Storage(rawValue: i.x)! {
    case .byte: fp.set(i.a, UInt64(place.load(as: UInt8.self)))
    case .signedByte: fp.set(i.a, Int32(place.load(as: Int8.self)))
    case .short: fp.set(i.a, UInt64(place.load(as: UInt16.self)))
    case .signedShort: fp.set(i.a, Int32(place.load(as: Int16.self)))
    case .word: fp.set(i.a, UInt64(place.load(as: UInt32.self)))
    case .double, .reference: fp.set(i.a, place.load(as: UInt64.self))
    case .vector: fp.set(i.a, place.load(as: V128.self))
    }
  }

  /// Writes the value at `source` to a field or element.
  private func put(_ storage: Storage, _ source: UnsafeMutablePointer<UInt64>, to place: UnsafeMutableRawPointer) {
    memcpy(place, source, storage.byteCount)
  }

  // MARK: Structures

  func structure(_ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>) throws(Trap) {
    if i.operation == .structSet {
      if fp.u64(i.a) == 0 { throw .nullStructureReference }
      return put(Storage(rawValue: i.x)!, fp + Int(i.a) + 1, to: heap.contents(fp.u64(i.a)) + Int(i.c))
    }
    let type = TypeID(rawValue: i.b)
    let fields = store.types.table[type].fields!
    let size = store.types.size(of: type)
    let holdsReferences = fields.contains { Storage($0.storage) == .reference }
    let object = try allocate(
      ObjectHeader(
        type: i.b, kind: .structure, mayHoldReferences: holdsReferences, count: UInt64(size / 8)), size: UInt64(size))
    if i.operation == .structNew {
      let contents = heap.contents(object)
      var source = fp + Int(i.a)
      for (index, field) in fields.enumerated() {
        put(Storage(field.storage), source, to: contents + store.types.fieldOffset(index, of: type))
        source += field.storage.unpacked.slotCount
      }
    }
    fp.set(i.a, object)
  }

  // MARK: Arrays

  mutating func array(
    _ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>, _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) {
    let owner = instance.pointee.owner.takeUnretainedValue()
    switch i.operation {
    case .arrayNew: try newArray(i, fp)
    case .arrayNewDefault:
      fp.set(i.a, try makeArray(TypeID(rawValue: i.b), count: UInt64(fp.u32(i.a))))
    case .arrayNewFixed: try newFixedArray(i, fp)
    case .arrayNewData:
      let storage = self.storage(of: TypeID(rawValue: i.b))
      let (offset, count) = (UInt64(fp.u32(i.a)), UInt64(fp.u32(i.a + 1)))
      let data = owner.datas[Int(i.c)]
      try check(offset, count * UInt64(storage.byteCount), within: data.count, else: .outOfBoundsMemoryAccess)
      let array = try makeArray(TypeID(rawValue: i.b), count: count)
      copy(data, offset, count * UInt64(storage.byteCount), to: heap.contents(array))
      fp.set(i.a, array)
    case .arrayNewElem:
      let (offset, count) = (UInt64(fp.u32(i.a)), UInt64(fp.u32(i.a + 1)))
      let elements = owner.elements[Int(i.c)]
      try check(offset, count, within: elements.count, else: .outOfBoundsTableAccess)
      let array = try makeArray(TypeID(rawValue: i.b), count: count)
      copy(elements, offset, count, to: heap.contents(array))
      fp.set(i.a, array)
    case .arrayCopy: try copyArray(i, fp)
    default: try writeArray(i, fp, owner)
    }
  }

  private func storage(of type: TypeID) -> Storage { Storage(store.types.table[type].arrayElement!.storage) }

  private mutating func makeArray(_ type: TypeID, count: UInt64) throws(Trap) -> UInt64 {
    let storage = storage(of: type)
    try charge(count / 8)
    return try allocate(
      ObjectHeader(type: type.rawValue, kind: .array, mayHoldReferences: storage == .reference, count: count),
      size: count * UInt64(storage.byteCount))
  }

  private mutating func newArray(_ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>) throws(Trap) {
    let storage = storage(of: TypeID(rawValue: i.b))
    let count = fp.u32(i.a + (storage == .vector ? 2 : 1))
    let array = try makeArray(TypeID(rawValue: i.b), count: UInt64(count))
    fill(heap.contents(array), storage, fp + Int(i.a), count: Int(count))
    fp.set(i.a, array)
  }

  private mutating func newFixedArray(_ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>) throws(Trap) {
    let storage = storage(of: TypeID(rawValue: i.b))
    let array = try makeArray(TypeID(rawValue: i.b), count: UInt64(i.c))
    let contents = heap.contents(array)
    let width = storage == .vector ? 2 : 1
    for index in 0..<Int(i.c) {
      put(storage, fp + Int(i.a) + index * width, to: contents + index * storage.byteCount)
    }
    fp.set(i.a, array)
  }

  private func fill(
    _ place: UnsafeMutableRawPointer, _ storage: Storage, _ value: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    for index in 0..<count { put(storage, value, to: place + index * storage.byteCount) }
  }

  private func check(_ start: UInt64, _ count: UInt64, within size: Int, else trap: Trap) throws(Trap) {
    guard start <= UInt64(size), count <= UInt64(size) - start else { throw trap }
  }

  private func copy(_ data: Bytes, _ offset: UInt64, _ count: UInt64, to place: UnsafeMutableRawPointer) {
    data.withUnsafeBytes { if count > 0 { memcpy(place, $0.baseAddress! + Int(offset), Int(count)) } }
  }

  private func copy(_ elements: [UInt64], _ offset: UInt64, _ count: UInt64, to place: UnsafeMutableRawPointer) {
    elements.withUnsafeBytes { if count > 0 { memcpy(place, $0.baseAddress! + 8 * Int(offset), 8 * Int(count)) } }
  }

  private mutating func copyArray(_ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>) throws(Trap) {
    let (target, source) = (fp.u64(i.a), fp.u64(i.a + 2))
    if target == 0 || source == 0 { throw .nullArrayReference }
    let (to, from, count) = (UInt64(fp.u32(i.a + 1)), UInt64(fp.u32(i.a + 3)), UInt64(fp.u32(i.a + 4)))
    try check(to, count, within: Int(heap.header(target).count), else: .outOfBoundsArrayAccess)
    try check(from, count, within: Int(heap.header(source).count), else: .outOfBoundsArrayAccess)
    try charge(count / 8)
    let size = Storage(rawValue: i.x)!.byteCount
    memmove(heap.contents(target) + Int(to) * size, heap.contents(source) + Int(from) * size, Int(count) * size)
  }

  /// `array.set`, `array.fill`, `array.init_data`, `array.init_elem`.
  private mutating func writeArray(
    _ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>, _ owner: Instance
  ) throws(Trap) {
    let array = fp.u64(i.a)
    if array == 0 { throw .nullArrayReference }
    let storage = Storage(rawValue: i.x)!
    let index = UInt64(fp.u32(i.a + 1))
    let size = Int(heap.header(array).count)
    let place = heap.contents(array) + Int(index) * storage.byteCount
    switch i.operation {
    case .arraySet:
      try check(index, 1, within: size, else: .outOfBoundsArrayAccess)
      put(storage, fp + Int(i.a) + 2, to: place)
    case .arrayFill:
      let count = UInt64(fp.u32(i.a + (storage == .vector ? 4 : 3)))
      try check(index, count, within: size, else: .outOfBoundsArrayAccess)
      try charge(count / 8)
      fill(place, storage, fp + Int(i.a) + 2, count: Int(count))
    default:
      let (source, count) = (UInt64(fp.u32(i.a + 2)), UInt64(fp.u32(i.a + 3)))
      try check(index, count, within: size, else: .outOfBoundsArrayAccess)
      try charge(count / 8)
      if i.operation == .arrayInitData {
        let byteCount = count * UInt64(storage.byteCount)
        let data = owner.datas[Int(i.b)]
        try check(source, byteCount, within: data.count, else: .outOfBoundsMemoryAccess)
        copy(data, source, byteCount, to: place)
      } else {
        let elements = owner.elements[Int(i.b)]
        try check(source, count, within: elements.count, else: .outOfBoundsTableAccess)
        copy(elements, source, count, to: place)
      }
    }
  }
}

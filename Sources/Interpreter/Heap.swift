import IR
import Support

/// What stands before the fields, elements or arguments of an object.
struct ObjectHeader: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable { case structure, array, exception }

  /// Of the store; of an exception: its tag.
  let type: UInt32
  let kind: Kind
  /// What elements of an array, or words of the others, may hold.
  let mayHoldReferences: Bool
  var isMarked = false
  /// Elements of an array; words of a structure or exception.
  let count: UInt64

  static let byteCount = 16
}

/// The structures, arrays and exceptions of a store.
///
/// Objects are freed by marking and sweeping when as much was allocated as survived the last time (at least 64 MiB).
/// Marking is conservative in frames, globals and tables, whose words do not tell their types: what looks like a
/// reference to an object keeps it.
final class Heap {
  private var objects: [UnsafeMutableRawPointer?] = []
  private var sizes: [UInt32] = []
  private var freeIndices: [Int] = []
  private(set) var byteCount = 0
  private var nextCollection = Heap.leastCollection
  let byteLimit: Int

  static let leastCollection = 64 << 20

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  deinit {
    for object in objects { object?.deallocate() }
  }

  var wantsCollection: Bool { byteCount >= nextCollection }

  /// A new object with zeroed contents of `size` bytes; nil if there is no room.
  func allocate(_ header: ObjectHeader, size: UInt64) -> UInt64? {
    let total = UInt64(ObjectHeader.byteCount) + (size + 15) & ~15
    guard total <= UInt64(byteLimit), byteCount + Int(total) <= byteLimit else { return nil }
    let object = UnsafeMutableRawPointer.allocate(byteCount: Int(total), alignment: 16)
    object.storeBytes(of: header, as: ObjectHeader.self)
    memset(object + ObjectHeader.byteCount, 0, Int(total) - ObjectHeader.byteCount)
    byteCount += Int(total)
    let index: Int
    if let free = freeIndices.popLast() {
      index = free
      objects[index] = object
      sizes[index] = UInt32(truncatingIfNeeded: total >> 4)
    } else {
      index = objects.count
      objects.append(object)
      sizes.append(UInt32(truncatingIfNeeded: total >> 4))
    }
    let kind: Reference.Kind = header.kind == .exception ? .exception : .object
    return Reference(kind, UInt64(index)).bits
  }

  /// The object that a reference of kind `object` or `exception` names.
  @inline(__always) func object(_ reference: UInt64) -> UnsafeMutableRawPointer {
    objects[Int(reference >> 3)]!
  }

  func header(_ reference: UInt64) -> ObjectHeader { object(reference).load(as: ObjectHeader.self) }

  /// Where the fields, elements or arguments of an object begin.
  func contents(_ reference: UInt64) -> UnsafeMutableRawPointer { object(reference) + ObjectHeader.byteCount }

  // MARK: Collection

  /// Frees what no root reaches. `roots` calls its argument with each word that may be a reference.
  func collect(_ roots: ((UInt64) -> Void) -> Void) {
    var pending: [Int] = []
    func mark(_ word: UInt64) {
      guard let index = indexOfObject(word) else { return }
      let header = objects[index]!.assumingMemoryBound(to: ObjectHeader.self)
      if header.pointee.isMarked { return }
      header.pointee.isMarked = true
      if header.pointee.mayHoldReferences { pending.append(index) }
    }
    roots(mark)
    while let index = pending.popLast() {
      let object = objects[index]!
      let words = (object + ObjectHeader.byteCount).assumingMemoryBound(to: UInt64.self)
      for word in 0..<Int(object.load(as: ObjectHeader.self).count) { mark(words[word]) }
    }
    sweep()
    nextCollection = max(Heap.leastCollection, 2 * byteCount)
  }

  private func indexOfObject(_ word: UInt64) -> Int? {
    let kind = word & 7
    guard kind == UInt64(Reference.Kind.object.rawValue) || kind == UInt64(Reference.Kind.exception.rawValue)
    else { return nil }
    let index = Int(word >> 3)
    return index < objects.count && objects[index] != nil ? index : nil
  }

  private func sweep() {
    for index in objects.indices {
      guard let object = objects[index] else { continue }
      let header = object.assumingMemoryBound(to: ObjectHeader.self)
      if header.pointee.isMarked {
        header.pointee.isMarked = false
        continue
      }
      byteCount -= Int(sizes[index]) << 4
      object.deallocate()
      objects[index] = nil
      freeIndices.append(index)
    }
  }
}

import Support

/// Gives equal byte strings equal numbers, counted from 0 in order of appearance.
struct Interner: ~Copyable {
  static let none: UInt32 = .max

  private var texts = Column<UInt8>()
  private var starts = Column<Int>()
  private var hashes = Column<UInt32>()
  private var slots = Column<UInt32>()

  init() {
    slots.resize(to: 64, filling: Interner.none)
    starts.append(0)
  }

  var count: Int { hashes.count }

  func withText<Result>(_ id: UInt32, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    texts.withUnsafeBuffer { body(UnsafeBufferPointer(rebasing: $0[starts[Int(id)]..<starts[Int(id) + 1]])) }
  }

  /// The number of `text`, whose `hashOfText` is given, or `none`.
  func find(_ text: UnsafeBufferPointer<UInt8>, hash: UInt32) -> UInt32 { slots[slot(of: text, hash: hash)] }

  mutating func intern(_ text: UnsafeBufferPointer<UInt8>, hash: UInt32) -> UInt32 {
    let slot = slot(of: text, hash: hash)
    if slots[slot] != Interner.none { return slots[slot] }
    let id = UInt32(count)
    texts.append(contentsOf: text)
    starts.append(texts.count)
    hashes.append(hash)
    slots[slot] = id
    if count * 2 > slots.count { growSlots() }
    return id
  }

  private func slot(of text: UnsafeBufferPointer<UInt8>, hash: UInt32) -> Int {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != Interner.none {
      let id = Int(slots[slot])
      if hashes[id] == hash && equals(id, text) { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func equals(_ id: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = starts[id]
    guard starts[id + 1] - start == text.count else { return false }
    return text.count == 0
      || texts.withUnsafeBuffer { memcmp($0.baseAddress! + start, text.baseAddress!, text.count) == 0 }
  }

  private mutating func growSlots() {
    let size = slots.count * 2
    slots.removeAll()
    slots.resize(to: size, filling: Interner.none)
    for id in 0..<count {
      var slot = Int(hashes[id]) & (size - 1)
      while slots[slot] != Interner.none { slot = (slot + 1) & (size - 1) }
      slots[slot] = UInt32(id)
    }
  }
}

import BinaryFormat
import IR
import Support

/// How the text refers to each item of one index space: `$name`, or the final index of an item without a name.
///
/// A name that an earlier item has gets a suffix: `$f`, `$f_1`, `$f_2`, passing over names that others have.
struct ReferenceTable: Sendable {
  /// The references one after the other, and by id where each begins; one more for the end.
  private var bytes: [UInt8] = []
  private var starts: [Int] = [0]
  private var isNamed: [Bool] = []

  init() {}

  /// - Parameters:
  ///   - indices: by id the final index; nil for an item that is not printed.
  ///   - name: the name of an item. An empty name counts as none: the text format has no such identifier.
  init(indices: [UInt32?], name: (Int) -> Name?) {
    let names = ReferenceTable.makeUnique(
      order: indices.indices.filter { indices[$0] != nil }.sorted { indices[$0]! < indices[$1]! }, name: name)
    var text = Column<UInt8>()
    starts.reserveCapacity(indices.count + 1)
    for (id, index) in indices.enumerated() {
      if let name = names[id] {
        text.appendIdentifier(name)
      } else if let index {
        text.appendDecimal(index)
      } else {
        text.appendText("(;removed ")
        text.appendDecimal(UInt64(id))
        text.appendText(";)")
      }
      isNamed.append(names[id] != nil)
      starts.append(text.count)
    }
    bytes = text.toArray()
  }

  /// The names by id, equal ones made different in the order given. Linear but for clashes with suffixed names.
  private static func makeUnique(order: [Int], name: (Int) -> Name?) -> [Int: Name] {
    var names: [(id: Int, name: Name)] = []
    for id in order {
      if let name = name(id), !name.utf8.isEmpty { names.append((id, name)) }
    }
    if names.isEmpty { return [:] }
    var taken = Set<Name>()
    var repeated: [Int] = []
    for (position, entry) in names.enumerated() where !taken.insert(entry.name).inserted { repeated.append(position) }
    var lastSuffixes: [Name: Int] = [:]
    for position in repeated {
      let base = names[position].name
      var suffix = lastSuffixes[base, default: 0]
      var candidate: Name
      repeat {
        suffix += 1
        candidate = Name("\(base)_\(suffix)")
      } while !taken.insert(candidate).inserted
      lastSuffixes[base] = suffix
      names[position].name = candidate
    }
    return Dictionary(uniqueKeysWithValues: names.map { ($0.id, $0.name) })
  }

  func isNamed(_ id: some EntityID) -> Bool { id.index < isNamed.count && isNamed[id.index] }

  /// Appends what stands for `id`; a comment for one that the module does not have.
  @inline(__always)
  func append(_ id: some EntityID, to text: inout Column<UInt8>) {
    let index = id.index
    guard index < isNamed.count else { return ReferenceTable.appendUnknown(id.rawValue, to: &text) }
    let start = starts[index]
    bytes.withUnsafeBufferPointer {
      text.append(contentsOf: UnsafeBufferPointer(rebasing: $0[start..<starts[index + 1]]))
    }
  }

  private static func appendUnknown(_ rawValue: UInt32, to text: inout Column<UInt8>) {
    text.appendText("(;unknown ")
    text.appendDecimal(rawValue)
    text.appendText(";)")
  }
}

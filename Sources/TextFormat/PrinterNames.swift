import BinaryFormat
import IR
import Support

/// How the text refers to each item of one index space: `$name`, or the final index of an item without a name.
///
/// A name that an earlier item has gets a suffix: `$f`, `$f_1`, `$f_2`, passing over names that others have. The empty
/// name is no identifier. In both cases the declaration says the name in an annotation: `(@name "f")`.
struct ReferenceTable<ID: EntityID>: Sendable {
  /// The references one after the other, and by id where each begins; one more for the end.
  private var bytes: [UInt8] = []
  private var starts: [Int] = [0]
  private var isNamed: [Bool] = []
  /// The names that the references don't tell.
  private(set) var annotations: [ID: Name] = [:]
  /// The items that are printed, by final index.
  private(set) var order: [ID] = []

  init() {}

  /// - Parameters:
  ///   - indices: by id the final index, or `IndexAssignment.removed`.
  ///   - name: the name of an item.
  init(indices: [UInt32], name: (ID) -> Name?) {
    let printed = indices.indices.filter { indices[$0] != IndexAssignment.removed }
      .sorted { indices[$0] < indices[$1] }
    order = printed.map { ID($0) }
    let names = makeUnique(name)
    var text = Column<UInt8>()
    starts.reserveCapacity(indices.count + 1)
    for (id, index) in indices.enumerated() {
      if let name = names[ID(id)] {
        text.appendIdentifier(name)
      } else if index != IndexAssignment.removed {
        text.appendDecimal(index)
      } else {
        text.appendText("(;removed ")
        text.appendDecimal(UInt64(id))
        text.appendText(";)")
      }
      isNamed.append(names[ID(id)] != nil)
      starts.append(text.count)
    }
    bytes = text.toArray()
  }

  /// The names by id, equal ones made different in the order of indices. Linear but for clashes with suffixed names.
  private mutating func makeUnique(_ name: (ID) -> Name?) -> [ID: Name] {
    var names: [(id: ID, name: Name)] = []
    for id in order {
      guard let name = name(id) else { continue }
      if name.utf8.isEmpty {
        annotations[id] = name
      } else {
        names.append((id, name))
      }
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
      annotations[names[position].id] = base
    }
    return Dictionary(uniqueKeysWithValues: names.map { ($0.id, $0.name) })
  }

  func isNamed(_ id: ID) -> Bool { id.index < isNamed.count && isNamed[id.index] }

  /// Whether the declaration of `id` says more than its type.
  func hasName(_ id: ID) -> Bool { isNamed(id) || annotations[id] != nil }

  /// Whether `id` has index 0, which many instructions need not say.
  func isFirst(_ id: ID) -> Bool { order.first == id }

  /// Appends what stands for `id`; a comment for one that the module does not have.
  @inline(__always)
  func append(_ id: ID, to text: inout Column<UInt8>) {
    let index = id.index
    guard index < isNamed.count else { return ReferenceTable.appendUnknown(id.rawValue, to: &text) }
    let start = starts[index]
    bytes.withUnsafeBufferPointer {
      text.append(contentsOf: UnsafeBufferPointer(rebasing: $0[start..<starts[index + 1]]))
    }
  }

  /// Appends the name of `id` as an annotation if the reference does not tell it.
  func appendAnnotation(_ id: ID, to text: inout Column<UInt8>) {
    guard !annotations.isEmpty, let name = annotations[id] else { return }
    text.appendText(" (@name ")
    text.appendQuoted(name)
    text.append(0x29)
  }

  private static func appendUnknown(_ rawValue: UInt32, to text: inout Column<UInt8>) {
    text.appendText("(;unknown ")
    text.appendDecimal(rawValue)
    text.appendText(";)")
  }
}

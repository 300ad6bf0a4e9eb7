import BinaryFormat
import IR
import Support

// The name section: plain names, odd names, the same name for many things, and none.

extension GeneratorState {
  mutating func writeNames() {
    name("name")
    if random.oneIn(2) {
      var contents = Column<UInt8>()
      swap(&contents, &out)
      name(randomName("module"))
      finishSubsection(0, &contents)
    }
    writeMap(1, of: module.functions.count, "f")
    writeIndirectMap(2, bodies.map(\.localCount), "l")
    writeIndirectMap(3, bodies.map(\.labelCount), "label")
    writeMap(4, of: module.types.definitions.count, "t")
    writeMap(5, of: module.tables.count, "table")
    writeMap(6, of: module.memories.count, "memory")
    writeMap(7, of: module.globals.count, "g")
    writeMap(8, of: module.elements.count, "e")
    writeMap(9, of: module.datas.count, "d")
    writeFields()
    writeMap(11, of: module.tags.count, "tag")
  }

  private mutating func randomName(_ prefix: String) -> Name {
    let odd = [
      "", "a b", "\u{0}", "\n", "\"", "\\", "()", "$", "gr\u{fc}n", "\u{1f980}", "\u{202e}x", "0", "f0", "f00",
      ";;", "\u{7f}", String(repeating: "long", count: 50),
    ]
    if random.oneIn(8) { return Name(random.pick(odd)) }
    return Name(prefix + String(random.below(random.pick([3, 1000]))))
  }

  private mutating func writeMap(_ id: UInt8, of count: Int, _ prefix: String) {
    guard !random.oneIn(4) else { return }
    var contents = Column<UInt8>()
    swap(&contents, &out)
    writeNameMap(count, prefix)
    finishSubsection(id, &contents)
  }

  private mutating func writeNameMap(_ count: Int, _ prefix: String) {
    let named = (0..<count).filter { _ in !random.oneIn(4) }
    index(named.count)
    for item in named {
      index(item)
      name(randomName(prefix))
    }
  }

  /// Names of what functions contain.
  private mutating func writeIndirectMap(_ id: UInt8, _ counts: [Int], _ prefix: String) {
    guard !random.oneIn(4) else { return }
    var contents = Column<UInt8>()
    swap(&contents, &out)
    let functions = definedFunctions
    index(functions.count)
    for (function, count) in zip(functions, counts) {
      index(function)
      writeNameMap(count, prefix)
    }
    finishSubsection(id, &contents)
  }

  private mutating func writeFields() {
    guard !structures.isEmpty && random.oneIn(2) else { return }
    var contents = Column<UInt8>()
    swap(&contents, &out)
    index(structures.count)
    for type in structures {
      index(type)
      writeNameMap(module.types[type].fields?.count ?? 0, "field")
    }
    finishSubsection(10, &contents)
  }

  /// Puts what was written behind `before`, and goes on there.
  private mutating func finishSubsection(_ id: UInt8, _ before: inout Column<UInt8>) {
    swap(&before, &out)
    out.append(id)
    out.appendUnsigned(before.count)
    before.withUnsafeBuffer { out.append(contentsOf: $0) }
  }
}

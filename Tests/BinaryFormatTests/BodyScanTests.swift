import BinaryFormat
import IR
import Support
import Testing

@Suite struct BodyScanTests {
  func sample(seed: UInt64, count: Int = 200, _ prepare: (inout CodeSample) -> Void = { _ in }) -> CodeSample {
    var sample = CodeSample(seed: seed)
    prepare(&sample)
    sample.appendBody(count: count)
    return sample
  }

  func references(in code: Code, of kinds: ReferenceKinds = .all) throws -> [Reference] {
    var found: [Reference] = []
    try code.forEachReference(of: kinds) { found.append($0) }
    return found
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func findsEveryReference(seed: UInt64) throws {
    let sample = sample(seed: seed) { $0.isWasteful = seed % 2 == 0 }
    let found = try references(in: Code(bytes: Bytes(copying: sample.bytes)))
    #expect(found.map(\.described) == sample.references.map(\.described))
    let starts = Set(sample.instructionStarts)
    #expect(found.drop { $0.range.lowerBound < sample.instructionStarts[0] }.allSatisfy { reference in
      starts.contains(reference.instruction) && reference.instruction < reference.range.lowerBound
    })
  }

  @Test func stopsAtKindsAskedFor() throws {
    let sample = sample(seed: 7, count: 2000)
    for kind in ReferenceKind.allCases {
      let found = try references(in: Code(bytes: Bytes(copying: sample.bytes)), of: ReferenceKinds(kind))
      #expect(found.map(\.described) == sample.references.filter { $0.kind == kind }.map(\.described))
      #expect(!found.isEmpty)
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func rewritesEveryReference(seed: UInt64) throws {
    func newIndex(_ kind: ReferenceKind, _ index: UInt32) -> UInt32 { (index &* 3 + seed.rawIndex(kind)) % 400 }
    let before = sample(seed: seed) { $0.isWasteful = false }
    let after = sample(seed: seed) {
      $0.newIndex = newIndex
      $0.blockType = seed % 2 == 0 ? 321 : nil
    }
    var map = IndexMap()
    for kind in ReferenceKind.allCases where kind != .tupleBlockType {
      map.set(kind, to: (0..<300).map { newIndex(kind, $0) })
    }
    let hints = before.instructionStarts.map { BranchHint(offset: UInt32($0), isLikely: $0 % 2 == 0) }
    let code = Code(bytes: Bytes(copying: before.bytes), hasTupleTypes: true, branchHints: hints)
    var rewriter = BodyRewriter(map: map, blockType: seed % 2 == 0 ? { _ in 321 } : nil)
    let result = try rewriter.rewrite(code)
    #expect(result.bytes.array == after.bytes.toArray())
    #expect(result.branchHints.map(\.offset) == after.instructionStarts.map { UInt32($0) })
    #expect(result.branchHints.map(\.isLikely) == hints.map(\.isLikely))
    #expect(result.hasTupleTypes == (seed % 2 != 0))
  }

  @Test func identityIsTheSameBytes() throws {
    let sample = sample(seed: 3) { $0.isWasteful = true }
    let code = Code(bytes: Bytes(copying: sample.bytes))
    var map = IndexMap()
    map.set(.function, to: Array(0..<300))
    var rewriter = BodyRewriter(map: map, blockType: { _ in 0 })
    #expect(try rewriter.rewrite(code).bytes.storage === code.bytes.storage)
  }

  @Test func readsSpelledOutResults() throws {
    let bytes: [UInt8] = [0, 0x02, Code.tupleBlockType, 3, 0x7f, 0x64, 0x05, 0x6f, 0x0b, 0x0b]
    var rewriter = BodyRewriter(map: IndexMap()) { results in
      #expect(results == [.i32, .reference(to: HeapType(TypeID(5)), isNullable: false), .externref])
      return 100
    }
    let result = try rewriter.rewrite(Code(bytes: Bytes(bytes), hasTupleTypes: true))
    #expect(result.bytes.array == [0, 0x02, 0xe4, 0x00, 0x0b, 0x0b])
  }

  @Test func constantExpressions() throws {
    // ref.func 3, global.get 4, i32.const 0x23, ref.null 5, end
    let expression = ConstExpression(bytes: Bytes([0xd2, 3, 0x23, 4, 0x41, 0x23, 0xd0, 5, 0x0b]))
    var found: [String] = []
    try expression.forEachReference(of: .indices) { found.append("\($0.kind) \($0.index)") }
    #expect(found == ["function 3", "global 4", "type 5"])
    var map = IndexMap()
    map.set(.global, to: [0, 1, 2, 3, 300])
    var rewriter = BodyRewriter(map: map)
    #expect(try rewriter.rewrite(expression).bytes.array == [0xd2, 3, 0x23, 0xac, 2, 0x41, 0x23, 0xd0, 5, 0x0b])
  }

  @Test func removedAndUnknownItemsAreErrors() throws {
    var map = IndexMap()
    map.set(.function, to: [1, IndexMap.removed])
    var rewriter = BodyRewriter(map: map)
    #expect(throws: WasmError.self) { try rewriter.rewrite(Code(bytes: Bytes([0, 0x10, 1, 0x0b]))) }
    #expect(throws: WasmError.self) { try rewriter.rewrite(Code(bytes: Bytes([0, 0x10, 2, 0x0b]))) }
    #expect(try rewriter.rewrite(Code(bytes: Bytes([0, 0x10, 0, 0x0b]))).bytes.array == [0, 0x10, 1, 0x0b])
  }

  /// Truncated and flipped code gives an error or some references, and ends.
  @Test func survivesDamage() {
    for seed in 1...300 as ClosedRange<UInt64> {
      let sample = sample(seed: seed, count: 20)
      var bytes = sample.bytes.toArray()
      bytes[Int(seed * 7919) % bytes.count] ^= UInt8(truncatingIfNeeded: seed)
      bytes.removeLast(Int(seed) % bytes.count)
      _ = try? references(in: Code(bytes: Bytes(bytes)))
    }
  }

  @Test func isFast() throws {
    var bytes = Column<UInt8>()
    bytes.append(0)
    // local.get, i32.load, i32.const, i32.add, call: a mix as compilers write it.
    let pattern: [UInt8] = [
      0x20, 5, 0x28, 2, 16, 0x21, 6, 0x20, 6, 0x41, 0x80, 0x20, 0x6a, 0x22, 7, 0x10, 0x90, 0x10, 0x1a, 0x20, 7, 0x0d, 1,
    ]
    while bytes.count < 20_000_000 { pattern.withUnsafeBufferPointer { bytes.append(contentsOf: $0) } }
    let code = Code(bytes: Bytes(copying: bytes))
    var count = 0
    let clock = ContinuousClock()
    let time = try clock.measure { try code.forEachReference(of: .all) { _ in count += 1 } }
    let only = try clock.measure { try code.forEachReference(of: .function) { _ in count += 1 } }
    let seconds = Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds)
    print("scan: \(Int(20 / seconds)) MB/s, of calls alone \(only)")
    #expect(count >= 2 * bytes.count / pattern.count)
    #expect(seconds < 1)
  }
}

private extension Reference {
  var described: String { "\(kind) \(index) \(form) \(range)" }
}

private extension UInt64 {
  /// A shift of indices that differs by kind.
  func rawIndex(_ kind: ReferenceKind) -> UInt32 { UInt32(truncatingIfNeeded: self) &* 31 % 50 + UInt32(kind.rawValue) }
}

import Pare
import Support
import Testing

/// Damaged modules are read or refused, at once, and nothing else: no crash, no hang.
@Suite struct MutationTests {
  @Test func damagedBinariesAreReadOrRefused() throws {
    let seeds = try Samples.texts.map { try Module(wat: $0).wasm() }
    var generator = Generator(state: 2026)
    var valid = 0
    for number in 0..<10_000 {
      let bytes = mutate(seeds, &generator)
      if try check(bytes, "binary \(number)") { valid += 1 }
    }
    #expect(valid > 100)
  }

  @Test func damagedTextsAreReadOrRefused() throws {
    let seeds = Samples.texts.map { Array($0.utf8) }
    var generator = Generator(state: 64)
    for number in 0..<2_000 { _ = try check(mutate(seeds, &generator), "text \(number)") }
  }

  @Test func noiseIsRefused() throws {
    var generator = Generator(state: 7)
    for number in 0..<50 {
      let noise = (0..<65536).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      _ = try check(noise, "noise \(number)")
      _ = try check([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0] + noise, "noise after a header \(number)")
      _ = try check(noise.map { 0x20 + $0 % 95 }, "noise of letters \(number)")
    }
  }

  /// Returns whether the module is valid. If it is, what comes out of the optimizer must be, too.
  private func check(_ bytes: [UInt8], _ name: String) throws -> Bool {
    var options = Module.Options()
    options.workers = 1
    let start = Clock.threadTime()
    defer {
      let seconds = Double(Clock.threadTime() - start) / 1e9
      #expect(seconds < 1, "\(name) takes \(seconds) s")
    }
    var module: Module
    do {
      module = try Module(bytes, options: options)
    } catch {
      #expect(!error.message.isEmpty && !error.message.contains("\n"), "\(name): \(error)")
      return false
    }
    let written = try module.wasm()
    #expect(try Module(written, options: options).wasm() == written, "\(name) changes when it is written again")
    try module.optimize(.O2)
    _ = try Module(try module.wasm(), options: options)
    return true
  }

  // MARK: Damage

  private func mutate(_ seeds: [[UInt8]], _ generator: inout Generator) -> [UInt8] {
    var bytes = seeds[generator.below(seeds.count)]
    for _ in 0...generator.below(3) {
      guard !bytes.isEmpty else { break }
      let place = generator.below(bytes.count)
      let length = 1 + generator.below(min(16, bytes.count - place))
      switch generator.below(8) {
      case 0, 1: bytes[place] ^= 1 << UInt8(generator.below(8))
      case 2: bytes[place] = UInt8(generator.below(256))
      case 3: bytes[place] = [0, 1, 0x7f, 0x80, 0xff][generator.below(5)]
      case 4: bytes.removeSubrange(place..<place + length)
      case 5: bytes.insert(contentsOf: bytes[place..<place + length], at: generator.below(bytes.count))
      case 6: if generator.below(4) == 0 { bytes.removeSubrange(place...) } else { changeLength(of: &bytes, &generator) }
      default:
        let other = seeds[generator.below(seeds.count)]
        let start = generator.below(other.count)
        bytes.replaceSubrange(place..<place + length, with: other[start..<min(other.count, start + length)])
      }
    }
    return bytes
  }

  /// Makes the length of a section larger or smaller, or gigantic.
  private func changeLength(of bytes: inout [UInt8], _ generator: inout Generator) {
    var place = 8
    for _ in 0..<generator.below(8) where place + 1 < bytes.count && bytes[place + 1] < 0x80 {
      place += 2 + Int(bytes[place + 1])
    }
    guard place + 1 < bytes.count else { return }
    switch generator.below(3) {
    case 0: bytes[place + 1] &+= 1
    case 1: bytes[place + 1] &-= 1
    default: bytes.replaceSubrange(place + 1...place + 1, with: [0xff, 0xff, 0xff, 0xff, 0x0f])
    }
  }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
private struct Generator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

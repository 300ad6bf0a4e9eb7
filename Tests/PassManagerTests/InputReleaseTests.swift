import IR
import PassManager
import Support
import Testing

@Suite struct InputReleaseTests {
  /// Puts the bodies of `module` into a mapped file, as if they had been read from it.
  private func map(_ module: inout Module) throws -> Bytes {
    let contents = bodies(of: module).flatMap { $0 }
    var path = Array("/tmp/pare-test-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    try #require(file >= 0)
    defer {
      close(file)
      unlink(path)
    }
    try #require(write(file, contents, contents.count) == contents.count)
    let base = try #require(mmap(nil, contents.count, PROT_READ, MAP_PRIVATE, file, 0))
    let storage = ByteStorage(
      adopting: UnsafePointer(base.assumingMemoryBound(to: UInt8.self)), count: contents.count, isMapped: true)
    var start = 0
    for id in module.functions.ids {
      let count = module.functions[id].code!.bytes.count
      module.functions[id].code!.bytes = Bytes(storage: storage, start: start, count: count)
      start += count
    }
    return Bytes(storage: storage, start: 0, count: contents.count)
  }

  /// Twelve megabytes in small and large bodies: more than the step in which pages are given back.
  @Test(arguments: [1, 3]) func aMappedInputGivesTheSameBytesAndStaysReadable(workers: Int) throws {
    let counts = (0..<2000).map { $0 % 40 == 3 ? 20_000 : 1000 }
    var plain = makeModule(constantCounts: counts)
    var mapped = plain
    let input = try map(&mapped)
    let before = bodies(of: mapped).flatMap { $0 }
    try run([], on: &plain)
    try run([], on: &mapped, workers: workers)
    #expect(bodies(of: plain) == bodies(of: mapped))
    #expect(input.array == before)
  }
}

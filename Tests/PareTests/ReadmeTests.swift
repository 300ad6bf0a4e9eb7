import Pare
import Support
import Testing

@Suite struct ReadmeTests {
  /// The root of the package.
  private var root: String {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }

  private func read(_ path: String) throws -> String {
    String(decoding: try InputFile.read(Path("\(root)/\(path)")).array, as: UTF8.self)
  }

  private func between(_ start: String, _ end: String, of text: String) throws -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex(of: Substring(start)))
    let last = try #require(lines[first...].dropFirst().firstIndex(of: Substring(end)))
    return lines[(first + 1)..<last].joined(separator: "\n")
  }

  @Test func exampleOfTheLibraryIsTheOneThatIsCompiled() throws {
    let shown = try between("```swift", "```", of: try read("README.md"))
    let compiled = try between("// README: begin", "// README: end", of: try read("Tests/PareTests/ReadmeExample.swift"))
    #expect(shown == compiled)
    #expect(shown.split(separator: "\n").count < 10)
  }

  @Test func exampleRunsOnTheSample() throws {
    let sample = Array(try read("bench/samples/primes.wat").utf8)
    let small = try shrink(sample)
    #expect(small.count < (try Module(sample).wasm().count))
    #expect(try Module(small).wat().contains("\"count\""))
  }

  @Test func placesThatTheReadmeNamesExist() throws {
    let readme = try read("README.md")
    for word in readme.split(whereSeparator: { " `()\n,".contains($0) }) {
      guard word.hasPrefix("Sources/") || word.hasPrefix("Tests/") || word.hasPrefix("passes-docs/") else { continue }
      #expect(access("\(root)/\(word)", F_OK) == 0, "\(word)")
    }
  }
}

import Passes
import Support
import Testing

/// A page of passes-docs/, or a file of Tests/Cases/PASS/ in the same form: examples of what a pass does.
struct Page: Sendable, CustomTestStringConvertible {
  /// A fenced block whose first line is "```wat before" or the like.
  struct Fence: Sendable {
    /// The words after the three backticks.
    let words: [String]
    /// Where its content is in `lines`.
    let range: Range<Int>
  }

  enum Expectation {
    /// The module that the pass makes.
    case after
    /// The pass leaves the module alone.
    case unchanged
    /// What the pass prints.
    case printed
  }

  struct Example {
    let before: Fence
    let result: Fence
    let expectation: Expectation
  }

  let path: String
  let pass: String
  let lines: [String]

  var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }

  func text(of fence: Fence) -> String { lines[fence.range].joined(separator: "\n") }

  /// The fences with WebAssembly text, or with text that is to be printed.
  func fences() throws(PageError) -> [Fence] {
    var fences: [Fence] = []
    var start: (words: [String], line: Int)?
    for (index, line) in lines.enumerated() where line.hasPrefix("```") {
      if let open = start {
        if open.words.count > 1 { fences.append(Fence(words: open.words, range: open.line + 1..<index)) }
        start = nil
      } else {
        start = (line.dropFirst(3).split(separator: " ").map(String.init), index)
      }
    }
    if let start { throw PageError("\(path):\(start.line + 1): the fence has no end") }
    return fences
  }

  func examples() throws(PageError) -> [Example] {
    var examples: [Example] = []
    var before: Fence?
    for fence in try fences() {
      let place = "\(path):\(fence.range.lowerBound)"
      switch (fence.words[0], fence.words[1]) {
      case ("wat", "before"): before = fence
      case ("wat", "unchanged"):
        examples.append(Example(before: fence, result: fence, expectation: .unchanged))
      case ("wat", "after"), ("text", "printed"):
        guard let first = before else { throw PageError("\(place): no `before` comes before this") }
        examples.append(
          Example(before: first, result: fence, expectation: fence.words[0] == "wat" ? .after : .printed))
        before = nil
      default: throw PageError("\(place): a fence is `wat before`, `wat after`, `wat unchanged` or `text printed`")
      }
    }
    if before != nil { throw PageError("\(path): the last `before` has no `after`") }
    return examples
  }
}

struct PageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension Page {
  /// The directory of the package.
  static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

  /// The pages of all passes and the files of all cases.
  static let all: [Page] = {
    var pages: [Page] = []
    for file in entries(of: "\(root)/passes-docs") where file.hasSuffix(".md") {
      let name = String(file.dropLast(3))
      if !["README", "design"].contains(name) { pages.append(Page("\(root)/passes-docs/\(file)", pass: name)) }
    }
    for pass in entries(of: "\(root)/Tests/Cases") {
      for file in entries(of: "\(root)/Tests/Cases/\(pass)") where file.hasSuffix(".md") {
        pages.append(Page("\(root)/Tests/Cases/\(pass)/\(file)", pass: pass))
      }
    }
    return pages
  }()

  private init(_ path: String, pass: String) {
    self.path = path
    self.pass = pass
    lines = (SystemFile.read(path) ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Names in a directory, sorted; none if there is no such directory.
  private static func entries(of directory: String) -> [String] {
    guard let handle = opendir(directory) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}

import Passes
import Support
import Testing

/// Every page and case is executed: what stands under "before" becomes what stands under "after".
///
/// With `PARE_UPDATE=1` in the environment, results that differ are written to the files instead.
@Suite struct PageTests {
  static let isUpdating = getenv("PARE_UPDATE").map { String(cString: $0) == "1" } ?? false

  @Test(arguments: Page.all) func examplesHold(_ page: Page) throws {
    var replacements: [(range: Range<Int>, text: String)] = []
    for example in try page.examples() {
      let line = example.before.range.lowerBound
      let words = example.before.words
      do {
        let result = try run(page.pass, on: page.text(of: example.before), words: words)
        if example.expectation == .printed {
          let isSame = trimmed(result.printed) == trimmed(page.text(of: example.result))
          if Self.isUpdating && !isSame {
            replacements.append((example.result.range, trimmed(result.printed)))
          } else {
            #expect(isSame, "\(page.testDescription):\(line): prints\n\(result.printed)")
          }
          continue
        }
        let expected = try run(nil, on: page.text(of: example.result)).text
        if Self.isUpdating && result.text != expected && example.expectation == .after {
          replacements.append((example.result.range, trimmed(result.text)))
          continue
        }
        #expect(result.text == expected, "\(page.testDescription):\(line)")
        #expect(try run(nil, on: result.text).text == result.text, "\(page.testDescription):\(line): not the same when read")
        if !words.contains("once") {
          let again = try run(page.pass, on: result.text, words: words).text
          #expect(again == result.text, "\(page.testDescription):\(line): run again")
        }
      } catch {
        Issue.record("\(page.testDescription):\(line): \(error)")
      }
    }
    if !replacements.isEmpty { rewrite(page, with: replacements) }
  }

  /// Every pass has a page, and its page names no other.
  @Test func everyPassHasAPage() {
    let pages = Set(Page.all.filter { $0.path.contains("/passes-docs/") }.map(\.pass))
    for pass in PassTable.all { #expect(pages.contains(pass.name), "no page passes-docs/\(pass.name).md") }
    for page in pages { #expect(PassTable.descriptor(page) != nil, "passes-docs/\(page).md is of no pass") }
  }

  private func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.hasSuffix("\n") { text = text.dropLast() }
    return String(text)
  }

  private func rewrite(_ page: Page, with replacements: [(range: Range<Int>, text: String)]) {
    var lines = page.lines
    for replacement in replacements.reversed() {
      lines.replaceSubrange(replacement.range, with: replacement.text.split(separator: "\n").map(String.init))
    }
    guard let file = fopen(page.path, "w") else {
      Issue.record("\(page.path) can't be written")
      return
    }
    fputs(lines.joined(separator: "\n"), file)
    fclose(file)
  }
}

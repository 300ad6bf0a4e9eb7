import Support

/// Text in columns for a person at a terminal.
struct HelpPage {
  /// A name or an option, and what it is.
  struct Entry {
    let term: String
    let sentence: String
  }

  private(set) var text: String
  private let width: Int
  /// Where sentences begin.
  private static let column = 30

  /// - Parameter title: what stands above all: how the tool is called and what it does.
  init(title: String, width: Int = HelpPage.terminalWidth) {
    self.width = width
    text = ""
    addParagraph(title)
  }

  mutating func addParagraph(_ paragraph: String) {
    if !text.isEmpty { text += "\n" }
    for line in paragraph.split(separator: "\n", omittingEmptySubsequences: false) {
      text += wrapped(String(line), indent: 0) + "\n"
    }
  }

  /// Entries under a heading, their sentences in one column.
  mutating func addSection(_ title: String, _ entries: [Entry]) {
    guard !entries.isEmpty else { return }
    text += "\n\(title)\n"
    for entry in entries {
      let sentence = wrapped(entry.sentence, indent: Self.column)
      let room = Self.column - 2 - entry.term.count
      let gap = room >= 2 ? spaces(room) : "\n" + spaces(Self.column)
      text += "  " + entry.term + gap + sentence + "\n"
    }
  }

  /// The text in lines of `width`; all but the first are indented.
  private func wrapped(_ text: String, indent: Int) -> String {
    var result = ""
    var column = indent
    for word in text.split(separator: " ") {
      if column > indent {
        if column + 1 + word.count > width {
          result += "\n" + spaces(indent)
          column = indent
        } else {
          result += " "
          column += 1
        }
      }
      result += word
      column += word.count
    }
    return result
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

  /// Columns of the terminal that standard output is, within reason; 100 if it is none.
  static var terminalWidth: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return min(max(Int(size.ws_col), 60), 120)
  }
}

extension HelpPage {
  mutating func addOptions<Request: ToolRequest>(of type: Request.Type) {
    for group in Request.optionGroups {
      let entries = group.options.filter { !$0.isHidden }.map { option in
        var term = option.spellings.joined(separator: ", ")
        if case .value(let name, _) = option.action { term += " " + name }
        return Entry(term: term, sentence: option.sentence)
      }
      addSection(group.title + ":", entries)
    }
  }
}

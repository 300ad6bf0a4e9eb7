/// Lines of columns for a person: text to the left, numbers to the right.
struct TextTable {
  enum Cell {
    case text(String)
    case number(Int)
    /// Text that stands among numbers.
    case inNumbers(String)
    /// A number that shows its sign; nothing if it is zero.
    case difference(Int)

    var text: String {
      switch self {
      case .text(let text), .inNumbers(let text): return text
      case .number(let number): return String(number)
      case .difference(0): return ""
      case .difference(let number): return number > 0 ? "+\(number)" : String(number)
      }
    }
  }

  private var rows: [[Cell]] = []

  mutating func append(_ cells: Cell...) { rows.append(cells) }
  mutating func append(contentsOf cells: [Cell]) { rows.append(cells) }

  /// The table, each line with its line end and without blanks before it.
  var text: String {
    let columnCount = rows.map(\.count).max() ?? 0
    var widths = [Int](repeating: 0, count: columnCount)
    for row in rows {
      for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.text.unicodeScalars.count) }
    }
    var result = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let text = cell.text
        let padding = String(repeating: " ", count: widths[column] - text.unicodeScalars.count)
        if case .text = cell { line += text + padding } else { line += padding + text }
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      result += line + "\n"
    }
    return result
  }
}

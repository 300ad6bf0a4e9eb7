/// Numbers for people: fixed decimals, aligned columns.
enum Figures {
  /// Nanoseconds as milliseconds with two decimals.
  static func milliseconds(_ nanoseconds: UInt64) -> String { decimal(nanoseconds / 10_000, places: 2) }

  /// Bytes as megabytes (10^6) with one decimal.
  static func megabytes(_ bytes: Int) -> String { decimal(UInt64(max(0, bytes)) / 100_000, places: 1) }

  /// `part` of `whole` in percent with one decimal.
  static func percent(_ part: UInt64, of whole: UInt64) -> String {
    decimal(whole == 0 ? 0 : UInt64(Double(part) * 1000 / Double(whole)), places: 1)
  }

  /// `value` with its last `places` digits after the point.
  private static func decimal(_ value: UInt64, places: Int) -> String {
    var digits = String(value)
    if digits.utf8.count <= places { digits = String(repeating: "0", count: places + 1 - digits.utf8.count) + digits }
    let point = digits.index(digits.endIndex, offsetBy: -places)
    return digits[..<point] + "." + digits[point...]
  }

  static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}

import Support

/// The number that `text` is; `source` (an option or a variable) is named in the error.
package func parseNumber(_ text: String, of source: String, in range: ClosedRange<Int>) throws -> Int {
  guard let number = Int(text), range.contains(number) else {
    throw requestError("\(source) needs a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
  }
  return number
}

/// The number of bytes that `text` says: a number, perhaps with K, M, G or T (powers of 1024).
package func parseByteCount(_ text: String, of source: String) throws -> Int {
  let digits = text.prefix { ("0"..."9").contains($0) }
  let shifts: [Substring: Int] = ["": 0, "k": 10, "m": 20, "g": 30, "t": 40]
  let unit = text.dropFirst(digits.count).lowercased()
  let scale = unit.hasSuffix("ib") ? unit.dropLast(2) : unit.hasSuffix("b") ? unit.dropLast() : unit[...]
  guard let number = Int(digits), number > 0, let shift = shifts[scale], number <= Int.max >> shift else {
    throw requestError("\(source) needs a size such as 512M or 2G, not '\(text)'")
  }
  return number << shift
}

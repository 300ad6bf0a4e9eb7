import Support
import Testing

@Suite struct JSONReaderTests {
  private func read<Result>(_ text: String, _ body: (inout JSONReader) throws -> Result) throws -> Result {
    try Bytes(Array(text.utf8)).withUnsafeBytes { bytes in
      var reader = JSONReader(borrowing: bytes)
      return try body(&reader)
    }
  }

  /// What is wrong with a text as one value; nil if nothing is.
  private func failure(_ text: String) -> String? {
    do {
      try read(text) {
        try $0.skipValue()
        try $0.expectEnd()
      }
      return nil
    } catch { return "\(error)" }
  }

  @Test func valuesOfAllKinds() throws {
    let good = [
      "0", "-0.5e+10", "1E3", "\"\"", "null", " [ ] ", "{}", "[1,[2,{\"a\":[]}],true,false]",
      "{\"a\" : {\"b\" : null} , \"a\" : \"\\u00e9\\n\"}",
    ]
    for text in good { #expect(failure(text) == nil, "\(text)") }
  }

  @Test(arguments: [
    ("", 0), ("[", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\"}", 4), ("{1:2}", 1), ("01", 0), ("1.", 0), ("-", 0),
    ("nul", 0),
    ("\"a", 0), ("\"\\x\"", 1), ("\"\\u12g4\"", 1), ("\"\n\"", 1), ("1 2", 2), ("[}", 1), ("{\"a\":1,}", 7), ("+1", 0),
  ])
  func malformed(_ text: String, _ offset: Int) throws {
    let message = try #require(failure(text))
    #expect(message.hasPrefix("offset \(offset) "), "\(text): \(message)")
  }

  @Test func membersAndElements() throws {
    let text = #" {"a": [1, 2, 3], "b": "x\"\\\/\b\f\n\r\t\u0041\ud83d\ude00\ud800!", "c": null} "#
    var found: [String] = []
    try read(text) { json in
      try json.readObject { json, key in
        if key == "a" {
          try json.readArray { json in found.append("\(try json.skipValue().count)") }
        } else {
          found.append(json.takeNull() ? "null" : try json.readString())
        }
      }
      try json.expectEnd()
    }
    #expect(found == ["1", "1", "1", "x\"\\/\u{8}\u{c}\n\r\tA😀\u{fffd}!", "null"])
  }

  @Test func guardLineIsSkipped() throws {
    let count = try read(")]}'\n{\"a\": 1}") { json in
      json.skipGuardLine()
      return try json.skipValue().count
    }
    #expect(count == 8)
  }

  @Test func nestingCostsNoStack() throws {
    let depth = 1_000_000
    #expect(failure(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)) == nil)
    #expect(failure(String(repeating: "{\"a\":", count: depth)) != nil)
  }

  @Test func numbersOfSourceMaps() throws {
    let values: [Int64] = [0, 1, -1, 15, 16, -16, 1023, 1 << 31, Int64(UInt32.max), -Int64(UInt32.max)]
    var text = Column<UInt8>()
    for value in values { text.appendVLQ(value) }
    text.withUnsafeBuffer { buffer in
      var position = 0
      for value in values { #expect(readVLQ(buffer, at: &position) == value) }
      #expect(position == buffer.count && readVLQ(buffer, at: &position) == nil)
    }
    // Known from the specification: 0, 1, -1, 16.
    #expect(text.toArray().prefix(3) == Array("ACD".utf8)[...])
    for bad in ["", "g", "!", "ggggggggggA", "z="] {
      Bytes(Array(bad.utf8)).withUnsafeBytes { buffer in
        var position = 0
        #expect(readVLQ(buffer, at: &position) == nil, "\(bad)")
      }
    }
  }
}

import IR
import Support

/// A source map of a binary module: JSON as ECMA-426 has it, where a module is one line of bytes.
///
/// Index maps, which are put together from sections, are not supported.
package struct SourceMapInput: Sendable {
  fileprivate var map = SourceMap()
  /// Ascending by offset, which counts from the start of the file here.
  fileprivate var marks: [PositionMark] = []

  /// - Parameter marks: with offsets from the start of the file, ascending.
  package init(_ map: SourceMap, _ marks: [PositionMark]) {
    self.map = map
    self.marks = marks
  }

  /// - Throws: `WasmError` with the offset in the map. Linear, but for sorting mappings that are out of order.
  package init(reading bytes: Bytes) throws {
    try bytes.withUnsafeBytes { buffer in
      var json = JSONReader(borrowing: buffer)
      let mappings = try readMembers(&json, in: bytes)
      try readMappings(mappings, in: buffer, errors: json)
    }
    // Mappings may come in any order.
    if !zip(marks, marks.dropFirst()).allSatisfy({ $0.offset <= $1.offset }) {
      let sorted = marks.enumerated().sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
      marks = sorted.map(\.element)
    }
  }
}

extension SourceMapInput {
  /// The members that the output repeats, in its order.
  fileprivate static let keptMembers = [
    "sourceRoot", "sources", "sourcesContent", "names", "ignoreList", "x_google_ignoreList",
  ]

  /// Reads all members but the mappings; returns the range of these.
  fileprivate mutating func readMembers(_ json: inout JSONReader, in bytes: Bytes) throws -> Range<Int> {
    var values: [String: Range<Int>] = [:]
    var mappings: Range<Int>?
    json.skipGuardLine()
    try json.readObject { json, key in
      switch key {
      case "mappings": mappings = try json.skipString()
      case "sections": throw json.error("it is an index map, which is not supported")
      default: values[key] = try json.skipValue()
      }
    }
    try json.expectEnd()
    guard let version = values["version"], bytes[version].array == [UInt8(ascii: "3")] else {
      throw json.error("it is no source map of version 3", at: values["version"]?.lowerBound ?? 0)
    }
    guard let mappings else { throw json.error("it is no source map: there are no mappings", at: 0) }
    guard let sources = values["sources"] else { throw json.error("it is no source map: there are no sources", at: 0) }
    map.files = try json.strings(at: sources)
    if let names = values["names"] { map.names = try json.strings(at: names) }
    map.members = Self.keptMembers.compactMap { key in
      values[key].map { SourceMap.Member(key: key, value: bytes[$0]) }
    }
    return mappings
  }

  fileprivate mutating func readMappings(_ range: Range<Int>, in buffer: UnsafeBufferPointer<UInt8>, errors: JSONReader)
    throws
  {
    let text = UnsafeBufferPointer(rebasing: buffer[range])
    var reader = MappingReader(text: text, start: range.lowerBound, errors: errors)
    while let offset = try reader.readSegment(fileCount: map.files.count, nameCount: map.names.count) {
      var mark = PositionMark(offset: offset, position: .nowhere)
      if let position = reader.position {
        guard UInt64(map.positions.count) < UInt64(PositionID.nowhere.rawValue) else {
          throw errors.error("there are too many mappings", at: range.lowerBound)
        }
        mark.position =
          map.positions.values.last == position
          ? PositionID(map.positions.count - 1) : map.positions.append(position)
      }
      marks.append(mark)
    }
  }
}

/// Goes through the mappings of a map.
private struct MappingReader {
  /// Its contents as they stand in the JSON text: base 64 needs no escapes.
  let text: UnsafeBufferPointer<UInt8>
  /// Where `text` starts in the file, for errors.
  let start: Int
  let errors: JSONReader

  /// That of the last segment; nil if it has none.
  private(set) var position: SourcePosition?
  private var index = 0
  /// Each number is written as difference to the one before.
  private var offset: Int64 = 0
  private var file: Int64 = 0
  private var line: Int64 = 0
  private var column: Int64 = 0
  private var name: Int64 = 0

  init(text: UnsafeBufferPointer<UInt8>, start: Int, errors: JSONReader) {
    self.text = text
    self.start = start
    self.errors = errors
  }

  /// Reads up to the end of the next segment; returns its offset in the module, nil if there is none.
  mutating func readSegment(fileCount: Int, nameCount: Int) throws -> UInt32? {
    var isFirstLine = true
    while index < text.count, isAtSeparator {
      if text[index] == UInt8(ascii: ";") { isFirstLine = false }
      index += 1
    }
    guard index < text.count else { return nil }
    guard isFirstLine else { throw error("a mapping is on a second line, where a module has but one") }
    offset = try read("offset", after: offset, limit: Int64(UInt32.max))
    position = nil
    guard index < text.count && !isAtSeparator else { return UInt32(offset) }
    file = try read("source", after: file, limit: Int64(fileCount) - 1)
    line = try read("line", after: line, limit: Int64(UInt32.max))
    column = try read("column", after: column, limit: Int64(UInt32.max))
    var new = SourcePosition(file: UInt32(file), line: UInt32(line), column: UInt32(column))
    if index < text.count && !isAtSeparator {
      name = try read("name", after: name, limit: Int64(nameCount) - 1)
      new.name = UInt32(name)
    }
    if index < text.count && !isAtSeparator { throw error("a mapping has more than five numbers") }
    position = new
    return UInt32(offset)
  }

  private var isAtSeparator: Bool { text[index] == UInt8(ascii: ",") || text[index] == UInt8(ascii: ";") }

  private mutating func read(_ what: String, after last: Int64, limit: Int64) throws -> Int64 {
    let place = index
    guard let difference = readVLQ(text, at: &index) else { throw error("malformed mapping: expected its \(what)") }
    let value = last + difference
    guard value >= 0 && value <= limit else {
      throw error("the \(what) of a mapping is \(value), expected \(limit < 0 ? "none" : "0 to \(limit)")", at: place)
    }
    return value
  }

  private func error(_ message: String, at place: Int? = nil) -> WasmError {
    errors.error(message, at: start + (place ?? index))
  }
}

extension JSONReader {
  /// The strings of the array that is the value at `range`; `null` is taken for an empty one.
  fileprivate func strings(at range: Range<Int>) throws -> [String] {
    var reader = self
    reader.position = range.lowerBound
    var strings: [String] = []
    try reader.readArray { json in strings.append(json.takeNull() ? "" : try json.readString()) }
    return strings
  }
}

extension Module {
  /// Takes over what a source map says of the bodies, which must be as they were read.
  ///
  /// What a map says holds up to the next mapping, but not beyond the function. Linear.
  package mutating func attach(_ input: consuming SourceMapInput) {
    sourceMap = input.map
    let marks = input.marks
    var next = 0
    var end = 0
    for id in functions.ids {
      guard let code = functions[id].code else { continue }
      let start = code.fileOffset
      // The size of a body belongs to it: tools let a function begin there.
      let first = max(end, start - 5)
      end = start + code.bytes.count
      while next < marks.count && Int(marks[next].offset) < first { next += 1 }
      let begin = next
      while next < marks.count && Int(marks[next].offset) < end { next += 1 }
      functions[id].code!.positions = Self.bodyMarks(marks[begin..<next], start: start)
    }
  }

  /// Marks of the file as marks of the body at `start`; of several at one offset the last holds.
  private static func bodyMarks(_ marks: ArraySlice<PositionMark>, start: Int) -> [PositionMark] {
    guard marks.contains(where: { $0.position.isPlace }) else { return [] }
    var result: [PositionMark] = []
    result.reserveCapacity(marks.count)
    for mark in marks {
      let offset = UInt32(max(0, Int(mark.offset) - start))
      if result.last?.offset == offset { result.removeLast() }
      result.append(PositionMark(offset: offset, position: mark.position))
    }
    return result
  }

  /// Forgets where bodies come from.
  package mutating func dropPositions() {
    guard sourceMap != nil else { return }
    sourceMap = nil
    for id in functions.ids { functions[id].code?.positions = [] }
  }
}

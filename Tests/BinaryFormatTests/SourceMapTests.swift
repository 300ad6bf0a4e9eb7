import BinaryFormat
import IR
import Support
import Testing

@Suite struct SourceMapTests {
  /// A map with these mappings; each number is the difference to the one before.
  private func map(_ mappings: [[Int64]]) -> String {
    var text = Column<UInt8>()
    for (index, mapping) in mappings.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      for number in mapping { text.appendVLQ(number) }
    }
    return map(String(decoding: text.toArray(), as: UTF8.self))
  }

  private func map(_ mappings: String) -> String {
    #"{"version":3,"sources":["a.c",null,"b.c"],"names":["n"],"mappings":"\#(mappings)"}"#
  }

  private func read(_ text: String) throws -> SourceMapInput { try SourceMapInput(reading: Bytes(Array(text.utf8))) }

  /// A module of functions from nothing to nothing with this code, without locals.
  private func module(_ bodies: [[UInt8]]) throws -> Module {
    var bytes: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0]
    bytes.append(contentsOf: [3, UInt8(bodies.count + 1), UInt8(bodies.count)])
    for _ in bodies { bytes.append(0) }
    let code: [UInt8] = bodies.flatMap { [UInt8($0.count + 1), 0] + $0 }
    bytes.append(contentsOf: [10, UInt8(code.count + 1), UInt8(bodies.count)])
    bytes.append(contentsOf: code)
    return try ModuleReader.read(Bytes(bytes))
  }

  private func write(_ module: Module) throws -> (bytes: [UInt8], map: Bytes) {
    var bytes: [UInt8] = []
    let map = try ModuleWriter.writeMakingSourceMap(module, workers: WorkerPool(count: 1)) {
      bytes.append(contentsOf: $0)
    }
    return (bytes, map)
  }

  /// "function+offset=file:line:column:name" of each mark; "function+offset" of one that says there is no position.
  private func marks(of module: Module) -> [String] {
    module.functions.ids.flatMap { id in
      module.functions[id].code!.positions.map { mark in
        guard mark.position.isPlace else { return "\(id)+\(mark.offset)" }
        let place = module.sourceMap!.positions[mark.position]
        let name = place.name == .max ? "" : ":\(place.name)"
        return "\(id)+\(mark.offset)=\(place.file):\(place.line):\(place.column)\(name)"
      }
    }
  }

  /// nop nop nop, at 23 in the file, and nop, at 29; one byte less is where their sizes are.
  private func sample() throws -> Module {
    let module = try module([[0x01, 0x01, 0x01, 0x0b], [0x01, 0x0b]])
    #expect(module.functions.values.map { $0.code!.fileOffset } == [23, 29])
    return module
  }

  // MARK: Reading

  @Test func marksBelongToBodies() throws {
    var module = try sample()
    module.attach(
      try read(
        map([
          [2, 0, 9, 9], [20, 0, -9, -8], [3, 2, 3, 4], [1], [1, -2, -3, -5, 0], [1, 2, 7, 0], [1, 0, 1, 1],
          [12, 0, 0, 0],
        ])))
    #expect(
      marks(of: module) == ["0+0=0:0:1", "0+2=2:3:5", "0+3", "0+4=0:0:0:0", "1+0=2:8:1"])
    #expect(module.sourceMap!.files == ["a.c", "", "b.c"] && module.sourceMap!.names == ["n"])
    module.dropPositions()
    #expect(module.sourceMap == nil && marks(of: module).isEmpty)
  }

  @Test func ofSeveralMarksAtOnePlaceTheLastHolds() throws {
    var module = try sample()
    // Out of order, too.
    module.attach(try read(map([[25, 0, 1, 0], [-2, 0, 1, 0], [-1, 0, 1, 0], [3], [0, 0, 6, 0]])))
    #expect(marks(of: module) == ["0+0=0:2:0", "0+2=0:9:0"])
  }

  @Test func mapWithoutMappings() throws {
    var module = try sample()
    for mappings in ["", ";;", ","] {
      module.attach(try read(map(mappings)))
      #expect(marks(of: module).isEmpty)
      let text = String(decoding: try write(module).map.array, as: UTF8.self)
      #expect(text == #"{"version":3,"sources":["a.c",null,"b.c"],"names":["n"],"mappings":""}"# + "\n")
    }
  }

  @Test(arguments: [
    ("", "expected an object"), ("[]", "expected an object"), ("{}", "no source map of version 3"),
    (#"{"version":2}"#, "offset 11 (0xb): it is no source map of version 3"),
    (#"{"version":3,"sources":[]}"#, "there are no mappings"),
    (#"{"version":3,"mappings":""}"#, "there are no sources"),
    (#"{"version":3,"sources":{},"mappings":""}"#, "expected an array"),
    (#"{"version":3,"sources":[1],"mappings":""}"#, "expected a string"),
    (#"{"version":3,"sources":[],"mappings":[]}"#, "expected a string"),
    (#"{"version":3,"sections":[]}"#, "index map"),
    (#"{"version":3,"sources":[],"mappings":""} x"#, "something follows"),
    (#"{"version":3,"sources":[],"mappings":"A?"}"#, "offset 39 (0x27): malformed mapping: expected its source"),
    (#"{"version":3,"sources":[],"mappings":"\u0041"}"#, "malformed mapping: expected its offset"),
    (#"{"version":3,"sources":[],"mappings":"AAAA"}"#, "the source of a mapping is 0, expected none"),
    (#"{"version":3,"sources":["a"],"mappings":"ADAA"}"#, "the source of a mapping is -1, expected 0 to 0"),
    (#"{"version":3,"sources":["a"],"mappings":"D"}"#, "the offset of a mapping is -1"),
    (#"{"version":3,"sources":["a"],"mappings":"AADA"}"#, "the line of a mapping is -1"),
    (#"{"version":3,"sources":["a"],"mappings":"AAA"}"#, "malformed mapping: expected its column"),
    (#"{"version":3,"sources":["a"],"mappings":"AAAAA"}"#, "the name of a mapping is 0, expected none"),
    (#"{"version":3,"sources":["a"],"names":["n"],"mappings":"AAAAAA"}"#, "more than five numbers"),
    (#"{"version":3,"sources":["a"],"mappings":"AAAA;AAAA"}"#, "a second line"),
    (#"{"version":3,"sources":["a"],"mappings":"AAAg"}"#, "malformed mapping: expected its column"),
    (#"{"version":3,"sources":["a"],"mappings":"gggggggggggggB"}"#, "malformed mapping: expected its offset"),
  ])
  func malformedMaps(_ text: String, _ part: String) throws {
    #expect {
      try read(text)
    } throws: { error in
      "\(error)".contains(part) && error is WasmError
    }
  }

  @Test func mutatedMapsAreReadOrRefused() throws {
    let good = Array(map([[21, 0, 0, 1], [3, 2, 3, 4], [1], [1, -2, -3, -5, 0]]).utf8)
    var state: UInt64 = 7
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var readable = 0
    for _ in 0..<5000 {
      var text = good
      for _ in 0...next(3) {
        switch next(3) {
        case 0: text[next(text.count)] = UInt8(next(256))
        case 1: text.remove(at: next(text.count))
        default: text.insert(good[next(good.count)], at: next(text.count))
        }
      }
      guard let input = try? SourceMapInput(reading: Bytes(text)) else { continue }
      readable += 1
      var module = try sample()
      module.attach(input)
      let first = try write(module)
      var again = try ModuleReader.read(Bytes(first.bytes))
      again.attach(try SourceMapInput(reading: first.map))
      #expect(try write(again).map == first.map)
    }
    #expect(readable > 100)
  }

  // MARK: Writing

  @Test func writtenAsRead() throws {
    let text = """
      {"version":3,"sourceRoot":"/r","sources":["a\\u002ec",null,"b.c"],"sourcesContent":[null,null,"x\\ny"],\
      "names":["n"],"ignoreList":[ 1 ],"mappings":"uBAAC,EEGI,C,CFHLA,E"}

      """
    var module = try sample()
    module.attach(try read(text))
    #expect(String(decoding: try write(module).map.array, as: UTF8.self) == text)
    // Keys in another order and others besides: `file` would name the wrong file.
    let shuffled = text.replacing(#"{"version":3,"#, with: #"{"debugId":{"a":[1]},"file":"old.wasm","version":3,"#)
    module.attach(try read(shuffled))
    #expect(String(decoding: try write(module).map.array, as: UTF8.self) == text)
  }

  @Test func whatABodySaysEndsWithIt() throws {
    var module = try sample()
    // All of the first body, nothing of the second.
    module.attach(try read(map([[22, 0, 5, 5]])))
    let (bytes, text) = try write(module)
    var again = try ModuleReader.read(Bytes(bytes))
    again.attach(try SourceMapInput(reading: text))
    #expect(marks(of: again) == ["0+0=0:5:5"])
    #expect(String(decoding: text.array, as: UTF8.self).hasSuffix(#""mappings":"uBAKK,M"}"# + "\n"))
  }

  // MARK: Bodies

  /// Marks of instructions; those of `else` and of `end` within the body count to what is before them.
  @Test func decodingAndEncodingKeepsMarks() throws {
    // (block (nop) (if (i32.const 1) (then nop) (else nop nop))) (drop (i32.const 2)) end, at 1 in the body
    let code: [UInt8] = [
      0x02, 0x40, 0x01, 0x41, 1, 0x04, 0x40, 0x01, 0x05, 0x01, 0x01, 0x0b, 0x0b, 0x41, 2, 0x1a, 0x0b,
    ]
    var module = try module([code])
    let offsets = [1, 3, 4, 6, 8, 9, 10, 11, 12, 13, 14, 16, 17]
    module.sourceMap = SourceMap()
    for offset in offsets {
      module.sourceMap!.positions.append(SourcePosition(file: 0, line: UInt32(offset), column: 0))
    }
    module.functions[FunctionID(0)].code!.positions = offsets.enumerated().map { index, offset in
      PositionMark(offset: UInt32(offset), position: PositionID(index))
    }
    var decoder = BodyDecoder(declarations: try module.makeDeclarations())
    var body = Body()
    try decoder.decode(module.functions[FunctionID(0)].code!, type: TypeID(0), into: &body, validating: true)
    var encoder = BodyEncoder()
    let new = encoder.encode(&body)
    #expect(new.bytes.array.dropFirst() == code[...])
    #expect(new.positions.map { Int($0.offset) } == [1, 3, 4, 6, 8, 10, 11, 14, 16, 17])
    try decoder.decode(new, type: TypeID(0), into: &body, validating: false)
    #expect(encoder.encode(&body).positions == new.positions)
    body.positions.removeAll()
    #expect(encoder.encode(&body).positions.isEmpty)
  }

  @Test func newIndicesMoveMarks() throws {
    // call 200 (two bytes), call 1 (in five bytes) with a mark within, drop-like nops around.
    let body: [UInt8] = [0x00, 0x01, 0x10, 0xc8, 0x01, 0x01, 0x10, 0x81, 0x80, 0x80, 0x80, 0x00, 0x01, 0x0b]
    let marks = [1, 2, 5, 6, 8, 12, 13].enumerated().map { PositionMark(offset: UInt32($1), position: PositionID($0)) }
    var map = IndexMap()
    map.set(.function, to: (0..<300).map { $0 == 200 ? 0 : $0 + 1000 })
    var rewriter = BodyRewriter(map: map)
    let new = try rewriter.rewrite(Code(bytes: Bytes(body), positions: marks))
    #expect(new.bytes.array == [0x00, 0x01, 0x10, 0x00, 0x01, 0x10, 0xe9, 0x07, 0x01, 0x0b])
    let offsets = new.positions.map { Int($0.offset) }
    #expect(offsets == [1, 2, 4, 5, 5, 8, 9] && new.positions.map(\.position) == marks.map(\.position))
  }
}

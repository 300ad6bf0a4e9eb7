import Support
import TextFormat

/// The module that a text stands for, as bytes.
func assemble(_ text: String) throws -> [UInt8] {
  try TextParser.assemble(Bytes(Array(text.utf8))).bytes.array
}

/// What is wrong with a text, as "line:column: message"; empty if nothing is.
func failure(_ text: String) -> String {
  do {
    _ = try assemble(text)
    return ""
  } catch {
    return "\(error)"
  }
}

/// The contents of a section of a module; empty if it is not there.
func section(_ id: UInt8, of module: [UInt8]) -> [UInt8] { sections(of: module).first { $0.id == id }?.contents ?? [] }

func sections(of module: [UInt8]) -> [(id: UInt8, contents: [UInt8])] {
  var result: [(id: UInt8, contents: [UInt8])] = []
  Bytes(module).withUnsafeBytes { buffer in
    var reader = ByteReader(borrowing: buffer)
    reader.position = 8
    while !reader.isAtEnd, let id = try? reader.readByte(), let size = try? reader.readU32() {
      result.append((id, Array(buffer[reader.position..<reader.position + Int(size)])))
      reader.position += Int(size)
    }
  }
  return result
}

/// The contents of a custom section without its name; nil if it is not there.
func custom(_ name: String, of module: [UInt8]) -> [UInt8]? {
  let prefix = [UInt8(name.utf8.count)] + Array(name.utf8)
  return sections(of: module).first { $0.id == 0 && $0.contents.starts(with: prefix) }
    .map { Array($0.contents[prefix.count...]) }
}

/// The bytes of the body of the only function, without its size.
func body(_ fields: String) throws -> [UInt8] {
  let code = section(10, of: try assemble(fields))
  return Array(code[2...])
}

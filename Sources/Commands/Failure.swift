import Support

/// An error with the file it is about.
struct FileError: Error {
  let path: Path
  let error: WasmError
}

/// Runs `work`; its errors get the name of the file.
func about<Result>(_ path: Path, _ work: () throws -> Result) throws -> Result {
  do {
    return try work()
  } catch let error as WasmError {
    throw FileError(path: path, error: error)
  }
}

/// An error in what the user asked for, not in a file.
func requestError(_ message: String) -> WasmError { WasmError(.request, message) }

/// The one line that tells a person about an error: `pare: FILE:LINE:COLUMN: what is wrong`.
func errorLine(for error: any Error) -> String {
  switch error {
  case let error as FileError:
    let path = error.path.isStandardStream ? "standard input" : error.path.description
    if case .text(let line, let column) = error.error.place {
      var rest = error.error
      rest.place = .file
      return "pare: \(path):\(line):\(column): \(rest)"
    }
    return "pare: \(path): \(error.error)"
  default: return "pare: \(error)"
  }
}

/// The text without control characters, so that a name can't break the line or command the terminal.
func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
  return text.unicodeScalars.reduce(into: "") { result, scalar in
    if scalar.properties.generalCategory == .control {
      result += scalar.escaped(asASCII: true)
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
}

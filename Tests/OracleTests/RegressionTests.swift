import BinaryFormat
import IR
import PassManager
import Passes
import Support
import Testing
import TextFormat

@testable import Oracle

/// A module that was once optimized wrongly: a file of Tests/Regressions/. Its first line is a comment that says what it
/// was and ends with the options of `pare opt` in parentheses.
struct Regression: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String

  var testDescription: String { name }

  static let all: [Regression] = {
    let directory = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
      + "/Regressions"
    return names(in: directory).filter { $0.hasSuffix(".wat") }
      .map { Regression(name: $0, text: SystemFile.read("\(directory)/\($0)") ?? "") }
  }()

  /// Names in a directory, sorted; none if there is no such directory.
  private static func names(in directory: String) -> [String] {
    guard let handle = opendir(directory) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.sorted()
  }

  /// The passes that the first line names.
  func schedule() throws -> FuzzSchedule {
    let line = text.prefix { $0 != "\n" }
    guard line.hasPrefix(";; "), line.hasSuffix(")"), let start = line.lastIndex(of: "(") else {
      throw WasmError(.request, "\(name): the first line is no comment that ends with options in parentheses")
    }
    let words = line[line.index(after: start)...].dropLast().split(separator: " ").map(String.init)
    var options = PassOptions()
    var passes: [ScheduledPass] = []
    for word in words {
      if let level = Self.levels[word] {
        (options.optimizeLevel, options.shrinkLevel) = level
        passes += try Pipelines.schedule(with: options)
      } else if let descriptor = PassTable.descriptor(String(word.dropFirst(2))) {
        passes.append(try descriptor.scheduled(with: options))
      } else {
        throw WasmError(.request, "\(name): there is no \(word)")
      }
    }
    return FuzzSchedule(passes, options: words)
  }

  private static let levels = ["-O1": (1, 0), "-O2": (2, 0), "-O3": (3, 0), "-O4": (4, 0), "-Os": (2, 1), "-Oz": (2, 2)]
}

/// Each module is optimized, and all that `pare fuzz` holds a module to must be true of it.
@Suite struct RegressionTests {
  @Test(arguments: Regression.all) func staysRight(_ regression: Regression) throws {
    let module = try TextParser.assemble(Bytes(Array(regression.text.utf8))).bytes
    do {
      try FuzzCase(module: module, schedule: regression.schedule()).run()
    } catch let failure as FuzzCase.Failure {
      Issue.record("\(regression.name): \(failure.message)")
    }
  }

  @Test func thereAreSome() { #expect(!Regression.all.isEmpty) }
}

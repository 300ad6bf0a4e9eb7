import Support

// Source maps on the command line.

extension OptRequest {
  static var sourceMaps: [Option<OptRequest>] {
    [
      Option(
        "-ism", "--input-source-map",
        says: "Read the source map of the binary input from FILE. It is looked at only for --output-source-map and for "
          + "text output, which tells positions in comments: ;;@ file:line:column. In text input they are heeded.",
        action: .value("FILE") { try setOnce(&$0.inputSourceMap, $1) }),
      Option(
        "-osm", "--output-source-map",
        says: "Write a source map of the binary output to FILE. It is without mappings if the input has no positions.",
        action: .value("FILE") { try setOnce(&$0.outputSourceMap, $1) }),
      Option(
        "-osu", "--output-source-map-url",
        says: "Say in the output where its source map is: a section sourceMappingURL. Only with --output-source-map.",
        action: .value("URL") { $0.sourceMapURL = $1.text }),
    ]
  }

  /// Checks what is asked of source maps. Throws for the first contradiction.
  func checkSourceMap() throws {
    if let inputSourceMap, inputSourceMap.isStandardStream, input?.isStandardStream == true {
      throw requestError("--input-source-map and the input both ask for standard input")
    }
    guard let outputSourceMap else { return }
    if emitsText { throw requestError("--output-source-map needs binary output; text tells positions in comments") }
    if outputSourceMap.isStandardStream {
      if output?.isStandardStream == true {
        throw requestError("--output-source-map and -o both ask for standard output")
      }
    } else if outputSourceMap == output || outputSourceMap == input || outputSourceMap == profile {
      throw requestError("--output-source-map would write over \(outputSourceMap)")
    }
  }
}

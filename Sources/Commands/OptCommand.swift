import BinaryFormat
import IR
import PassManager
import Passes
import Support

/// `pare opt`: reads a module, runs passes, writes it.
enum OptCommand {
  static func run(_ arguments: [Argument], in context: ToolContext) throws -> Int32 {
    try handle(arguments, of: OptRequest.self, in: context, help: help) { request in
      try request.check()
      if request.printsRules {
        try context.output.write(RuleTable.names.map { $0 + "\n" }.joined())
        return ExitStatus.success
      }
      return try run(request, in: context)
    }
  }

  private static func run(_ request: OptRequest, in context: ToolContext) throws -> Int32 {
    let schedule = try request.schedule()
    let options = try request.runnerOptions(in: context.environment)
    let workers = try request.resources.workerPool(in: context.environment)
    let output = try request.output.map { try ModuleOutput($0, isBinary: !request.emitsText, in: context) }
    var session = try ModuleSession(
      reading: request.input!, sourceMap: request.inputSourceMap, options: request.readerOptions(options),
      workers: workers)
    let check = try session.executionCheck(request.execution, in: context)
    let steps = try session.run(
      schedule, features: request.features, options: options, in: context, isQuiet: request.isQuiet)
    if let steps, !request.isQuiet { context.report("pare: \(steps.summary(in: session.module))") }
    if request.execution.compares, let check { try session.compare(with: check) }
    let profile = session.profile
    if let output {
      if request.emitsText {
        try session.writeText(to: output)
        try output.commit()
      } else {
        try write(session, to: output, request, in: context)
      }
    } else if !request.isQuiet && !schedule.contains(where: { $0.traits.contains(.printsOnly) }) {
      context.report("pare: warning: there is no -o FILE, so nothing is written")
    }
    try report(profile, request, in: context)
    return ExitStatus.success
  }

  private static func write(
    _ session: consuming ModuleSession, to output: ModuleOutput, _ request: OptRequest, in context: ToolContext
  ) throws {
    var options = WriterOptions()
    options.keepsNames = request.keepsNames
    guard let path = request.outputSourceMap else {
      if request.sourceMapURL != nil && !request.isQuiet {
        context.report("pare: warning: --output-source-map-url says nothing without --output-source-map")
      }
      try session.writeBinary(to: output, options: options)
      return try output.commit()
    }
    options.sourceMapURL = request.sourceMapURL
    let file = try ModuleOutput(path, isBinary: false, in: context)
    try session.writeBinary(to: output, sourceMap: file, options: options)
    try output.commit()
    try file.commit()
  }

  private static func report(_ profile: RunProfile, _ request: OptRequest, in context: ToolContext) throws {
    if request.reportsTimes {
      try context.output.flush()
      try context.errors.write(profile.table())
      try context.errors.flush()
    }
    if let path = request.profile {
      let file = try ModuleOutput(path, isBinary: false, in: context)
      try profile.json().withUnsafeBufferPointer { try file.write($0) }
      try file.commit()
    }
  }

  private static func help() -> HelpPage {
    var page = HelpPage(title: "pare reads a WebAssembly module, binary or text, makes it smaller and faster, and writes it.")
    page.addParagraph(
      """
      pare [opt] INPUT [-o OUTPUT] [OPTIONS AND PASSES]
      pare TOOL ...   (pare TOOL --help tells more)
      """)
    page.addParagraph(
      """
      pare -O2 in.wasm -o out.wasm
      pare --remove-unused-module-elements -Oz in.wat -S -o -
      """)
    page.addSection("Tools:", Tool.all.map { HelpPage.Entry(term: $0.name, sentence: $0.sentence) })
    page.addOptions(of: OptRequest.self)
    for group in PassGroup.allCases {
      let passes = PassCatalog.all.filter { $0.group == group }
      page.addSection(
        "Passes: \(group.rawValue):",
        passes.map { HelpPage.Entry(term: "--" + $0.name, sentence: $0.summary) })
    }
    page.addSection(
      "Environment:",
      [
        HelpPage.Entry(term: "PARE_CORES", sentence: "What -j says, if it does not. Also BINARYEN_CORES."),
        HelpPage.Entry(term: "PARE_MAX_MEMORY", sentence: "What --max-memory says, if it does not."),
        HelpPage.Entry(
          term: "PARE_PASS_DEBUG",
          sentence: "1: log what each pass took, and validate after each stage. 2: run each pass as its own stage, and "
            + "name the one that breaks a function. 3: write the module after each pass to pare-NUMBER-PASS.wasm, too. "
            + "Also BINARYEN_PASS_DEBUG."),
      ])
    return page
  }
}

/// The table of `--time-passes`, and the lines of `PARE_PASS_DEBUG`.
extension RunProfile {
  private static let columns = [
    ("cpu ms", 10), ("%", 6), ("wall ms", 10), ("visited", 9), ("changed", 9), ("bytes before", 13),
    ("bytes after", 13), ("arena MB", 9), ("peak MB", 9),
  ]

  /// One row per stage, in the order in which they ran; below it, if it has more than one part, a row for each.
  package func table() -> String {
    let total = stages.reduce(0) { $0 + $1.cpuTime }
    let nameWidth = stages.flatMap { [$0.name.utf8.count + 4] + $0.parts.map { $0.name.utf8.count + 6 } }.max() ?? 0
    var text = Self.row(name: "", width: nameWidth, cells: Self.columns.map(\.0))
    for stage in stages {
      text += Self.row(name: Self.title(stage), width: nameWidth, cells: Self.cells(stage, total: total))
      if stage.parts.count > 1 {
        for part in stage.parts where part.visited > 0 {
          text += Self.row(name: "      " + part.name, width: nameWidth, cells: Self.cells(part, total: total))
        }
      }
      for line in stage.remarkLines { text += "      \(line)\n" }
    }
    let wall = stages.reduce(0) { $0 + $1.wallTime }
    text += Self.row(
      name: "total", width: nameWidth,
      cells: [
        Figures.milliseconds(total), "100.0", Figures.milliseconds(wall), "", "", "", "", "",
        Figures.megabytes(residentPeak),
      ])
    return text
  }

  private static func title(_ stage: StageRecord) -> String {
    Figures.right(stage.number.map(String.init) ?? "", 3) + " " + stage.name
  }

  private static func cells(_ stage: StageRecord, total: UInt64) -> [String] {
    let isStage = stage.number != nil
    return [
      Figures.milliseconds(stage.cpuTime), Figures.percent(stage.cpuTime, of: total),
      Figures.milliseconds(stage.wallTime), isStage ? String(stage.visited) : "",
      isStage ? String(stage.changed) : "", isStage ? String(stage.bytesBefore) : "",
      isStage ? String(stage.bytesAfter) : "", isStage ? Figures.megabytes(stage.arenaPeak) : "",
      Figures.megabytes(stage.residentPeak),
    ]
  }

  private static func cells(_ part: StageRecord.Part, total: UInt64) -> [String] {
    [
      Figures.milliseconds(part.cpuTime), Figures.percent(part.cpuTime, of: total), "", String(part.visited),
      part.isPass ? String(part.changed) : "",
    ]
  }

  private static func row(name: String, width: Int, cells: [String]) -> String {
    var line = Figures.left(name, width)
    for (cell, column) in zip(cells, columns) { line += " " + Figures.right(cell, column.1) }
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }
}

extension StageRecord {
  /// A line for each pass of the stage, and one for what the stage did besides.
  var logLines: String {
    var text = ""
    var overhead = Part(name: "decode, encode, validate", isPass: false)
    overhead.visited = visited
    for part in parts where !part.isPass { overhead.cpuTime += part.cpuTime }
    for part in parts where part.isPass { text += line(for: part) }
    if parts.contains(where: { !$0.isPass }) { text += line(for: overhead) }
    for line in remarkLines { text += "[\(number ?? 0)] \(line)\n" }
    return text
  }

  private func line(for part: Part) -> String {
    "[\(number ?? 0)] \(part.name): cpu \(Figures.milliseconds(part.cpuTime)) ms,"
      + " stage wall \(Figures.milliseconds(wallTime)) ms, visited \(part.visited), changed \(part.changed),"
      + " bytes \(bytesBefore) -> \(bytesAfter), arena \(Figures.megabytes(arenaPeak)) MB,"
      + " peak \(Figures.megabytes(residentPeak)) MB\n"
  }
}

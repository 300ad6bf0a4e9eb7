import IR
import Support

/// What one worker measures in one stage over bodies. Times are of the monotonic clock, which costs little to read;
/// the worker's CPU time, read at the ends of the stage, says what they are worth.
struct WorkerMeter: Sendable {
  struct LongBody: Sendable {
    let function: FunctionID
    let start: UInt64
    let end: UInt64
    let byteCount: Int
  }

  /// Bodies that take longer have an event of their own in the profile.
  private static let longBody: UInt64 = 5_000_000
  private static let longBodyLimit = 1000

  let isOn: Bool
  /// By part, nanoseconds: decoding, each pass, encoding, validation.
  private(set) var nanoseconds: [UInt64]
  private(set) var visited: [Int]
  private(set) var changed: [Int]
  /// Nanoseconds.
  private(set) var cpuTime: UInt64 = 0
  private(set) var stageStart: UInt64 = 0
  private(set) var stageEnd: UInt64 = 0
  private(set) var bodyCount = 0
  private(set) var changedBodyCount = 0
  /// Bytes of the largest arena.
  private(set) var arenaPeak = 0
  private(set) var longBodies: [LongBody] = []
  private var bodyStart: UInt64 = 0
  private var mark: UInt64 = 0

  /// - Parameter partCount: decoding and the passes.
  init(partCount: Int, isOn: Bool) {
    self.isOn = isOn
    let count = isOn ? partCount + 2 : 0
    nanoseconds = Array(repeating: 0, count: count)
    visited = Array(repeating: 0, count: count)
    changed = Array(repeating: 0, count: count)
  }

  mutating func beginStage() {
    guard isOn else { return }
    stageStart = Clock.now()
    cpuTime = Clock.threadTime()
  }

  mutating func endStage() {
    guard isOn else { return }
    stageEnd = Clock.now()
    cpuTime = Clock.threadTime() - cpuTime
  }

  mutating func beginBody() {
    guard isOn else { return }
    bodyStart = Clock.now()
    mark = bodyStart
  }

  /// What happened since the last call was `part`.
  mutating func end(part: Int, hasChanged: Bool = false) {
    guard isOn else { return }
    let now = Clock.now()
    nanoseconds[part] += now - mark
    mark = now
    visited[part] += 1
    if hasChanged { changed[part] += 1 }
  }

  mutating func endEncoding(hasChanged: Bool) {
    guard isOn else { return }
    end(part: nanoseconds.count - 2, hasChanged: hasChanged)
    if hasChanged { changedBodyCount += 1 }
  }

  mutating func endValidation() {
    guard isOn else { return }
    end(part: nanoseconds.count - 1)
  }

  /// - Parameter arena: bytes.
  mutating func endBody(_ function: FunctionID, byteCount: Int, arena: Int) {
    guard isOn else { return }
    bodyCount += 1
    if arena > arenaPeak { arenaPeak = arena }
    if mark - bodyStart > Self.longBody && longBodies.count < Self.longBodyLimit {
      longBodies.append(LongBody(function: function, start: bodyStart, end: mark, byteCount: byteCount))
    }
  }
}

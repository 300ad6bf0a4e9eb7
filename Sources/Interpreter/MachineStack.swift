import IR

/// The frames of all invocations in a store: words, and where each caller goes on.
final class MachineStack {
  struct Frame: BitwiseCopyable {
    let function: UnsafeMutablePointer<FunctionRecord>
    /// The instruction behind the call.
    let next: UnsafeMutablePointer<Instruction>
    let base: UnsafeMutablePointer<UInt64>
  }

  let words: UnsafeMutablePointer<UInt64>
  let end: UnsafeMutablePointer<UInt64>
  let frames: UnsafeMutablePointer<Frame>
  let depthLimit: Int
  /// Callers that wait.
  var depth = 0
  /// Where an invocation by the host may put its arguments.
  var top: UnsafeMutablePointer<UInt64>
  /// Invocations of the host inside each other.
  var nesting = 0

  static let nestingLimit = 100

  init(words count: Int, depth: Int) {
    words = .allocate(capacity: count)
    end = words + count
    frames = .allocate(capacity: depth)
    depthLimit = depth
    top = words
  }

  deinit {
    words.deallocate()
    frames.deallocate()
  }
}

// How instructions see a frame.
extension UnsafeMutablePointer<UInt64> {
  @inline(__always) func u32(_ slot: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: self[Int(slot)]) }
  @inline(__always) func i32(_ slot: UInt32) -> Int32 { Int32(truncatingIfNeeded: self[Int(slot)]) }
  @inline(__always) func u64(_ slot: UInt32) -> UInt64 { self[Int(slot)] }
  @inline(__always) func i64(_ slot: UInt32) -> Int64 { Int64(bitPattern: self[Int(slot)]) }
  @inline(__always) func f64(_ slot: UInt32) -> Double { Double(bitPattern: self[Int(slot)]) }

  @inline(__always) func set(_ slot: UInt32, _ value: UInt32) { self[Int(slot)] = UInt64(value) }
  @inline(__always) func set(_ slot: UInt32, _ value: Int32) { self[Int(slot)] = UInt64(UInt32(bitPattern: value)) }
  @inline(__always) func set(_ slot: UInt32, _ value: UInt64) { self[Int(slot)] = value }
  @inline(__always) func set(_ slot: UInt32, _ value: Int64) { self[Int(slot)] = UInt64(bitPattern: value) }
  @inline(__always) func set(_ slot: UInt32, _ value: Double) { self[Int(slot)] = value.bitPattern }
  @inline(__always) func set(_ slot: UInt32, _ value: Bool) { self[Int(slot)] = value ? 1 : 0 }

  @inline(__always) func vector(_ slot: UInt32) -> V128 { V128(low: self[Int(slot)], high: self[Int(slot) + 1]) }

  @inline(__always) func set(_ slot: UInt32, _ value: V128) {
    self[Int(slot)] = value.low
    self[Int(slot) + 1] = value.high
  }
}

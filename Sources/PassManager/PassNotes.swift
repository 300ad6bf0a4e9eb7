import Synchronization

/// What a pass leaves behind for its next turn in the same run.
package final class PassNotes: Sendable {
  private let values = Mutex<[String: any Sendable]>([:])

  package init() {}

  /// Keeps `value` under `key`; returns what was there.
  package func exchange<Value: Sendable>(_ key: String, for value: Value) -> Value? {
    values.withLock { values in
      let old = values[key] as? Value
      values[key] = value
      return old
    }
  }
}

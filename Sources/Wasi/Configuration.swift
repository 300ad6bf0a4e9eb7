import Support

/// What a guest is given of the system it runs in.
package struct Configuration {
  /// The first is the name of the program. Without zero bytes.
  package var arguments: [[UInt8]] = []
  /// `NAME=VALUE`, without zero bytes.
  package var environment: [[UInt8]] = []
  /// The directories that it may use, and how it calls them.
  package var directories: [(host: Path, guest: [UInt8])] = []
  /// What it reads as its standard input; nil for nothing.
  package var input: Int32?
  package var output: OutputSink
  package var errors: OutputSink

  package init(output: OutputSink, errors: OutputSink) {
    self.output = output
    self.errors = errors
  }
}

/// Where a guest's standard output or standard error goes.
package struct OutputSink {
  let isTerminal: Bool
  /// Takes all bytes. Returns what hinders it, nil if nothing does.
  let write: (UnsafeRawBufferPointer) -> Errno?

  package init(isTerminal: Bool = false, write: @escaping (UnsafeRawBufferPointer) -> Errno?) {
    self.isTerminal = isTerminal
    self.write = write
  }
}

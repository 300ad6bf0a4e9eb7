import Commands
import Support

// A reader that goes away is an error of the write, not the end of the process: the temporary file must go.
signal(SIGPIPE, SIG_IGN)
openStandardStreams()
let context = ToolContext(
  environment: .ofProcess, output: StandardStream(descriptor: STDOUT_FILENO), errors: StandardStream(descriptor: STDERR_FILENO))
exit(runCommandLine(Argument.ofProcess, in: context))

/// Without this, an output file could get the number of a standard stream that is closed, and what is printed there.
func openStandardStreams() {
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
    // Read-only, so that writing is the error that it was.
    _ = open("/dev/null", O_RDONLY)
  }
}

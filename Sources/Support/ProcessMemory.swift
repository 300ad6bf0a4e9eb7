/// Resident memory of this process, in bytes.
package enum ProcessMemory {
  /// Memory now; nil where the system does not tell.
  package static var resident: Int? {
    #if os(Linux)
      // The second number is the resident pages.
      guard let fields = SystemFile.read("/proc/self/statm")?.split(separator: " "), fields.count > 1 else {
        return nil
      }
      return Int(fields[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
    #else
      return nil
    #endif
  }

  /// The most it has been since the process began, or since `resetPeak` where that works.
  package static var peak: Int {
    if let status = SystemFile.read("/proc/self/status") {
      for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
        if let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
          return kilobytes * 1024
        }
      }
    }
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    #if os(Linux)
      return Int(usage.ru_maxrss) * 1024
    #else
      return Int(usage.ru_maxrss)
    #endif
  }

  /// Lets `peak` begin anew (Linux; nothing elsewhere). What the system reports of the process at its end is then the
  /// peak since the last reset, so this is for runs that measure themselves.
  package static func resetPeak() {
    #if os(Linux)
      _ = SystemFile.put("5", to: "/proc/self/clear_refs")
    #endif
  }
}

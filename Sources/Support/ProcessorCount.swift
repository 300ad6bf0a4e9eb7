extension WorkerPool {
  /// Processors that this process may run on: those of its affinity mask, or what the CPU quota of its control group
  /// amounts to (rounded up) if that is less.
  package static var defaultCount: Int {
    max(1, min(affinityCount ?? onlineCount, ControlGroup.processorQuota ?? .max))
  }

  private static var onlineCount: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// `sched_getaffinity` is not among what Swift imports; the kernel says the same in a file.
  private static var affinityCount: Int? {
    for line in (SystemFile.read("/proc/thread-self/status") ?? "").split(separator: "\n") {
      let fields = line.split(separator: "\t")
      if fields.count == 2, fields[0] == "Cpus_allowed_list:" { return numberOfProcessors(inList: fields[1]) }
    }
    return nil
  }

  /// - Parameter list: as in `0-3,8`.
  package static func numberOfProcessors(inList list: Substring) -> Int? {
    var count = 0
    for range in list.split(separator: ",") {
      let bounds = range.split(separator: "-").compactMap { Int($0) }
      guard let first = bounds.first, let last = bounds.last, bounds.count <= 2, first <= last else { return nil }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }
}

/// What the control group of this process (Linux) allows it.
package enum ControlGroup {
  /// CPU quota in processors, rounded up; nil if there is none.
  static var processorQuota: Int? {
    guard let groups = SystemFile.read("/proc/self/cgroup") else { return nil }
    return processorQuota(groups: groups) { SystemFile.read($0) }
  }

  /// - Parameter groups: what `/proc/self/cgroup` says, lines of `ID:CONTROLLERS:PATH`.
  package static func processorQuota(groups: String, read: (String) -> String?) -> Int? {
    var quota: Int?
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = fields[1].split(separator: ",")
      guard controllers.isEmpty || controllers.contains("cpu") else { continue }
      for path in paths(from: fields[2]) {
        let found =
          controllers.isEmpty
          ? quotaV2(read("/sys/fs/cgroup\(path)/cpu.max"))
          : quotaV1(
            read("/sys/fs/cgroup/\(fields[1])\(path)/cpu.cfs_quota_us")
              ?? read("/sys/fs/cgroup/cpu\(path)/cpu.cfs_quota_us"),
            period: read("/sys/fs/cgroup/\(fields[1])\(path)/cpu.cfs_period_us")
              ?? read("/sys/fs/cgroup/cpu\(path)/cpu.cfs_period_us"))
        if let found { quota = min(quota ?? .max, found) }
      }
    }
    return quota
  }

  /// The group and all those above it, as each may set a quota; the outermost is "".
  private static func paths(from path: Substring) -> [String] {
    var names = path.split(separator: "/").prefix(64)
    var paths: [String] = []
    while true {
      paths.append(names.map { "/\($0)" }.joined())
      if names.popLast() == nil { return paths }
    }
  }

  /// `QUOTA PERIOD` in microseconds, the quota `max` if there is none.
  private static func quotaV2(_ content: String?) -> Int? {
    guard let fields = content?.split(whereSeparator: { $0 == " " || $0 == "\n" }), fields.count == 2 else {
      return nil
    }
    return processors(quota: Int(fields[0]), period: Int(fields[1]))
  }

  private static func quotaV1(_ quota: String?, period: String?) -> Int? {
    func number(_ text: String?) -> Int? { text.flatMap { $0.split(separator: "\n").first }.flatMap { Int($0) } }
    return processors(quota: number(quota), period: number(period))
  }

  private static func processors(quota: Int?, period: Int?) -> Int? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return quota / period + (quota % period > 0 ? 1 : 0)
  }
}

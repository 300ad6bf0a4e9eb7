import Support
import Testing

@Suite struct ProcessorCountTests {
  @Test func lists() {
    #expect(WorkerPool.numberOfProcessors(inList: "0-3,8") == 5)
    #expect(WorkerPool.numberOfProcessors(inList: "0") == 1)
    #expect(WorkerPool.numberOfProcessors(inList: "x") == nil)
    #expect(WorkerPool.numberOfProcessors(inList: "") == nil)
  }

  @Test func secondVersionOfControlGroups() {
    let files = [
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/cpu.max": "250000 100000\n",
      "/sys/fs/cgroup/cpu.max": "900000 100000\n",
    ]
    #expect(ControlGroup.processorQuota(groups: "0::/a/b\n") { files[$0] } == 3)
    #expect(ControlGroup.processorQuota(groups: "0::/a/b\n") { _ in nil } == nil)
    #expect(ControlGroup.processorQuota(groups: "garbage") { _ in nil } == nil)
  }

  @Test func firstVersionOfControlGroups() {
    let groups = "9:memory:/m\n4:cpu,cpuacct:/job\n0::/\n"
    let files = [
      "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ]
    #expect(ControlGroup.processorQuota(groups: groups) { files[$0] } == 1)
  }
}

import Interpreter
import Support
import Testing
import Wasi

@Suite struct ProcessTests {
  @Test func argumentsAndEnvironment() throws {
    let guest = try Guest(arguments: ["program", "", "ä b"], environment: ["A=1", "EMPTY="])
    #expect(try guest.call("args_sizes_get", 16, 20) == .success)
    #expect(guest.load(16) == 3)
    #expect(guest.load(20) == 14)
    #expect(try guest.call("args_get", 100, 200) == .success)
    #expect((0..<3).map { guest.load(UInt32.self, 100 + 4 * $0) } == [200, 208, 209])
    #expect(guest.text(200, 14) == "program\0\0ä b\0")
    #expect(try guest.call("environ_sizes_get", 16, 20) == .success)
    #expect(guest.load(16) == 2)
    #expect(try guest.call("environ_get", 100, 200) == .success)
    #expect(guest.text(200, guest.load(20)) == "A=1\0EMPTY=\0")
  }

  @Test func exitEndsTheInvocation() throws {
    let guest = try Guest()
    #expect(throws: Interruption.exit(300)) { try guest.call("proc_exit", 300) }
  }

  @Test func standardStreams() throws {
    var pipes: [Int32] = [0, 0]
    #expect(pipe(&pipes) == 0)
    defer { close(pipes[0]) }
    let guest = try Guest(input: pipes[0])
    #expect(try guest.write("out", to: 1) == .success)
    #expect(guest.output == "out")
    #expect(try guest.write("err", to: 2) == .io)
    #expect(try guest.write("x", to: 0) == .badf)
    #expect(try guest.read(1) == "badf")
    #expect(write(pipes[1], "in", 2) == 2)
    close(pipes[1])
    #expect(try guest.read(0) == "in")
    #expect(try guest.read(0) == "")
    #expect(try guest.call("fd_seek", 1, 0, 0, 16) == .spipe)
    #expect(try guest.call("fd_tell", 0, 16) == .spipe)
    #expect(try guest.call("fd_fdstat_get", 1, 32) == .success)
    #expect(guest.load(UInt64.self, 40) == 1 << 6 | 1 << 27)
    #expect(try guest.call("fd_fdstat_set_flags", 1, 4) == .notsup)
    #expect(try guest.call("fd_filestat_get", 1, 32) == .success)
    #expect(try guest.call("fd_close", 1) == .success)
    #expect(try guest.write("more", to: 1) == .badf)
  }

  @Test func statusOfDescriptors() throws {
    let guest = try Guest()
    #expect(try guest.call("fd_prestat_get", 3, 32) == .success)
    #expect(guest.load(32) == 0)
    #expect(guest.load(36) == 5)
    #expect(try guest.call("fd_prestat_dir_name", 3, 32, 5) == .success)
    #expect(guest.text(32, 5) == "/work")
    #expect(try guest.call("fd_prestat_dir_name", 3, 32, 4) == .nametoolong)
    #expect(try guest.call("fd_prestat_get", 2, 32) == .badf)
    #expect(try guest.call("fd_prestat_get", 4, 32) == .badf)
    #expect(try guest.call("fd_fdstat_get", 3, 32) == .success)
    #expect(guest.load(UInt8.self, 32) == 3)
    #expect(try guest.open("file", Guest.create, rights: Guest.writeRight) == .success)
    let file = guest.opened
    #expect(try guest.call("fd_fdstat_set_flags", file, 1) == .success)
    #expect(try guest.call("fd_fdstat_get", file, 32) == .success)
    #expect(guest.load(UInt8.self, 32) == 4)
    #expect(guest.load(UInt16.self, 34) == 1)
    #expect(try guest.call("fd_fdstat_set_flags", file, 32) == .inval)
  }

  @Test func clocksAndChance() throws {
    let guest = try Guest()
    for clock in 0..<4 as Range<UInt64> {
      #expect(try guest.call("clock_time_get", clock, 0, 16) == .success)
      #expect(guest.load(UInt64.self, 16) > 0)
      #expect(try guest.call("clock_res_get", clock, 16) == .success)
      #expect(guest.load(UInt64.self, 16) > 0)
    }
    #expect(try guest.call("clock_time_get", 4, 0, 16) == .inval)
    #expect(try guest.call("random_get", 1000, 1001) == .success)
    let words = guest.memory { Set($0[1000..<2000]) }
    #expect(words.count > 200)
    #expect(guest.load(UInt8.self, 2001) == 0)
    #expect(try guest.call("sched_yield") == .success)
  }

  @Test func waits() throws {
    var pipes: [Int32] = [0, 0]
    #expect(pipe(&pipes) == 0)
    defer { for descriptor in pipes { close(descriptor) } }
    let guest = try Guest(input: pipes[0])
    // A clock (20 ms) and standard input.
    guest.put(UInt64(77), 100)
    guest.put(UInt32(1), 116)
    guest.put(UInt64(20_000_000), 124)
    guest.put(UInt64(88), 148)
    guest.put(UInt8(1), 156)
    let start = Clock.now()
    #expect(try guest.call("poll_oneoff", 100, 1000, 2, 16) == .success)
    #expect(Clock.now() - start >= 20_000_000)
    #expect(guest.load(16) == 1)
    #expect(guest.load(UInt64.self, 1000) == 77)
    #expect(write(pipes[1], "x", 1) == 1)
    guest.put(UInt64.max, 124)
    #expect(try guest.call("poll_oneoff", 100, 1000, 2, 16) == .success)
    #expect(guest.load(16) == 1)
    #expect(guest.load(UInt64.self, 1000) == 88)
    #expect(guest.load(UInt8.self, 1010) == 1)
    #expect(guest.load(UInt64.self, 1016) == 1)
    // A descriptor that is not there is told at once.
    guest.put(UInt32(99), 164)
    #expect(try guest.call("poll_oneoff", 100, 1000, 2, 16) == .success)
    #expect(guest.load(UInt16.self, 1008) == Errno.badf.rawValue)
    #expect(try guest.call("poll_oneoff", 100, 1000, 0, 16) == .inval)
    #expect(try guest.call("poll_oneoff", 100, 1000, UInt64(UInt32.max), 16) == .inval)
  }

  @Test func whatIsNotThereSaysSo() throws {
    let guest = try Guest()
    for name in ["sock_accept", "sock_recv", "sock_send", "sock_shutdown", "proc_raise", "fd_fdstat_set_rights"] {
      #expect(try guest.call(name, [0, 0, 0, 0, 0, 0]) == .notsup)
    }
  }
}

import Interpreter
import Support
import Testing
import TextFormat
import Wasi

/// Guests give pointers as they like.
@Suite struct PointerTests {
  private static let pageEnd: UInt64 = 65536

  @Test func pointersBeyondMemoryAreFaults() throws {
    let guest = try Guest()
    guest.directory.write("text", to: "file")
    #expect(try guest.open("file", rights: Guest.readRight | Guest.writeRight) == .success)
    let file = guest.opened
    for bad in [Self.pageEnd, Self.pageEnd - 3, UInt64(UInt32.max), UInt64(UInt32.max) - 3] {
      guest.put(UInt32(bad), 32)
      guest.put(UInt32(100), 36)
      for name in ["args_sizes_get", "environ_sizes_get"] { #expect(try guest.call(name, bad, 16) == .fault) }
      #expect(try guest.call("args_get", 16, bad) == .fault)
      #expect(try guest.call("clock_time_get", 0, 0, bad) == .fault)
      #expect(try guest.call("random_get", bad, 4) == .fault)
      #expect(try guest.call("fd_read", file, bad, 1, 16) == .fault)
      #expect(try guest.call("fd_read", file, 32, 1, 16) == .fault)
      #expect(try guest.call("fd_write", 1, 32, 1, 16) == .fault)
      #expect(try guest.call("fd_pread", file, 32, 1, 0, 16) == .fault)
      #expect(try guest.call("fd_seek", file, 0, 0, bad) == .fault)
      #expect(try guest.call("fd_fdstat_get", 1, bad) == .fault)
      #expect(try guest.call("fd_filestat_get", file, bad) == .fault)
      #expect(try guest.call("fd_prestat_get", 3, bad) == .fault)
      #expect(try guest.call("fd_prestat_dir_name", 3, bad, 5) == .fault)
      #expect(try guest.call("fd_readdir", 3, bad, 100, 0, 16) == .fault)
      #expect(try guest.call("path_create_directory", 3, bad, 4) == .fault)
      #expect(try guest.call("path_open", 3, 0, bad, 4, 0, 2, 0, 0, 16) == .fault)
      #expect(try guest.call("poll_oneoff", bad, 16, 1, 16) == .fault)
      #expect(try guest.call("poll_oneoff", 16, 16, 60_000, 16) == .fault)
      guest.put("file", 1000)
      #expect(try guest.call("path_open", 3, 0, 1000, 4, 0, 2, 0, 0, bad) == .fault)
    }
    // A file that was not opened has no number.
    #expect(try guest.open("file") == .success)
    #expect(guest.opened == file + 1)
  }

  /// Whatever the arguments are, there is an error number, and memory beyond the page stays out of it.
  @Test func arbitraryArgumentsAreErrors() throws {
    let guest = try Guest()
    guest.directory.write("text", to: "file")
    #expect(try guest.open("file", rights: Guest.readRight | Guest.writeRight) == .success)
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    let interesting: [UInt64] = [0, 1, 2, 3, 4, 8, 24, 65535, 65536, 65512, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
    // These two wait and end as they are told.
    let functions = WasiFunction.all.filter { $0.name != "proc_exit" && $0.name != "poll_oneoff" }
    for round in 0..<20_000 {
      let function = functions[round % functions.count]
      let arguments = function.parameters.map { _ in
        next() % 4 == 0 ? next() % 70_000 : interesting[Int(next() % UInt64(interesting.count))]
      }
      guest.put(next(), next() % 65_000)
      _ = try guest.call(function.name, arguments)
    }
  }

  @Test func guestsWithoutMemoryHaveNoPointers() throws {
    let store = Store()
    var linker = Linker()
    try System(Configuration(output: OutputSink { _ in nil }, errors: OutputSink { _ in nil }))
      .define(in: &linker, of: store)
    let text = """
      (module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (func (export "f") (result i32) (call $random (i32.const 0) (i32.const 1))))
      """
    let instance = try store.instantiate(try ModuleInput(reading: Bytes(Array(text.utf8))).module, linker)
    #expect(try store.invoke(instance.export("f")!, []) == [.i32(UInt32(Errno.fault.rawValue))])
  }
}

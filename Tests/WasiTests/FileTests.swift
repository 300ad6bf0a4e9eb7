import Interpreter
import Support
import Testing
import Wasi

@Suite struct FileTests {
  private func makeGuest() throws -> Guest { try Guest() }

  @Test func writesAndReads() throws {
    let guest = try makeGuest()
    #expect(try guest.open("file", Guest.create, rights: Guest.readRight | Guest.writeRight) == .success)
    let file = guest.opened
    #expect(file == 4)
    #expect(try guest.write("hello, world", to: file) == .success)
    #expect(guest.load(16) == 12)
    #expect(try guest.call("fd_seek", file, UInt64(bitPattern: -5), 1, 16) == .success)
    #expect(guest.load(UInt64.self, 16) == 7)
    #expect(try guest.read(file) == "world")
    #expect(try guest.read(file) == "")
    #expect(try guest.call("fd_tell", file, 16) == .success)
    #expect(guest.load(UInt64.self, 16) == 12)
    #expect(try guest.call("fd_seek", file, UInt64(bitPattern: -1), 0, 16) == .inval)
    #expect(try guest.call("fd_seek", file, 0, 3, 16) == .inval)
    #expect(try guest.call("fd_close", file) == .success)
    #expect(try guest.call("fd_close", file) == .badf)
    #expect(try guest.content(of: "file") == "hello, world")
  }

  @Test func gathersAndScattersAtAnOffset() throws {
    let guest = try makeGuest()
    #expect(try guest.open("file", Guest.create, rights: Guest.readRight | Guest.writeRight) == .success)
    let file = guest.opened
    func putBuffers() {
      guest.put("abcdef", 1000)
      for (index, (start, count)) in [(1004, 2), (1000, 0), (1000, 3)].enumerated() {
        guest.put(UInt32(start), 32 + 8 * UInt64(index))
        guest.put(UInt32(count), 36 + 8 * UInt64(index))
      }
    }
    putBuffers()
    #expect(try guest.call("fd_pwrite", file, 32, 3, 2, 16) == .success)
    #expect(guest.load(16) == 5)
    #expect(try guest.content(of: "file") == "\0\0efabc")
    putBuffers()
    #expect(try guest.call("fd_pread", file, 32, 3, 3, 16) == .success)
    #expect(guest.load(16) == 4)
    #expect(guest.text(1000, 6) == "bccdfa")
    #expect(try guest.call("fd_pread", file, 32, 3, UInt64.max, 16) == .inval)
  }

  @Test func accessIsThatOfTheRights() throws {
    let guest = try makeGuest()
    guest.directory.write("text", to: "file")
    #expect(try guest.open("file") == .success)
    #expect(try guest.write("x", to: guest.opened) == .badf)
    #expect(try guest.open("file", rights: Guest.writeRight) == .success)
    #expect(try guest.read(guest.opened) == "badf")
    #expect(try guest.open("file", Guest.create | Guest.exclusive) == .exist)
    #expect(try guest.open("other") == .noent)
    #expect(try guest.open("file/") == .notdir)
    #expect(try guest.open("file/x") == .notdir)
    #expect(try guest.open("new/", Guest.create) == .isdir)
    #expect(try guest.open(".", rights: Guest.writeRight) == .isdir)
    #expect(try guest.open("file", 16) == .inval)
    #expect(try guest.open("file", Guest.truncate) == .success)
    #expect(try guest.content(of: "file") == "")
    #expect(try guest.open("file", in: 1) == .notdir)
    #expect(try guest.open("file", in: 99) == .badf)
  }

  @Test func statusSizeAndTimes() throws {
    let guest = try makeGuest()
    guest.directory.write("text", to: "file")
    guest.directory.link("link", to: "file")
    func size(_ path: String, follows: UInt64 = 1) throws -> UInt64 {
      #expect(try guest.call("path_filestat_get", [3, follows], path: path, 32) == .success)
      return guest.load(UInt64.self, 32 + 32)
    }
    #expect(try size("file") == 4)
    #expect(guest.load(UInt8.self, 32 + 16) == 4)
    #expect(try size("link") == 4)
    #expect(try size("link", follows: 0) == 4)
    #expect(guest.load(UInt8.self, 32 + 16) == 7)
    #expect(try guest.call("path_filestat_get", [3, 2], path: "file", 32) == .inval)
    #expect(try guest.open("file", rights: Guest.writeRight) == .success)
    let file = guest.opened
    #expect(try guest.call("fd_filestat_set_size", file, 10) == .success)
    #expect(try guest.call("fd_allocate", file, 5, 15) == .success)
    #expect(try guest.call("fd_allocate", file, 0, 1) == .success)
    #expect(try guest.call("fd_allocate", file, UInt64.max, 1) == .inval)
    #expect(try size("file") == 20)
    #expect(try guest.call("fd_filestat_set_times", file, 5_000_000_007, 6_000_000_008, 5) == .success)
    #expect(try size("file") == 20)
    #expect(guest.load(UInt64.self, 32 + 40) == 5_000_000_007)
    #expect(guest.load(UInt64.self, 32 + 48) == 6_000_000_008)
    #expect(try guest.call("path_filestat_set_times", [3, 1], path: "link", 0, 9, 4) == .success)
    #expect(try size("file") == 20)
    #expect(guest.load(UInt64.self, 32 + 40) == 5_000_000_007)
    #expect(guest.load(UInt64.self, 32 + 48) == 9)
    #expect(try guest.call("fd_filestat_set_times", file, 0, 0, 3) == .inval)
    for name in ["fd_sync", "fd_datasync"] { #expect(try guest.call(name, file) == .success) }
    #expect(try guest.call("fd_advise", file, 0, 0, 6) == .inval)
  }

  @Test func directories() throws {
    let guest = try makeGuest()
    #expect(try guest.call("path_create_directory", [3], path: "a") == .success)
    #expect(try guest.call("path_create_directory", [3], path: "a/b/") == .success)
    #expect(try guest.call("path_create_directory", [3], path: "a") == .exist)
    guest.directory.write("text", to: "a/file")
    #expect(try guest.call("path_remove_directory", [3], path: "a") == .notempty)
    #expect(try guest.call("path_rename", [3], path: "a/file", 3, path: "a/b/moved") == .success)
    #expect(try guest.content(of: "a/b/../b/./moved") == "text")
    #expect(try guest.open("a/b") == .success)
    #expect(try guest.call("path_link", [guest.opened, 0], path: "moved", 3, path: "second") == .success)
    #expect(try guest.call("path_unlink_file", [3], path: "a/b/moved/") == .notdir)
    #expect(try guest.call("path_unlink_file", [3], path: "a/b/moved") == .success)
    #expect(try guest.content(of: "second") == "text")
    #expect(try guest.call("path_remove_directory", [3], path: "a/b") == .success)
    #expect(try guest.call("path_remove_directory", [3], path: "second") == .notdir)
    #expect(!guest.directory.exists("a/b"))
  }

  @Test func listsOfDirectories() throws {
    let guest = try makeGuest()
    var expected: Set<String> = [".", ".."]
    for index in 0..<20 {
      guest.directory.write("", to: "file-\(index)")
      expected.insert("file-\(index)")
    }
    guest.directory.makeDirectory("folder")
    var names: Set<String> = []
    var cookie: UInt64 = 0
    var size: UInt32
    repeat {
      #expect(try guest.call("fd_readdir", 3, 1000, 100, cookie, 16) == .success)
      size = guest.load(16)
      var place: UInt64 = 1000
      while place + 24 <= 1000 + UInt64(size) {
        let end = place + 24 + UInt64(guest.load(place + 16))
        if end > 1000 + UInt64(size) { break }
        let name = guest.text(place + 24, end - place - 24)
        names.insert(name)
        if name == "folder" { #expect(guest.load(UInt8.self, place + 20) == 3) }
        if name == "file-7" { #expect(guest.load(UInt8.self, place + 20) == 4) }
        cookie = guest.load(UInt64.self, place)
        place = end
      }
    } while size == 100
    #expect(names == expected.union(["folder"]))
    #expect(try guest.call("fd_readdir", 3, 1000, 100, UInt64.max, 16) == .success)
    #expect(guest.load(16) == 0)
    #expect(try guest.call("fd_readdir", 1, 1000, 100, 0, 16) == .notdir)
  }

  @Test func descriptorsMove() throws {
    let guest = try makeGuest()
    guest.directory.write("one", to: "one")
    guest.directory.write("two", to: "two")
    #expect(try guest.open("one") == .success)
    #expect(try guest.open("two") == .success)
    #expect(try guest.call("fd_renumber", 5, 4) == .success)
    #expect(try guest.read(4) == "two")
    #expect(try guest.read(5) == "badf")
    #expect(try guest.call("fd_renumber", 5, 4) == .badf)
    #expect(try guest.call("fd_renumber", 4, 7) == .badf)
    #expect(try guest.call("fd_renumber", 4, 4) == .success)
    #expect(try guest.open("one") == .success)
    #expect(guest.opened == 5)
  }
}

import Interpreter
import Support
import Testing
import Wasi

/// Beside the directory that the guest was given is a file called `secret`.
@Suite struct SandboxTests {
  private func makeGuest() throws -> Guest {
    let guest = try Guest()
    guest.directory.makeDirectory("a")
    guest.directory.write("text", to: "a/file")
    return guest
  }

  @Test func pathsStayInside() throws {
    let guest = try makeGuest()
    for path in [
      "../secret", "a/../../secret", "..", "./..", "a/../..", "/etc/passwd", "/", "//", "a/../../inside/a/file",
    ] {
      #expect(try guest.content(of: path) == "notcapable", "\(path)")
      #expect(try guest.call("path_filestat_get", [3, 1], path: path, 32) == .notcapable, "\(path)")
      #expect(try guest.call("path_create_directory", [3], path: path) == .notcapable, "\(path)")
      #expect(try guest.call("path_unlink_file", [3], path: path) == .notcapable, "\(path)")
      #expect(try guest.call("path_remove_directory", [3], path: path) == .notcapable, "\(path)")
      #expect(try guest.call("path_rename", [3], path: "a/file", 3, path: path) == .notcapable, "\(path)")
      #expect(try guest.call("path_rename", [3], path: path, 3, path: "mine") == .notcapable, "\(path)")
      #expect(try guest.call("path_link", [3, 0], path: path, 3, path: "mine") == .notcapable, "\(path)")
      #expect(try guest.call("path_filestat_set_times", [3, 1], path: path, 0, 0, 5) == .notcapable, "\(path)")
    }
    #expect(guest.directory.exists("../secret") && guest.directory.exists("a/file"))
    #expect(try guest.content(of: "a/../a/./file") == "text")
    #expect(try guest.content(of: "a//file") == "text")
  }

  /// `..` ends at the directory through which a path goes, even if that is a directory of another.
  @Test func openedDirectoriesAreBordersToo() throws {
    let guest = try makeGuest()
    #expect(try guest.open("a") == .success)
    let directory = guest.load(16)
    #expect(try guest.open("file", in: directory) == .success)
    #expect(try guest.open("../a/file", in: directory) == .notcapable)
  }

  @Test func linksDoNotLeadOut() throws {
    let guest = try makeGuest()
    guest.directory.link("up", to: "..")
    guest.directory.link("root", to: "/")
    guest.directory.link("leak", to: "../secret")
    guest.directory.link("absolute", to: guest.directory.path + "/a/file")
    guest.directory.link("a/chain", to: "../leak")
    guest.directory.link("dangling", to: "../new")
    for path in ["up/secret", "up/inside/a/file", "root/etc/passwd", "leak", "absolute", "a/chain", "up", "up/"] {
      #expect(try guest.content(of: path) == "notcapable", "\(path)")
    }
    #expect(try guest.open("dangling", Guest.create, rights: Guest.writeRight) == .notcapable)
    #expect(try guest.open("dangling", Guest.create, rights: Guest.writeRight, follows: false) == .loop)
    #expect(try guest.open("dangling", Guest.create | Guest.exclusive, rights: Guest.writeRight) == .exist)
    #expect(try guest.call("path_create_directory", [3], path: "up/new") == .notcapable)
    #expect(try guest.call("path_unlink_file", [3], path: "up/secret") == .notcapable)
    #expect(!guest.directory.exists("../new") && guest.directory.exists("../secret"))
    // The links themselves are the guest's.
    #expect(try guest.call("path_unlink_file", [3], path: "leak") == .success)
    #expect(guest.directory.exists("../secret"))
  }

  @Test func linksInsideAreFollowed() throws {
    let guest = try makeGuest()
    guest.directory.link("link", to: "a/file")
    guest.directory.link("a/back", to: "../link")
    guest.directory.link("folder", to: "./a/")
    guest.directory.link("self", to: "self")
    guest.directory.link("new", to: "a/created")
    #expect(try guest.content(of: "link") == "text")
    #expect(try guest.content(of: "a/back") == "text")
    #expect(try guest.content(of: "folder/back") == "text")
    #expect(try guest.content(of: "self") == "loop")
    #expect(try guest.content(of: "self/x") == "loop")
    #expect(try guest.open("link", follows: false) == .loop)
    #expect(try guest.open("folder/", follows: false) == .success)
    #expect(try guest.content(of: "link/") == "notdir")
    #expect(try guest.open("new", Guest.create, rights: Guest.writeRight) == .success)
    #expect(guest.directory.exists("a/created"))
    #expect(try guest.call("path_remove_directory", [3], path: "folder/") == .notdir)
  }

  @Test func makesAndReadsLinks() throws {
    let guest = try makeGuest()
    func make(_ target: String, _ path: String) throws -> Errno {
      guest.put(target, 1000)
      guest.put(path, 2000)
      return try guest.call("path_symlink", 1000, UInt64(target.utf8.count), 3, 2000, UInt64(path.utf8.count))
    }
    #expect(try make("a/file", "link") == .success)
    #expect(try make("/etc", "other") == .notcapable)
    #expect(try make("x", "../other") == .notcapable)
    #expect(try make("", "other") == .noent)
    #expect(try make("x\0y", "other") == .inval)
    #expect(try make("x", "link") == .exist)
    #expect(try guest.call("path_readlink", [3], path: "link", 2000, 100, 16) == .success)
    #expect(guest.text(2000, guest.load(16)) == "a/file")
    #expect(try guest.call("path_readlink", [3], path: "link", 2000, 3, 16) == .success)
    #expect(guest.load(16) == 3)
    #expect(try guest.call("path_readlink", [3], path: "a/file", 2000, 3, 16) == .inval)
  }

  @Test func strangePaths() throws {
    let guest = try makeGuest()
    #expect(try guest.content(of: "") == "noent")
    #expect(try guest.content(of: "a\0b") == "inval")
    #expect(try guest.content(of: String(repeating: "x", count: 300)) == "nametoolong")
    #expect(try guest.content(of: String(repeating: "./", count: 3000)) == "nametoolong")
    #expect(try guest.content(of: String(repeating: "a/../", count: 500) + "a/file") == "text")
    #expect(try guest.content(of: "ä/ö") == "noent")
  }
}

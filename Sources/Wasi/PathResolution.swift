import Support

/// Where a path of the guest leads to: a directory below the one it was given, and a name in it.
///
/// Names go to the system one at a time, with flags that keep it from following symbolic links, so that nothing leads
/// out of the directory that the guest was given, not even if someone renames files meanwhile.
struct ResolvedPath {
  let directory: HostFile
  /// Ends in a zero byte. Without slash and not `..`; `.` if the path leads to `directory` itself.
  let name: [CChar]
  /// The path ended in a slash, or in `.` or `..`.
  let isForDirectory: Bool

  /// What to do if the last name of a path is a symbolic link.
  enum LastLink {
    case kept
    /// Followed if a slash comes behind it.
    case followedBeforeSlash
    case followed
  }

  /// Throws `notcapable` if the path leads out of `root`.
  init(_ path: [UInt8], below root: HostFile, lastLink: LastLink) throws(Errno) {
    var walk = PathWalk(from: root)
    try walk.push(path)
    let followsLast = lastLink == .followed || lastLink == .followedBeforeSlash && walk.endsInSlash
    name = try walk.finish(followsLast: followsLast)
    isForDirectory = walk.endsInSlash
    directory = walk.directory
  }

  func status() throws(Errno) -> stat {
    var status = stat()
    try calling { fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) }
    return status
  }

  /// Throws `notdir` if the path is spelled as one of a directory and is that of something else.
  func checkKind() throws(Errno) {
    if isForDirectory, FileType(mode: try status().st_mode) != .directory { throw .notdir }
  }
}

/// A path on the way from a directory to what it names.
private struct PathWalk {
  /// From the root of the walk to where it is: `..` goes back in this list and never asks the system, for which the
  /// parent may be another by now.
  private var directories: [HostFile]
  /// What is still to go, the next name last.
  private var names: [ArraySlice<UInt8>] = []
  private var linkCount = 0
  /// Or in `.` or `..`.
  private(set) var endsInSlash = false

  private static let linkLimit = 40
  /// Bytes of a path or of what a symbolic link says.
  private static let sizeLimit = 4096

  init(from root: HostFile) { directories = [root] }

  var directory: HostFile { directories[directories.count - 1] }

  /// Puts the names of a path in front of those that are still to go.
  mutating func push(_ path: [UInt8]) throws(Errno) {
    if path.isEmpty { throw .noent }
    if path.count > Self.sizeLimit { throw .nametoolong }
    if path.contains(0) { throw .inval }
    if path[0] == UInt8(ascii: "/") { throw .notcapable }
    let parts = path.split(separator: UInt8(ascii: "/"))
    if names.isEmpty {
      let last = parts[parts.count - 1]
      if path[path.count - 1] == UInt8(ascii: "/") || last.isDot || last.isDotDot { endsInSlash = true }
    }
    names += parts.reversed()
  }

  /// Goes to the directory that holds what the path names. Returns its name there.
  mutating func finish(followsLast: Bool) throws(Errno) -> [CChar] {
    while let name = names.popLast() {
      if name.isDot { continue }
      if name.isDotDot {
        if directories.count == 1 { throw .notcapable }
        directories.removeLast()
        continue
      }
      let text = name.map { CChar(bitPattern: $0) } + [0]
      if !names.isEmpty || followsLast, let target = try link(text) {
        linkCount += 1
        if linkCount > Self.linkLimit { throw .loop }
        try push(target)
        continue
      }
      if names.isEmpty { return text }
      let parent = directory.number
      let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
      directories.append(HostFile(owning: try calling { openat(parent, text, flags) }))
    }
    return [CChar(bitPattern: UInt8(ascii: ".")), 0]
  }

  /// What the symbolic link of that name says; nil if it is none or not there.
  private func link(_ name: [CChar]) throws(Errno) -> [UInt8]? {
    var text = [UInt8](repeating: 0, count: Self.sizeLimit + 1)
    let count = text.withUnsafeMutableBytes {
      readlinkat(directory.number, name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    if count >= 0 { return Array(text[..<count]) }
    if errno == EINVAL || errno == ENOENT { return nil }
    throw Errno(system: errno)
  }
}

extension ArraySlice<UInt8> {
  fileprivate var isDot: Bool { elementsEqual(".".utf8) }
  fileprivate var isDotDot: Bool { elementsEqual("..".utf8) }
}

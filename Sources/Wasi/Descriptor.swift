import Support

/// An open file of the host, closed with the last reference to it.
final class HostFile {
  let number: Int32

  init(owning number: Int32) { self.number = number }

  deinit { close(number) }
}

/// What a file descriptor of the guest stands for.
struct Descriptor {
  enum Content {
    /// Standard input: a file descriptor of the host, which is not ours to close; nil for an empty stream.
    case input(Int32?)
    case output(OutputSink)
    case file(HostFile)
    case directory(HostFile)
  }

  let content: Content
  let fileType: FileType
  var rights: Rights
  /// How the guest calls a directory that it was given; nil for what it opened itself.
  var preopenedName: [UInt8]?
  /// What `fd_readdir` goes through.
  var listing: [DirectoryEntry]?

  init(_ content: Content, _ fileType: FileType, _ rights: Rights) {
    self.content = content
    self.fileType = fileType
    self.rights = rights
  }

  /// The file of the host if the guest may do with it what belongs to files and not to streams.
  var file: HostFile? {
    switch content {
    case .file(let file), .directory(let file): return file
    case .input, .output: return nil
    }
  }
}

/// The kind of a file (`filetype`).
enum FileType: UInt8 {
  case unknown, blockDevice, characterDevice, directory, regularFile, datagramSocket, streamSocket, symbolicLink

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFBLK: self = .blockDevice
    case S_IFCHR: self = .characterDevice
    case S_IFDIR: self = .directory
    case S_IFREG: self = .regularFile
    case S_IFSOCK: self = .streamSocket
    case S_IFLNK: self = .symbolicLink
    default: self = .unknown
    }
  }
}

/// What may be done with a descriptor (`rights`): told to the guest, whose library decides by it what a descriptor is.
/// What the guest may really do is decided by how the file was opened.
struct Rights: OptionSet {
  let rawValue: UInt64

  static let dataSync = Rights(rawValue: 1 << 0)
  static let read = Rights(rawValue: 1 << 1)
  static let write = Rights(rawValue: 1 << 6)
  static let allocate = Rights(rawValue: 1 << 8)
  static let readDirectory = Rights(rawValue: 1 << 14)
  static let setSize = Rights(rawValue: 1 << 22)
  static let poll = Rights(rawValue: 1 << 27)

  static let all = Rights(rawValue: (1 << 30) - 1)
  /// What is done with the contents of a file: read, seek, write, advise and so on.
  static let ofContents = Rights(rawValue: 0b1_1111_1111).union(.setSize)
  /// What is done with paths below a directory, and with its list.
  static let ofDirectories = Rights(rawValue: 0x01ff_ffff & ~0b1_1111_1111).union(Rights(rawValue: 0b11 << 25))
  static let ofFiles = all.subtracting(ofDirectories)
}

/// The descriptors of a guest by number.
struct DescriptorTable {
  private var slots: [Descriptor?] = []

  /// Takes the lowest number that is free.
  @discardableResult
  mutating func add(_ descriptor: Descriptor) -> UInt32 {
    if let free = slots.firstIndex(where: { $0 == nil }) {
      slots[free] = descriptor
      return UInt32(free)
    }
    slots.append(descriptor)
    return UInt32(slots.count - 1)
  }

  subscript(number: UInt32) -> Descriptor {
    get throws(Errno) {
      guard number < slots.count, let descriptor = slots[Int(number)] else { throw .badf }
      return descriptor
    }
  }

  mutating func remove(_ number: UInt32) throws(Errno) {
    _ = try self[number]
    slots[Int(number)] = nil
  }

  mutating func replace(_ number: UInt32, with descriptor: Descriptor) throws(Errno) {
    _ = try self[number]
    slots[Int(number)] = descriptor
  }
}

import Interpreter
import IR
import Support

/// What one guest sees of the system: its arguments, its environment and its open files. The functions of WASI are its
/// methods.
package final class System {
  let arguments: [[UInt8]]
  let environment: [[UInt8]]
  var descriptors = DescriptorTable()
  /// The status that the guest ended itself with.
  var exitStatus: UInt32?

  /// Opens the directories. Throws a `WasmError` that names one if that fails.
  package init(_ configuration: Configuration) throws {
    arguments = configuration.arguments
    environment = configuration.environment
    descriptors.add(System.standardInput(configuration.input))
    for sink in [configuration.output, configuration.errors] {
      descriptors.add(Descriptor(.output(sink), sink.isTerminal ? .characterDevice : .unknown, [.write, .poll]))
    }
    for (host, guest) in configuration.directories {
      let number = host.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
      guard number >= 0 else { throw systemError("cannot open the directory \(host)") }
      var directory = Descriptor(.directory(HostFile(owning: number)), .directory, .ofDirectories)
      directory.preopenedName = guest
      descriptors.add(directory)
    }
  }

  private static func standardInput(_ number: Int32?) -> Descriptor {
    let isTerminal = number.map { isatty($0) == 1 } ?? false
    return Descriptor(.input(number), isTerminal ? .characterDevice : .unknown, [.read, .poll])
  }

  /// Makes all functions of WASI importable.
  package func define(in linker: inout Linker, of store: Store) {
    for function in WasiFunction.all {
      let name = "wasi_snapshot_preview1"
      linker.define(Name(name), Name(function.name), store.addFunction(function.hostFunction(of: self)))
    }
  }
}

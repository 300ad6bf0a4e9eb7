import Interpreter
import IR
import Support

/// A function of WASI. All but `proc_exit` return an error number.
package struct WasiFunction {
  typealias Body = (System) -> (GuestCall) throws(Errno) -> Void

  package let name: String
  /// Types of the parameters: `i` for i32, `I` for i64.
  package let parameters: String
  let body: Body

  init(_ name: String, _ parameters: String, _ body: @escaping Body) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }

  /// All functions of preview 1 (`wasi_snapshot_preview1.witx`).
  package static var all: [WasiFunction] {
    [
      // The program
      WasiFunction("args_get", "ii", System.argsGet),
      WasiFunction("args_sizes_get", "ii", System.argsSizesGet),
      WasiFunction("environ_get", "ii", System.environGet),
      WasiFunction("environ_sizes_get", "ii", System.environSizesGet),
      WasiFunction("clock_res_get", "ii", System.clockResGet),
      WasiFunction("clock_time_get", "iIi", System.clockTimeGet),
      WasiFunction("random_get", "ii", System.randomGet),
      WasiFunction("sched_yield", "", System.schedYield),
      WasiFunction("poll_oneoff", "iiii", System.pollOneoff),
      WasiFunction("proc_exit", "i", System.procExit),
      WasiFunction("proc_raise", "i", System.unsupported),
      // Contents of files
      WasiFunction("fd_advise", "iIIi", System.fdAdvise),
      WasiFunction("fd_allocate", "iII", System.fdAllocate),
      WasiFunction("fd_datasync", "i", System.fdDatasync),
      WasiFunction("fd_pread", "iiiIi", System.fdPread),
      WasiFunction("fd_pwrite", "iiiIi", System.fdPwrite),
      WasiFunction("fd_read", "iiii", System.fdRead),
      WasiFunction("fd_seek", "iIii", System.fdSeek),
      WasiFunction("fd_sync", "i", System.fdSync),
      WasiFunction("fd_tell", "ii", System.fdTell),
      WasiFunction("fd_write", "iiii", System.fdWrite),
      // Descriptors
      WasiFunction("fd_close", "i", System.fdClose),
      WasiFunction("fd_fdstat_get", "ii", System.fdFdstatGet),
      WasiFunction("fd_fdstat_set_flags", "ii", System.fdFdstatSetFlags),
      WasiFunction("fd_fdstat_set_rights", "iII", System.unsupported),
      WasiFunction("fd_filestat_get", "ii", System.fdFilestatGet),
      WasiFunction("fd_filestat_set_size", "iI", System.fdFilestatSetSize),
      WasiFunction("fd_filestat_set_times", "iIIi", System.fdFilestatSetTimes),
      WasiFunction("fd_prestat_get", "ii", System.fdPrestatGet),
      WasiFunction("fd_prestat_dir_name", "iii", System.fdPrestatDirName),
      WasiFunction("fd_readdir", "iiiIi", System.fdReaddir),
      WasiFunction("fd_renumber", "ii", System.fdRenumber),
      // Paths
      WasiFunction("path_create_directory", "iii", System.pathCreateDirectory),
      WasiFunction("path_filestat_get", "iiiii", System.pathFilestatGet),
      WasiFunction("path_filestat_set_times", "iiiiIIi", System.pathFilestatSetTimes),
      WasiFunction("path_link", "iiiiiii", System.pathLink),
      WasiFunction("path_open", "iiiiiIIii", System.pathOpen),
      WasiFunction("path_readlink", "iiiiii", System.pathReadlink),
      WasiFunction("path_remove_directory", "iii", System.pathRemoveDirectory),
      WasiFunction("path_rename", "iiiiii", System.pathRename),
      WasiFunction("path_symlink", "iiiii", System.pathSymlink),
      WasiFunction("path_unlink_file", "iii", System.pathUnlinkFile),
      // Sockets
      WasiFunction("sock_accept", "iii", System.unsupported),
      WasiFunction("sock_recv", "iiiiii", System.unsupported),
      WasiFunction("sock_send", "iiiii", System.unsupported),
      WasiFunction("sock_shutdown", "ii", System.unsupported),
    ]
  }

  func hostFunction(of system: System) -> HostFunction {
    let returns = name != "proc_exit"
    let type = FunctionType(parameters: parameters.map { $0 == "I" ? .i64 : .i32 }, results: returns ? [.i32] : [])
    return HostFunction(name, type) { [body] call throws(Interruption) in
      let memory = GuestMemory(of: call.caller, in: call.store)
      var result = Errno.success
      do throws(Errno) {
        try body(system)(GuestCall(memory: memory, arguments: call.arguments))
      } catch {
        result = error
      }
      if let status = system.exitStatus { throw .exit(status) }
      return returns ? [.i32(UInt32(result.rawValue))] : []
    }
  }
}

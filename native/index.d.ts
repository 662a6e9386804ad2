/* The native boundary of probekit. Written by hand; `npm run check` proves that it says what the binary does.
 * The message of every error is JSON: {"code":"EACCES","op":"load","object":"x.bpf.o","subject":"sample","detail":"…","verifierLog":"…"}.
 * code: the errno's name, EINVAL for bad arguments, EBUSY during load(), ECLOSED after close(). op: open, configure, load, attach,
 * perf_event_open, map, ring, symbolize, btf, probe, stats, collapse or flamegraph. subject: the program, map or path. Only code and op are always there.
 * Promises are settled by other threads: nothing here that returns one blocks JavaScript. */
/** A BPF object. Nothing is pinned: when the process ends, the kernel has nothing left of it. */
export declare class BpfObject {
  private constructor()
  /** Reads the ELF file; the kernel is not asked. */
  static open(path: string): BpfObject
  /** The bytes that the ELF file gives `.rodata`, `.data` or `.bss`. Before load(). */
  initialValue(map: string): Buffer
  /** Applies settings, one by one up to the first that is refused. Before load(). */
  configure(options: Configure): void
  /** Loads maps and programs. A failure names the program, brings the verifier's log, and closes the object. */
  load(): Promise<void>
  /** Attaches a program; without a target where its section says. */
  attach(program: string, target?: AttachTarget): Promise<Link>
  programs(): ProgramInfo[]
  maps(): MapInfo[]
  map(name: string): BpfMap
  ring(name: string): Ring
  /** Ends pending ring reads with null, detaches links, frees maps and programs. Again: does nothing. dispose(): without a promise, for the last resort. */
  close(): Promise<void>
  dispose(): void
}
export interface Configure {
  /** Map name to its whole image, as long as initialValue(). */
  initialValues?: Record<string, Buffer>
  maxEntries?: Record<string, number>
  /** target: the kernel function or tracepoint that a BTF program attaches to. */
  programs?: Record<string, { autoload?: boolean; target?: string }>
  /** A map of this object is to be that loaded map of another. */
  reuse?: Record<string, BpfMap>
  /** 0 (default) asks for the verifier's log only after a failure; 1 and 2 ask at once, 4 for its figures alone. */
  logLevel?: number
}
export interface AttachTarget {
  kind: 'section' | 'perf_event' | 'tracepoint' | 'raw_tracepoint' | 'fentry' | 'kprobe' | 'kprobe_multi' | 'uprobe' | 'uprobe_multi'
  /** Probes: at the return; or (multi) at entry and return. partial, of many places: leave out what the kernel refuses (LinkInfo.refused). */
  retprobe?: boolean; session?: boolean; partial?: boolean
  /** uprobe, perf_event: one process (perf_event: thread); default all. */
  pid?: number
  /** perf_event: by frequency (Hz; the kernel refuses more than kernel.perf_event_max_sample_rate) or by period (ns or cycles). Default cpu-clock. */
  event?: 'cpu-clock' | 'cpu-cycles'; frequency?: number; period?: number; cpu?: number
  /** tracepoint: both; raw_tracepoint, kprobe, uprobe: the name alone. */
  category?: string; name?: string
  /** uprobe, uprobe_multi: the ELF file; offset: into the file (or from `name`). */
  path?: string; offset?: bigint | number
  /** Multi: one of pattern, symbols, and addresses (kprobe) or offsets (uprobe); cookies: one each. kprobe and uprobe take such lists too, fentry
   * symbols (it is fexit by its program): a link each. Where a link has no cookie, a copy of the program has, in place of 0x70726f62656b6974. */
  pattern?: string; symbols?: string[]; addresses?: BigUint64Array; offsets?: BigUint64Array; cookies?: BigUint64Array
  cookie?: bigint }
/** Stays attached until it or its object is closed. */
export declare class Link { private constructor()
  /** The figures now; once closed, those of the moment of detach. */
  info(): LinkInfo
  close(): Promise<void>
}
/** missed: times the kernel did not run the program, beyond its recursionMisses; null where it cannot tell. The rest of perf events only: count is in
 * nanoseconds for cpu-clock; how long the event was enabled, and really counting. copies: of the program, where there are any: programs() lacks them. */
export interface LinkInfo { kind: string; missed: number | null; count?: number; enabledNs?: number; runningNs?: number; copies?: { runCount: number; runTimeNs: number }; refused?: RefusedPlace[] }
export interface RefusedPlace { index: number; code: string; detail?: string }
/** Run figures need enableStats(). verifiedInstructions: before 5.16 only with logLevel 4, else 0. recursionMisses: null before 5.12. */
export interface ProgramInfo { name: string; id: number; type: string; section: string; verifiedInstructions: number; runCount: number; runTimeNs: number; recursionMisses: number | null; loaded: boolean }
export interface MapInfo { name: string; type: string; keySize: number; valueSize: number; maxEntries: number; perCpu: boolean }
/** Entry i has keys[i * keySize] and values[i * valueSize]. valueSize of a per-CPU map: possible CPUs × the value's size rounded up to 8. */
export interface Entries { keys: Buffer; values: Buffer; count: number; keySize: number; valueSize: number }
/** A map of a loaded object, usable until one of the two is closed. Values are as long as in Entries. */
export declare class BpfMap {
  private constructor()
  readonly info: MapInfo
  get(key: Uint8Array): Buffer | null
  set(key: Uint8Array, value: Uint8Array): void
  /** Whether there was such a key. */
  delete(key: Uint8Array): boolean
  /** All entries. One that comes or goes meanwhile may be in or not; a value that a program writes may be old or new. */
  snapshot(): Promise<Entries>
  /** Reads and deletes all entries. What a program adds between the read and the delete of a key is lost: swap() first where that counts. */
  drain(): Promise<Entries>
  /** Of an array of maps: puts a fresh map under `key`, waits for running (not sleepable) programs, returns the map that was there. */
  swap(key: Uint8Array): Promise<BpfMap>
  /** Lets go of the map now; else its object does. */
  close(): void
}
/** A reader of a ring buffer. It takes records only when asked: what comes meanwhile waits in the kernel's ring. */
export declare class Ring { private constructor()
  /** Waits for at least one record: up to about 128 KiB of them, each as u32 length, u32 0, payload padded to 8. null: closed, or finished and empty. */
  read(): Promise<Buffer | null>
  /** No more records will come (detach first): reads return what is left, then null. */
  finish(): void
  /** Ends pending reads with null; what is left in the ring is not read. */
  close(): Promise<void>
}
export interface BtfMember { name: string; type: number; bitOffset: number; /** 0 unless a bit field */ bitSize: number }
/** type: id of the element, target or return type. members: of structs and unions, or the parameters of a FUNC_PROTO. encoding: bool or char of
 * an INT, struct or union of a FWD. linkage: static, global or extern. variables: of a DATASEC, offsets in bytes. */
export interface BtfType {
  id: number; kind: 'VOID' | 'INT' | 'PTR' | 'ARRAY' | 'STRUCT' | 'UNION' | 'ENUM' | 'FWD' | 'TYPEDEF' | 'VOLATILE' | 'CONST' | 'RESTRICT' | 'FUNC' | 'FUNC_PROTO' | 'VAR' | 'DATASEC' | 'FLOAT' | 'DECL_TAG' | 'TYPE_TAG' | 'ENUM64' | 'UNKNOWN'
  name: string; size?: number; type?: number; members?: BtfMember[]; values?: { name: string; value: number }[]
  nelems?: number; signed?: boolean; encoding?: string; linkage?: string; variables?: { type: number; offset: number; size: number }[] }
/** The types of an ELF file, or without a path those of this kernel (some 100 000); index = type id. */
export declare function btf(path?: string): BtfType[]
/** One program in one process, from exec to exec: `image` is the caller's number for it, the rest is what the kernel has of it (task_struct's start_boottime, mm_struct; isFixed: its addresses are not drawn at random). */
export interface ProcessImage { pid: number; image: bigint; startNs: bigint; startCode: bigint; endCode: bigint; startStack: bigint; exeInode: bigint; isFixed: boolean }
/** Turns addresses into names. Files stay open and their symbols in memory until close(); modules and BPF programs that the kernel gets later are not seen. */
/** inlined: also functions that were inlined, by DWARF (slower, more memory). perfMaps: also the process's own perf map and jitdumps, for memory without a file. */
export declare class Symbolizer {
  constructor(options?: { inlined?: boolean; perfMaps?: boolean })
  /** Reads now what a process maps, and keeps its files open, if it still is this image; the same image again: adds what it maps by then. */
  hold(process: ProcessImage): Promise<'held' | 'gone' | 'hidden' | 'full'>
  /** Of what runs under a pid, of an image that was held, or of the kernel for pid 0 without image. An address that follows a call (all but the first of a stack) should be passed less 1. */
  symbolize(pid: number, addresses: BigUint64Array, image?: bigint): Promise<Symbols>
  /** Asks those processes that are JVMs (HotSpot, JDK 17 and later) for their perf maps, by jcmd's protocol, and keeps these for the next symbolize() of
   * each. A JVM that does not listen yet gets SIGQUIT, which starts its listener; never one that has no handler for it or takes no attachments. */
  askJvms(pids: Uint32Array, timeoutMs: number): Promise<JvmAnswer[]>
  close(): Promise<void>
}
/** version: of the specification, 0 where it does not say. arguments: its options. reason: why it has not told its map. */
export interface JvmAnswer { pid: number; version: number; arguments: string; reason?: string }
/** The frames of address i are [offsets[i], offsets[i + 1]), innermost first: more than one where functions were inlined. Frame j lies in names[symbol[j] - 1]
 * and modules[module[j] - 1]; 0 is unknown. Module: the ELF file's path, [vdso], [anon] (memory without a file), or a kernel module's name.
 * kind: 0 native, 1 inlined, 2 just-in-time compiled, 3 interpreted. reason: why nothing at all could be found out, such as a process that has exited. */
export interface Symbols { names: string[]; modules: string[]; offsets: Uint32Array; symbol: Uint32Array; module: Uint32Array; kind: Uint8Array; reason?: string }
/** tracing: programs that attach by BTF. lsm: such hooks run. kernel_read: bpf_probe_read_kernel. memlock: BPF memory is not limited by RLIMIT_MEMLOCK. */
export type Feature = 'bpf' | 'btf' | 'tracing' | 'fentry' | 'fsession' | 'kprobe' | 'kprobe_multi' | 'kprobe_session' | 'uprobe' | 'uprobe_multi' | 'uprobe_session' | 'tracepoint' | 'raw_tracepoint' | 'perf_event' | 'cpu_cycles' | 'lsm' | 'ring' | 'kernel_read' | 'memlock'
export interface Probe { ok: boolean; code?: string; detail?: string }
/** Tries it, and takes back what it loaded. An error only for a feature that does not exist. */
export declare function probe(feature: Feature): Probe
/** What the BTF of the kernel, or of a module, has under this name; null: none has it. tracepoint: as a BTF program sees it. */
export declare function kernelType(kind: 'function' | 'tracepoint', name: string): { parameters: number; module?: string } | null
/** Functions of kallsyms, each name at each address once (0: hidden), module '' the kernel's own. traceable: whether ftrace lists it; left out where ftrace's list cannot be read. */
export interface KernelFunctions { names: string[]; modules: string[]; addresses: BigUint64Array; traceable?: Uint8Array }
export declare function kernelFunctions(): KernelFunctions
/** Functions that an ELF file defines, sorted by name, with offsets into the file: of .symtab and .dynsym, its own and its separate debug file's (by build id
 * or .gnu_debuglink) or else its MiniDebugInfo's (.gnu_debugdata). indirect: an IFUNC, whose offset is its resolver's. native: for this machine's 64-bit programs.
 * unwinds: C++ exceptions or Rust panics may pass through them, by what the file names. `root`: where the path begins. */
export interface ElfFunctions { names: string[]; offsets: BigUint64Array; indirect: Uint8Array; bits: 32 | 64; machine: number; native: boolean; go: boolean; unwinds: boolean; debugFile?: string }
export declare function elfFunctions(path: string, root?: string): ElfFunctions
/** Numbers by name: of this machine's 64-bit programs, or (compat) of the 32-bit ones that it also runs. */
export declare function systemCalls(compat?: boolean): Record<string, number>
/** Calls a function that does nothing: one of the add-on, which emptyFunction() tells the file offset of, the kernel's bpf_fentry_test1, or getppid(2). */
export declare function callEmpty(kind: 'user' | 'kernel' | 'system', times: number): void
export declare function emptyFunction(): { path: string; offset: number }
/** Resolves once every program that was running has returned (sleepable ones excepted): what they counted can be read then. */
export declare function synchronize(): Promise<void>
/** While one is open, the kernel measures every BPF program: runCount and runTimeNs. Ends with the process at the latest. Needs CAP_SYS_ADMIN, and 5.8. */
export declare class KernelStats { private constructor()
  close(): void
}
export declare function enableStats(): KernelStats
/** As inferno-flamegraph's, but for colors: by kind of frame and name, unless they name a palette (hot, mem, java, ...) or random is given. width: pixels
 * (default: the page's). minWidth: percent below which a frame is counted in its caller only. factor: multiplies shown counts. total: of which shares are taken, where more than the sum. palette: text of a
 * palette.map. nameAttributes: of a nameattr file. twoCounts: lines are `frame;frame before after`. normalize: makes the sum before that of those after. */
export interface FlamegraphOptions {
  title?: string; subtitle?: string; notes?: string; countName?: string; nameType?: string; width?: number; height?: number; minWidth?: number; factor?: number; total?: number; fontType?: string
  fontSize?: number; fontWidth?: number; colors?: string; bgcolors?: string; uiColor?: string; searchColor?: string; strokeColor?: string; colorDiffusion?: boolean; hash?: boolean
  random?: boolean; palette?: string; nameAttributes?: string; inverted?: boolean; reverse?: boolean; flameChart?: boolean; truncateTextRight?: boolean; negate?: boolean
  prettyXml?: boolean; base?: string[]; twoCounts?: boolean; normalize?: boolean
}
/** stacks: lines; frames: different ones; total, before: sums. */
export interface StackCounts { stacks: number; frames: number; total: number; before: number }
/** Folded stacks (`frame;frame count`), merged as they are read: memory follows different stacks. One call at a time. before: of what is compared with. */
export declare class Flamegraph {
  constructor(options?: FlamegraphOptions)
  /** Reads on in a text, which may be cut anywhere. */
  read(folded: Buffer, before?: boolean): Promise<void>
  /** Ends a text; another may follow. malformed: the first 10 of its lines that are no stack, by line from 1. */
  end(before?: boolean): Promise<{ malformed: { line: number; text: string }[]; malformedCount: number }>
  /** Draws all that was read. Rejects with ENODATA when there is no stack, as pack() does. */
  draw(): Promise<StackCounts & { svg: Buffer; palette?: string }>
  /** gzip of all stacks, as native/src/folded/tree.rs tells; of more frames than that, the narrowest are counted in their callers. */
  pack(mostFrames: number): Promise<StackCounts & { packed: Buffer }>
}
/** What `perf script` (of one event), bpftrace or DTrace printed, as folded stacks. ids: `comm-pid/tid` (perf). leftOut: entries that have no count. */
export declare function collapse(output: Buffer, options: { from: string; ids?: boolean; event?: string }): Promise<{ folded: Buffer; leftOut: number }>

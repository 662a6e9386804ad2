import { calling, type JvmAnswer, type NativeSymbolizer, native, type Symbols } from './native.js';

/** One program in one process, from exec to exec, as the kernel tells of it. */
export interface ProcessImage {
  readonly pid: number;
  /** A number for it of the caller's. */
  readonly image: bigint;
  /** Since boot. */
  readonly startNs: bigint;
  /** Of its memory (mm_struct): what no other program has, since the kernel draws addresses at random. */
  readonly startCode: bigint;
  readonly endCode: bigint;
  readonly startStack: bigint;
  /** Of its program's file, which must do where addresses are not drawn. */
  readonly exeInode: bigint;
  readonly isFixed: boolean;
}

/** gone: it had exited, or run another program; hidden: CAP_SYS_PTRACE is missing; full: too many are held. */
export type Held = 'held' | 'gone' | 'hidden' | 'full';

/** What names addresses, for as long as a run: it keeps what it was told of processes, and files open. */
export class Symbolizer {
  private readonly native: NativeSymbolizer;

  /** `inlined`: also functions that were inlined, where files have DWARF. */
  constructor(options: { readonly inlined?: boolean } = {}) {
    const { Symbolizer: Native } = native();
    this.native = new Native({ perfMaps: true, inlined: options.inlined ?? false });
  }

  /**
   * Reads what a process maps at this moment and keeps its files open, so that its addresses have names when it is
   * gone. May be told of the same image again: what it maps later is added.
   */
  hold(image: ProcessImage): Promise<Held> {
    return calling(() => this.native.hold(image));
  }

  /** Of a process, of an image that was held, or of the kernel for pid 0 without image. */
  symbolize(pid: number, addresses: BigUint64Array, image?: bigint): Promise<Symbols> {
    return calling(() => this.native.symbolize(pid, addresses, image));
  }

  /**
   * Asks those of some processes that are JVMs for the names of their compiled code, which are kept. One that does not
   * listen for such questions yet gets the signal that makes it listen, if it says that it takes them.
   */
  askJvms(pids: readonly number[], timeoutMs: number): Promise<JvmAnswer[]> {
    return calling(() => this.native.askJvms(Uint32Array.from(pids), timeoutMs));
  }

  close(): Promise<void> {
    return this.native.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

import { calling, type JvmAnswer, type NativeSymbolizer, native, type Symbols } from './native.js';

/** What names addresses, for as long as a run: it keeps what it was told of processes, and files open. */
export class Symbolizer {
  private readonly native: NativeSymbolizer;

  constructor() {
    const { Symbolizer: Native } = native();
    this.native = new Native({ perfMaps: true });
  }

  /** Of a process, or of the kernel for pid 0. */
  symbolize(pid: number, addresses: BigUint64Array): Promise<Symbols> {
    return calling(() => this.native.symbolize(pid, addresses));
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

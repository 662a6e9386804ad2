import type { MapLayout } from './layout.js';
import { calling, callingSync, type Entries, type NativeMap } from './native.js';

/** A map of a loaded object, read and written as decoded keys and values. */
export class TypedMap<K, V> {
  /** The most entries that any walk has seen: what `maps` in the summary reports. */
  usedMax = 0;

  constructor(
    readonly name: string,
    private readonly layout: MapLayout<K, V>,
    private readonly native: NativeMap,
  ) {}

  get maxEntries(): number {
    return this.native.info.maxEntries;
  }

  get type(): string {
    return this.layout.type;
  }

  /** The value under `key`, undefined when there is none. For per-CPU maps see `perCpu`. */
  get(key: K): V | undefined {
    this.oneValueEach();
    const bytes = callingSync(() => this.native.get(this.encode(this.layout.key, key)));
    return bytes ? this.layout.value.decode(bytes, 0) : undefined;
  }

  /** The values under `key` of every possible CPU, in CPU order. */
  perCpu(key: K): V[] {
    const bytes = callingSync(() => this.native.get(this.encode(this.layout.key, key)));
    const stride = Math.ceil(this.layout.valueSize / 8) * 8;
    const values: V[] = [];
    for (let at = 0; bytes && at < bytes.length; at += stride) {
      values.push(this.layout.value.decode(bytes, at));
    }
    return values;
  }

  set(key: K, value: V): void {
    const bytes = this.encode(this.layout.value, value);
    callingSync(() => this.native.set(this.encode(this.layout.key, key), bytes));
  }

  /** false: there was no such key. */
  delete(key: K): boolean {
    return callingSync(() => this.native.delete(this.encode(this.layout.key, key)));
  }

  /** All entries, left in place. Not atomic: what BPF changes meanwhile may be seen or not. */
  async snapshot(): Promise<[K, V][]> {
    this.oneValueEach();
    return this.decode(await calling(() => this.native.snapshot()));
  }

  /** All entries, removed from the map. Lossless only once the programs that write it are detached. */
  async drain(): Promise<[K, V][]> {
    this.oneValueEach();
    return this.decode(await calling(() => this.native.drain()));
  }

  /** How many entries there are. */
  async count(): Promise<number> {
    const { count } = await calling(() => this.native.snapshot());
    this.usedMax = Math.max(this.usedMax, count);
    return count;
  }

  private decode({ keys, values, count, keySize, valueSize }: Entries): [K, V][] {
    this.usedMax = Math.max(this.usedMax, count);
    const { key, value } = this.layout;
    return Array.from({ length: count }, (_, i) => [
      key.decode(keys, i * keySize),
      value.decode(values, i * valueSize),
    ]);
  }

  /** One CPU's value must not pass for all of them. */
  private oneValueEach(): void {
    if (this.layout.type.includes('percpu'))
      throw new TypeError(`map "${this.name}" has a value for each CPU: use perCpu`);
  }

  private encode<T>(codec: { encode?(value: T): Buffer }, value: T): Buffer {
    if (!codec.encode) throw new TypeError(`map "${this.name}": this type can only be read`);
    return codec.encode(value);
  }
}

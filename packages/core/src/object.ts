import { fileURLToPath } from 'node:url';
import { BpfError, fieldsOf } from './errors.js';
import { type Rodata, type Skeleton, writeRodata } from './layout.js';
import { TypedMap } from './map.js';
import {
  type AttachTarget,
  calling,
  callingSync,
  type Link,
  type NativeObject,
  native,
  type ProgramInfo,
} from './native.js';
import { rejection } from './rejection.js';
import { TypedRing } from './ring.js';

export interface LoadOptions<S extends Skeleton> {
  readonly rodata?: Rodata<S>;
  /** Entries of a map, or bytes of a ring, instead of the object's own. */
  readonly maxEntries?: { readonly [K in keyof S['maps'] | keyof S['rings']]?: number };
  /** The programs to load, all when left out. */
  readonly programs?: readonly (keyof S['programs'] & string)[];
  /** Another build of the same object. */
  readonly file?: string;
  /** Called once it is loaded, before anything is attached. */
  readonly fill?: (object: TypedObject<S>) => void;
  /** What the verifier is to write: see Configure. */
  readonly logLevel?: number;
}

type Maps<S extends Skeleton> = {
  readonly [K in keyof S['maps']]: TypedMap<
    ReturnType<S['maps'][K]['key']['decode']>,
    ReturnType<S['maps'][K]['value']['decode']>
  >;
};
type Rings<S extends Skeleton> = {
  readonly [K in keyof S['rings']]: TypedRing<ReturnType<S['rings'][K]['decode']>>;
};

/** A loaded BPF object with typed maps and rings. Nothing is pinned: the kernel frees all of it with this process. */
export class TypedObject<S extends Skeleton> implements AsyncDisposable {
  readonly maps: Maps<S>;
  readonly rings: Rings<S>;
  /** In the order of attachment; after `detach` the links keep their last figures. */
  readonly attachments: { readonly program: string; readonly link: Link }[] = [];
  private attached: Link[] = [];

  private constructor(
    readonly skeleton: S,
    private readonly native: NativeObject,
  ) {
    this.maps = fromEntries(skeleton.maps, (name, layout) => {
      return new TypedMap(
        name,
        layout,
        callingSync(() => native.map(name)),
      );
    }) as Maps<S>;
    this.rings = fromEntries(skeleton.rings, (name, layout) => {
      return new TypedRing(
        name,
        layout,
        callingSync(() => native.ring(name)),
      );
    }) as Rings<S>;
  }

  /** Opens, configures and loads; rejects with BpfError. */
  static async load<S extends Skeleton>(
    skeleton: S,
    options: LoadOptions<S> = {},
  ): Promise<TypedObject<S>> {
    const file = options.file ?? objectFile(skeleton);
    const opened = callingSync(() => native().BpfObject.open(file));
    try {
      checkLayouts(skeleton, opened);
      const programs = Object.keys(skeleton.programs).map((name) => [
        name,
        { autoload: options.programs?.includes(name) ?? true },
      ]);
      const image =
        Object.keys(skeleton.rodata).length > 0 &&
        callingSync(() => opened.initialValue('.rodata'));
      if (image) writeRodata(image, skeleton.rodata, options.rodata ?? {});
      callingSync(() =>
        opened.configure({
          ...(image ? { initialValues: { '.rodata': image } } : {}),
          ...(options.maxEntries
            ? { maxEntries: options.maxEntries as Record<string, number> }
            : {}),
          programs: Object.fromEntries(programs),
          ...(options.logLevel ? { logLevel: options.logLevel } : {}),
        }),
      );
      await calling(() => opened.load());
      return new TypedObject(skeleton, opened);
    } catch (error) {
      await opened.close();
      throw options.logLevel ? error : await explained(error, skeleton, options);
    }
  }

  async attach(program: keyof S['programs'] & string, target?: AttachTarget): Promise<Link> {
    const link = await calling(() => this.native.attach(program, target));
    this.attachments.push({ program, link });
    this.attached.push(link);
    return link;
  }

  /** In the order of attachment. */
  get links(): readonly Link[] {
    return this.attachments.map(({ link }) => link);
  }

  programs(): ProgramInfo[] {
    return callingSync(() => this.native.programs());
  }

  /** Detaches what was attached last first: end hooks are attached before start hooks. */
  async detach(): Promise<void> {
    const links = this.attached;
    this.attached = [];
    for (const link of links.reverse()) await calling(() => link.close());
  }

  async close(): Promise<void> {
    await this.detach();
    await calling(() => this.native.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * The same refusal with what its log lacks, from another load that fails as the first one did. Where the log had no
 * room for its end, the kernel says that instead of what was wrong; and of what it finds when all is verified, it
 * tells the source only in the longest log.
 */
async function explained<S extends Skeleton>(
  error: unknown,
  skeleton: S,
  options: LoadOptions<S>,
): Promise<unknown> {
  if (!(error instanceof BpfError) || error.op !== 'load') return error;
  const { code, verifierLog } = error;
  const isCutShort = code === 'ENOSPC';
  const verdict = rejection(verifierLog ?? '');
  if (!isCutShort && (!verdict || verdict.source)) return error;
  try {
    const logLevel = isCutShort ? ONLY_VERDICT : EVERYTHING;
    await (await TypedObject.load(skeleton, { ...options, logLevel })).close();
    return error;
  } catch (again) {
    if (!(again instanceof BpfError)) return again;
    if (!isCutShort) return again.code === code ? again : error;
    const log = [verifierLog, again.verifierLog].filter(Boolean).join('\n');
    return new BpfError({ ...fieldsOf(again), verifierLog: log }, { cause: again });
  }
}

/** BPF_LOG_STATS and BPF_LOG_LEVEL2 of linux/bpf_verifier.h. */
const ONLY_VERDICT = 4;
const EVERYTHING = 2;

/** The built object for this machine's architecture. */
export function objectFile(skeleton: Skeleton): string {
  return fileURLToPath(new URL(`${process.arch}/${skeleton.name}.bpf.o`, new URL(skeleton.object)));
}

/** An object that was built without its layout being written again would be read wrongly: refuse it. */
function checkLayouts(skeleton: Skeleton, object: NativeObject): void {
  for (const { name, keySize, valueSize } of object.maps()) {
    const layout = skeleton.maps[name];
    if (layout && (layout.keySize !== keySize || layout.valueSize !== valueSize)) {
      throw new BpfError({
        code: 'ESTALE',
        op: 'open',
        object: skeleton.name,
        subject: name,
        detail: `its key and value have ${keySize} and ${valueSize} bytes, the layout says ${layout.keySize} and ${layout.valueSize}`,
        hint: 'run npm run build',
      });
    }
  }
}

function fromEntries<T, U>(
  record: Readonly<Record<string, T>>,
  make: (name: string, value: T) => U,
): Record<string, U> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, make(name, value)]),
  );
}

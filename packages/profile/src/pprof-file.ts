import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  escapeText,
  type FileFormat,
  type Frame,
  frameName,
  missedStack,
  rootFrames,
  type Stack,
} from '@probekit/core';
import type { Location, Mapping, ProfileInput, SampleInput, StringTable } from 'pprof-format';
import { fileBuildId, kernelBuildId } from './build-id.js';
import { measured } from './measure.js';
import { type Profiled, type StacksFileArgs, stacksFile } from './stacks-file.js';
import { summaryLine } from './summary-line.js';

/**
 * A profile as pprof reads it (https://github.com/google/pprof/blob/main/proto/profile.proto), gzipped. Values are the
 * stacks' counts and their time; labels are pid, tid, comm and, with --root=container, container.
 */
export function pprofFile(args: StacksFileArgs): FileFormat {
  return stacksFile(async (run) => {
    const { Profile, StringTable } = await import('pprof-format');
    const profile = new Profile(pprof(run, args, new StringTable()));
    return promisify(gzip)(await profile.encodeAsync());
  });
}

function pprof(
  { meta, entries, summary }: Profiled,
  args: StacksFileArgs,
  stringTable: StringTable,
): ProfileInput {
  const { values, valuesOf, period } = measured(args, meta.plan);
  const text = (shown: string) => stringTable.dedup(escapeText(shown));
  const type = ({ type, unit }: { type: string; unit: string }) => ({
    type: text(type),
    unit: text(unit),
  });
  const code = new Code(text);
  const sample = entries.map((entry): SampleInput => {
    const number = (key: string, num: number) => ({ key: text(key), num });
    const word = (key: string, str: string) => ({ key: text(key), str: text(str) });
    return {
      locationId: [
        ...code.stack(entry.kernel, 'Kernel', entry.pid),
        ...code.stack(entry.user, 'User', entry.pid),
        ...rootFrames(entry, args.root)
          .reverse()
          .map((name) => code.named(name)),
      ],
      value: valuesOf(entry),
      label: [
        number('pid', entry.pid),
        number('tid', entry.tid),
        word('comm', entry.comm),
        ...(entry.container === undefined ? [] : [word('container', entry.container)]),
        ...(entry.truncated ? [word('truncated', 'true')] : []),
      ],
    };
  });
  return {
    sampleType: values.map(type),
    sample,
    mapping: code.mappings(),
    location: code.locations,
    function: code.functions,
    stringTable,
    timeNanos: BigInt(meta.time.getTime()) * 1_000_000n,
    durationNanos: Math.round(summary.durationS * 1e9),
    ...(period && { periodType: type(period), period: period.every }),
    comment: [text(`${meta.header} ${summaryLine(summary)}`)],
  };
}

/** Files, functions and places in them, each once. */
class Code {
  readonly locations: Location[] = [];
  readonly functions: { id: number; name: number; systemName: number }[] = [];
  private readonly files = new Map<string, { id: number; pids: Set<number> }>();
  private readonly places = new Map<Frame | string, number>();
  private readonly byName = new Map<number, number>();

  constructor(private readonly text: (shown: string) => number) {}

  /** The places of a stack, leaf first. What was inlined is in the place of the function that it is in. */
  stack(stack: Stack, which: 'User' | 'Kernel', pid: number): number[] {
    if (stack === null) return [];
    if (stack === 'missed') return [this.named(missedStack(which))];
    const places: number[] = [];
    for (let i = 0; i < stack.length; i++) {
      const first = i;
      while (stack[i]?.kind === 'inlined' && i + 1 < stack.length) i++;
      const frames = stack.slice(first, i + 1) as [Frame, ...Frame[]];
      places.push(this.places.get(frames[0]) ?? this.code(frames, which, pid));
    }
    return places;
  }

  /** The place of a frame that is no code: a process, or what is missing. */
  named(name: string): number {
    return this.places.get(name) ?? this.place(name, [name], 0, 0n);
  }

  mappings(): Mapping[] {
    return [...this.files].map(([file, { id, pids }]) => {
      const buildId = file === KERNEL ? kernelBuildId() : firstBuildId(file, pids);
      return {
        id,
        filename: this.text(file),
        ...(buildId !== undefined && { buildId: this.text(buildId) }),
        // All that is known is here: pprof is not to look for it in what has the file's name where it runs.
        hasFunctions: true,
        hasFilenames: true,
        hasLineNumbers: true,
        hasInlineFrames: true,
      } as Mapping;
    });
  }

  private code(frames: [Frame, ...Frame[]], which: 'User' | 'Kernel', pid: number): number {
    const { address, module } = frames[0];
    const file = which === 'Kernel' ? kernelFile(module) : module;
    const mapping = file === null ? 0 : this.file(file, which === 'User' ? pid : 0);
    return this.place(frames[0], frames.map(frameName), mapping, address);
  }

  private place(
    key: Frame | string,
    names: readonly string[],
    mappingId: number,
    address: bigint,
  ): number {
    const id = this.locations.length + 1;
    const line = names.map((name) => ({ functionId: this.function(name) }));
    this.locations.push({ id, mappingId, address, line } as unknown as Location);
    this.places.set(key, id);
    return id;
  }

  private function(shown: string): number {
    const name = this.text(shown);
    let id = this.byName.get(name);
    if (id === undefined) {
      id = this.functions.length + 1;
      this.functions.push({ id, name, systemName: name });
      this.byName.set(name, id);
    }
    return id;
  }

  private file(file: string, pid: number): number {
    const known = this.files.get(file) ?? { id: this.files.size + 1, pids: new Set() };
    this.files.set(file, known);
    if (known.pids.size < TRIED) known.pids.add(pid);
    return known.id;
  }
}

/** As perf calls it. */
const KERNEL = '[kernel.kallsyms]';

function kernelFile(module: string | null): string {
  return module === null ? KERNEL : `[${module}]`;
}

/** Of the processes that had a file, so many are asked for it. */
const TRIED = 4;

/** A file is what a process finds under its name: a container has files of its own. */
function firstBuildId(file: string, pids: ReadonlySet<number>): string | undefined {
  if (!file.startsWith('/')) return undefined;
  for (const pid of pids) {
    const id = fileBuildId(`/proc/${pid}/root${file}`);
    if (id !== undefined) return id;
  }
  return undefined;
}

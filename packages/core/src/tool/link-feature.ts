import type { AttachTarget, Feature } from '../native.js';

/**
 * The feature by which a program is attached: what its target says, else the section it was compiled into (libbpf's
 * names). Undefined for a section that is not known.
 */
export function linkFeature(target: AttachTarget | undefined, section = ''): Feature | undefined {
  const kind = target?.kind ?? 'section';
  if (kind !== 'section') return target?.session ? SESSIONS[kind] : kind;
  // .s: sleepable.
  const type = (section.split('/')[0] as string).replace(/\.s$/, '');
  return Object.hasOwn(SECTIONS, type) ? SECTIONS[type] : undefined;
}

const SESSIONS: Readonly<Record<string, Feature>> = {
  kprobe_multi: 'kprobe_session',
  uprobe_multi: 'uprobe_session',
};

const SECTIONS: Readonly<Record<string, Feature>> = {
  tp_btf: 'tracing',
  fentry: 'fentry',
  fexit: 'fentry',
  fmod_ret: 'fentry',
  fsession: 'fsession',
  raw_tp: 'raw_tracepoint',
  raw_tracepoint: 'raw_tracepoint',
  tp: 'tracepoint',
  tracepoint: 'tracepoint',
  kprobe: 'kprobe',
  kretprobe: 'kprobe',
  ksyscall: 'kprobe',
  kretsyscall: 'kprobe',
  'kprobe.multi': 'kprobe_multi',
  'kretprobe.multi': 'kprobe_multi',
  'kprobe.session': 'kprobe_session',
  uprobe: 'uprobe',
  uretprobe: 'uprobe',
  usdt: 'uprobe',
  'uprobe.multi': 'uprobe_multi',
  'uretprobe.multi': 'uprobe_multi',
  'uprobe.session': 'uprobe_session',
  perf_event: 'perf_event',
  lsm: 'lsm',
};

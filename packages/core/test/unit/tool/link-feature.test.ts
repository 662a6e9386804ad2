import { expect, it } from 'vitest';
import { linkFeature } from '../../../src/tool/link-feature.js';

it.each([
  [{ kind: 'perf_event' as const }, 'perf_event', 'perf_event'],
  [{ kind: 'kprobe_multi' as const, session: true }, 'kprobe.multi', 'kprobe_session'],
  [{ kind: 'uprobe_multi' as const, session: true }, 'uprobe.multi', 'uprobe_session'],
  [{ kind: 'uprobe' as const }, 'kprobe', 'uprobe'],
  [{ kind: 'section' as const }, 'tp_btf/sched_switch', 'tracing'],
  [undefined, 'raw_tp/sched_switch', 'raw_tracepoint'],
  [undefined, 'tracepoint/sched/sched_switch', 'tracepoint'],
  [undefined, 'fexit/vfs_read', 'fentry'],
  [undefined, 'kretprobe/vfs_read', 'kprobe'],
  [undefined, 'kprobe.multi/vfs_*', 'kprobe_multi'],
  [undefined, 'fentry.s/vfs_read', 'fentry'],
  [undefined, 'uprobe.s//usr/lib/libc.so.6:malloc', 'uprobe'],
  [undefined, 'toString', undefined],
  [undefined, undefined, undefined],
])('%j in section %s is attached by %s', (target, section, feature) => {
  expect(linkFeature(target, section)).toBe(feature);
});

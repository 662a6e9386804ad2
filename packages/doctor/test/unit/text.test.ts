import { describe, expect, it } from 'vitest';
import { type Style, text } from '../../src/text.js';
import { ailing, healthy } from '../fixtures/diagnoses.js';

describe('a diagnosis', () => {
  it('is short where all is well', () => {
    expect(text(healthy, { width: 100 })).toBe(`\
TOOL    PLAN    OTHERS  MISSING
blocks  tp_btf  raw_tp  -

kernel        6.12.117 x64
works         BTF, fentry
settings      lockdown none, perf_event_paranoid 2, kptr_restrict 0
capabilities  all
`);
  });

  it('says once why something is missing, and what that takes away', () => {
    expect(text(ailing, { width: 100 })).toBe(`\
TOOL       PLAN        OTHERS  MISSING
blocks     tracepoint  slow    tp_btf: needs CAP_PERFMON; run as root, or grant it
functions  none        -       fentry, fexit: needs CAP_PERFMON; run as root, or grant it
                               kprobe: this kernel was built without CONFIG_KPROBE_EVENTS

MISSING                   WHY, AND THE WAY OUT                             LIMITS
tracing programs, fentry  needs CAP_PERFMON; run as root, or grant it      plans by tp_btf, plans by
                                                                           fentry
kprobes                   this kernel was built without                    plans by kprobes
                          CONFIG_KPROBE_EVENTS

kernel        5.10.0-38-cloud-amd64 x64
works         BTF
settings      lockdown unknown (mount -t securityfs none /sys/kernel/security), perf_event_paranoid
              3, kptr_restrict unknown
capabilities  CAP_BPF; not CAP_PERFMON, CAP_SYS_ADMIN
`);
  });

  it('does not call missing what is there for other options', () => {
    const [blocks] = healthy.tools;
    const why = 'for --bio';
    const other = { ok: false, capabilities: [] };
    const tools = [
      {
        tool: 'blocks',
        version: '0.1.0',
        plan: 'tp_btf',
        plans: [
          ...(blocks?.plans ?? []),
          ...['bio', 'raw_bio'].map((name) => ({
            ...other,
            name,
            missing: { need: 'options', code: 'EINVAL', why, capabilities: [] },
          })),
          {
            ...other,
            name: 'old_bio',
            missing: { need: 'btf', code: 'ENOENT', why: 'no BTF', capabilities: [] },
          },
        ],
      },
    ];
    expect(text({ ...healthy, tools }, { width: 100 })).toContain(`\
TOOL    PLAN    OTHERS                MISSING
blocks  tp_btf  raw_tp                old_bio: no BTF
                bio, raw_bio: for
                --bio
`);
  });

  it('names a user namespace, in which no capability counts', () => {
    const capabilities = { userNamespace: true, held: [], lacking: ['BPF'] };
    expect(text({ ...healthy, capabilities }, { width: 100 })).toContain(
      '\ncapabilities  none outside of this user namespace\n',
    );
  });

  it.each([80, 100, 120])('fits %d columns', (width) => {
    const lines = text(ailing, { width }).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
  });

  it('keeps its columns when it is painted', () => {
    const codes: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32 };
    const paint = (style: Style, plain: string) => `\u001b[${codes[style]}m${plain}\u001b[0m`;
    const painted = text(ailing, { width: 100, paint });
    expect(painted).toContain('\u001b[31mnone\u001b[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what makes the colours.
    expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(text(ailing, { width: 100 }));
  });

  it('does not list every consequence of one reason', () => {
    const facts = Array.from({ length: 4 }, (_, i) => ({
      name: `f${i}`,
      label: `feature ${i}`,
      limits: `thing ${i}`,
      missing: { code: 'EPERM', why: 'no', capabilities: [] },
    }));
    expect(text({ ...healthy, facts }, { width: 100 })).toMatch(/ no +almost everything$/m);
  });
});

import { describe, expect, it } from 'vitest';
import { toolDiagnosis } from '../../src/diagnosis.js';
import { TOOLS } from '../../src/tools.js';

const tool = await TOOLS.profile?.();
if (!tool) throw new Error('no tool');

describe('the diagnosis of a tool', () => {
  const missing = { need: 'perf_event', code: 'EACCES', why: 'needs more', capabilities: ['BPF'] };

  it('takes the first plan that works', () => {
    const verdicts = [
      { name: 'cpu-cycles', ok: false, reason: 'idle', missing },
      { name: 'cpu-clock', ok: true },
    ];
    expect(toolDiagnosis(tool, verdicts)).toEqual({
      tool: 'profile',
      version: tool.definition.version,
      plan: 'cpu-clock',
      plans: [
        { name: 'cpu-cycles', ok: false, capabilities: ['BPF', 'PERFMON'], missing },
        { name: 'cpu-clock', ok: true, capabilities: ['BPF', 'PERFMON'] },
      ],
    });
  });

  it('says what a plan for other options lacks', () => {
    const verdicts = [
      { name: 'cpu-clock', ok: true },
      { name: 'tp_btf', ok: false, reason: 'for --off-cpu', lacks: missing },
    ];
    expect(toolDiagnosis(tool, verdicts).plans[1]).toMatchObject({ ok: false, missing });
  });

  it('takes none where none works, and says so of a plan that the defaults do not suit', () => {
    const verdicts = [
      { name: 'cpu-cycles', ok: false, reason: 'only with -x' },
      { name: 'cpu-clock', ok: false, reason: 'perf_event: EACCES: needs more', missing },
    ];
    expect(toolDiagnosis(tool, verdicts)).toMatchObject({
      plan: null,
      plans: [
        {
          missing: { need: 'options', code: 'EINVAL', why: 'only with -x', capabilities: [] },
        },
        { missing },
      ],
    });
  });
});

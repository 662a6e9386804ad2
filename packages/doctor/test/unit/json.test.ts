import { describe, expect, it } from 'vitest';
import { json } from '../../src/json.js';
import { ailing, healthy } from '../fixtures/diagnoses.js';
import { complaints } from '../fixtures/schema.js';

describe('a diagnosis as JSON', () => {
  it.each([healthy, ailing])('is one line as the schema has it', (diagnosis) => {
    const printed = json(diagnosis, '0.1.0');
    expect(printed.match(/\n/g)).toHaveLength(1);
    expect(complaints(JSON.parse(printed))).toEqual([]);
  });

  it('says which plan is taken, and what the others lack', () => {
    const { tools, settings, facts } = JSON.parse(json(ailing, '0.1.0'));
    expect(settings).toEqual({ lockdown: null, perf_event_paranoid: 3, kptr_restrict: null });
    expect(facts[0]).toEqual({ name: 'btf', ok: true, limits: 'every tool' });
    expect(tools[0]).toMatchObject({
      ok: true,
      plan: 'tracepoint',
      plans: [
        { name: 'tp_btf', taken: false, missing: { need: 'tracing', capabilities: ['PERFMON'] } },
        { name: 'tracepoint', taken: true },
        { name: 'slow', taken: false },
      ],
    });
    expect(tools[1]).toMatchObject({ ok: false, plan: null });
  });

  it('that does not say why is refused by the schema', () => {
    const record = JSON.parse(json(ailing, '0.1.0'));
    delete record.tools[0].plans[0].missing;
    record.facts[0].missing = record.facts[1].missing;
    const found = complaints(record);
    expect(found).toContain("/tools/0/plans/0 must have required property 'missing'");
    expect(found).toContain('/facts/0/missing boolean schema is false');
  });
});

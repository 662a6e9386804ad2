import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileWorkload, host } from '@probekit/core/testing';
import { afterAll, expect, it } from 'vitest';
import { directory as tool, workload } from '../fixtures/bin.js';
import { counted, traceProcess } from '../fixtures/run.js';

const directory = mkdtempSync(path.join(tmpdir(), 'funclatency-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What the kernel lets nobody probe. */
const BAD = `__asm__(".globl hidden_bad\\n.type hidden_bad,@function\\nhidden_bad: hlt\\n.size hidden_bad,1\\n");`;

// Kernels without these wait a grace period for each probe that is detached: two minutes.
it.each(['uprobe_session', 'uprobe_multi'])(
  '500 user functions are attached and detached in a bounded time by %s, and a bad one costs no other',
  async (plan) => {
    const source = path.join(directory, 'many.c');
    const one = readFileSync(path.join(tool, 'test/libraries/hidden.c'), 'utf8');
    const others = Array.from({ length: 499 }, (_, i) => `int hidden_${i}(void) { return ${i}; }`);
    writeFileSync(source, [one, ...others, BAD].join('\n'));
    const library = compileWorkload(source, ['-shared', '-fPIC']);
    const program = [compileWorkload(workload('uses-library'), ['-ldl']), library, '20'];
    const begun = Date.now();
    const options = [`${library}:hidden_*`, '-F', '--plan', plan];
    const traced = await traceProcess(host, options, [], program);
    // They take a second or two; a machine that is busy takes longer.
    expect(Date.now() - begun).toBeLessThan(60_000);
    expect(traced.plan).toBe(plan);
    expect(traced.stderr).toMatch(/Tracing 501 functions /);
    expect(traced.notices.join()).toContain('1 of 501 functions are not traced: hidden_bad (');
    expect(counted(traced, 'hidden_nap').count).toBe(20);
    expect(traced.summary).toMatchObject({ events: 20, lost: { no_end: 0 } });
  },
);

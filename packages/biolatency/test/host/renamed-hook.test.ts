import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { biolatency } from '@probekit/biolatency';
import { BpfError } from '@probekit/core';
import { host } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildBpf } from '../../../../scripts/build-bpf.mjs';
import { compare } from '../../../../scripts/kernels/matrix.mjs';
import { directory } from '../fixtures/bin.js';

/** What the sections of each plan's programs begin with. */
const HOOKS = { tp_btf: 'tp_btf/', raw_tp: 'raw_tp/', tracepoint: 'tracepoint/block/' } as const;
type Plan = keyof typeof HOOKS;
const PLANS = Object.keys(HOOKS) as Plan[];

const work = mkdtempSync(path.join(tmpdir(), 'biolatency-'));
afterAll(() => rmSync(work, { recursive: true }));

beforeAll(async () => {
  const tracefs = '/sys/kernel/tracing';
  await host.run(['sh', '-c', `test -e ${tracefs}/events || mount -t tracefs tracefs ${tracefs}`]);
});

/** The tool's object, as if the kernel had another name for what one plan attaches to. */
function renamed(plan: Plan): string {
  const copy = path.join(work, plan);
  cpSync(path.join(directory, 'bpf'), path.join(copy, 'bpf'), { recursive: true });
  for (const name of readdirSync(path.join(copy, 'bpf'))) {
    const file = path.join(copy, 'bpf', name);
    const source = readFileSync(file, 'utf8');
    writeFileSync(file, source.replaceAll(`"${HOOKS[plan]}`, `"${HOOKS[plan]}renamed_`));
  }
  buildBpf({ directory: copy });
  return path.join(copy, 'dist/bpf', process.arch, 'biolatency.bpf.o');
}

/** The plan that a run takes, as the matrix would record it; undefined: it fails. */
async function taken(plan: Plan, objectFile: string, failures: unknown[]) {
  try {
    for await (const report of biolatency({ plan, duration: 0.1 }, { objectFile })) {
      if (report.type === 'meta') return report.plan;
    }
  } catch (error) {
    failures.push(error);
  }
}

it.each(PLANS)('renaming the hooks of %s turns exactly its cell red', async (plan) => {
  const objectFile = renamed(plan);
  const failures: unknown[] = [];
  const rows: Record<string, string> = {};
  for (const each of PLANS) {
    const found = await taken(each, objectFile, failures);
    if (found) rows[`biolatency --plan ${each}`] = found;
  }
  const wanted = {
    release: host.kernel,
    rows: Object.fromEntries(PLANS.map((each) => [`biolatency --plan ${each}`, each])),
    instructions: {},
    skips: {},
  };
  expect(compare('host', { ...wanted, rows }, wanted).faults).toEqual([
    `biolatency --plan ${plan} on host: plan none, the matrix says ${plan}`,
  ]);
  expect(failures).toEqual([expect.any(BpfError)]);
  expect(String(failures[0])).toMatch(/_(insert|issue|requeue|merge|complete)\b/);
});

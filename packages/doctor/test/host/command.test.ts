import { host } from '@probekit/core/testing';
import { describe, expect, it } from 'vitest';
import { answer, bin, inMounts } from '../fixtures/doctor.js';
import { complaints } from '../fixtures/schema.js';

const doctor = (...args: string[]) => host.run([...bin, ...args]);

describe('doctor', () => {
  it('tells every tool', async () => {
    const { code, stdout, stderr } = await doctor();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^TOOL +PLAN +OTHERS +MISSING$/m);
    expect(stdout).toMatch(/^kernel {8}\S+ (x64|arm64)\nworks {9}BTF, /m);
    expect(stdout).toMatch(/^profile +cpu-(clock|cycles) /m);
    // A pipe gets no colours.
    expect(stdout).not.toContain('\u001b');
  });

  it('of one tool asks for no hook that it has no use for', async () => {
    const names = answer(await doctor('--json', 'profile')).facts.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['btf', 'perf_event', 'cpu_cycles']));
    expect(names).not.toContain('kprobe');
  });

  it('of one tool says what the tool says itself', async () => {
    const { plan, plans } = answer(await doctor('--json', 'profile')).tools[0] ?? {};
    const bin = new URL('../../../profile/bin/profile.cjs', import.meta.url).pathname;
    const own = await host.run([process.execPath, bin, '--explain', '--json']);
    const explained = JSON.parse(own.stdout).plans as {
      name: string;
      ok: boolean;
      taken: boolean;
    }[];
    expect(plans?.map(({ name, ok }) => ({ name, ok }))).toEqual(
      explained.map(({ name, ok }) => ({ name, ok })),
    );
    expect(explained.find(({ taken }) => taken)?.name).toBe(plan);
    const run = await host.run([process.execPath, bin, '--json', '0.1']);
    expect(JSON.parse(run.stdout.split('\n')[0] as string)).toMatchObject({ type: 'meta', plan });
  });

  it('prints a record as the schema has it', async () => {
    const { stdout } = await doctor('--json');
    expect(complaints(JSON.parse(stdout))).toEqual([]);
  });

  it('exits with 3 when the tool cannot run', async () => {
    const hidden = inMounts('mount --bind /dev/null /sys/kernel/btf/vmlinux');
    const { code, stdout } = await host.run([...hidden, ...bin, 'profile']);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^profile +none +- +cpu-cycles, cpu-clock, tp_btf, raw_tp: this kernel has no BTF/m,
    );
  });

  it('names the nearest tool', async () => {
    expect(await doctor('profil')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'doctor: no tool "profil"; did you mean profile?\n',
    });
    expect(JSON.parse((await doctor('--json', 'profil')).stdout)).toMatchObject({
      type: 'error',
      exit: 2,
    });
  });

  it('says that it needs Linux', async () => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})`;
    const [node = '', script = ''] = bin;
    expect(await host.run([node, '--import', pretend, script])).toMatchObject({
      code: 3,
      stderr: 'doctor: eBPF needs Linux, and this is darwin\n',
    });
  });
});

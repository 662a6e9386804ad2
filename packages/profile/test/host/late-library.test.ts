import { compileWorkload, host, records, summaryOf } from '@probekit/core/testing';
import { describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';

describe('a library that a program loads late', () => {
  it('keeps its names when the program has exited', async () => {
    const library = compileWorkload(workload('late'), ['-DLIBRARY', '-shared', '-fPIC']);
    const program = host.start([compileWorkload(workload('late'), ['-ldl']), library]);
    try {
      await program.waitFor(/waiting/);
      const tool = host.start([...bin, '-F', '499', '-U', '--json', '-p', String(program.pid)]);
      await tool.waitFor(/Hit Ctrl-C/);
      program.write('\n');
      expect((await program.done).code).toBe(0);
      tool.signal('SIGINT');
      const { stdout } = await tool.done;
      const late = (records(stdout) as { type?: unknown; user?: unknown; count?: unknown }[])
        .filter(({ type, user }) => type === 'stack' && (user as string[]).includes('spin_late'))
        .reduce((sum, { count }) => sum + Number(count), 0);
      // Half of its 1.4 s.
      expect(late).toBeGreaterThan(summaryOf(records(stdout)).reported / 3);
    } finally {
      program.signal('SIGKILL');
      await program.done;
    }
  });
});

import { host } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Filesystem, filesystem } from '../fixtures/filesystem.js';
import { trace } from '../fixtures/run.js';

let on: Filesystem;
beforeAll(async () => {
  on = await filesystem(host);
});
afterAll(() => on.remove());

it('AIO and io_uring are not shown by system calls, and that is said once', async () => {
  const command = [on.directory, 48, 'aio', 'uring'];
  const options = ['0', '--ops', 'R,W'];
  const { rows, notices } = await trace(host, command, options, { program: 'async' });
  expect(rows).toEqual([]);
  const said = notices.filter((text) => /do not show io_uring, AIO/.test(text));
  expect(said).toHaveLength(1);
});

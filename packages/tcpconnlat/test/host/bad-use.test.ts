import { host } from '@probekit/core/testing';
import { expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

it.each([
  [['--port', '99999'], '--port must be a port or a range of them, like 8000-8099, not "99999"'],
  [['--port', '9-8'], '--port must be a port or a range of them, like 8000-8099, not "9-8"'],
  [['--daddr', 'x'], '--daddr must be an address or a network, like 10.0.0.0/8, not "x"'],
  [['--by', 'port'], '--by needs --histogram'],
  [['--histogram', '--by', '/33'], '--by must be address, port, /BITS or /BITS,BITS, not "/33"'],
  [['-46'], '--ipv4 and --ipv6 exclude each other'],
  [['-4', '-6'], '--ipv4 and --ipv6 exclude each other'],
  [['-6', '--daddr', '10.0.0.0/8'], '--ipv6 leaves nothing of --daddr 10.0.0.0/8'],
  [['-4', '--daddr', '::1'], '--ipv4 leaves nothing of --daddr ::1'],
  [['--passive', '--first-response'], '--passive and --first-response exclude each other'],
  [['ten'], 'minimum must be a number, not "ten"'],
])('%j is wrong use', async (args, message) => {
  const { code, stdout, stderr } = await host.run([...bin, ...args], { input: '' });
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(message);
});

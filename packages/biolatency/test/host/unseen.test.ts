import { host } from '@probekit/core/testing';
import { expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

/** A run where `disks` are all that there is: a directory `mq` tells one that makes requests. */
async function notices(disks: string, ...options: string[]): Promise<string> {
  const fake = `mount -t tmpfs none /sys/block && cd /sys/block && mkdir -p ${disks}
    for disk in *; do echo 8 > $disk/size; echo 253:0 > $disk/dev; done; cd /; exec "$@"`;
  const words = ['unshare', '-m', 'sh', '-ec', fake, 'sh', ...bin, ...options, '0.1', '1'];
  const { code, stderr } = await host.run(words);
  expect(code, stderr).toBe(0);
  return stderr;
}

it('--bio says when no disk there can be seen in bios, and nothing when one can', async () => {
  expect(await notices('vda/mq', '--bio')).toMatch(/^biolatency: no dm, md, zram or brd disk is/m);
  expect(await notices('vda/mq dm-0', '--bio')).not.toMatch(/^biolatency:/m);
});

it('says that --bio is what disks without requests need', async () => {
  expect(await notices('dm-0')).toMatch(/^biolatency: no disk in use makes requests; add --bio$/m);
  expect(await notices('vda/mq dm-0')).not.toMatch(/^biolatency:/m);
});

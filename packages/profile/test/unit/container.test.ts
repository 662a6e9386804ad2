import { describe, expect, it } from 'vitest';
import { containerName } from '../../src/container.js';

const ID = '3f2a9c1b7d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8';
const POD = '1b2c3d4e-5f60-7182-93a4-b5c6d7e8f90a';

describe('a cgroup', () => {
  it.each([
    [`/docker/${ID}`, 'docker:3f2a9c1b7d4e'],
    [`/system.slice/docker-${ID}.scope`, 'docker:3f2a9c1b7d4e'],
    [`/system.slice/docker-${ID}.scope/init.scope`, 'docker:3f2a9c1b7d4e'],
    [`/machine.slice/libpod-${ID}.scope/container`, 'podman:3f2a9c1b7d4e'],
    [
      `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`,
      'podman:3f2a9c1b7d4e',
    ],
    [`/libpod_parent/libpod-${ID}`, 'podman:3f2a9c1b7d4e'],
    [`/default/${ID}`, 'default:3f2a9c1b7d4e'],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`,
      'pod:1b2c3d4e/containerd:3f2a9c1b7d4e',
    ],
    [
      `/kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice/crio-${ID}.scope`,
      'pod:1b2c3d4e/crio:3f2a9c1b7d4e',
    ],
    [`/kubepods/besteffort/pod${POD}/${ID}`, 'pod:1b2c3d4e/container:3f2a9c1b7d4e'],
    ['/lxc/web', 'lxc:web'],
    ['/lxc.payload.web/system.slice/cron.service', 'lxc:web'],
    ['/machine.slice/machine-web\\x2d1.scope/payload', 'machine:web-1'],
    ['/system.slice/nginx.service', 'nginx.service'],
    ['/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service'],
    ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope'],
    [
      '/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope',
      'user@1000.service/app-firefox.scope',
    ],
    ['/jobs/nightly', '/jobs/nightly'],
    ['/', '/'],
    ['', '/'],
  ])('%s is called %s', (path, name) => expect(containerName(path)).toBe(name));
});

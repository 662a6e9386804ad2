import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../eventually.js';
import { connectGuest } from './guest.js';
import type { Kernel } from './kernels.js';
import { PARTITION_ID } from './partition.js';

const CPUS = 2;
const MEMORY_MIB = 1024;
/** Seconds; a kernel takes two on an idle machine. */
const BOOT_LIMIT_S = 120;

/** BPF LSM is not in the default list of 5.10. */
const COMMAND_LINE = `console=ttyS0 root=${PARTITION_ID} rw init=/init panic=-1 quiet lsm=landlock,lockdown,yama,bpf`;

export interface Booted {
  /** Where connectGuest finds its agent. */
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * Boots a kernel in qemu by software emulation from `image`, which is left as it is: what the guest writes is
 * dropped. It also has an empty disk of 256 MiB, by its serial number `spare`. Ends with this process.
 */
export async function boot(kernel: Kernel, image: string): Promise<Booted> {
  const work = mkdtempSync(path.join(tmpdir(), 'probekit-vm-'));
  const socket = path.join(work, 'port');
  const console = path.join(work, 'console');
  const spare = path.join(work, 'spare');
  writeFileSync(spare, '');
  truncateSync(spare, 256 * 1024 * 1024);
  const qemu = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', `${CPUS}`, '-m', `${MEMORY_MIB}`],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...['-kernel', kernel.image, '-append', COMMAND_LINE],
      ...disk('root', `${image},snapshot=on`),
      ...disk('spare', spare),
      ...['-chardev', `file,id=console,path=${console}`, '-serial', 'chardev:console'],
      ...['-chardev', `socket,id=port,path=${socket},server=on,wait=off`],
      ...['-serial', 'chardev:port'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  qemu.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const close = async () => {
    await end(qemu);
    rmSync(work, { recursive: true, force: true });
  };
  const tail = () => (existsSync(console) ? readFileSync(console, 'utf8').slice(-2000) : '');
  try {
    const over = once(qemu, 'exit').then(() => Promise.reject(new Error('qemu ended')));
    over.catch(() => {});
    await Promise.race([over, eventually('the port of qemu', () => existsSync(socket))]);
    const answer = connectGuest(kernel.name, socket, { booting: true });
    const guest = await Promise.race([answer, over, tooLate()]);
    guest.disconnect();
  } catch (error) {
    const why = `kernel ${kernel.name} (${kernel.version}) does not boot: ${(error as Error).message}`;
    const log = [said, tail()].filter(Boolean).join('\n');
    await close();
    throw new Error(`${why}\n${log}`);
  }
  return { socket, close };
}

function disk(name: string, file: string): string[] {
  return [
    ...['-drive', `if=none,id=${name},format=raw,file=${file}`],
    ...['-device', `nvme,drive=${name},serial=${name}`],
  ];
}

async function end(qemu: ChildProcess): Promise<void> {
  if (qemu.exitCode !== null || qemu.signalCode !== null) return;
  qemu.kill('SIGKILL');
  await once(qemu, 'exit');
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    const error = new Error(`no answer within ${BOOT_LIMIT_S} s`);
    setTimeout(() => reject(error), BOOT_LIMIT_S * 1000).unref();
  });
}

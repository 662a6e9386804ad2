import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../eventually.js';
import { awaitAgent, dial } from './guest.js';
import type { Kernel } from './kernels.js';

const CPUS = 2;
const MEMORY_MIB = 1024;
/** Seconds; a kernel takes two on an idle machine. */
const BOOT_LIMIT_S = 120;

/**
 * BPF LSM is not in the default list of 5.10. The CPUs share one time stamp counter, since one thread runs them, which
 * the kernel cannot know: without it every look at the clock is a device's.
 */
const COMMAND_LINE =
  'console=ttyS0 root=/dev/nvme0n1 rw init=/init panic=-1 quiet lsm=landlock,lockdown,yama,bpf tsc=reliable';

export interface Booted {
  /** Where connectGuest finds its agent. */
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * Boots a kernel in qemu by software emulation from `image`, which is left as it is: what the guest writes is dropped.
 * Ends with this process. A guest that ends by itself has the end of its console on standard error.
 */
export async function boot(kernel: Kernel, image: string): Promise<Booted> {
  const work = mkdtempSync(path.join(tmpdir(), 'probekit-vm-'));
  const socket = path.join(work, 'port');
  const log = path.join(work, 'console');
  const qemu = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
      // One thread for all CPUs: with one for each, qemu 7.2 may run a breakpoint of the kernel's text_poke() after the
      // kernel has taken it out, and the guest panics.
      ...['-accel', 'tcg,thread=single', '-cpu', 'max', '-smp', `${CPUS}`, '-m', `${MEMORY_MIB}`],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...['-kernel', kernel.image, '-append', COMMAND_LINE],
      ...['-drive', `if=none,id=root,format=raw,file=${image},snapshot=on`],
      ...['-device', 'nvme,drive=root,serial=root'],
      ...['-chardev', `file,id=console,path=${log}`, '-serial', 'chardev:console'],
      ...['-chardev', `socket,id=port,path=${socket},server=on,wait=off`],
      ...['-serial', 'chardev:port'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  qemu.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const lastWords = () => {
    const printed = existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : '';
    return [said, printed].filter(Boolean).join('\n');
  };
  const over = new Promise<never>((_, reject) => {
    qemu.on('error', reject);
    qemu.on('exit', () => reject(new Error('qemu ended')));
  });
  over.catch(() => {});
  try {
    const port = await Promise.race([over, eventually('the port of qemu', () => dial(socket))]);
    await Promise.race([awaitAgent(kernel.name, port), over, tooLate()]);
  } catch (error) {
    const why = `kernel ${kernel.name} (${kernel.version}) does not boot: ${(error as Error).message}`;
    const words = lastWords();
    await end(qemu);
    rmSync(work, { recursive: true, force: true });
    throw new Error(`${why}\n${words}`);
  }
  const tell = () => void process.stderr.write(`kernel ${kernel.name} ended\n${lastWords()}\n`);
  qemu.on('exit', tell);
  return {
    socket,
    async close() {
      qemu.off('exit', tell);
      await end(qemu);
      rmSync(work, { recursive: true, force: true });
    },
  };
}

async function end(qemu: ChildProcess): Promise<void> {
  if (qemu.pid === undefined || qemu.exitCode !== null || qemu.signalCode !== null) return;
  qemu.kill('SIGKILL');
  await once(qemu, 'exit');
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    const error = new Error(`no answer within ${BOOT_LIMIT_S} s`);
    setTimeout(() => reject(error), BOOT_LIMIT_S * 1000).unref();
  });
}

import { host } from '@probekit/core/testing';
import { expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const ESC = String.fromCharCode(27);

it('--live draws a frame each interval over the one before, and ends', async () => {
  const command = [...bin, '--histogram', '--live', '--interval', '0.2', '--count', '4']
    .map((word) => `'${word}'`)
    .join(' ');
  const { code, stdout } = await host.run(['script', '-qec', command, '/dev/null'], { input: '' });
  expect(code).toBe(0);
  const frames = stdout.split(`${ESC}[?2026h`).slice(1);
  expect(frames).toHaveLength(4);
  for (const frame of frames) expect(frame).toContain(`${ESC}[?2026l`);
  expect(frames[0]?.startsWith('\r')).toBe(true);
  // Up by as many lines as the last one had.
  for (const [i, frame] of frames.slice(1).entries()) {
    const height = (frames[i]?.split('\n').length ?? 0) - 1;
    expect(frame.startsWith(`${ESC}[${height}A\r`)).toBe(true);
  }
});

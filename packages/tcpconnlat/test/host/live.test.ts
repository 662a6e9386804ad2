import { host } from '@probekit/core/testing';
import { expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

const ESC = String.fromCharCode(27);

it('--live draws a frame each interval over the one before, and ends', async () => {
  const command = [
    'env',
    'TERM=xterm-256color',
    ...bin,
    '--histogram',
    '--live',
    '--interval',
    '0.2',
    '--count',
    '4',
  ]
    .map((word) => `'${word}'`)
    .join(' ');
  const { code, stdout } = await host.run(['script', '-qec', command, '/dev/null'], { input: '' });
  expect(code).toBe(0);
  const frames = stdout.split(`${ESC}[?2026h`).slice(1);
  expect(frames).toHaveLength(4);
  for (const frame of frames) expect(frame).toContain(`${ESC}[?2026l`);
  // From the top of the screen, which the first one has emptied.
  expect(frames[0]?.trimStart().startsWith(`${ESC}[H`)).toBe(true);
  for (const frame of frames.slice(1)) expect(frame.startsWith(`${ESC}[H`)).toBe(true);
  for (const frame of frames) expect(frame).toMatch(/Tracing .* in the last [\d.]+ s;/s);
});

import { terminalFrames } from '@probekit/core/testing';
import { expect, it } from 'vitest';
import { bin } from '../fixtures/bin.js';

it('--live draws a frame each interval over the one before, and ends', async () => {
  const frames = await terminalFrames([...bin, '--live', '0.2', '4']);
  expect(frames).toHaveLength(4);
  for (const frame of frames) expect(frame).toMatch(/Tracing .* in the last [\d.]+ s;/s);
});

import { machineAt } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import { LOOPBACK, trace } from '../fixtures/run.js';

const machine = await machineAt(inject('guest'));
const FIRST = ['--first-response'];

describe('--first-response', () => {
  it('is the time to the first data of the peer', async () => {
    const { rows, summary } = await trace(machine, LOOPBACK, ['respond', 200, 0], FIRST);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ result: 'ok', first_response_by: 'segment' });
    expect(rows[0]?.latency_ms).toBeLessThan(100);
    expect(rows[0]?.first_response_ms).toBeGreaterThanOrEqual(200);
    expect(rows[0]?.first_response_ms).toBeLessThan(350);
    expect(summary.quality.late_responses).toBe(1);
  });

  it('is the time of the read after half of the connection was closed', async () => {
    const { rows } = await trace(machine, LOOPBACK, ['respond', 200, 1], FIRST);
    expect(rows[0]).toMatchObject({ result: 'ok', first_response_by: 'read' });
    expect(rows[0]?.first_response_ms).toBeGreaterThanOrEqual(200);
    expect(rows[0]?.first_response_ms).toBeLessThan(350);
  });

  it('is null where the peer never said anything', async () => {
    const { rows, summary } = await trace(machine, LOOPBACK, ['own', '127.0.0.1', 5], FIRST);
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      expect(row).toMatchObject({ result: 'ok', first_response_ms: null, first_response_by: null });
    }
    expect(summary.quality.responses_not_timed).toBe(0);
    expect(summary.in_flight).toBe(0);
  });

  it('is null for a failure', async () => {
    const { rows } = await trace(machine, LOOPBACK, ['refused'], FIRST);
    expect(rows[0]).toMatchObject({ result: 'refused', first_response_ms: null });
  });
});

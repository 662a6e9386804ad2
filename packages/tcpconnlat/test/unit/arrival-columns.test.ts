import { rows } from '@probekit/core';
import { describe, expect, it } from 'vitest';
import { arrivalColumns, arrivalEndNs, arrivalHidden } from '../../src/arrival-columns.js';
import { rowText } from '../../src/row-text.js';
import type { Arrival } from '../../src/tcpconnlat.gen.js';

const NONE = { timestamp: false, result: false, netns: false };

function v4(...bytes: number[]) {
  return { a: Buffer.from(bytes).readUInt32LE(), b: 0, c: 0, d: 0 };
}

const arrival: Arrival = {
  startNs: 1e9,
  handshakeNs: 310_000,
  waitNs: 12_400_000,
  pid: 907,
  tid: 907,
  netns: 4026531840,
  synackRetransmits: 0,
  queueLength: 3,
  queueLimit: 128,
  ends: {
    saddr: v4(192, 168, 8, 95),
    daddr: v4(192, 168, 5, 17),
    lport: 443,
    dport: 53564,
    ip: 4,
    mapped: false,
  },
  error: 0,
  result: 0,
  traits: 0,
  isHandshakeTimed: true,
  isWaitTimed: true,
  comm: 'sshd',
};

/** Reset by the peer while it waited: nobody accepted it. */
const gone: Arrival = { ...arrival, pid: 0, tid: 0, comm: '', error: 104, result: 4 };

function printed(args: Partial<typeof NONE>, ...given: Arrival[]): string {
  const all = { ...NONE, ...args };
  const text = rowText({ ...all, hidden: arrivalHidden(all), endNs: arrivalEndNs });
  return text.report(rows(arrivalColumns(all), given));
}

function values(given: Arrival) {
  return Object.fromEntries(arrivalColumns(NONE).map(({ key, get }) => [key, get(given)]));
}

describe('incoming connections', () => {
  it("have the columns of BCC's tcpaccept, queue and times", () => {
    expect(printed({}, arrival)).toBe(
      'PID     COMM         IP RADDR            RPORT LADDR            LPORT QUEUE     HAND(ms) WAIT(ms)\n' +
        '907     sshd         4  192.168.5.17     53564 192.168.8.95     443   3/128     0.31     12.40\n',
    );
  });

  it('never show a failure as a success', () => {
    expect(printed({}, gone)).toMatch(/^- {7}- {12}4 .* 12\.40 reset\n$/m);
    expect(printed({ result: true }, gone)).toMatch(/ 12\.40 +reset +ECONNRESET +0 +-\n$/);
  });

  it('are values whose sum is the latency', () => {
    expect(values(arrival)).toMatchObject({
      side: 'passive',
      handshake_ms: 0.31,
      accept_wait_ms: 12.4,
      latency_ms: 12.71,
      queue_length: 3,
      queue_limit: 128,
      result: 'accepted',
      errno: null,
    });
  });

  it('are null where they are unknown', () => {
    expect(values({ ...gone, isHandshakeTimed: false, handshakeNs: 0 })).toMatchObject({
      pid: null,
      comm: null,
      handshake_ms: null,
      accept_wait_ms: 12.4,
      latency_ms: 12.4,
    });
    expect(values({ ...arrival, isWaitTimed: false, waitNs: 0 })).toMatchObject({
      accept_wait_ms: null,
      latency_ms: null,
      result: 'accepted',
    });
  });
});

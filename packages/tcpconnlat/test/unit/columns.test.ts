import { rows } from '@probekit/core';
import { describe, expect, it } from 'vitest';
import { columns, endNs, hidden } from '../../src/columns.js';
import { rowText } from '../../src/row-text.js';
import type { Connection } from '../../src/tcpconnlat.gen.js';

const NONE = { timestamp: false, lport: false, result: false, netns: false, firstResponse: false };

function v4(...bytes: number[]) {
  return { a: Buffer.from(bytes).readUInt32LE(), b: 0, c: 0, d: 0 };
}

const connection: Connection = {
  startNs: 1e9,
  latencyNs: 4e7,
  responseNs: 0,
  pid: 2734,
  tid: 2735,
  netns: 4026531840,
  synRetransmits: 0,
  ends: {
    saddr: v4(192, 168, 8, 95),
    daddr: v4(192, 168, 5, 17),
    lport: 53564,
    dport: 631,
    ip: 4,
    mapped: false,
  },
  error: 0,
  result: 0,
  traits: 0,
  response: 0,
  comm: 'cups-browsed-and-more',
};

function printed(args: Partial<typeof NONE>, ...given: Connection[]): string {
  const all = { ...NONE, ...args };
  const text = rowText({ ...all, hidden: hidden(all), endNs });
  return text.report(rows(columns(all), given));
}

describe('the text', () => {
  it("is BCC's", () => {
    expect(printed({}, connection)).toBe(
      'PID     COMM         IP SADDR            DADDR            DPORT LAT(ms)\n' +
        '2734    cups-browsed 4  192.168.8.95     192.168.5.17     631   40.00\n',
    );
  });

  it("is BCC's with -t and -L", () => {
    const later = { ...connection, startNs: 3.5e9 };
    expect(printed({ timestamp: true, lport: true }, connection, later)).toBe(
      'TIME(s)  PID     COMM         IP SADDR            LPORT  DADDR            DPORT LAT(ms)\n' +
        '0.000    2734    cups-browsed 4  192.168.8.95     53564  192.168.5.17     631   40.00\n' +
        '2.500    2734    cups-browsed 4  192.168.8.95     53564  192.168.5.17     631   40.00\n',
    );
  });

  it('never shows a failure as a success', () => {
    const refused = { ...connection, error: 111, result: 1 };
    expect(printed({}, refused)).toMatch(/ 40\.00 refused\n$/);
    expect(printed({ result: true }, refused)).toMatch(/ 40\.00 +refused +ECONNREFUSED 0 +-\n$/);
  });

  it('has the network namespace and the local port where they are asked for', () => {
    expect(printed({ netns: true, lport: true }, connection)).toMatch(
      / LPORT .* NETNS\n.* 53564 .* 631 {3}40\.00 {4}4026531840\n$/,
    );
  });

  it('has the first response, or a dash where none came', () => {
    const answered = { ...connection, response: 1, responseNs: 2.4e8 };
    expect(printed({ firstResponse: true }, answered, connection)).toMatch(
      / LAT\(ms\) {2}FIRST\(ms\)\n.* 40\.00 {4}240\.00 *\n.* 40\.00 {4}- *\n$/,
    );
  });

  it('widens for IPv6 rather than break', () => {
    const daddr = { a: 0xb80d0120, b: 0x44332211, c: 0x88776655, d: 0x01000000 };
    const line = printed({}, { ...connection, ends: { ...connection.ends, ip: 6, daddr } });
    expect(line).toContain(' 2001:db8:1122:3344:5566:7788:0:1 631   40.00\n');
  });
});

describe('the values', () => {
  it('are null where they are unknown', () => {
    const ends = { ...connection.ends, saddr: v4(0, 0, 0, 0), lport: 0 };
    const all = columns({ ...NONE, firstResponse: true });
    const row = { ...connection, ends, error: 101, result: 3, traits: 3 };
    const values = Object.fromEntries(all.map(({ key, get }) => [key, get(row)]));
    expect(values).toMatchObject({
      saddr: null,
      lport: null,
      result: 'unreachable',
      errno: 'ENETUNREACH',
      latency_ms: 40,
      traits: 'nonblocking,v4_mapped',
      first_response_ms: null,
      first_response_by: null,
    });
  });
});

import { describe, expect, it } from 'vitest';
import { explain, parseNetstat } from '../../src/listen-queues.js';

const NETSTAT = `TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPReqQFullDrop
TcpExt: 1 12 13 3
IpExt: InNoRoutes ListenOverflows
IpExt: 7 8
`;

describe('netstat', () => {
  it('is read by name', () => {
    expect(parseNetstat(NETSTAT)).toEqual({ overflows: 12, requests: 3 });
  });

  it('may lack a counter', () => {
    expect(parseNetstat('TcpExt: A\nTcpExt: 1\n')).toEqual({ overflows: 0, requests: 0 });
  });
});

describe('what a listener dropped', () => {
  const none = { synRetransmitted: 0, lateResponses: 0 };

  it.each([
    [{ ...none, synRetransmitted: 2 }, /^listen queue overflow: .* 2 connections had to repeat/],
    [{ ...none, lateResponses: 3 }, /^accept queue overflow: .* 3 connections were established/],
    [none, /^listen queue overflow: .* dropped 5 SYNs or ACKs;/],
  ])('is named after what the connections showed', (signs, line) => {
    const [said = ''] = explain('4026531840', { overflows: 5, requests: 0 }, signs);
    expect(said).toMatch(line);
    expect(said).toContain('network namespace 4026531840');
  });

  it('is not mentioned where there is nothing', () => {
    expect(explain('1', { overflows: 0, requests: 0 }, { ...none, synRetransmitted: 9 })).toEqual(
      [],
    );
  });
});

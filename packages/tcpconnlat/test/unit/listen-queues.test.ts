import { describe, expect, it } from 'vitest';
import { explain, mountedNamespaces, parseNetstat } from '../../src/listen-queues.js';

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
    const said = explain('4026531840', { overflows: 5, requests: 0 }, signs);
    expect(said).toMatch(line);
    expect(said).toContain('network namespace 4026531840');
  });
});

it('knows the network namespaces that are mounted', () => {
  const mountinfo = `23 28 0:22 / /proc rw,relatime shared:12 - proc proc rw
512 30 0:4 net:[4026532249] /run/netns/blue\\040sky rw shared:5 - nsfs nsfs rw
513 30 0:4 mnt:[4026532250] /run/mnt rw shared:6 - nsfs nsfs rw
`;
  expect([...mountedNamespaces(mountinfo)]).toEqual(['4026532249']);
});

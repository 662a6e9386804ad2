import { UsageError } from '@probekit/core';
import { addressText, maskOf, parsePrefix } from './address.js';
import { arrivalResult, resultOf } from './result.js';
import { STAGES, type Stage } from './stage.js';
import type { Destination } from './tcpconnlat.gen.js';

/** The rodata of wanted.bpf.h. Throws UsageError for what is no port, range of ports or network. */
export function wantedRodata(args: {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly port: string | undefined;
  readonly daddr: string | undefined;
}) {
  const { first, last } = portRange(args.port ?? '0-65535');
  const ports = { port_first: first, port_last: last };
  const only_ip = args.ipv4 ? 4 : args.ipv6 ? 6 : 0;
  if (args.daddr === undefined) return { only_ip, ...ports };
  const prefix = parsePrefix(args.daddr);
  if (!prefix) {
    throw new UsageError(
      `--daddr must be an address or a network, like 10.0.0.0/8, not "${args.daddr}"`,
    );
  }
  if (only_ip && only_ip !== prefix.ip) {
    throw new UsageError(`--ipv${only_ip} leaves nothing of --daddr ${args.daddr}`);
  }
  const [net_a, net_b, net_c, net_d] = prefix.words;
  const [mask_a, mask_b, mask_c, mask_d] = prefix.mask;
  const net = { only_net: true, net_ip: prefix.ip, net_a, net_b, net_c, net_d };
  return { only_ip, ...ports, ...net, mask_a, mask_b, mask_c, mask_d };
}

/** What tells destinations apart. */
export interface Grouping {
  readonly byPort: boolean;
  /** Bits of IPv4 and of IPv6 addresses. */
  readonly v4Bits: number;
  readonly v6Bits: number;
  /** Whether incoming connections are counted, whose port is the local one. */
  readonly passive: boolean;
}

/**
 * `address`, `port`, `/24` (of IPv4 addresses), `/24,64` (and of IPv6); left out: by address, or by the listener's
 * address and port. Throws UsageError.
 */
export function grouping(args: {
  readonly by: string | undefined;
  readonly passive: boolean;
}): Grouping {
  const { passive, by = passive ? 'port' : 'address' } = args;
  if (by === 'address' || by === 'port') {
    return { byPort: by === 'port', v4Bits: 32, v6Bits: 128, passive };
  }
  const [, v4, v6] = /^\/(\d{1,2})(?:,\/?(\d{1,3}))?$/.exec(by) ?? [];
  const [v4Bits, v6Bits] = [Number(v4), v6 === undefined ? 128 : Number(v6)];
  if (v4 === undefined || v4Bits > 32 || v6Bits > 128) {
    throw new UsageError(`--by must be address, port, /BITS or /BITS,BITS, not "${by}"`);
  }
  return { byPort: false, v4Bits, v6Bits, passive };
}

export function groupingRodata({ byPort, v4Bits, v6Bits }: Grouping) {
  const [v4_prefix] = maskOf(v4Bits, 4);
  const [v6_prefix_a, v6_prefix_b, v6_prefix_c, v6_prefix_d] = maskOf(v6Bits, 6);
  return { by_port: byPort, v4_prefix, v6_prefix_a, v6_prefix_b, v6_prefix_c, v6_prefix_d };
}

/** What tells histograms apart, in the order of the table, and how wide each is there. */
export function labelWidths(
  groups: Grouping,
  stages: readonly Stage[],
): Readonly<Record<string, number>> {
  const stage = stages.length > 1 ? { stage: 14 } : {};
  return { [placeName(groups)]: 24, ...stage, result: 11 };
}

/** The destination of an incoming connection is the listener. */
function placeName({ byPort, passive }: Grouping): 'source' | 'destination' {
  return passive && !byPort ? 'source' : 'destination';
}

/** `10.0.0.0/24`, `10.0.0.1`, `10.0.0.1:443`, `[::1]:443`, and what was timed where that is not one thing alone. */
export function destinationLabels(
  groups: Grouping,
  stages: readonly Stage[],
): (key: Destination) => Readonly<Record<string, string>> {
  const { byPort, v4Bits, v6Bits, passive } = groups;
  const name = passive ? arrivalResult : resultOf;
  return (key: Destination) => {
    const { address, ip, port } = key;
    const text = ip ? addressText(ip, address) : 'unknown';
    const bits = ip === 4 ? v4Bits : v6Bits;
    const prefix = bits === (ip === 4 ? 32 : 128) ? text : `${text}/${bits}`;
    const withPort = ip === 6 ? `[${text}]:${port}` : `${text}:${port}`;
    const stage = stages.length > 1 ? { stage: STAGES[key.stage] ?? 'unknown' } : {};
    return { [placeName(groups)]: byPort ? withPort : prefix, ...stage, result: name(key) };
  };
}

function portRange(text: string): { first: number; last: number } {
  const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const first = Number(from);
  const last = Number(to ?? from);
  if (from === undefined || first > last || last > 65535) {
    throw new UsageError(`--port must be a port or a range of them, like 8000-8099, not "${text}"`);
  }
  return { first, last };
}

import type { AnyTool } from '@probekit/core';

/** Every tool of the suite, loaded when it is asked about. A new tool is one line. */
export const TOOLS: Readonly<Record<string, () => Promise<AnyTool>>> = {
  biolatency: async () => (await import('@probekit/biolatency')).biolatency,
  ext4slower: async () => (await import('@probekit/ext4slower')).ext4slower,
  funclatency: async () => (await import('@probekit/funclatency')).funclatency,
  profile: async () => (await import('@probekit/profile')).profile,
  tcpconnlat: async () => (await import('@probekit/tcpconnlat')).tcpconnlat,
};

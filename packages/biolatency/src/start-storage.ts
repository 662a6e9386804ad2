import { requestCount } from './disks.js';

interface Args {
  readonly bio: boolean;
  readonly startStorageSize: number | undefined;
}

/** More places than these are not held for requests that may never come: 128 bytes each, at once. */
const MOST_KEPT = 1 << 16;

/** For disks that come while we trace. */
const MORE = 4096;

/** For starts that go when they end, so that only those in flight count. */
const IN_FLIGHT = 10240;

/** How many starts there is room for, and whether each request keeps its place there when it has ended. */
export function startStorage({ bio, startStorageSize: asked }: Args): {
  starts: number;
  keep: boolean;
} {
  const requests = requestCount();
  const enough = Math.ceil(requests * 1.5) + MORE;
  const starts = asked ?? (bio || enough > MOST_KEPT ? IN_FLIGHT : enough);
  return { starts, keep: !bio && starts >= enough };
}

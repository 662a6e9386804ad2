import type { Outcome, TypedObject } from '@probekit/core';
import type { Quality, skeleton } from './tcpconnlat.gen.js';

export interface Signs {
  readonly synRetransmitted: number;
  readonly lateResponses: number;
}

/** What only BPF could see of the run's quality, and what a person should know of it. */
export async function readQuality(
  object: TypedObject<typeof skeleton>,
): Promise<{ outcome: Outcome; signs: Signs; notices: string[] }> {
  const flights = await object.maps.flights.snapshot();
  const cpus = object.maps.quality.perCpu(0);
  const sum = (member: keyof Quality) => cpus.reduce((total, cpu) => total + cpu[member], 0);
  const notKept = sum('callsNotKept');
  const signs = {
    synRetransmitted: sum('synRetransmitted'),
    lateResponses: sum('lateResponses'),
  };
  const notices: string[] = [];
  if (notKept > 0) {
    notices.push(
      `${notKept} connect() calls found no room, so that their failures may be unseen; raise --connection-storage-size`,
    );
  }
  return {
    outcome: {
      inFlight: flights.filter(([, { isOver }]) => !isOver).length,
      quality: {
        calls_not_kept: notKept,
        syn_retransmitted: signs.synRetransmitted,
        late_responses: signs.lateResponses,
        responses_not_timed: sum('responsesNotTimed'),
      },
    },
    signs,
    notices,
  };
}

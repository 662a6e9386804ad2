import type { Outcome, TypedObject } from '@probekit/core';
import type { Signs } from './signs.js';
import type { Quality, skeleton } from './tcpconnlat.gen.js';

/** What only BPF could see of the run's quality, and what a person should know of it. */
export async function readQuality(
  object: TypedObject<typeof skeleton>,
  { passive }: { readonly passive: boolean },
): Promise<{ outcome: Outcome; signs: Signs; notices: string[] }> {
  const cpus = object.maps.quality.perCpu(0);
  const sum = (member: keyof Quality) => cpus.reduce((total, cpu) => total + cpu[member], 0);
  const signs = {
    synRetransmitted: passive ? 0 : sum('synRetransmitted'),
    lateResponses: sum('lateResponses'),
  };
  const stages = { stages_not_counted: sum('stagesNotCounted') };
  const quality = passive
    ? {
        synack_retransmitted: sum('synRetransmitted'),
        queue_filled: sum('queueFilled'),
        syncookies: sum('syncookies'),
        handshakes_not_timed: sum('handshakesNotTimed'),
        accepts_not_timed: sum('acceptsNotTimed'),
        listeners_not_found: sum('listenersNotFound'),
        listeners_not_kept: sum('listenersNotKept'),
        ...stages,
      }
    : {
        calls_not_kept: sum('callsNotKept'),
        syn_retransmitted: signs.synRetransmitted,
        late_responses: signs.lateResponses,
        responses_not_timed: sum('responsesNotTimed'),
        ...stages,
      };
  const inFlight = passive
    ? (await object.maps.waitings.snapshot()).filter(([, one]) => one.isEvent && !one.isOver)
    : (await object.maps.flights.snapshot()).filter(([, one]) => !one.isOver);
  return { outcome: { inFlight: inFlight.length, quality }, signs, notices: notices(sum) };
}

function notices(sum: (member: keyof Quality) => number): string[] {
  const say = (member: keyof Quality, text: string) =>
    sum(member) > 0 ? [`${sum(member)} ${text}`] : [];
  return [
    ...say(
      'callsNotKept',
      'connect() calls found no room, so that their failures may be unseen; raise --connection-storage-size',
    ),
    ...say(
      'stagesNotCounted',
      'connections are in one histogram and found no room in another; raise --histogram-storage-size',
    ),
    ...say(
      'queueFilled',
      'connections took the last place of an accept queue: the next one is dropped; accept() faster, or raise the backlog of listen() and net.core.somaxconn',
    ),
    ...say(
      'syncookies',
      'connections came by a syncookie, since the queue of handshakes was full: how long theirs took is unknown',
    ),
    ...say(
      'acceptsNotTimed',
      'connections were accepted in a way that this plan does not see, such as io_uring: their wait is unknown',
    ),
    ...say(
      'listenersNotFound',
      'incoming connections have no listener that we could find: with -p or --cgroup they are not shown',
    ),
    ...say('listenersNotKept', 'listeners found no room: what came to them is not shown'),
  ];
}

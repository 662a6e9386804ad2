import { histogram } from '@probekit/core';
import { describe, expect, it } from 'vitest';
import { destinationLabels, grouping, labelWidths } from '../../src/settings.js';
import { ofStage, stagesOf } from '../../src/stage.js';

const key = {
  address: { a: Buffer.from([10, 0, 0, 1]).readUInt32LE(), b: 0, c: 0, d: 0 },
  ip: 4,
  port: 443,
  result: 0,
  stage: 0,
  chunk: 0,
};

function labels(by: string | undefined, passive: boolean, firstResponse = false, stage = 0) {
  const stages = stagesOf({ passive, firstResponse });
  return destinationLabels(grouping({ by, passive }), stages)({ ...key, stage });
}

describe('what tells histograms apart', () => {
  it('is the destination, and by default its address', () => {
    expect(labels(undefined, false)).toEqual({ destination: '10.0.0.1', result: 'ok' });
    expect(labels('port', false)).toEqual({ destination: '10.0.0.1:443', result: 'ok' });
    expect(labels('/24', false)).toEqual({ destination: '10.0.0.1/24', result: 'ok' });
  });

  it('is the stage too where there are two', () => {
    expect(labels(undefined, false, true, 1)).toMatchObject({ stage: 'first_response' });
    expect(labels(undefined, false, true, 0)).toMatchObject({ stage: 'connect' });
  });

  it('is the listener of what came, or where it came from', () => {
    const accepted = { stage: 'accept_wait', result: 'accepted' };
    expect(labels(undefined, true, false, 3)).toEqual({ destination: '10.0.0.1:443', ...accepted });
    expect(labels('/24', true, false, 3)).toEqual({ source: '10.0.0.1/24', ...accepted });
  });

  it('has a column each in the table', () => {
    const groups = grouping({ by: 'address', passive: true });
    const stages = stagesOf({ passive: true, firstResponse: false });
    expect(Object.keys(labelWidths(groups, stages))).toEqual(['source', 'stage', 'result']);
  });
});

describe('of two stages', () => {
  const of = (stage: string) =>
    histogram({
      unit: 'us',
      labels: { stage },
      slots: [{ from: 1, to: 1, count: 3 }],
      sum: 3,
    });
  const stages = stagesOf({ passive: false, firstResponse: true });

  it('the first stands for the events, the other shows the same ones', () => {
    const args = { live: false, passive: false };
    expect(ofStage(of('connect'), stages, args)).toMatchObject({ count: 3, events: 3 });
    expect(ofStage(of('first_response'), stages, args)).toMatchObject({ count: 3, events: 0 });
  });

  it('a live picture has one', () => {
    const args = { live: true, passive: false };
    expect(ofStage(of('connect'), stages, args)).toMatchObject({ slots: [], events: 3 });
    expect(ofStage(of('first_response'), stages, args).slots).toHaveLength(1);
  });
});

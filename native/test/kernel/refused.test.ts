import { machineAt } from '@probekit/core/testing';
import { afterAll, describe, inject, it } from 'vitest';
import { type Refusal, refusedObject } from './refused.js';

const object = await refusedObject(await machineAt(inject('guest')));
afterAll(() => object.remove());

const refusals: Refusal[] = [
  {
    program: 'endless_loop',
    codes: ['EINVAL'],
    check: /infinite loop detected/,
    lines: /number/,
  },
  {
    program: 'out_of_bounds',
    codes: ['EACCES'],
    check: /invalid access to map value.* off=56 size=8/,
    lines: /:55\b|return number/,
  },
  {
    program: 'deep_stack',
    codes: ['EACCES'],
    check: /combined stack size of 2 calls is \d+\. Too large/,
    lines: /:7\d\b|deeper/,
  },
];

describe('a program that the verifier refuses', () => {
  it.each(refusals)('$program: one line names it, the check and the source', (refusal) =>
    object.expectRefusal(refusal),
  );
});

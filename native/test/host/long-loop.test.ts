import { host } from '@probekit/core/testing';
import { afterAll, it } from 'vitest';
import { refusedObject } from '../kernel/refused.js';

const object = await refusedObject(host);
afterAll(() => object.remove());

// On the host alone: the verifier walks a million instructions three times over, once with a log of 16 MB, which takes
// minutes in emulation. Guests refuse the loop without an end, in test/kernel.
it('a loop that takes too long to verify: one line names it, the check and the source', () =>
  object.expectRefusal({
    program: 'long_loop',
    codes: ['E2BIG'],
    check: /program is too large|too complex/,
    lines: /:4\d\b|number|i < /,
  }));

import { expect, it } from 'vitest';
import { spreadNotice } from '../../src/quality.js';

it.each([
  [500, 700],
  [500, 750],
  [null, null],
])('is silent of probes that add %s ns, and %s in one call of ten', (costNs, costP90Ns) => {
  expect(spreadNotice({ costNs, costP90Ns })).toEqual([]);
});

it('says that what is subtracted varies', () => {
  expect(spreadNotice({ costNs: 500, costP90Ns: 751 })).toEqual([
    'what the probes add varies: 500 ns are subtracted, one call of ten took 751 or more; try a quieter machine',
  ]);
});

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { pageBytes } from '../../src/page-size.js';

it('is what getconf says', () => {
  expect(pageBytes()).toBe(Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })));
});

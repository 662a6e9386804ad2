import { expect, it } from 'vitest';
import { alternatives } from '../../src/alternatives.js';

it.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a or b'],
  [['a', 'b', 'c'], 'a, b or c'],
])('%j', (values, text) => expect(alternatives(values)).toBe(text));

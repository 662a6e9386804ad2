import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText } from '../../../src/escape.js';
import { folded } from '../../../src/render/folded.js';
import { json } from '../../../src/render/json.js';
import { text } from '../../../src/render/text.js';
import { type Column, histogram, rows } from '../../../src/report.js';
import { report, sampled, stack } from '../../fixtures/stacks.js';

/** Any string: lone surrogates, control characters, marks of direction, separators. */
const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({
    unit: fc.constantFrom(
      '\n',
      '\r',
      '\u001b',
      '\u0085',
      '\u009b',
      '\u2028',
      '\u202e',
      '\u061c',
      '\u2066',
      '\ufeff',
      '\ud800',
      '\udc00',
      ';',
      '"',
      '\\',
      ' ',
      '</script>',
    ),
  }),
);
const names = fc.array(fc.option(name), { maxLength: 6 });

/** Written out once more, independently of the renderers: what acts on a terminal. */
function isHarmless(printed: string): boolean {
  return [...printed].every((character) => {
    const code = character.codePointAt(0) as number;
    const isControl = (code < 0x20 && character !== '\n') || (code >= 0x7f && code <= 0x9f);
    const isDirection =
      [0x061c, 0x200e, 0x200f].includes(code) ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    return (
      !isControl &&
      !isDirection &&
      !isSurrogate &&
      code !== 0x2028 &&
      code !== 0x2029 &&
      code !== 0xfeff
    );
  });
}

interface Row {
  readonly comm: string;
}
const columns: readonly Column<Row>[] = [
  { key: 'comm', header: 'COMM', width: -16, get: ({ comm }) => comm },
];

describe('whatever a process calls itself', () => {
  it('stack text has one line a frame', () => {
    fc.assert(
      fc.property(name, names, names, (comm, user, kernel) => {
        const printed = text().report(
          report(sampled({ comm, user: stack(...user), kernel: stack(...kernel) })),
        );
        expect(isHarmless(printed)).toBe(true);
        expect(printed.split('\n')).toHaveLength(user.length + kernel.length + 4);
      }),
    );
  });

  it('a folded line splits back into its frames and count', () => {
    fc.assert(
      fc.property(name, names, names, fc.integer({ min: 1 }), (comm, user, kernel, count) => {
        const printed = folded().report(
          report(sampled({ comm, user: stack(...user), kernel: stack(...kernel), count })),
        );
        expect(isHarmless(printed)).toBe(true);
        expect(printed.split('\n')).toHaveLength(2);
        const [, frames = '', shown] = /^(.*) (\d+)\n$/.exec(printed) ?? [];
        expect(frames.split(';')).toHaveLength(1 + user.length + kernel.length);
        expect(Number(shown)).toBe(count);
      }),
    );
  });

  it('JSON gives the names back exactly', () => {
    fc.assert(
      fc.property(name, names, names, (comm, user, kernel) => {
        const printed = json().report(
          report(sampled({ comm, user: stack(...user), kernel: stack(...kernel) })),
        );
        expect(isHarmless(printed)).toBe(true);
        expect(printed.split('\n')).toHaveLength(2);
        const shown = (given: (string | null)[]) =>
          given.map((frame) => frame ?? '[unknown]').reverse();
        expect(JSON.parse(printed)).toMatchObject({
          comm,
          user: shown(user),
          kernel: shown(kernel),
        });
      }),
    );
  });

  it('a row is one line, in text and in JSON', () => {
    fc.assert(
      fc.property(name, (comm) => {
        const table = text().report(rows(columns, [{ comm }]));
        expect(isHarmless(table)).toBe(true);
        expect(table.split('\n')).toHaveLength(3);
        const line = json().report(rows(columns, [{ comm }]));
        expect(isHarmless(line)).toBe(true);
        expect(line.split('\n')).toHaveLength(2);
        expect(JSON.parse(line)).toEqual({ type: 'event', comm });
      }),
    );
  });

  it('a histogram keeps its label on one line', () => {
    fc.assert(
      fc.property(name, (disk) => {
        const report = histogram({
          unit: 'us',
          labels: { disk },
          slots: [{ from: 0, to: 1, count: 1 }],
          sum: 1,
        });
        expect(isHarmless(text().report(report))).toBe(true);
        expect(text().report(report).split('\n')).toHaveLength(6);
        expect(isHarmless(json().report(report))).toBe(true);
        expect(JSON.parse(json().report(report))).toMatchObject({ labels: { disk } });
      }),
    );
  });

  it('a plain name stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (plain) => {
        expect(escapeText(plain)).toBe(plain);
      }),
    );
    expect(escapeText('größe 磁盘 💽 <script> "\'&;')).toBe('größe 磁盘 💽 <script> "\'&;');
    expect(escapeText('\u0000\u007f\u2067\ud800')).toBe('\\x00\\x7f\\u{2067}\\u{d800}');
  });
});

import { WriteStream } from 'node:tty';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { histogram } from '../../src/report.js';
import { terminalHeatmap } from '../../src/terminal.js';

/** As standard output of the test that runs. */
function terminal(isTTY: boolean): void {
  const { hasColors, getColorDepth } = WriteStream.prototype;
  const stdout = { isTTY, columns: 40, rows: 10, hasColors, getColorDepth };
  vi.spyOn(process, 'stdout', 'get').mockImplementation(() => stdout as never);
}

const frame = () => {
  const slots = [{ from: 2, to: 3, count: 1 }];
  return terminalHeatmap().report(histogram({ unit: 'us', labels: {}, slots, sum: 2 }));
};

describe('a heatmap for the terminal', () => {
  beforeEach(() => {
    for (const name of ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'COLORTERM', 'CI']) {
      vi.stubEnv(name, undefined);
    }
    for (const name of ['TMUX', 'TEAMCITY_VERSION', 'TERM_PROGRAM']) vi.stubEnv(name, undefined);
    vi.stubEnv('TERM', 'xterm-256color');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('has the colors that the terminal has', () => {
    terminal(true);
    for (const name of ['xterm-256color', 'tmux-256color', 'xterm-kitty', 'alacritty', 'foot']) {
      vi.stubEnv('TERM', name);
      expect(frame(), name).toContain('\x1b[48;5;228m ');
    }
    vi.stubEnv('TERM', 'vt220');
    expect(frame()).toContain('      2 us @');
  });

  it('has none where NO_COLOR says so', () => {
    terminal(true);
    vi.stubEnv('NO_COLOR', '1');
    for (const name of ['xterm-256color', 'tmux-256color']) {
      vi.stubEnv('TERM', name);
      expect(frame(), name).toContain('      2 us @');
    }
  });

  it('is refused where nothing can be drawn over', () => {
    terminal(false);
    expect(terminalHeatmap).toThrow('--live needs a terminal; --csv or --json do not');
    terminal(true);
    vi.stubEnv('TERM', 'dumb');
    expect(terminalHeatmap).toThrow(
      '--live needs a terminal that moves its cursor, not TERM=dumb; --csv or --json do not',
    );
  });
});

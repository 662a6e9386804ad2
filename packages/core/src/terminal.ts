import { UsageError } from './errors.js';
import { heatmap } from './render/heatmap.js';
import type { Renderer } from './render/renderer.js';

/** What `--live` draws on standard output. Throws UsageError where that is no terminal, or one whose cursor does not move. */
export function terminalHeatmap(): Renderer {
  const { stdout } = process;
  const others = '--csv or --json do not';
  if (stdout.isTTY !== true) throw new UsageError(`--live needs a terminal; ${others}`);
  if (process.env.TERM === 'dumb') {
    throw new UsageError(`--live needs a terminal that moves its cursor, not TERM=dumb; ${others}`);
  }
  return heatmap({ size: terminalSize, color: stdout.hasColors(256) });
}

/** The terminal's size now; 80 by 24 where it does not say. */
function terminalSize(): { columns: number; rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}

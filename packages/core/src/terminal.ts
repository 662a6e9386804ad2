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
  return heatmap({ size: terminalSize, color: hasColors() });
}

/** Node knows few of the terminals that have 256 colors by name, and not all that say so in it. */
function hasColors(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM = '' } = process.env;
  if (process.stdout.hasColors(256)) return true;
  if (NO_COLOR || FORCE_COLOR !== undefined) return false;
  return /256color|direct|kitty|alacritty|foot/.test(TERM);
}

/** The terminal's size now; 80 by 24 where it does not say. */
function terminalSize(): { columns: number; rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}

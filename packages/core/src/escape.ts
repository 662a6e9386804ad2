/**
 * Names come from other processes and may hold anything. These functions make a name harmless for
 * one format each; what they replace is shown as `\xNN` (a byte) or `\u{N}`.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

function code(character: string): string {
  const value = character.charCodeAt(0);
  return value < 0x100
    ? `\\x${value.toString(16).padStart(2, '0')}`
    : `\\u{${value.toString(16)}}`;
}

/** For a terminal: no control characters, escape sequences or marks that change the direction of text. */
export function escapeText(name: string): string {
  return name.replace(CONTROL, code);
}

/** For a frame of a folded stack: also `;` as `:`, the field's convention (stackcollapse-perf). */
export function escapeFolded(name: string): string {
  return escapeText(name).replaceAll(';', ':');
}

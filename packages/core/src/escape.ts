/**
 * Names come from other processes and may hold anything. These functions make a name harmless for
 * one format each; what they replace is shown as `\xNN` (a byte) or `\u{N}`.
 */

/**
 * What acts on a terminal or cannot be written as UTF-8: control characters (C0, DEL, C1), marks of direction, line
 * and paragraph separators, the byte order mark, half a surrogate pair.
 */
export const ACTIVE = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029\ufeff]/gu;

function code(character: string): string {
  const value = character.charCodeAt(0);
  return value < 0x100 ? `\\x${value.toString(16).padStart(2, '0')}` : `\\u{${value.toString(16)}}`;
}

/** For a terminal: no control characters, escape sequences or marks that change the direction of text. */
export function escapeText(name: string): string {
  return name.replace(ACTIVE, code);
}

/** For a frame of a folded stack: also `;` as `:`, the field's convention (stackcollapse-perf). */
export function escapeFolded(name: string): string {
  return escapeText(name).replaceAll(';', ':');
}

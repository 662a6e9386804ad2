/** A path as the kernel has it: its bytes need not be UTF-8. */
export interface Path {
  /** With replacement characters where it is not UTF-8. */
  readonly text: string;
  /** base64 of the exact bytes, where `text` does not have them. */
  readonly base64: string | null;
}

const RECENT = 1024;
const recent = new Map<string, Path>();
let last: { readonly names: Buffer; readonly isCut: boolean; readonly path: Path } | undefined;

/** What walk_path() of path.bpf.h wrote: names, each with its NUL, the last component first. */
export function readPath(bytes: Buffer, at: number, length: number, isCut: boolean): Path {
  // Most rows are of the file of the row before.
  if (
    last?.names.length === length &&
    last.isCut === isCut &&
    last.names.compare(bytes, at, at + length) === 0
  ) {
    return last.path;
  }
  const id = `${isCut ? '.' : ''}${bytes.toString('latin1', at, at + length)}`;
  const names = Buffer.from(bytes.subarray(at, at + length));
  const path = recent.get(id) ?? decode(names, isCut);
  if (recent.size === RECENT) recent.clear();
  recent.set(id, path);
  last = { names, isCut, path };
  return path;
}

function decode(names: Buffer, isCut: boolean): Path {
  const whole = Buffer.alloc(Math.max(1, names.length));
  let end = whole.length;
  for (let from = 0; from < names.length; ) {
    const to = names.indexOf(0, from);
    end -= to - from + 1;
    names.copy(whole, end + 1, from, to);
    whole[end] = SLASH;
    from = to + 1;
  }
  if (names.length === 0) whole[0] = SLASH;
  const exact = isCut ? Buffer.concat([Buffer.from('...'), whole]) : whole;
  const text = exact.toString();
  return { text, base64: Buffer.from(text).equals(exact) ? null : exact.toString('base64') };
}

const SLASH = 0x2f;

/** Characters of a path in text. */
const WIDE = 96;

/** For a table: the end of what is too long for a line, after `...`. */
export function shortened(text: string): string {
  const characters = [...text];
  return characters.length > WIDE ? `...${characters.slice(3 - WIDE).join('')}` : text;
}

/** Stacks as pictures carry them, unpacked. Frame i has its caller at `caller[i]`, a lower index; -1 is the root. */
export interface Packed {
  readonly names: readonly string[];
  readonly caller: Int32Array;
  /** Index into `names`. */
  readonly name: Int32Array;
  /** What stacks count that end here, and in the profile that is compared with. */
  readonly after: Float64Array;
  readonly before: Float64Array;
  /** Frames that counted less are counted in their callers; 0: all frames are here. */
  readonly least: number;
  /** The first frames are leaves. */
  readonly reversed: boolean;
}

/**
 * Reads the text that native/src/folded/tree.rs writes. Throws Error where it is another.
 */
export function unpack(text: string): Packed {
  const head = /^stacks 1 (\d+) (\d+) (\d+) (\d+)( reversed)?\n/.exec(text);
  if (!head) throw new Error('the stacks are of another version');
  const [decimals, nameCount, frameCount, least] = head.slice(1, 5).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const unit = 10 ** decimals;
  const lines = text.slice(head[0].length).split('\n');
  if (lines.length !== nameCount + frameCount + 1) throw new Error('the stacks are not whole');
  const names = lines.slice(0, nameCount);
  const caller = new Int32Array(frameCount);
  const name = new Int32Array(frameCount);
  const after = new Float64Array(frameCount);
  const before = new Float64Array(frameCount);
  for (let i = 0; i < frameCount; i++) {
    const [up = 0, id = 0, own = 0, other = 0] = (lines[nameCount + i] ?? '')
      .split(' ')
      .map(Number);
    // A picture is anybody's: a caller that does not stand above its frame would have no end of callers.
    if (!(up >= 1 && up <= i + 1 && id < nameCount && own >= 0 && other >= 0)) {
      throw new Error(`there is no frame as the stacks' ${i + 1}th`);
    }
    caller[i] = i - up;
    name[i] = id;
    after[i] = own / unit;
    before[i] = other / unit;
  }
  return {
    names,
    caller,
    name,
    after,
    before,
    least: least / unit,
    reversed: head[5] !== undefined,
  };
}

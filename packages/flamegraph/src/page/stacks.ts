import { type Packed, unpack } from '../packed.js';

/** The stacks that the page carries. */
export async function readStacks(element: Element): Promise<Packed> {
  const packed = Uint8Array.from(atob(element.textContent ?? ''), (c) => c.charCodeAt(0));
  const unzipped = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const stacks = unpack(await new Response(unzipped).text());
  return { ...stacks, names: stacks.names.map(harmless) };
}

/** Characters that act on a page instead of standing on it: controls, marks of direction, separators, noncharacters. */
const ACTIVE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not get through.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]/g;

function harmless(name: string): string {
  return name.replace(ACTIVE, (c) => {
    const code = c.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`;
  });
}

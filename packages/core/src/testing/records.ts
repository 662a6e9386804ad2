/** What a tool printed with `--json`, one object a line. Throws where a line is none. */
export function records(printed: string): Record<string, unknown>[] {
  if (printed !== '' && !printed.endsWith('\n')) throw new Error('the last line has no end');
  return printed
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

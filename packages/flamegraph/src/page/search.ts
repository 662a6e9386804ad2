/** Whether a name matches a term: a regular expression, or the term as it stands where it is none. */
export function matcher(term: string): (name: string) => boolean {
  try {
    const expression = new RegExp(term);
    return (name) => expression.test(name);
  } catch {
    return (name) => name.includes(term);
  }
}

interface Found {
  readonly data: { readonly name: string; readonly value: number; readonly hide?: boolean };
  readonly children?: readonly Found[] | undefined;
  highlight?: boolean;
}

/**
 * Marks the frames under `root` that match, and sums up how wide they are: one on top of another that matches is not
 * counted twice. Without a matcher nothing is marked.
 */
export function mark(root: Found, matches?: (name: string) => boolean): number {
  let sum = 0;
  const ahead: [node: Found, counted: boolean][] = [[root, false]];
  for (let next = ahead.pop(); next; next = ahead.pop()) {
    const [node, counted] = next;
    node.highlight = matches?.(node.data.name) ?? false;
    if (node.highlight && !counted) sum += node.data.value;
    for (const child of node.children ?? []) ahead.push([child, counted || node.highlight]);
  }
  return sum;
}

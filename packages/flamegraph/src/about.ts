/** What a page is told about its stacks, as text that is harmless to show. */
export interface About {
  readonly title: string;
  readonly subtitle: string;
  readonly quality: string;
  readonly countName: string;
  /** What first frames are, where somebody knows: "container". */
  readonly roots: string;
  /** How it opens: the root at the top. */
  readonly icicle: boolean;
  /** How it opens: stacks merged from the leaf. */
  readonly callers: boolean;
}

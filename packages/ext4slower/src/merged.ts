/** What several sources yield, in the order in which it comes, until all are at their end. */
export async function* merged<T>(...sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const pull = async (index: number) => {
    const result = await (iterators[index] as AsyncIterator<T>).next();
    return { index, result };
  };
  const pending = new Map(iterators.map((_, index) => [index, pull(index)]));
  while (pending.size > 0) {
    const { index, result } = await Promise.race(pending.values());
    if (result.done) {
      pending.delete(index);
    } else {
      pending.set(index, pull(index));
      yield result.value;
    }
  }
}

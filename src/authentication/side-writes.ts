/** A write that starts when it is called. */
export type Write = () => Promise<unknown>;

const NOTHING_TO_WRITE = Promise.resolve();

/**
 * Writes in parallel with requests. A token occupies one connection at most, however many requests it makes.
 *
 * @param onError receives the error of a failed write; the writes after it are skipped
 * @returns a function that starts the writes of a token, unless some are already running. Its promise resolves when
 *   the running writes are done, including those that another request started.
 */
export function createSideWrites(
  onError: (error: unknown) => void,
): (tokenId: number, writes: readonly Write[]) => Promise<void> {
  /** Running writes, by token. */
  const writing = new Map<number, Promise<void>>();

  return (tokenId, writes) => {
    const underWay = writing.get(tokenId);
    if (underWay !== undefined) return underWay;
    if (writes.length === 0) return NOTHING_TO_WRITE;
    const written = inTurn(writes)
      .catch(onError)
      .finally(() => writing.delete(tokenId));
    writing.set(tokenId, written);
    return written;
  };
}

async function inTurn(writes: readonly Write[]): Promise<void> {
  for (const write of writes) await write();
}

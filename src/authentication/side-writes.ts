/** Something that is to be written, begun by a call. */
export type Write = () => Promise<unknown>;

const NOTHING_TO_WRITE = Promise.resolve();

/**
 * Writes beside requests: however many requests a token makes, it takes one connection for that.
 *
 * @param onError told of a write that failed; those after it are left out
 * @returns a function that begins the writes of a token, unless some are under way already, and says when they are
 * over, those that another request began too
 */
export function createSideWrites(
  onError: (error: unknown) => void,
): (tokenId: number, writes: readonly Write[]) => Promise<void> {
  /** Writes under way, by token. */
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

import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from '../../platform/redis/client.js';
import { USE_INTERVAL } from './live-sessions.js';
import { type IndexedSession, MAXIMUM_LISTED, type SessionIndex } from './session-index.js';
import { isUnreadable, PENDING, readSession } from './store.js';

export interface RedisIndexDeps {
  readonly client: RedisClient;
  /** Of the keys of the session store. */
  readonly sessionPrefix: string;
  /** Of the keys of the index, one for each account. */
  readonly indexPrefix: string;
  /** A session lives this many seconds after its last renewal. */
  readonly ageSeconds: number;
  readonly describeFailure: (error: unknown) => unknown;
  /** The search for sessions of earlier releases is repeated with the next list: a failure is only logged. */
  readonly onSearchError: (error: unknown) => void;
}

/** Sessions that are read at once: every command has a limit of time, and a crowd of them would wait for itself. */
const AT_ONCE = 100;

/**
 * The sessions of each account in a sorted set: keys of sessions, by the time of their last use. It is bounded, and
 * expires with the last session. A key whose session is gone does no harm: a list looks up every session.
 */
export function createRedisIndex(deps: RedisIndexDeps): SessionIndex {
  const { client, sessionPrefix, ageSeconds, describeFailure } = deps;
  const nameOf = (userId: number): string => `${deps.indexPrefix}${userId}`;
  // A session may be renewed until the next note of its use, so the index has to live longer.
  const indexSeconds = ageSeconds + USE_INTERVAL / 1000;

  /** One key per command, because the keys of a cluster are on different nodes. */
  const readOne = async (key: string, userId: number, score: number): Promise<IndexedSession | undefined> => {
    const name = `${sessionPrefix}${key}`;
    const [record, remaining] = await Promise.all([readRecord(client, name), client.pttl(name)]);
    const stored = readSession(record);
    if (stored === undefined || stored === PENDING || stored.userId !== userId) return undefined;
    return { ...stored, key, seenAt: score === 0 ? null : score, remaining };
  };

  const readAll = async (userId: number): Promise<readonly IndexedSession[]> => {
    const pairs = await client.zrevrange(nameOf(userId), 0, MAXIMUM_LISTED - 1, 'WITHSCORES');
    const entries = pairs.flatMap((key, at) => (at % 2 === 0 ? [{ key, score: Number(pairs[at + 1]) }] : []));
    const found: { key: string; session: IndexedSession | undefined }[] = [];
    for (let at = 0; at < entries.length; at += AT_ONCE) {
      const some = entries.slice(at, at + AT_ONCE).map(async ({ key, score }) => ({
        key,
        session: await readOne(key, userId, score),
      }));
      found.push(...(await Promise.all(some)));
    }
    const gone = found.flatMap(({ key, session }) => (session === undefined ? [key] : []));
    if (gone.length > 0) await client.zrem(nameOf(userId), ...gone);
    return found.flatMap(({ session }) => (session === undefined ? [] : [session]));
  };

  const searchOnce = createSearch(deps, async (userId, key) => {
    await client.zadd(nameOf(userId), 'NX', 0, key);
    await client.expire(nameOf(userId), indexSeconds);
  });

  return {
    note: async (userId, key, now) => {
      const name = nameOf(userId);
      await Promise.all([
        client.zadd(name, now, key),
        client.zremrangebyrank(name, 0, -(MAXIMUM_LISTED + 1)),
        client.expire(name, indexSeconds),
      ]);
    },
    remove: async (userId, key) => {
      await client.zrem(nameOf(userId), key);
    },
    list: async (userId) => {
      await searchOnce();
      return readAll(userId).catch((error: unknown) => {
        throw describeFailure(error);
      });
    },
  };
}

/**
 * Releases without this index left sessions that no index points at. Their next use adds them. The first list of a
 * process looks for the others, so that people can end sessions that nobody uses.
 *
 * @param add puts a session into the index of its account
 */
function createSearch(
  { client, sessionPrefix, onSearchError }: RedisIndexDeps,
  add: (userId: number, key: string) => Promise<void>,
): () => Promise<void> {
  let search: Promise<void> | undefined;

  const addIfEarlier = async (name: string): Promise<void> => {
    const stored = readSession(await readRecord(client, name));
    if (stored === undefined || stored === PENDING || stored.client !== null) return;
    await add(stored.userId, name.slice(sessionPrefix.length));
  };

  const run = async (): Promise<void> => {
    for (const node of nodesOf(client)) {
      const names = node.scanStream({
        match: `${escapeGlob(sessionPrefix)}*`,
        count: AT_ONCE,
        type: 'string',
      });
      for await (const some of names) await Promise.all((some as string[]).map(addIfEarlier));
    }
  };

  return () => {
    search ??= run().catch((error: unknown) => {
      search = undefined;
      onSearchError(error);
    });
    return search;
  };
}

const nodesOf = (client: RedisClient): readonly Redis[] =>
  client instanceof Cluster ? client.nodes('master') : [client];

const escapeGlob = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&');

/** @returns the JSON under a name, undefined for none: what other programs wrote is no session */
async function readRecord(client: RedisClient, name: string): Promise<unknown> {
  try {
    return JSON.parse((await client.get(name)) ?? 'null') as unknown;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { ServiceUnavailable } from '../../kernel/errors.js';
import { NO_ANSWER, OK, type PartState } from '../../kernel/part-state.js';
import { shareWrite } from '../../kernel/share-write.js';
import {
  parseRedisUrl,
  type RedisCluster,
  type RedisLogin,
  type RedisSentinels,
} from '../config/redis-url.js';

export type RedisClient = Redis | Cluster;

export interface RedisConnection {
  readonly client: RedisClient;
  /** @throws ServiceUnavailable `redis_unreachable` */
  readonly ping: () => Promise<void>;
  /** Whether the connection is open now, without asking Redis. */
  readonly isConnected: () => boolean;
  /** Whether it answers, takes writes and has room; never throws. */
  readonly state: () => Promise<PartState>;
  readonly close: () => Promise<void>;
}

/** Milliseconds a command may take; a hanging Redis must not delay requests longer. */
const COMMAND_TIMEOUT = 1000;
const CONNECT_TIMEOUT = 2000;
const LONGEST_RECONNECT_DELAY = 1000;

/** Commands fail at once while Redis is down, and work again as soon as it is back. */
const FAIL_FAST = {
  connectTimeout: CONNECT_TIMEOUT,
  commandTimeout: COMMAND_TIMEOUT,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, LONGEST_RECONNECT_DELAY),
} satisfies RedisOptions;

export interface RedisSettings {
  /** Checked by the configuration. */
  readonly url: string;
  /** PEM texts of the authorities that sign the certificates of Redis. Default: those of Node.js. */
  readonly authorities?: readonly string[] | undefined;
  /** How sentinels are reached: they have a login of their own. */
  readonly sentinel?: SentinelLogin;
}

interface SentinelLogin {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Default: as Redis itself. */
  readonly tls?: boolean | undefined;
}

/**
 * Connects to Redis, a cluster, or a master behind sentinels. Also resolves while Redis is down: the client keeps
 * trying, and everything that needs it fails closed until then.
 *
 * @param onError called for each failure to connect, for the log
 */
export async function connectRedis(
  settings: RedisSettings,
  onError: (error: Error) => void,
): Promise<RedisConnection> {
  const client = createClient(settings);
  const refusal = watchRefusals(client);
  client.on('error', onError);
  await new Promise<void>((resolve) => {
    client.once('ready', resolve);
    client.once('error', () => resolve());
    client.connect().catch(onError);
  });
  return {
    client,
    ping: async () => {
      await client.ping().catch((error: unknown) => {
        throw describeRedisFailure(error);
      });
    },
    isConnected: () => client.status === 'ready',
    state: async () => {
      const text = refusal();
      return text === undefined ? readState(client) : { isReady: false, text };
    },
    close: async () => {
      client.disconnect();
    },
  };
}

/**
 * When Redis has no database of the number in the URL, ioredis goes on with number 0, which belongs to others. So such
 * a connection ends before anything is written, and the client tries again.
 *
 * @returns a function that says what Redis refused last; undefined as soon as a connection is good
 */
function watchRefusals(client: RedisClient): () => string | undefined {
  let refusal: string | undefined;
  let isEnded = false;
  client.on('connect', () => {
    isEnded = false;
  });
  // ioredis says so of a connection that was just ended, too: its other answers had arrived already.
  client.on('ready', () => {
    if (!isEnded) refusal = undefined;
  });
  client.on('error', (error: Error) => {
    const refused = REFUSABLE.get(commandOf(error));
    if (error.name !== 'ReplyError' || refused === undefined) return;
    refusal = `refuses the ${refused} (${error.message})`;
    isEnded = true;
    client.disconnect(true);
  });
  return () => refusal;
}

/** What a connection begins with. */
const REFUSABLE: ReadonlyMap<unknown, string> = new Map([
  ['select', 'database'],
  ['auth', 'login'],
  ['hello', 'login'],
]);

const commandOf = (error: Error): unknown =>
  'command' in error && typeof error.command === 'object' && error.command !== null && 'name' in error.command
    ? error.command.name
    : undefined;

async function readState(client: RedisClient): Promise<PartState> {
  try {
    const info = await client.info();
    const read = (name: string) => info.match(new RegExp(`^${name}:(.*?)\r?$`, 'm'))?.[1] ?? '';
    const limit = Number(read('maxmemory'));
    if (read('role') === 'slave') return { isReady: true, text: 'read-only' };
    const isFull =
      limit > 0 && read('maxmemory_policy') === 'noeviction' && Number(read('used_memory')) >= limit;
    return isFull ? { isReady: true, text: 'full (maxmemory)' } : OK;
  } catch {
    return NO_ANSWER;
  }
}

/**
 * Sends the commands of one turn of the event loop as one packet. The pipelines of ioredis (`enableAutoPipelining`) do
 * so too, but cost more than the packets that they save.
 */
class SharingRedis extends Redis {
  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    shareWrite(this.stream);
    return super.sendCommand(...args);
  }
}

function createClient({ url, authorities, sentinel = {} }: RedisSettings): RedisClient {
  const target = parseRedisUrl(url);
  if (target === undefined) throw new TypeError('The configuration accepted an unknown format of REDIS_URL.');
  const tls = authorities === undefined ? {} : { ca: [...authorities] };
  switch (target.kind) {
    case 'single':
      return new SharingRedis(url, { ...FAIL_FAST, ...(target.tls ? { tls } : {}), lazyConnect: true });
    case 'cluster':
      return createClusterClient(target, tls);
    case 'sentinel':
      return createSentinelClient(target, tls, sentinel);
  }
}

type Tls = NonNullable<RedisOptions['tls']>;

const createClusterClient = (target: RedisCluster, tls: Tls): Cluster =>
  new Cluster([...target.nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: FAIL_FAST.retryStrategy,
    redisOptions: {
      ...loginOptions(target.login, tls),
      connectTimeout: CONNECT_TIMEOUT,
      commandTimeout: COMMAND_TIMEOUT,
    },
  });

const createSentinelClient = (target: RedisSentinels, tls: Tls, sentinel: SentinelLogin): Redis =>
  new SharingRedis({
    ...FAIL_FAST,
    ...loginOptions(target.login, tls),
    lazyConnect: true,
    sentinels: [...target.nodes],
    name: target.master,
    db: target.database,
    sentinelRetryStrategy: FAIL_FAST.retryStrategy,
    enableTLSForSentinelMode: target.login.tls,
    ...((sentinel.tls ?? target.login.tls) ? { sentinelTLS: tls } : {}),
    ...(sentinel.username === undefined ? {} : { sentinelUsername: sentinel.username }),
    ...(sentinel.password === undefined ? {} : { sentinelPassword: sentinel.password }),
  });

const loginOptions = (login: RedisLogin, tls: Tls) => ({
  ...(login.username === undefined ? {} : { username: login.username }),
  ...(login.password === undefined ? {} : { password: login.password }),
  ...(login.tls ? { tls } : {}),
});

/** @returns `ServiceUnavailable` `redis_unreachable`, with the error as its cause */
export const describeRedisFailure = (cause: unknown): ServiceUnavailable =>
  new ServiceUnavailable(
    'redis_unreachable',
    'Redis, which keeps the sessions, does not answer. Try again in a few seconds.',
    {
      cause,
    },
  );

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Certificates } from './certificates.js';
import { findRedis } from './programs.js';
import { freePort } from './services.js';

/** A Redis process that is part of a cluster, or of a group that sentinels watch. */
export interface RedisNode {
  readonly port: number;
  readonly start: () => Promise<void>;
  /** With SIGKILL, as a machine goes that loses its power. */
  readonly kill: () => Promise<void>;
}

export interface RedisGroup {
  readonly nodes: readonly RedisNode[];
  /** What `REDIS_URL` says of the group. */
  readonly url: string;
  readonly remove: () => Promise<void>;
}

const SLOTS = 16_384;

/** The nodes of a cluster talk on a second port, ten thousand above the first. */
async function portBelowBus(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + 10_000 < 65_536) return port;
  }
}

interface NodeLogin {
  readonly password?: string;
  readonly tls?: { readonly ca: Buffer };
}

async function createNode(
  folder: string,
  args: (port: number) => readonly string[],
  login: NodeLogin = {},
): Promise<RedisNode> {
  const binary = findRedis();
  if (binary === undefined) throw new Error('redis-server is not installed.');
  const port = await portBelowBus();
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    child = undefined;
  };
  const start = async () => {
    child = spawn(binary, [...args(port)], { cwd: folder, stdio: 'ignore' });
    await until(async () => (await ask(port, (redis) => redis.ping(), login)) === 'PONG');
  };
  await start();
  return { port, start, kill };
}

const SERVER = (port: number) =>
  ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dbfilename', `${port}.rdb`] as const;

/** Runs a command on a connection of its own. */
async function ask<T>(port: number, work: (redis: Redis) => Promise<T>, login: NodeLogin = {}): Promise<T> {
  const redis = new Redis({
    port,
    host: '127.0.0.1',
    retryStrategy: () => null,
    lazyConnect: true,
    ...login,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** @throws Error after 20 seconds */
export async function until(probe: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await probe().catch(() => false)) return;
    await delay(50);
  }
  throw new Error('It did not happen within twenty seconds.');
}

async function group(
  build: (folder: string) => Promise<{ readonly nodes: readonly RedisNode[]; readonly url: string }>,
): Promise<RedisGroup> {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-group-'));
  const { nodes, url } = await build(folder);
  return {
    nodes,
    url,
    remove: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Three masters, a third of the slots each. */
export const startRedisCluster = (): Promise<RedisGroup> =>
  group(async (folder) => {
    const args = (port: number) => [
      ...SERVER(port),
      '--cluster-enabled',
      'yes',
      '--cluster-config-file',
      `nodes-${port}.conf`,
      '--cluster-node-timeout',
      '2000',
    ];
    const nodes = await Promise.all([1, 2, 3].map(() => createNode(folder, args)));
    const [first] = nodes;
    const share = Math.ceil(SLOTS / nodes.length);
    for (const [index, { port }] of nodes.entries()) {
      const from = index * share;
      const slots = Array.from({ length: Math.min(share, SLOTS - from) }, (_, i) => from + i);
      await ask(port, (redis) => redis.cluster('ADDSLOTS', ...slots));
      if (first === undefined || port === first.port) continue;
      await ask(port, (redis) => redis.cluster('MEET', '127.0.0.1', first.port));
    }
    await Promise.all(nodes.map(({ port }) => until(() => clusterIsWhole(port))));
    return { nodes, url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}` };
  });

export const clusterIsWhole = async (port: number): Promise<boolean> =>
  String(await ask(port, (redis) => redis.cluster('INFO'))).includes('cluster_state:ok');

/** A master with a replica, and one sentinel that makes the replica master a second after the master is gone. */
export const startRedisWithSentinel = (): Promise<RedisGroup> =>
  group(async (folder) => {
    const master = await createNode(folder, SERVER);
    const replica = await createNode(folder, (port) => [
      ...SERVER(port),
      '--replicaof',
      '127.0.0.1',
      String(master.port),
    ]);
    await until(async () =>
      String(await ask(replica.port, (redis) => redis.info('replication'))).includes('master_link_status:up'),
    );
    const sentinel = await createNode(folder, (port) => {
      const file = path.join(folder, `sentinel-${port}.conf`);
      const lines = [
        `port ${port}`,
        'bind 127.0.0.1',
        `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds mymaster 1000',
        'sentinel failover-timeout mymaster 5000',
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      return [file, '--sentinel'];
    });
    await until(async () => {
      const replicas = await ask(sentinel.port, (redis) => redis.call('SENTINEL', 'REPLICAS', 'mymaster'));
      return Array.isArray(replicas) && replicas.length === 1;
    });
    return {
      nodes: [master, replica, sentinel],
      url: `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster/0`,
    };
  });

/** Redis that only speaks TLS. */
export const startRedisWithTls = (certificates: Certificates): Promise<RedisGroup> =>
  group(async (folder) => {
    const node = await createNode(folder, (port) => overTls(port, certificates), trusting(certificates));
    return { nodes: [node], url: `rediss://127.0.0.1:${node.port}/0` };
  });

export interface GuardedSentinel {
  readonly redisPassword: string;
  readonly sentinelPassword: string;
  /** Both only speak TLS; without it, neither does. */
  readonly certificates?: Certificates;
}

/** A master without a replica, and one sentinel; both ask for a password, and each for its own. */
export const startGuardedSentinel = (guard: GuardedSentinel): Promise<RedisGroup> =>
  group(async (folder) => {
    const { redisPassword, sentinelPassword, certificates } = guard;
    const trust = certificates === undefined ? {} : trusting(certificates);
    const ports = (port: number) => (certificates === undefined ? SERVER(port) : overTls(port, certificates));
    const master = await createNode(folder, (port) => [...ports(port), '--requirepass', redisPassword], {
      ...trust,
      password: redisPassword,
    });
    const sentinel = await createNode(
      folder,
      (port) => {
        const file = path.join(folder, `sentinel-${port}.conf`);
        const words = ports(port)
          .join(' ')
          .split('--')
          .filter((line) => line !== '' && !/^(save|dbfilename)/.test(line));
        const lines = [
          ...words,
          ...(certificates === undefined ? [] : ['tls-replication yes']),
          `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
          `sentinel auth-pass mymaster ${redisPassword}`,
          `requirepass ${sentinelPassword}`,
        ];
        writeFileSync(file, `${lines.join('\n')}\n`);
        return [file, '--sentinel'];
      },
      { ...trust, password: sentinelPassword },
    );
    const scheme = certificates === undefined ? 'redis' : 'rediss';
    return {
      nodes: [master, sentinel],
      url: `${scheme}+sentinel://:${redisPassword}@127.0.0.1:${sentinel.port}/mymaster/0`,
    };
  });

const overTls = (port: number, { keyFile, certificateFile, caFile }: Certificates): readonly string[] => {
  const [, , ...others] = SERVER(port);
  const tls = ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'];
  const files = ['--tls-cert-file', certificateFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', caFile];
  return [...tls, ...files, ...others];
};

const trusting = ({ caFile }: Certificates): NodeLogin => ({ tls: { ca: readFileSync(caFile) } });

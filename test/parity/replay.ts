import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { RESEND_THROTTLE } from '../../src/features/invitations/index.js';
import { MIGRATIONS, migrate } from '../../src/platform/db/migrate.js';
import { many } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { createTestApp } from '../support/app.js';
import { freePort } from '../support/services.js';
import { type Answer, answerOfCvat, answerOfOurs } from './compare.js';
import type { Golden, GoldenCase, Step } from './grammar.js';
import { createMasks, type Masks } from './masks.js';
import { type Connections, connectTo } from './requests.js';
import { markUsed, tokensUsedBefore } from './used-tokens.js';
import { createWorld, differencesFromWorld, keepWorld, putBackWorld } from './world.js';

/** One request, and what both servers answered. */
export interface Exchange {
  readonly golden: GoldenCase;
  /** Of the step, from 0. */
  readonly index: number;
  readonly step: Step;
  readonly cvat: Answer;
  readonly ours: Answer;
}

/** A server with a database of its own, for one case at a time. */
export interface Lane {
  readonly play: (golden: GoldenCase) => Promise<readonly Exchange[]>;
  /** @returns what is not as it was before the first case */
  readonly differences: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** Those of the run in which the answers were recorded. Nothing there counts requests. */
const SETTINGS = {
  PASSWORD_HASHERS_EXTRA: 'md5',
  CVAT_ACCESS_TOKEN_STALE_PERIOD: '3153600000',
  PASSWORD_BCRYPT_ROUNDS: '4',
  EMAIL_BACKEND: 'none',
  ACCOUNT_EMAIL_VERIFICATION: 'none',
  THROTTLE_ANON: 'none',
  LOGIN_FAILURES_PER_ADDRESS: '1000000/hour',
  LOGIN_FAILURES_PER_ACCOUNT: '1000000/hour',
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '1000000/hour',
  MAIL_REQUESTS_PER_RECIPIENT: '1000000/hour',
  MAIL_REQUESTS_PER_CLIENT: '1000000/hour',
};

/** Requests an hour that CVAT lets a user make where it limits them. */
const USER_LIMIT = 5;

/** @param number of the lane, from 1: its database in Redis, where 0 belongs to other tests */
export async function openLane({ world }: Golden, number: number): Promise<Lane> {
  const port = String(await freePort());
  const redis = openRedis(number);
  const app = await createTestApp({
    env: { ...SETTINGS, ...redis.env, PORT: port, PUBLIC_URL: `http://localhost:${port}` },
    prepare: false,
  });
  const { db } = app.container.engines;
  await migrate(db, MIGRATIONS);
  await createWorld(db, world);
  await app.container.prepare();
  await keepWorld(db);
  const connections = connectTo(app.url);
  const masks = createMasks(world);
  const users = await many<{ id: number }>(db, sql`select id from auth_user`);
  /** Built-in counters of requests outlast a case. */
  const forgetResent = async ({ steps }: GoldenCase): Promise<void> => {
    if (!steps.some(({ path }) => path.includes('/resend'))) return;
    for (const { id } of users) await app.container.engines.rates.forget(`${RESEND_THROTTLE}:${id}`);
  };
  return {
    play: async (golden) => {
      const play = async (): Promise<Exchange[]> => {
        await markUsed(db, tokensUsedBefore(golden));
        const exchanges = await playCase(golden, connections, masks);
        await Promise.all([putBackWorld(db), redis.clear(), forgetResent(golden)]);
        return exchanges;
      };
      const exchanges = await play();
      return exchanges.some(hitsFullSecond) ? play() : exchanges;
    },
    differences: () => differencesFromWorld(db),
    close: async () => {
      connections.close();
      await redis.close();
      await app.close();
    },
  };
}

async function playCase(golden: GoldenCase, connections: Connections, masks: Masks): Promise<Exchange[]> {
  const caller = connections.caller();
  const context = { host: connections.host, captured: caller.captured };
  const exchanges: Exchange[] = [];
  // The recording put the database back before each case, and not the counters of requests.
  const [first] = golden.steps;
  const isAtLimit = first?.expect.status === 429;
  for (let sent = 0; isAtLimit && sent < USER_LIMIT; sent += 1) await caller.send(first);
  for (const [index, step] of golden.steps.entries()) {
    const ours = answerOfOurs(await caller.send(step), masks, context);
    exchanges.push({ golden, index, step, cvat: answerOfCvat(step.expect, masks, context), ours });
  }
  return exchanges;
}

/** One answer in a thousand comes at the full millisecond 0, and Django then writes no fraction. */
const hitsFullSecond = ({ cvat, ours }: Exchange): boolean =>
  ours.body.includes('"<now0>"') && !cvat.body.includes('"<now0>"');

/** Sessions and counters in a database that nobody else uses; embedded engines keep them elsewhere. */
function openRedis(number: number) {
  const services = inject('engines') === 'real' ? inject('services') : null;
  if (services === null) return { env: {}, clear: async () => {}, close: async () => {} };
  const url = new URL(services.redis);
  url.pathname = `/${number}`;
  const client = new Redis(url.href);
  return {
    env: { REDIS_URL: url.href },
    clear: async () => void (await client.flushdb()),
    close: async () => void (await client.quit()),
  };
}

/** Plays all cases, as many at once as there are lanes. */
export async function playAll(lanes: readonly Lane[], cases: readonly GoldenCase[]): Promise<Exchange[]> {
  const waiting = cases.values();
  const exchanges: Exchange[] = [];
  const work = async ({ play }: Lane): Promise<void> => {
    for (const golden of waiting) exchanges.push(...(await play(golden)));
  };
  await Promise.all(lanes.map(work));
  return exchanges;
}

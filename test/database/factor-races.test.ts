import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFactorCheck } from '../../src/features/factors/index.js';
import { Throttled } from '../../src/kernel/errors.js';
import { systemRandom } from '../../src/kernel/random.js';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';
import { one } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { createSecretBox } from '../../src/platform/otp/secret-box.js';
import { base32Of } from '../../src/platform/otp/totp.js';
import { createMemoryRateStore, type RateStore } from '../../src/platform/throttle/rate-store.js';
import { codeAt } from '../support/factor-actions.js';
import { insertTotp } from '../support/factor-rows.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.js';
import { insertUser } from '../support/rows.js';

/** Guesses that are sent at once, on a database with many connections. */

const SECRET = Buffer.from('12345678901234567890');
const clock = { now: () => 1_800_000_000_000 };
const box = createSecretBox({ secretKey: () => 'key', random: systemRandom });

/** Counts nothing until it is let. */
function haltedRates(isLet: Promise<void>): RateStore {
  const rates = createMemoryRateStore(clock);
  const take: RateStore['take'] = async (key, rate) => {
    await isLet;
    return rates.take(key, rate);
  };
  return { ...rates, take };
}

const WAITING = sql`
  select count(*)::integer as n from pg_stat_activity
  where wait_event_type = 'Lock' and datname = current_database()`;

const untilWaiting = (count: number) =>
  vi.waitFor(async () => expect(await one(db, WAITING)).toEqual({ n: count }), {
    timeout: 15_000,
    interval: 5,
  });

let server: PostgresServer;
let db: Database;

describe.skipIf(!hasPostgres)(`guesses at once (${POSTGRES_HINT})`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    const options = { poolSize: 10, timeout: 20_000, applicationName: 'races', guardNesting: false };
    db = createExternalDatabase({ url: server.url, ...options });
    await migrate(db, MIGRATIONS);
  });
  afterAll(async () => {
    await db.close();
    await server.remove();
  });

  it('learn nothing beyond the limit: a right code that waits behind wrong ones is refused', async () => {
    const userId = await insertUser(db, { username: 'guessed', password: '!' });
    const secret = box.seal(userId, SECRET);
    await insertTotp(db, { userId, secret, created: new Date(clock.now()), isConfirmed: true });
    let letCount = (): void => undefined;
    const rates = haltedRates(new Promise((resolve) => (letCount = resolve)));
    const { verifyFactor } = createFactorCheck({ db, clock, rates, box });
    const guess = (code: string) => verifyFactor(userId, code).catch((error: unknown) => error);
    const wrong = Array.from({ length: 6 }, () => guess('000000'));
    await untilWaiting(5);
    const right = guess(codeAt(base32Of(SECRET), clock.now()));
    await untilWaiting(6);
    letCount();
    expect(await right).toBeInstanceOf(Throttled);
    const refused = (await Promise.all(wrong)).filter((result) => result instanceof Throttled);
    expect(refused).toHaveLength(1);
  });
});

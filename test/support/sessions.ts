import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { execute, one, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** The life of sessions where they are kept: the store has a clock of its own, so tests move the sessions instead. */
export interface SessionLives {
  /** @returns milliseconds until the session with this key ends. @throws Error when it has */
  readonly remaining: (key: string) => Promise<number>;
  /** Lets it end so many milliseconds from now. */
  readonly endIn: (key: string, milliseconds: number) => Promise<void>;
  /** Makes it one of a release that did not keep when a session began. */
  readonly forgetStart: (key: string) => Promise<void>;
  /** Puts other JSON in place of what the session holds. */
  readonly overwrite: (key: string, json: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @param db of the app whose sessions they are */
export function openSessionLives(db: Queryable): SessionLives {
  const services = inject('engines') === 'real' ? inject('services') : null;
  return services === null ? inDatabase(db) : inRedis(new Redis(services.redis));
}

const inDatabase = (db: Queryable): SessionLives => ({
  remaining: async (key) => {
    const row = await one<{ left: number }>(
      db,
      sql`select extract(epoch from expire - now())::float8 * 1000 as left from auth_server_sessions where sid = ${key}`,
    );
    if (row === undefined) throw new Error('There is no such session.');
    return row.left;
  },
  endIn: async (key, milliseconds) => {
    const seconds = milliseconds / 1000;
    await execute(
      db,
      sql`update auth_server_sessions set expire = now() + make_interval(secs => ${seconds}) where sid = ${key}`,
    );
  },
  forgetStart: async (key) => {
    await execute(
      db,
      sql`update auth_server_sessions set sess = (sess::jsonb - 'started_at')::json where sid = ${key}`,
    );
  },
  overwrite: async (key, json) => {
    await execute(db, sql`update auth_server_sessions set sess = ${json}::json where sid = ${key}`);
  },
  close: async () => {},
});

function inRedis(client: Redis): SessionLives {
  const nameOf = async (key: string): Promise<string> => {
    const [name] = await client.keys(`*session:${key}`);
    if (name === undefined) throw new Error('There is no such session.');
    return name;
  };
  return {
    remaining: async (key) => client.pttl(await nameOf(key)),
    endIn: async (key, milliseconds) => {
      await client.pexpire(await nameOf(key), milliseconds);
    },
    forgetStart: async (key) => {
      const name = await nameOf(key);
      const { started_at: _, ...older } = JSON.parse((await client.get(name)) ?? '{}') as {
        started_at?: number;
      };
      await client.set(name, JSON.stringify(older), 'KEEPTTL');
    },
    overwrite: async (key, json) => {
      await client.set(await nameOf(key), json, 'KEEPTTL');
    },
    close: async () => {
      client.disconnect();
    },
  };
}

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
  /** Makes it one of a release that kept neither its client nor a list of sessions. */
  readonly makeEarlier: (key: string) => Promise<void>;
  /** Makes so many more sessions like this one, which were last used then: as many sign-ins would take too long. */
  readonly multiply: (key: string, count: number, seenAt: number) => Promise<void>;
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
  makeEarlier: async (key) => {
    await execute(
      db,
      sql`update auth_server_sessions set sess = (sess::jsonb - 'ip' - 'user_agent')::json, seen_at = null where sid = ${key}`,
    );
  },
  multiply: async (key, count, seenAt) => {
    await execute(
      db,
      sql`
        insert into auth_server_sessions (sid, sess, expire, seen_at)
        select left(sid, 26) || lpad(n::text, 6, '0'), sess, expire, ${new Date(seenAt)}
        from auth_server_sessions, generate_series(1, ${count}::int) n
        where sid = ${key}`,
    );
  },
  overwrite: async (key, json) => {
    await execute(db, sql`update auth_server_sessions set sess = ${json}::json where sid = ${key}`);
  },
  close: async () => {},
});

const indexOf = (name: string, userId: string): string =>
  name.replace(/session:[a-z0-9]+$/, `sessions-of:${userId}`);

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
    makeEarlier: async (key) => {
      const name = await nameOf(key);
      const {
        ip: _ip,
        user_agent: _agent,
        ...older
      } = JSON.parse((await client.get(name)) ?? '{}') as {
        ip?: string;
        user_agent?: string;
        _auth_user_id: string;
      };
      await client.set(name, JSON.stringify(older), 'KEEPTTL');
      await client.zrem(indexOf(name, older._auth_user_id), key);
    },
    multiply: async (key, count, seenAt) => {
      const name = await nameOf(key);
      const text = (await client.get(name)) ?? '';
      const { _auth_user_id: owner } = JSON.parse(text) as { _auth_user_id: string };
      const commands = client.pipeline();
      for (let n = 1; n <= count; n += 1) {
        const copy = `${key.slice(0, 26)}${String(n).padStart(6, '0')}`;
        commands.set(name.replace(key, copy), text, 'EX', 3600);
        commands.zadd(indexOf(name, owner), seenAt, copy);
      }
      await commands.exec();
    },
    overwrite: async (key, json) => {
      await client.set(await nameOf(key), json, 'KEEPTTL');
    },
    close: async () => {
      client.disconnect();
    },
  };
}

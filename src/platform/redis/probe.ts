import { describeNetworkFailure } from '../../kernel/network-failure.js';
import type { ServiceTrial } from '../../kernel/service-trial.js';
import { connectRedis, type RedisSettings } from './client.js';

const OLDEST_RELEASE = 6;

/**
 * Logs in, looks at version and state, and writes a key that lives a second: rights of a user can differ by key.
 *
 * @param key whose name begins as those of the server do
 * @returns what was found; never throws for a failure
 */
export async function tryRedis(settings: RedisSettings, key: string): Promise<ServiceTrial> {
  let failure: unknown = new Error('no answer');
  const redis = await connectRedis(settings, (error) => {
    failure = error;
  });
  try {
    const state = await redis.state();
    if (!state.isReady) {
      const why = state.text === 'does not answer' ? describeNetworkFailure(failure) : `Redis ${state.text}`;
      return { ok: false, detail: `REDIS_URL can't be used: ${why}.` };
    }
    const info = await redis.client.info('server');
    const version = info.match(/^redis_version:(\S+)/m)?.[1] ?? 'of unknown version';
    const found = `Redis ${version}`;
    if (Number.parseInt(version, 10) < OLDEST_RELEASE)
      return { ok: false, detail: `${found}: this server needs Redis ${OLDEST_RELEASE} or later.` };
    if (state.text !== 'ok')
      return { ok: false, detail: `${found} is ${state.text}: sessions can't be stored.` };
    await redis.client.set(key, '1', 'EX', 1);
    return { ok: true, detail: `${found}; keys can be written.` };
  } catch (error) {
    return { ok: false, detail: `REDIS_URL can't be used: ${describeNetworkFailure(error)}.` };
  } finally {
    await redis.close();
  }
}

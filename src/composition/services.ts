import type { OpaAddress } from '../authorization/engines/opa-transport.js';
import { readAuthorityFile } from '../platform/config/authority-file.js';
import type { Config } from '../platform/config/settings.js';
import type { RedisSettings } from '../platform/redis/client.js';

/** @returns how Redis is reached; null if it is not used. @throws StartError for its file */
export function redisSettingsOf(config: Config): RedisSettings | null {
  if (config.REDIS_URL === undefined) return null;
  return {
    url: config.REDIS_URL,
    authorities: readAuthorityFile(config.REDIS_CA_FILE, 'REDIS_CA_FILE'),
    sentinel: {
      username: config.REDIS_SENTINEL_USERNAME,
      password: config.REDIS_SENTINEL_PASSWORD,
      tls: config.REDIS_SENTINEL_TLS,
    },
  };
}

/** @returns how Open Policy Agent is reached; null if the rules run in this process. @throws StartError for its file */
export function opaAddressOf(config: Config): OpaAddress | null {
  if (config.OPA_URL === undefined) return null;
  return {
    url: config.OPA_URL,
    token: config.OPA_TOKEN,
    authorities: readAuthorityFile(config.OPA_CA_FILE, 'OPA_CA_FILE'),
  };
}

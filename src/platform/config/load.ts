import { existsSync, readFileSync } from 'node:fs';
import type { z } from 'zod';
import { StartError } from '../../kernel/start-error.js';
import { parseEnvFile } from './env-file.js';
import { findMisspelt } from './misspelt.js';
import { type Config, Settings } from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @returns the environment of the process, merged over the file `.env` of the working directory, if it exists
 * @throws StartError if the file can't be read as Docker Compose reads it
 */
export function readEnvironment(): Environment {
  const file = existsSync('.env') ? parseEnvFile(readFileSync('.env', 'utf8')) : {};
  return { ...file, ...process.env };
}

/** @returns a sentence for each variable whose name is nearly the one of a setting */
export const misspeltSettings = (environment: Environment): readonly string[] =>
  findMisspelt(Object.keys(environment)).map(
    ({ name, meant }) => `${name} is no setting and has no effect: did you mean ${meant}?`,
  );

/**
 * Checks the environment. An empty value counts as unset (compose files pass empty values); `NAME_FILE` names a file
 * that contains the value of `NAME`, for secrets.
 *
 * @throws StartError with a sentence that names the first invalid variable and its required format
 */
export function loadConfig(environment: Environment): Config {
  const given: Record<string, string> = {};
  for (const name of Object.keys(Settings.shape)) {
    const value = readValue(environment, name);
    if (value !== undefined && value !== '') given[name] = value;
  }
  const result = Settings.safeParse(given);
  if (!result.success) throw wrongSetting(given, result.error);
  const { PUBLIC_URL = `http://localhost:${result.data.PORT}` } = result.data;
  const isHttps = PUBLIC_URL.startsWith('https:');
  const config = {
    ...result.data,
    PUBLIC_URL,
    SHUTDOWN_DELAY:
      result.data.SHUTDOWN_DELAY ?? (result.data.DATABASE_URL === undefined ? 0 : DRAIN_SECONDS),
    SESSION_STORE: result.data.SESSION_STORE ?? (result.data.REDIS_URL === undefined ? 'database' : 'redis'),
    SESSION_COOKIE_SECURE: result.data.SESSION_COOKIE_SECURE ?? isHttps,
    CSRF_COOKIE_SECURE: result.data.CSRF_COOKIE_SECURE ?? isHttps,
  };
  checkTogether(config);
  return Object.freeze(config);
}

/** A load balancer asks every few seconds whether the server is ready. */
const DRAIN_SECONDS = 5;

function readValue(environment: Environment, name: string): string | undefined {
  const path = environment[`${name}_FILE`];
  if (path === undefined || path === '') return environment[name];
  if (environment[name]) {
    throw new StartError(`${name} and ${name}_FILE are both set: keep one of them.`);
  }
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new StartError(
      `${name}_FILE names ${path}, which can't be read: correct the path or its permissions.`,
      { cause },
    );
  }
}

function wrongSetting(given: Readonly<Record<string, string>>, error: z.ZodError): StartError {
  const issue = error.issues[0];
  const name = String(issue?.path[0] ?? 'The environment');
  const shown = /SECRET|PASSWORD|TOKEN|_URL/.test(name) ? 'wrong' : `"${given[name] ?? ''}"`;
  return new StartError(
    `${name} is ${shown}: ${issue?.message ?? 'it is not valid'}. Correct it in the environment or in .env.`,
  );
}

/** Rules that involve several settings. */
function checkTogether(config: Config): void {
  refuseWithout(config, 'REDIS_CA_FILE', 'rediss:// in REDIS_URL', config.REDIS_URL?.startsWith('rediss'));
  for (const name of ['REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD', 'REDIS_SENTINEL_TLS'] as const)
    refuseWithout(
      config,
      name,
      'redis+sentinel:// in REDIS_URL',
      /^rediss?\+sentinel:/.test(config.REDIS_URL ?? ''),
    );
  checkSessionStore(config);
  refuseWithout(config, 'OPA_TOKEN', 'OPA_URL', config.OPA_URL !== undefined);
  refuseWithout(config, 'OPA_CA_FILE', 'https:// in OPA_URL', config.OPA_URL?.startsWith('https:'));
  if (config.MFA_REQUIRED !== 'off' && !config.MFA_TOTP && !config.MFA_WEBAUTHN)
    throw new StartError(
      `MFA_REQUIRED is ${config.MFA_REQUIRED} and people can't set up a second factor: set MFA_TOTP or MFA_WEBAUTHN to true, or MFA_REQUIRED to off.`,
    );
  if (config.WEB_CONCURRENCY > 1 && (config.DATABASE_URL === undefined || config.REDIS_URL === undefined)) {
    throw new StartError(
      `WEB_CONCURRENCY is ${config.WEB_CONCURRENCY}: several workers need DATABASE_URL and REDIS_URL, because the embedded database serves one process. Set both, or set WEB_CONCURRENCY to 1.`,
    );
  }
}

/** What each place for sessions needs. */
const STORE_NEEDS = {
  redis: { REDIS_URL: 'set it to the Redis that is to keep the sessions' },
  database: {},
  django: {
    DATABASE_URL: 'set it to the database of CVAT, where its sessions are',
    SECRET_KEY: 'set it to the one of CVAT, which signs its sessions',
  },
} as const;

function checkSessionStore(config: Config): void {
  const needs: Partial<Record<keyof Config, string>> = STORE_NEEDS[config.SESSION_STORE];
  for (const [name, fix] of Object.entries(needs))
    if (config[name as keyof Config] === undefined)
      throw new StartError(
        `SESSION_STORE is ${config.SESSION_STORE}, and ${name} is not set: ${fix}, or remove SESSION_STORE.`,
      );
}

/** A setting without an effect is a mistake, and often one that makes a connection less safe. */
function refuseWithout(config: Config, name: keyof Config, needed: string, isThere = false): void {
  if (config[name] !== undefined && !isThere)
    throw new StartError(`${name} is set and has no effect without ${needed}: set that, or remove ${name}.`);
}

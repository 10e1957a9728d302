import { describe, expect, it } from 'vitest';
import { checkSettings } from '../../../src/composition/check.js';
import { StartError } from '../../../src/kernel/start-error.js';
import { loadConfig } from '../../../src/platform/config/load.js';

const check = async (env: Readonly<Record<string, string>>): Promise<unknown> => {
  try {
    await checkSettings(loadConfig(env));
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('the check of the settings', () => {
  it('passes what works, and asks nobody', async () => {
    expect(await check({})).toBeUndefined();
    const env = {
      DATABASE_URL: 'postgres://db.invalid/x',
      EMAIL_URL: 'smtp://mail.invalid',
      REDIS_URL: 'redis://r.invalid',
    };
    expect(await check(env)).toBeUndefined();
  });

  it.each([
    [{ PORT: 'http' }, 'PORT'],
    [{ SECRET_KEY_FILE: '/nowhere/key' }, 'SECRET_KEY_FILE'],
    [{ WEB_CONCURRENCY: '2' }, 'WEB_CONCURRENCY'],
    [{ MFA_REQUIRED: 'sometimes' }, 'MFA_REQUIRED'],
    [{ MFA_REQUIRED: 'admins', MFA_TOTP: 'false', MFA_WEBAUTHN: 'false' }, 'MFA_TOTP'],
    [{ EMAIL_BACKEND: 'file' }, 'EMAIL_FILE_PATH'],
    [{ EMAIL_URL: 'smtp://mail.example.org', EMAIL_PORT: '25' }, 'EMAIL_PORT'],
    [{ EMAIL_URL: 'smtp://u:p@mail.example.org?ca=/nowhere/ca.pem' }, '/nowhere/ca.pem'],
    [{ DEFAULT_FROM_EMAIL: 'nobody' }, 'DEFAULT_FROM_EMAIL'],
    [{ PASSWORD_BREACH_FILE: '/nowhere/hashes' }, 'PASSWORD_BREACH_FILE'],
    [{ IAM_TYPE: 'LDAP' }, 'AUTH_LDAP_USER_SEARCH_BASE'],
    [{ IAM_TYPE: 'LDAP', ACCOUNT_EMAIL_VERIFICATION: 'mandatory' }, 'ACCOUNT_EMAIL_VERIFICATION'],
    [{ RULES_DIR: '/tmp' }, 'RULES_DIR'],
    [{ RULES_DIR: '/nowhere', OPA_URL: 'http://opa.invalid' }, '/nowhere'],
    [{ REDIS_URL: 'rediss://r.invalid', REDIS_CA_FILE: '/nowhere/ca.pem' }, 'REDIS_CA_FILE'],
    [{ REDIS_URL: 'redis://r.invalid', REDIS_CA_FILE: '/nowhere/ca.pem' }, 'rediss://'],
    [{ REDIS_URL: 'redis://r.invalid', REDIS_SENTINEL_PASSWORD: 'x' }, 'redis+sentinel://'],
    [{ OPA_URL: 'https://opa.invalid', OPA_CA_FILE: 'package.json' }, 'OPA_CA_FILE'],
    [{ OPA_URL: 'http://opa.invalid', OPA_CA_FILE: '/nowhere/ca.pem' }, 'https://'],
    [{ OPA_URL: 'unix:///run/opa.sock', OPA_CA_FILE: '/nowhere/ca.pem' }, 'https://'],
    [{ OPA_TOKEN: 'x' }, 'OPA_URL'],
    [{ OPA_URL: 'http://opa.invalid', OPA_TOKEN: 'a b' }, 'OPA_TOKEN'],
    [{ OPA_URL: 'http://opa:hunter2@opa.invalid' }, 'OPA_TOKEN'],
    [{ UI_URL: 'https://u:hunter2@ui.invalid' }, 'no password'],
  ])('names what would stop the start: %j', async (env, name) => {
    const error = await check(env);
    expect(error).toBeInstanceOf(StartError);
    expect(String(error)).toContain(name);
  });

  it.each([
    'unix:opa.sock',
    'unix://opa.sock',
    'unix:///',
    'unix:///opa.sock?x',
    `unix:///${'o'.repeat(103)}`,
  ])('shows how a socket is named: %s', async (OPA_URL) => {
    expect(String(await check({ OPA_URL }))).toContain('such as unix:///run/opa/opa.sock');
  });

  it('repeats no secret', async () => {
    expect(String(await check({ OPA_URL: 'http://opa:hunter2@opa.invalid' }))).not.toContain('hunter2');
    expect(String(await check({ EMAIL_URL: 'smtp://mailer:hunter2@mail.example.org:x' }))).not.toContain(
      'hunter2',
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/platform/config/load.js';
import { type Config, Settings } from '../../../../src/platform/config/settings.js';
import { shownSettings } from '../../../../src/platform/config/shown-settings.js';

const MARK = 'Nobody-May-Read-This';
const config = loadConfig({});

/** @returns how a setting is shown with this value, whatever its schema says of it */
const shownWith = (name: string, value: unknown): string | null | undefined =>
  shownSettings({ ...config, [name]: value } as Config).find((setting) => setting.name === name)?.value;

const names = Object.keys(Settings.shape);
const descriptionOf = (name: string): string =>
  String(
    Object.entries(Settings.shape)
      .find(([key]) => key === name)?.[1]
      .meta()?.['description'] ?? '',
  );

describe('the settings that administrators see', () => {
  it.each(names.filter((name) => /SECRET|PASSWORD|TOKEN/.test(name)))(
    'say of %s only that it is set',
    (name) => {
      expect(shownWith(name, MARK)).toBe('set');
      expect(shownWith(name, [MARK])).toBe('set');
      expect(shownWith(name, undefined)).toBeNull();
    },
  );

  it('hide each setting that is a password, a key or a token by its description', () => {
    const secrets = names.filter((name) =>
      /^(Password (for|of)|Key that|Bearer token)/.test(descriptionOf(name)),
    );
    expect(secrets).toEqual(
      expect.arrayContaining(['SECRET_KEY', 'ADMIN_PASSWORD', 'OPA_TOKEN', 'METRICS_TOKEN']),
    );
    for (const name of secrets) expect([name, shownWith(name, MARK)]).toEqual([name, 'set']);
  });

  it.each([
    ['postgres://db:5432/cvat', 'postgres://db:5432/cvat'],
    ['postgres://user:word@db:5432/cvat', 'postgres://set@db:5432/cvat'],
    ['postgres://user:word@/cvat?host=/run', 'postgres://set@/cvat?set'],
    ['postgres:///cvat?host=/run&user=u&password=word', 'postgres:///cvat?set'],
    ['postgres://db/cvat?password=wo@rd', 'set'],
    ['postgres://user:wo@rd@db/cvat', 'set'],
    ['smtp://user:w?rd@host', 'set'],
    ['smtp://user:w#rd@host', 'set'],
    ['redis+cluster://:word@a:6379,b:6379', 'redis+cluster://set@a:6379,b:6379'],
    ['unix:///run/opa/opa.sock', 'unix:///run/opa/opa.sock'],
    ['ldaps://a.example.org, ldaps://b.example.org', 'ldaps://a.example.org, ldaps://b.example.org'],
  ])('show of %s the address: %s', (value, shown) => {
    expect(shownWith('REDIS_URL', value)).toBe(shown);
  });

  it('show no password of any URL, wherever it is and whatever is around it', () => {
    const noise = fc.stringMatching(/^[a-z@/?#:,&=%]{0,8}$/);
    const url = fc
      .tuple(fc.constantFrom('postgres', 'rediss+sentinel', 'smtp'), noise, noise, noise, fc.boolean())
      .map(([scheme, before, after, rest, isParameter]) =>
        isParameter
          ? `${scheme}://${before}host/db?${rest}password=${after}${MARK}`
          : `${scheme}://user:${before}${MARK}${after}@host/${rest.replaceAll('@', '')}`,
      );
    fc.assert(
      fc.property(fc.constantFrom('DATABASE_URL', 'EMAIL_URL', 'REDIS_URL'), url, (name, value) => {
        expect(shownWith(name, value)).not.toContain(MARK);
        expect(shownWith('RULES_DIR', [value])).not.toContain(MARK);
      }),
    );
  });

  it('show words, numbers, flags, lists and rates', () => {
    const shown = Object.fromEntries(shownSettings(config).map(({ name, value }) => [name, value]));
    expect(shown).toMatchObject({
      HOST: '127.0.0.1',
      PORT: '8080',
      EMAIL_USE_TLS: 'false',
      TRUSTED_PROXIES: 'loopback',
      RULES_DIR: '',
      DATABASE_URL: null,
      PUBLIC_URL: 'http://localhost:8080',
    });
    expect(shownWith('THROTTLE_ANON', { limit: 3, periodSeconds: 90 })).toBe('3/90 seconds');
    expect(shownWith('THROTTLE_ANON', null)).toBeNull();
  });
});

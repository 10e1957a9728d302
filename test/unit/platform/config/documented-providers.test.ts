import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { callbackUrl } from '../../../../src/features/sign-on/index.js';
import { readSignOnSettings } from '../../../../src/platform/config/auth-config.js';
import { loadConfig } from '../../../../src/platform/config/load.js';
import { blocksOf } from '../../../support/document-blocks.js';

const DOCUMENT = readFileSync(path.resolve('docs/single-sign-on.md'), 'utf8');
const BLOCKS = blocksOf('single-sign-on.md').flatMap(({ language, text }) =>
  language === 'yaml' ? [text] : [],
);

const folder = mkdtempSync(path.join(tmpdir(), 'documented-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads a file of the page as a server reads it. Its secrets are in files, which are made here. */
function readBlock(text: string) {
  for (const [, name = ''] of text.matchAll(/\/run\/secrets\/(\S+)/g))
    writeFileSync(path.join(folder, name), `the secret of ${name}\n`);
  const file = path.join(folder, 'auth_config.yml');
  writeFileSync(file, text.replaceAll('/run/secrets', folder));
  return readSignOnSettings(loadConfig({ AUTH_CONFIG_PATH: file }));
}

/** The provider of each file on the page, in order. */
const PROVIDERS = [
  'keycloak',
  'keycloak',
  'entra',
  'okta',
  'google',
  'github',
  'amazon-cognito',
  'cognito',
  'authentik',
  'company',
];

describe('Every file on the page of single sign-on', () => {
  it('has one provider, which is known by its section', () => {
    expect(BLOCKS.map((text) => readBlock(text).providers.map(({ id }) => id))).toEqual(
      PROVIDERS.map((id) => [id]),
    );
  });

  it.each(BLOCKS.map((text, index) => [PROVIDERS[index], text]))(
    'is read by a server, and the callback URL beside it is the right one: %s',
    (_id, text = '') => {
      const [provider] = readBlock(text).providers;
      if (provider === undefined) throw new Error('It has no provider.');
      expect(provider.clientSecret).not.toBe('');
      const url = callbackUrl('https://cvat.example.org', provider);
      // The files that stand for any provider have a pattern of the URL.
      const shown =
        provider.id === 'company' ? callbackUrl('<PUBLIC_URL>', { ...provider, id: '<id>' }) : url;
      expect(DOCUMENT).toContain(`\`${shown}\``);
    },
  );

  it('warns only of what the page says has no effect', () => {
    const warnings = BLOCKS.flatMap((text) => readBlock(text).warnings);
    expect(warnings).toEqual([expect.stringContaining('sso.enable_pkce is false')]);
  });
});

describe('Every callback URL on the page of single sign-on', () => {
  it('belongs to a file on it', () => {
    const urls = BLOCKS.flatMap((text) =>
      readBlock(text).providers.map((provider) => callbackUrl('https://cvat.example.org', provider)),
    );
    const shown = [...DOCUMENT.matchAll(/`(https:\/\/cvat\.example\.org\/\S+\/callback\/)`/g)].map(
      ([, url]) => url,
    );
    expect(shown).toHaveLength(8);
    expect(shown.filter((url) => !urls.includes(url ?? ''))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { writeYaml } from '../../src/platform/values/yaml.js';
import { createTestApp } from '../support/app.js';
import { basicAuth } from '../support/http.js';
import { AS_OPERATORS_DO, preparedFolder, processorMs, send, startServer } from './server.js';

/** To write the document takes 490 ms, and to read it 20 to 110, with all else that a young server does. */
const LIMIT_MS = 250;
const ADMIN_PASSWORD = 'Wiesel-42-quarks';
const headers = { Authorization: basicAuth('admin', ADMIN_PASSWORD) };

const DIRECTORY = {
  IAM_TYPE: 'LDAP',
  AUTH_LDAP_SERVER_URI: 'ldaps://ldap.example.org',
  AUTH_LDAP_USER_SEARCH_BASE: 'ou=people,dc=example,dc=org',
};

describe('the OpenAPI document of the built server', () => {
  it.each<Record<string, string>>([
    { REGISTRATION_MODE: 'closed', API_DOCS_PUBLIC: 'false' },
    { REGISTRATION_MODE: 'invite', ACCOUNT_EMAIL_VERIFICATION: 'mandatory', EMAIL_BACKEND: 'console' },
    DIRECTORY,
  ])('is that of its routes, to the byte and without work for the first reader: %j', async (env) => {
    const expected = await textsFor(env);
    const server = await startServer({
      cwd: await preparedFolder(),
      args: AS_OPERATORS_DO,
      env: { ...env, ADMIN_PASSWORD },
    });
    await send(server.url, '/api/server/about', { headers });
    for (const format of ['yaml', 'json'] as const) {
      const before = processorMs(server);
      const { status, text } = await send(server.url, `/api/schema/?scheme=${format}`, { headers });
      const spent = processorMs(server) - before;
      expect([status, text === expected[format]]).toEqual([200, true]);
      expect(spent).toBeLessThan(LIMIT_MS);
    }
  });
});

/** What a server from src/ writes. */
async function textsFor(env: Readonly<Record<string, string>>) {
  const app = await createTestApp({ env, engines: 'embedded' });
  try {
    const document = app.container.document();
    return { yaml: writeYaml(document), json: JSON.stringify(document, null, 4) };
  } finally {
    await app.close();
  }
}

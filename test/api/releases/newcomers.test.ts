import { afterAll, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import { linkOf, openMailbox } from '../../support/mailbox.js';
import { oneProvider, signOn, whoIs } from '../../support/sign-on.js';

/** Addresses and origins of accounts in 2.80, where neither registration nor invitation brings them. */

const provider = await startScriptedProvider();
const mailbox = await openMailbox();
afterAll(async () => {
  await provider.stop();
  await mailbox.close();
});
const app = useTestApp({
  env: {
    ...mailbox.env,
    AUTH_CONFIG_PATH: oneProvider(provider, { email_domain: 'corp.example' }),
    CVAT_VERSION: '2.80.0',
  },
});

it('a person of an identity provider gets an account with the address in lower case, made by single sign-on', async () => {
  provider.person = {
    sub: 'sub-1',
    email: 'Ada.Lovelace@Corp.Example',
    email_verified: true,
    preferred_username: 'ada',
  };
  const browser = app.browser();
  await signOn(browser);
  expect(await whoIs(browser)).toMatchObject({
    email: 'ada.lovelace@corp.example',
    email_verified: true,
    created_via: 'sso',
  });
});

it('a new address takes effect in lower case', async () => {
  const { id, password, authorization: headers } = await app.register('mover');
  const body = { email: 'Moved.Away@Example.ORG', password };
  const asked = await app.send('/api/auth/email/change', { method: 'POST', headers, body });
  expect(asked.status, asked.text).toBe(200);
  const link = linkOf(await mailbox.receive(app, 'moved.away@example.org'));
  expect((await app.send(link)).status).toBe(302);
  const self = await app.send('/api/users/self', { headers });
  expect(self.json()).toMatchObject({ id, email: 'moved.away@example.org', email_verified: true });
});

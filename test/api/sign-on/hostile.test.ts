import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { SECOND } from '../../../src/kernel/clock.js';
import { useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import { setActive } from '../../support/rows.js';
import {
  beginSignOn,
  comeBackFrom,
  eventsOf,
  openIdEntry,
  problemIn,
  signOn,
  whoIs,
  writeAuthConfig,
} from '../../support/sign-on.js';
import {
  signAndChange,
  signHonestly,
  signNot,
  signWithOtherKey,
  signWithPublicKey,
} from '../../support/signing-keys.js';

const provider = await startScriptedProvider();
const other = await startScriptedProvider();
const down = await startScriptedProvider();
afterAll(() => Promise.all([provider.stop(), other.stop(), down.stop()]));

const app = useTestApp({
  env: {
    AUTH_CONFIG_PATH: writeAuthConfig({
      sso: {
        enabled: true,
        identity_providers: [
          openIdEntry(provider, { email_domain: 'corp.example' }),
          openIdEntry(other, { id: 'other', name: 'Other' }),
          openIdEntry(down, { id: 'down', name: 'Down' }),
        ],
      },
    }),
  },
});

let counter = 0;
beforeEach(() => {
  counter += 1;
  provider.person = { sub: `h-${counter}`, email: `h${counter}@corp.example`, email_verified: true };
  other.person = provider.person;
  provider.claims = provider.honestClaims;
  provider.sign = signHonestly;
  provider.redirectParams = {};
  provider.tokenFields = {};
  for (const name of ['token', 'jwks', 'userinfo'] as const) delete provider.answers[name];
});

/** A sign-in that must not end in a session. @returns why */
async function refusedSignOn(): Promise<string | null> {
  const browser = app.browser();
  const problem = problemIn(await signOn(browser));
  expect(await whoIs(browser)).toBeNull();
  return problem;
}

describe('An ID token is refused', () => {
  it.each([
    ['with the signature of another key', signWithOtherKey],
    ['without a signature', signNot],
    ['that is signed with the public key as a secret', signWithPublicKey],
    ['that was changed after it was signed', signAndChange({ sub: 'somebody-else' })],
  ])('%s', async (_what, sign) => {
    provider.sign = sign;
    expect(await refusedSignOn()).toBe('failed');
  });

  const now = () => Math.floor(Date.now() / 1000);
  it.each([
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another client', { aud: 'another' }],
    [
      'for several clients that another one asked for',
      { aud: ['another', provider.clientId], azp: 'another' },
    ],
    ['that has expired', { exp: now() - 120 }],
    ['with another nonce', { nonce: 'another' }],
    ['without a nonce', { nonce: undefined }],
    ['without a subject', { sub: undefined }],
    ['with a subject that is too long for the column', { sub: 's'.repeat(192) }],
    ['with an object as its subject', { sub: { $ne: null } }],
  ])('%s', async (_what, claims) => {
    provider.claims = (request, person) => ({ ...provider.honestClaims(request, person), ...claims });
    expect(await refusedSignOn()).toBe('failed');
  });

  it('that is missing', async () => {
    provider.tokenFields = { id_token: undefined };
    expect(await refusedSignOn()).toBe('failed');
  });
});

describe('A callback is refused', () => {
  it('the second time, also at once', async () => {
    const browser = app.browser();
    const path = await comeBackFrom(await beginSignOn(browser));
    const answers = await Promise.all([browser.send(path), browser.send(path), browser.send(path)]);
    expect(answers.map(problemIn).toSorted()).toEqual(['expired', 'expired', null]);
    expect(problemIn(await browser.send(path))).toBe('expired');
  });

  it('in another browser', async () => {
    const path = await comeBackFrom(await beginSignOn(app.browser()));
    const stranger = app.browser();
    expect(problemIn(await stranger.send(path))).toBe('expired');
    expect(await whoIs(stranger)).toBeNull();
  });

  it('in another browser that has begun a sign-in of its own', async () => {
    const path = await comeBackFrom(await beginSignOn(app.browser()));
    const stranger = app.browser();
    await beginSignOn(stranger);
    expect(problemIn(await stranger.send(path))).toBe('expired');
  });

  it('after ten minutes', async () => {
    const browser = app.browser();
    const path = await comeBackFrom(await beginSignOn(browser));
    app.clock.advance(601 * SECOND);
    expect(problemIn(await browser.send(path))).toBe('expired');
  });

  it('at another provider than the one that it began at', async () => {
    const browser = app.browser();
    const path = await comeBackFrom(await beginSignOn(browser));
    expect(problemIn(await browser.send(path.replace('/idp/', '/other/')))).toBe('expired');
  });

  it('with the issuer of another provider (RFC 9207)', async () => {
    provider.redirectParams = { iss: other.issuer };
    expect(await refusedSignOn()).toBe('failed');
  });

  it('with a code that another browser got', async () => {
    const victim = app.browser();
    const theirs = new URLSearchParams((await comeBackFrom(await beginSignOn(app.browser()))).split('?')[1]);
    const path = await comeBackFrom(await beginSignOn(victim));
    const mixed = new URLSearchParams(path.split('?')[1]);
    mixed.set('code', theirs.get('code') ?? '');
    expect(problemIn(await victim.send(`${path.split('?')[0]}?${mixed}`))).toBe('failed');
  });

  it.each(['', '?code=1', '?state=1', '?state=1&state=2&code=3', '?error=server_error'])(
    'with the query %s',
    async (query) => {
      const answer = await app.send(`/api/auth/oidc/idp/login/callback/${query}`);
      expect([answer.status, problemIn(answer)]).toEqual([302, 'expired']);
    },
  );
});

describe('A provider that can not be used', () => {
  it('leaves a sentence, a log line and a metric, and the other ways in', async () => {
    down.down = true;
    const answer = await app.browser().send('/api/auth/oidc/down/login/');
    expect(problemIn(answer)).toBe('unreachable');
    expect(app.logs.join('')).toContain('An identity provider cannot be used.');
    expect(problemIn(await signOn(app.browser()))).toBeNull();
    down.down = false;
    down.person = { sub: 'd', email: 'd@down.example', email_verified: true };
    expect(problemIn(await signOn(app.browser(), { id: 'down' }))).toBeNull();
  });

  it.each([
    ['answers the code with 503', { status: 503 }],
    ['redirects the code', { status: 302, headers: { Location: 'http://169.254.169.254/' } }],
    ['sends more than 256 KiB', { size: 300 * 1024 }],
    ['ends in the middle', { isCut: true }],
  ])('because it %s', async (_what, bend) => {
    provider.answers.token = bend;
    expect(await refusedSignOn()).toBe('unreachable');
  });

  it('is no reason to trust what is not JSON', async () => {
    provider.answers.token = { body: '<html>' };
    expect(await refusedSignOn()).toBe('failed');
  });

  it('may change its keys at any time', async () => {
    expect(problemIn(await signOn(app.browser()))).toBeNull();
    await provider.rotateKeys();
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(problemIn(await signOn(app.browser()))).toBeNull();
  });
});

describe('An account is not given away', () => {
  const own = async (browser = app.browser()) => ({ problem: problemIn(await signOn(browser)), browser });

  it('for an address that only the provider has verified', async () => {
    const owner = await app.register();
    provider.person = { sub: `own-${counter}`, email: owner.email, email_verified: true };
    expect((await own()).problem).toBe('email_taken');
  });

  it.each([false, 'yes', 1, undefined])('for an address with email_verified %j', async (verified) => {
    provider.person = { sub: `v-${counter}`, email: `v${counter}@corp.example`, email_verified: verified };
    const { problem, browser } = await own();
    expect(problem).toBeNull();
    // A new account, whose address counts as unconfirmed.
    expect(await whoIs(browser)).toMatchObject({ email: `v${counter}@corp.example` });
    provider.person = { sub: `w-${counter}`, email: `v${counter}@corp.example`, email_verified: true };
    expect((await own()).problem).toBe('email_taken');
  });

  it('for an address without a confirmed owner of a foreign domain', async () => {
    provider.person = {
      sub: `f-${counter}`,
      email: `f${counter}@corp.example.evil.example`,
      email_verified: true,
    };
    await own();
    provider.person = {
      sub: `g-${counter}`,
      email: `f${counter}@corp.example.evil.example`,
      email_verified: true,
    };
    expect((await own()).problem).toBe('email_taken');
  });

  it('for a homograph of the domain', async () => {
    const cyrillic = `h${counter}@cоrp.example`;
    provider.person = { sub: `cyr-${counter}`, email: cyrillic, email_verified: true };
    const { problem } = await own();
    expect(['email_taken', 'no_email', null]).toContain(problem);
    expect(eventsOf(app, 'account.linked').filter(({ account }) => account === null)).toEqual([]);
  });

  it('without an address', async () => {
    provider.person = { sub: `none-${counter}` };
    expect((await own()).problem).toBe('no_email');
  });

  it('when it is inactive', async () => {
    const { browser } = await own();
    const { id } = (await whoIs(browser)) ?? {};
    await setActive(app.db, Number(id), false);
    expect((await own()).problem).toBe('inactive');
  });

  it('for the same subject at another provider', async () => {
    await own();
    expect(problemIn(await signOn(app.browser(), { id: 'other' }))).toBe('email_taken');
  });
});

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { PATHS } from '../../../src/features/pages/paths.js';
import { useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import { comeBackFrom, openIdEntry, signOn, whoIs, writeAuthConfig } from '../../support/sign-on.js';
import { createVisitor, type ShownPage } from '../../support/visitor.js';

/** Identity providers on the pages: buttons, linking, and signing out. */

const [provider, second] = await Promise.all([startScriptedProvider(), startScriptedProvider()]);
second.discovery = { end_session_endpoint: undefined };
afterAll(() => Promise.all([provider.stop(), second.stop()]));

const PUBLIC_URL = 'https://cvat.example.org';
const PASSWORD = 'Wiesel-42-quarks';
const configOf = (sso: object, more: object = {}): string =>
  writeAuthConfig({ sso: { enabled: true, ...sso }, ...more });
type Fields = Readonly<Record<string, unknown>>;
const two = (first: Fields = {}, other: Fields = {}) => [
  openIdEntry(provider, first),
  openIdEntry(second, { id: 'second', name: 'Second ID', ...other }),
];
const appWith = (file: string, more: Readonly<Record<string, string>> = {}) =>
  useTestApp({ env: { PUBLIC_URL, AUTH_CONFIG_PATH: file, ...more } });

const app = appWith(configOf({ identity_providers: two() }));

let counter = 0;
beforeEach(() => {
  counter += 1;
  const person = {
    sub: `i-${counter}`,
    email: `i${counter}@corp.example`,
    preferred_username: `ida${counter}`,
  };
  provider.person = person;
  second.person = person;
});

const linksOf = ({ root }: ShownPage, within = 'main'): readonly string[] =>
  root.querySelectorAll(`${within} a`).map((link) => link.getAttribute('href') ?? '');
const buttonsOf = (page: ShownPage) => linksOf(page, '.providers');
const forwardOf = ({ root }: ShownPage): string =>
  root.querySelector('meta[http-equiv="refresh"]')?.getAttribute('content')?.replace('0;url=', '') ?? '';

async function signedIn(username = `person-${counter}`) {
  await app.register(username);
  const visitor = createVisitor(app);
  await visitor.signIn(username, PASSWORD);
  await visitor.open(PATHS.security);
  return visitor;
}

/** Links the identity at a provider by its button. @returns the page afterwards */
async function link(visitor: Awaited<ReturnType<typeof signedIn>>, name: string): Promise<ShownPage> {
  const form = visitor
    .page()
    .root.querySelectorAll('form')
    .find((one) => one.text.includes(`Link ${name}`));
  const hidden = form?.querySelectorAll('input[type="hidden"]') ?? [];
  const fields = hidden.map((field) => [field.getAttribute('name') ?? '', field.getAttribute('value') ?? '']);
  const onwards = await visitor.open(PATHS.security, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: String(new URLSearchParams([...fields, ['do', 'link']])),
  });
  expect([onwards.status, forwardOf(onwards)]).toEqual([200, linksOf(onwards)[0]]);
  const { headers } = await visitor.browser.send(await comeBackFrom(forwardOf(onwards)));
  return visitor.open((headers.location ?? '').replace(PUBLIC_URL, ''));
}

describe('The pages to sign in and to register', () => {
  it.each([PATHS.signIn, PATHS.register])(
    '%s has a button for each provider, with the page to go to',
    async (path) => {
      const page = await createVisitor(app).open(`${path}?next=/account/tokens`);
      expect(buttonsOf(page)).toEqual([
        '/api/auth/oidc/idp/login/?next=%2Faccount%2Ftokens',
        '/api/auth/oidc/second/login/?next=%2Faccount%2Ftokens',
      ]);
      expect(page.words).toContain('or with a password');
    },
  );

  describe('with a provider for a domain', () => {
    const choosing = appWith(
      configOf({
        identity_providers: two({ email_domain: 'corp.example' }, { email_domain: 'lab.example' }),
      }),
    );

    it('ask for an address, and lead on to its provider', async () => {
      const visitor = createVisitor(choosing);
      expect(buttonsOf(await visitor.open(`${PATHS.register}?next=/account/tokens`))).toEqual([]);
      const onwards = await visitor.press('choose-provider', { email: ' ada@LAB.example ' });
      expect(forwardOf(onwards)).toBe('/api/auth/oidc/second/login/?next=%2Faccount%2Ftokens');
      expect(linksOf(onwards)).toContain(forwardOf(onwards));
    });

    it('say when nobody is responsible for an address, beside what was typed', async () => {
      const visitor = createVisitor(choosing);
      await visitor.open(PATHS.signIn);
      const page = await visitor.press('choose-provider', { email: 'ada@elsewhere.example' });
      expect([page.status, page.words]).toEqual([
        400,
        expect.stringContaining('No identity provider is responsible for this request.'),
      ]);
      expect(page.root.querySelector('#choose-provider-email')?.getAttribute('value')).toBe(
        'ada@elsewhere.example',
      );
    });
  });

  describe('with the lowest weight', () => {
    const weighed = appWith(
      configOf({ selection_mode: 'lowest_weight', identity_providers: two({ weight: 9 }, { weight: 3 }) }),
    );

    it('offer this provider alone', async () => {
      expect(buttonsOf(await createVisitor(weighed).open(PATHS.signIn))).toEqual([
        '/api/auth/oidc/second/login/',
      ]);
    });
  });

  describe('when passwords can not register', () => {
    const closed = appWith(
      configOf({ identity_providers: two() }, { basic: { registration: { enabled: false } } }),
    );
    const locked = appWith(configOf({ identity_providers: two() }), { REGISTRATION_MODE: 'closed' });

    it('offer the providers, unless nobody gets an account by them', async () => {
      expect(buttonsOf(await createVisitor(closed).open(PATHS.register))).toHaveLength(2);
      expect(buttonsOf(await createVisitor(locked).open(PATHS.register))).toHaveLength(0);
    });
  });

  it('say to people who are signed in why their sign-in failed', async () => {
    const visitor = await signedIn();
    const page = await visitor.open(`${PATHS.signIn}?problem=expired&provider=idp`);
    expect(page.words).toContain('This sign-in is too old');
  });
});

describe('The security page', () => {
  it('links an identity, shows it, and unlinks it', async () => {
    const visitor = await signedIn();
    expect(visitor.page().words).toContain('No identity is linked to your account.');
    const linked = await link(visitor, 'Example ID');
    expect(linked.words).toContain('The identity is linked: you can sign in with it now.');
    expect(linked.words).toContain(`Example ID i${counter}@corp.example`);
    expect(linked.words).toContain('Link Second ID');
    expect(linked.words).not.toContain('Link Example ID');
    const other = app.browser();
    await signOn(other);
    expect(await whoIs(other)).toMatchObject({ username: `person-${counter}` });
    expect((await visitor.press('unlink')).words).toContain('The identity is unlinked.');
    expect(visitor.page().words).toContain('No identity is linked to your account.');
  });

  it('says why an identity was not linked', async () => {
    await signOn(app.browser());
    const refused = await link(await signedIn(), 'Example ID');
    expect(refused.words).toContain('This identity belongs to another account here.');
  });

  it('keeps the last way in, and says so', async () => {
    const visitor = createVisitor(app);
    await signOn(visitor.browser);
    await visitor.open(PATHS.security);
    const page = await visitor.press('unlink');
    expect([page.status, page.words]).toEqual([
      400,
      expect.stringContaining('You could not sign in any more. Link another identity first'),
    ]);
  });
});

it('the page of a person shows their identities to a superuser, who removes them', async () => {
  const person = createVisitor(app);
  await signOn(person.browser);
  const { id } = (await whoIs(person.browser)) ?? {};
  const admin = createVisitor(app);
  await admin.signIn(app.admin.username, app.admin.password);
  expect((await admin.open(`${PATHS.people}/${id}`)).words).toContain(`Example ID i${counter}@corp.example`);
  const page = await admin.press('unlink');
  expect(page.words).toContain('The identity is unlinked, and the sessions of the account are ended.');
  expect(page.words).not.toContain('Example ID');
  expect(await whoIs(person.browser)).toBeNull();
});

it('the export of a person has their identities', async () => {
  const visitor = createVisitor(app);
  await signOn(visitor.browser);
  const { linked_accounts: identities } = (await visitor.browser.send(PATHS.export)).json() as {
    linked_accounts: unknown;
  };
  expect(identities).toMatchObject([{ provider: 'idp', account: `i${counter}@corp.example` }]);
});

describe('After signing out', () => {
  const signOut = async (id: string) => {
    const visitor = createVisitor(app);
    await signOn(visitor.browser, { id });
    await visitor.open(PATHS.signOut);
    return visitor.press('sign-out');
  };

  it('people of a provider are led to its page to sign out, and back', async () => {
    const page = await signOut('idp');
    expect(page.words).toContain('You are signed out.');
    expect(page.words).toContain('Sign out at Example ID too');
    const [there = ''] = linksOf(page).filter((href) => href.endsWith('/logout/'));
    const { status, headers } = await app.send(there);
    const address = new URL(headers.location ?? '');
    expect([status, address.origin]).toEqual([302, new URL(provider.issuer).origin]);
    expect(Object.fromEntries(address.searchParams)).toEqual({
      client_id: provider.clientId,
      post_logout_redirect_uri: `${PUBLIC_URL}${PATHS.signIn}`,
    });
  });

  it('nothing is offered where the provider has no such page', async () => {
    const page = await signOut('second');
    expect(page.words).toContain('You are signed out.');
    expect(page.words).not.toContain('Sign out at');
    expect((await app.send('/api/auth/oidc/second/logout/')).status).toBe(404);
  });

  it('a made-up provider in the address is offered to nobody', async () => {
    const page = await createVisitor(app).open(`${PATHS.signIn}?done=signed-out&provider=evil`);
    expect(page.words).not.toContain('Sign out at');
  });
});

import { describe, expect, it } from 'vitest';
import { PATHS } from '../../../src/features/pages/paths.js';
import { useTestApp } from '../../support/app.js';
import type { RequestOptions as KeyRequest, SoftKey } from '../../support/authenticator.js';
import { type KeyHolder, keyActions, PUBLIC_URL } from '../../support/key-actions.js';
import { createVisitor } from '../../support/visitor.js';

/** Passkeys and security keys on the pages: what the forms for them do, when a script has filled them in. */

const app = useTestApp({ env: { PUBLIC_URL } });
const off = useTestApp({ env: { PUBLIC_URL, MFA_WEBAUTHN: 'false' } });
const { enrol, answer: answerOf, make } = keyActions(app);

type Visitor = ReturnType<typeof createVisitor>;
type Seen = Awaited<ReturnType<Visitor['open']>>;

/** @returns the options in the form of a page */
function optionsOn<T>({ root }: Pick<Seen, 'root'>, kind: 'create' | 'get'): T {
  const form = root.querySelector(`form[data-key=${kind}]`);
  return JSON.parse(form?.getAttribute('data-options') ?? 'null') as T;
}

const use = (page: Pick<Seen, 'root'>, key: SoftKey) =>
  JSON.stringify(answerOf(optionsOn<KeyRequest>(page, 'get'), key));

/** Sends the form of a page, as the script does. */
async function submit(visitor: Visitor, address: string, fields: Readonly<Record<string, string>>) {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Referer: `${PUBLIC_URL}/` };
  const csrfmiddlewaretoken = visitor.browser.jar.get('csrftoken') ?? '';
  const body = String(new URLSearchParams({ csrfmiddlewaretoken, ...fields }));
  return visitor.open(address, { method: 'POST', headers, body });
}

const signInWith = async (visitor: Visitor, { account }: Pick<KeyHolder, 'account'>, next = '') => {
  await visitor.open(`${PATHS.signIn}${next}`);
  return visitor.press('sign-in', { username: account.username, password: account.password });
};

describe('the page to sign in', () => {
  it('signs in with a passkey, and goes on to where the person wanted to go', async () => {
    const { account, key } = await enrol();
    const visitor = createVisitor(app);
    const page = await visitor.open(`${PATHS.signIn}?next=${PATHS.tokens}`);
    const credential = use(page, key);
    const inside = await submit(visitor, PATHS.signIn, { do: 'passkey', credential, next: PATHS.tokens });
    expect([inside.status, inside.address]).toEqual([200, PATHS.tokens]);
    expect(inside.words).toContain(`Signed in as ${account.username}`);
  });

  it('says what is the matter with a passkey, and offers another try with a new challenge', async () => {
    const { key } = await enrol();
    const visitor = createVisitor(app);
    const page = await visitor.open(PATHS.signIn);
    const credential = use(page, { ...key, id: Buffer.from('nobody has it') });
    const refused = await submit(visitor, PATHS.signIn, { do: 'passkey', credential });
    expect([refused.status, refused.words]).toEqual([
      400,
      expect.stringContaining('This passkey opens no account here. Sign in in another way.'),
    ]);
    expect(use(refused, key)).not.toBe(credential);
    const again = await submit(visitor, PATHS.signIn, { do: 'passkey', credential: use(refused, key) });
    expect(again.address).toBe(PATHS.account);
  });

  it.each(['', '{', 'null', '[]', '"x"'])('refuses the answer %j of a script', async (credential) => {
    const visitor = createVisitor(app);
    await visitor.open(PATHS.signIn);
    const page = await submit(visitor, PATHS.signIn, { do: 'passkey', credential });
    expect(page.status).toBe(400);
    expect(page.root.querySelector('[role=alert]:not([hidden])')?.text).not.toBe('');
  });

  it('offers no passkeys without MFA_WEBAUTHN', async () => {
    const visitor = createVisitor(off);
    const page = await visitor.open(PATHS.signIn);
    expect(page.root.querySelector('form[data-key]')).toBeNull();
    expect((await submit(visitor, PATHS.signIn, { do: 'passkey', credential: '{}' })).status).toBe(404);
    expect((await visitor.open(PATHS.key)).status).toBe(404);
  });
});

describe('the second step', () => {
  it('takes a key in place of a code, in the page that follows the password', async () => {
    const holder = await enrol();
    const visitor = createVisitor(app);
    const page = await signInWith(visitor, holder, `?next=${PATHS.tokens}`);
    expect(page.words).toContain('Use your key');
    const fields = { do: 'key', credential: use(page, holder.key), next: PATHS.tokens };
    expect((await submit(visitor, PATHS.signIn, fields)).address).toBe(PATHS.tokens);
  });

  it('asks again after a wrong key, for the key or a code', async () => {
    const [holder, other] = [await enrol(), await enrol()];
    const visitor = createVisitor(app);
    const page = await signInWith(visitor, holder);
    const refused = await submit(visitor, PATHS.signIn, { do: 'key', credential: use(page, other.key) });
    expect([refused.status, refused.words]).toEqual([400, expect.stringContaining('The key was refused.')]);
    const credential = use(refused, holder.key);
    expect((await submit(visitor, PATHS.signIn, { do: 'key', credential })).address).toBe(PATHS.account);
  });

  it('asks for a code alone in an account without keys', async () => {
    const visitor = createVisitor(app);
    const account = await app.register();
    await signInWith(visitor, { account });
    expect((await visitor.open(`${PATHS.signIn}?step=prove`)).root.querySelector('[data-key]')).toBeNull();
  });
});

describe('the page that adds a key', () => {
  it('adds the first with recovery codes, and the next without', async () => {
    const visitor = createVisitor(app);
    await signInWith(visitor, { account: await app.register() });
    const add = async (name: string) => {
      const options = optionsOn<Parameters<typeof make>[0]>(await visitor.open(PATHS.key), 'create');
      const credential = JSON.stringify(make(options).credential);
      return submit(visitor, PATHS.key, { do: 'add', name, credential });
    };
    expect((await add('Laptop')).root.querySelectorAll('#recovery-codes li')).toHaveLength(10);
    const second = await add('<b>Blue</b>');
    expect([second.address, second.words]).toEqual([
      `${PATHS.security}?done=key-added`,
      expect.stringContaining('<b>Blue</b>'),
    ]);
    const nameless = await add('');
    expect(nameless.root.querySelector('#add-name-wrong')?.text).toBe('Fill in this field.');
  });
});

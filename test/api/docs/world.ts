import { SERVER } from '../../../src/authentication/passwords/queue.js';
import { createPasswordService } from '../../../src/authentication/passwords/service.js';
import { createResetToken } from '../../../src/authentication/reset-token.js';
import {
  ACCEPTED_KEY,
  BOUND_TOKEN,
  EXPIRED_KEY,
  INVITATION_KEY,
  OWNER_KEY,
  PASSWORD,
} from '../../../src/features/api-docs/examples/people.js';
import { insertAccount } from '../../../src/features/users/index.js';
import { DAY, systemClock } from '../../../src/kernel/clock.js';
import { systemRandom } from '../../../src/kernel/random.js';
import type { Queryable } from '../../../src/platform/db/queryable.js';
import type { ExampleRequest } from '../../../src/platform/openapi/types.js';
import { createSecretBox } from '../../../src/platform/otp/secret-box.js';
import { base32Of } from '../../../src/platform/otp/totp.js';
import type { TestApp } from '../../support/app.js';
import { codeAt } from '../../support/factor-actions.js';
import { insertKey, insertRecoveryCode, insertTotp } from '../../support/factor-rows.js';
import { type Browser, basicAuth } from '../../support/http.js';
import {
  forgetJoins,
  insertInvitationRow,
  insertMembership,
  insertOrganization,
  insertTransfer,
  membershipsIn,
} from '../../support/organization-rows.js';
import { rememberTables } from '../../support/refill.js';
import {
  bindAccessToken,
  insertAccessToken,
  insertIdentity,
  insertToken,
  removeEverybody,
} from '../../support/rows.js';

/** Their ids are 1 to 5. */
const PEOPLE = ['admin', 'maria', 'pablo', 'carla', 'diego'];
const ROLES: Readonly<Record<string, string>> = { admin: 'admin', carla: 'worker' };
const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  maria: ['Maria', 'Merian'],
  pablo: ['Pablo', 'Neruda'],
};

/** @returns the id of a person of the examples */
export const idOf = (username: string): number => PEOPLE.indexOf(username) + 1;
const tokenOf = (username: string): string => String(idOf(username)).repeat(40);
const accessTokenOf = (username: string): string => `${String(idOf(username)).repeat(8)}.${'k'.repeat(32)}`;

const passwords = createPasswordService({ clock: systemClock, random: systemRandom, rounds: 4 });
const hashed = passwords.hash(PASSWORD, SERVER);

const built = new WeakMap<object, (now: Date) => Promise<void>>();

/** Empties the database, and fills it with the people of the examples and what is theirs. */
export async function buildWorld({ container: { engines }, clock }: TestApp): Promise<void> {
  const now = new Date(clock.now());
  const buildAgain = built.get(engines.db);
  if (buildAgain !== undefined) return buildAgain(now);
  await buildFirst(engines.db, now);
  built.set(engines.db, await rememberTables(engines.db, now));
}

async function buildFirst(db: Queryable, now: Date): Promise<void> {
  await removeEverybody(db);
  for (const username of PEOPLE) {
    const isAdmin = username === 'admin';
    const [firstName = '', lastName = ''] = NAMES[username] ?? [];
    const id = await insertAccount(
      db,
      {
        username,
        email: `${username}@example.org`,
        firstName,
        lastName,
        password: await hashed,
        isStaff: isAdmin,
        isSuperuser: isAdmin,
        isActive: true,
        groups: [ROLES[username] ?? 'user'],
        emailVerified: false,
        origin: null,
      },
      now,
    );
    await insertToken(db, id, tokenOf(username), now);
    await insertAccessToken(db, { ownerId: id, key: accessTokenOf(username), lastUsed: now });
  }
  await insertFactors(db, now);
  const acme = await insertOrganization(db, 'acme', idOf('maria'));
  const pablo = await insertMembership(db, { organizationId: acme, userId: idOf('pablo'), role: 'worker' });
  await insertInvitation(db, { key: ACCEPTED_KEY, membershipId: pablo, sent: now });
  await insertInvitation(db, { key: OWNER_KEY, membershipId: await ownership(db, acme), sent: now });
  const invitee = { userId: idOf('carla'), role: 'supervisor', isActive: false };
  const carla = await insertMembership(db, { ...invitee, organizationId: acme });
  await insertInvitation(db, { key: INVITATION_KEY, membershipId: carla, sent: now });
  const globex = await insertOrganization(db, 'globex', idOf('admin'));
  const old = await insertMembership(db, { ...invitee, organizationId: globex });
  await insertInvitation(db, {
    key: EXPIRED_KEY,
    membershipId: old,
    sent: new Date(now.getTime() - 30 * DAY),
  });
  await forgetJoins(db);
  const bound = await insertAccessToken(db, { ownerId: idOf('maria'), key: BOUND_TOKEN, lastUsed: now });
  await bindAccessToken(db, bound, acme);
  await insertIdentity(db, {
    provider: 'oidc',
    uid: 'f4c2',
    userId: idOf('maria'),
    data: { sub: 'f4c2', email: 'maria@example.org' },
  });
  await insertTransfer(db, {
    organizationId: acme,
    ownerId: idOf('maria'),
    successorId: idOf('pablo'),
    created: now,
  });
}

/** The secret of RFC 6238, appendix B. */
const APP_SECRET = Buffer.from('12345678901234567890');

async function insertFactors(db: Queryable, created: Date): Promise<void> {
  const box = createSecretBox({ secretKey: () => SECRET_KEY, random: systemRandom });
  const appOf = (username: string, isConfirmed: boolean) => {
    const userId = idOf(username);
    return insertTotp(db, { userId, secret: box.seal(userId, APP_SECRET), created, isConfirmed });
  };
  await appOf('carla', false);
  await appOf('diego', true);
  await insertKey(db, idOf('diego'), 'Blue key');
  for (let count = 0; count < 10; count += 1)
    await insertRecoveryCode(db, { userId: idOf('diego'), code: String(count).padStart(15, '0'), created });
}

/** @returns the code that the apps of the examples show now */
export const factorCodeOf = ({ clock }: TestApp): string => codeAt(base32Of(APP_SECRET), clock.now());

/** @returns the membership of the owner */
async function ownership(db: Queryable, organizationId: number): Promise<number> {
  const row = (await membershipsIn(db, organizationId)).find(({ role }) => role === 'owner');
  if (row === undefined) throw new Error('The organization has no owner.');
  return row.id;
}

const insertInvitation = (
  db: Queryable,
  { key, membershipId, sent }: { readonly key: string; readonly membershipId: number; readonly sent: Date },
): Promise<number> =>
  insertInvitationRow(db, { key, membershipId, ownerId: idOf('maria'), created: sent, sent });

export const SECRET_KEY = 'a key for the examples, and for nothing else';

/** @returns what a mail would have brought to maria, who has never logged in */
export const resetTokenOf = async ({ clock }: TestApp): Promise<string> => {
  const email = 'maria@example.org';
  const subject = { id: idOf('maria'), password: await hashed, lastLogin: null, email, addresses: [email] };
  return createResetToken(subject, SECRET_KEY, clock.now());
};

/** @returns the headers by which a person of the examples asks */
export async function credentialsOf(
  app: TestApp,
  { as = 'nobody', by = 'token' }: Pick<ExampleRequest, 'as' | 'by'>,
): Promise<Record<string, string>> {
  if (as === 'nobody') return {};
  if (!PEOPLE.includes(as)) throw new Error(`There is no ${as} in the examples.`);
  if (by === 'token') return { Authorization: `Token ${tokenOf(as)}` };
  if (by === 'access-token') return { Authorization: `Bearer ${accessTokenOf(as)}` };
  if (by === 'basic') return { Authorization: basicAuth(as, PASSWORD) };
  const browser = await logIn(app, as);
  return { Cookie: browser.cookieHeader(), 'X-CSRFToken': browser.jar.get('csrftoken') ?? '' };
}

/** A recovery code of diego: the code of his app may be used up by signing in. */
export const RECOVERY_CODE = '00000-00000-00003';

async function logIn(app: TestApp, username: string): Promise<Browser> {
  const browser = app.browser();
  const password = username === 'diego' ? PASSWORD + factorCodeOf(app) : PASSWORD;
  await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  return browser;
}

/** Opens a session for maria. @returns its public id */
export async function openSession(app: TestApp): Promise<string> {
  const browser = await logIn(app, 'maria');
  const answer = await browser.send('/api/auth/sessions');
  const { results } = answer.json() as { results: readonly { id: string; current: boolean }[] };
  const current = results.find((session) => session.current);
  if (current === undefined) throw new Error(`No session is the current one: ${answer.text}`);
  return current.id;
}

import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { findIntegrityProblems } from '../../../src/features/organizations/index.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { countOwners, membershipsIn, ownerOf } from '../../support/organization-rows.js';
import { type Client, clientOf, createWorld } from '../../support/world.js';

/**
 * Everybody does at once whatever they may: whoever wins, the rows stay sound, and no answer is a 500. Some invite so
 * often that they meet the limit on mails.
 */

const PEOPLE = 5;
let admin: Client;
/** The first one founded the organization. Of each run, because accounts are removed too. */
let people: readonly Client[];
const app = useTestApp({ env: { EMAIL_BACKEND: 'console', ORG_INVITATION_CONFIRM: 'true' } });
beforeAll(async () => {
  ({ admin } = await createWorld(app));
});

const KINDS = [
  'invite',
  'accept',
  'decline',
  'withdraw',
  'remove',
  'leave',
  'role',
  'offer',
  'confirm',
] as const;
/** Rarer: after one of these there is not much left to break. */
const ENDS = ['dissolve', 'vanish'] as const;
interface Action {
  readonly kind: (typeof KINDS)[number] | (typeof ENDS)[number];
  /** Who acts: 0 is the owner at the start, -1 an administrator. */
  readonly by: number;
  readonly on: number;
  readonly role: string;
}

const actions: fc.Arbitrary<Action> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...KINDS) },
    { weight: 1, arbitrary: fc.constantFrom(...ENDS) },
  ),
  by: fc.integer({ min: -1, max: PEOPLE - 1 }),
  on: fc.integer({ min: 0, max: PEOPLE - 1 }),
  role: fc.constantFrom('worker', 'supervisor', 'maintainer', 'owner'),
});

interface Standing {
  readonly userId: number;
  readonly membershipId: number;
  readonly key: string | null;
}

let counter = 0;

const founder = (): Client => {
  const [first] = people;
  if (first === undefined) throw new Error('Nobody is there.');
  return first;
};

it('concurrent steps on one organization never break a rule of the database', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(actions, { minLength: 2, maxLength: 8 }), { minLength: 1, maxLength: 4 }),
      async (rounds) => {
        const slug = `race${(counter += 1)}`;
        const accounts: readonly TestAccount[] = await Promise.all(
          Array.from({ length: PEOPLE }, () => app.register()),
        );
        people = accounts.map((account) => clientOf(app, account));
        const { body } = await founder().send('POST', '/api/organizations', { slug });
        const { id } = body as { id: number };
        await Promise.all(people.slice(1, 4).map((person) => invite(person, slug)));
        for (const round of rounds) {
          const standings = await standingsOf(id);
          const answers = await Promise.all(round.map((action) => perform(action, { id, slug }, standings)));
          for (const [index, status] of answers.entries()) {
            expect([200, 201, 204, 400, 401, 403, 404, 429, 0], JSON.stringify(round[index])).toContain(
              status,
            );
          }
          expect(await findIntegrityProblems(app.db)).toEqual([]);
          expect(await ownersOf(id)).toBe(await expectedOwners(id));
        }
        await admin.send('DELETE', `/api/organizations/${id}`);
      },
    ),
    { numRuns: 25 },
  );
}, 180_000);

const invite = async (person: Client, slug: string): Promise<void> => {
  await founder().send('POST', `/api/invitations?org=${slug}`, { role: 'worker', email: person.email });
};

const standingsOf = async (organizationId: number): Promise<readonly Standing[]> =>
  (await membershipsIn(app.db, organizationId)).map(({ id: membershipId, userId, key }) => ({
    membershipId,
    userId,
    key,
  }));

const ownersOf = (organizationId: number) => countOwners(app.db, organizationId);

/** One, unless the organization is gone, or its owner, who leaves it without one. */
const expectedOwners = async (organizationId: number): Promise<number> => {
  const ownerId = await ownerOf(app.db, organizationId);
  return ownerId === undefined || ownerId === null ? 0 : 1;
};

/** @returns the status; 0 where there is nothing to act on */
async function perform(
  { kind, by, on, role }: Action,
  { id, slug }: { readonly id: number; readonly slug: string },
  standings: readonly Standing[],
): Promise<number> {
  const actor = by < 0 ? admin : people[by];
  const target = people[on];
  const standing = standings.find(({ userId }) => userId === target?.id);
  if (actor === undefined || target === undefined) return 0;
  const ask = async (method: string, path: string, body?: unknown) =>
    (await actor.send(method, path, body)).status;
  if (kind === 'invite') return ask('POST', `/api/invitations?org=${slug}`, { role, email: target.email });
  if (kind === 'offer') return ask('POST', `/api/organizations/${id}/transfer`, { user: target.id });
  if (kind === 'confirm') return ask('POST', `/api/organizations/${id}/transfer/confirm`);
  if (kind === 'dissolve') return ask('DELETE', `/api/organizations/${id}`);
  if (kind === 'vanish') return (await target.send('DELETE', `/api/users/${target.id}`)).status;
  if (standing === undefined) return 0;
  if (kind === 'role') return ask('PATCH', `/api/memberships/${standing.membershipId}`, { role });
  if (kind === 'remove') return ask('DELETE', `/api/memberships/${standing.membershipId}`);
  if (kind === 'leave')
    return (await target.send('DELETE', `/api/memberships/${standing.membershipId}`)).status;
  if (standing.key === null) return 0;
  if (kind === 'withdraw') return ask('DELETE', `/api/invitations/${standing.key}?org=${slug}`);
  return (await target.send('POST', `/api/invitations/${standing.key}/${kind}`)).status;
}

it('an account that is removed while it acts leaves nothing broken', async () => {
  for (let round = 0; round < 6; round += 1) {
    const person = clientOf(app, await app.register());
    const owner = clientOf(app, await app.register());
    const slug = `gone${round}`;
    const made = await owner.send('POST', '/api/organizations', { slug });
    const { id } = made.body as { id: number };
    const invited = await owner.send('POST', `/api/invitations?org=${slug}`, {
      role: 'worker',
      email: person.email,
    });
    const { key } = invited.body as { key: string };
    const answers = await Promise.all([
      person.send('POST', `/api/invitations/${key}/accept`),
      person.send('POST', '/api/organizations', { slug: `${slug}b` }),
      person.send('DELETE', `/api/users/${person.id}`),
      owner.send('POST', `/api/invitations?org=${slug}`, {
        role: 'worker',
        email: `late${round}@example.org`,
      }),
      owner.send('PATCH', `/api/organizations/${id}`, { name: 'x' }),
      owner.send('DELETE', `/api/users/${owner.id}`),
      admin.send('DELETE', `/api/organizations/${id}`),
    ]);
    for (const { status, text } of answers)
      expect([200, 201, 204, 400, 401, 403, 404], text).toContain(status);
    expect(await findIntegrityProblems(app.db)).toEqual([]);
  }
});

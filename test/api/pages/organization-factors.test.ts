import { describe, expect, it } from 'vitest';
import { PATHS } from '../../../src/features/pages/paths.js';
import { useTestApp } from '../../support/app.js';
import { type Enrolled, factorActions } from '../../support/factor-actions.js';
import { insertMembership, insertOrganization } from '../../support/organization-rows.js';
import { readUser } from '../../support/rows.js';
import { createVisitor } from '../../support/visitor.js';

/** Requiring a second factor of the members, on the page of an organization. */

const app = useTestApp();
const { enrol, nextCode } = factorActions(app);
const PAGE = `${PATHS.organizations}/lab`;

const enter = async ({ account, secret }: Enrolled) => {
  const visitor = createVisitor(app);
  await visitor.signIn(account.username, account.password + nextCode(secret));
  return visitor;
};

describe('The page of an organization', () => {
  it('lets its owner require a second factor, which its members meet at once, and end that', async () => {
    const owner = await enrol();
    const member = await app.register();
    const [ownerId, memberId] = await Promise.all(
      [owner.account, member].map(async ({ username }) => (await readUser(app.db, username)).id),
    );
    const organizationId = await insertOrganization(app.db, 'lab', ownerId ?? 0);
    await insertMembership(app.db, { organizationId, userId: memberId ?? 0, role: 'maintainer' });
    const theirs = createVisitor(app);
    await theirs.signIn(member.username, member.password);
    expect((await theirs.open(PAGE)).root.querySelector('button[value="factor-required"]')).toBeNull();

    const visitor = await enter(owner);
    await visitor.open(PAGE);
    const required = await visitor.press('factor-required');
    expect(required.words).toContain('All members need a second factor now.');
    expect((await theirs.open(PAGE)).address).toBe(`${PATHS.enrol}?next=${encodeURIComponent(PAGE)}`);
    const ended = await visitor.press('factor-optional');
    expect(ended.words).toContain('Members need no second factor any more.');
    expect((await theirs.open(PAGE)).status).toBe(200);
  });

  it('tells an owner without a second factor to set one up first', async () => {
    const owner = await app.register();
    await insertOrganization(app.db, 'plain', (await readUser(app.db, owner.username)).id);
    const visitor = createVisitor(app);
    await visitor.signIn(owner.username, owner.password);
    await visitor.open(`${PATHS.organizations}/plain`);
    const page = await visitor.press('factor-required');
    expect([page.status, page.words]).toEqual([
      400,
      expect.stringContaining('Set up a second factor of your own first, on the page Security.'),
    ]);
  });
});

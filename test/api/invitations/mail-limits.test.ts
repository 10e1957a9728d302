import { beforeEach, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { secondsUntilRetry } from '../../support/http.js';
import { emptyOutbox, outboxOf } from '../../support/outbox-rows.js';
import { usersNamed } from '../../support/rows.js';
import { type Client, createWorld, type World } from '../../support/world.js';

/** Invitations are mails to whomever somebody names: they are limited like all others. */

let world: World;
let prefix = 0;
const app = useTestApp({ env: { EMAIL_BACKEND: 'console', MAIL_REQUESTS_PER_ORGANIZATION: '40/day' } });
beforeEach(async () => {
  prefix += 1;
  world = await createWorld(app, `w${prefix}-`);
  await emptyOutbox(app.db);
});

const invite = (by: Client, slug: string, email: string) =>
  by.send('POST', `/api/invitations?org=${slug}`, { role: 'worker', email });
const mailed = async () => (await outboxOf(app.db, { kind: 'invitation' })).length;

describe('invitation mails', () => {
  it('of one inviter to many strangers end at MAIL_REQUESTS_PER_CLIENT, and leave nothing behind', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 35; i += 1) {
      const answer = await invite(world.owner, world.acme.slug, `stranger${prefix}-${i}@example.org`);
      statuses.push(answer.status);
      if (answer.status === 429) {
        expect(secondsUntilRetry(answer, app.clock.now())).toBeGreaterThan(0);
      }
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(30);
    expect(statuses.slice(30)).toEqual([429, 429, 429, 429, 429]);
    expect(await mailed()).toBe(30);
    const refused = await usersNamed(app.db, `stranger${prefix}-34@example.org`);
    expect(refused).toEqual([]);
    // The limit is that of the inviter: the maintainer goes on, until the organization has had its share.
    const others: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      others.push(
        (await invite(world.maintainer, world.acme.slug, `guest${prefix}-${i}@example.org`)).status,
      );
    }
    expect(others.filter((status) => status === 201)).toHaveLength(10);
    expect(others.slice(10)).toEqual([429, 429]);
  });

  it('to one victim end at MAIL_REQUESTS_PER_RECIPIENT, however often it is removed and invited again', async () => {
    const victim = `victim${prefix}@example.org`;
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const by = i % 2 === 0 ? world.owner : world.maintainer;
      const answer = await invite(
        by,
        world.acme.slug,
        i % 3 === 0 ? victim.toUpperCase().replace('EXAMPLE.ORG', 'example.org') : victim,
      );
      statuses.push(answer.status);
      if (answer.status !== 201) continue;
      const found = await world.owner.get(`/api/memberships?org=${world.acme.slug}&page_size=all&sort=-id`);
      const [row] = (found.body as { results: readonly { id: number }[] }).results;
      expect((await world.owner.send('DELETE', `/api/memberships/${row?.id}`)).status).toBe(204);
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(5);
    expect(new Set(statuses.slice(5))).toEqual(new Set([429]));
    expect(await mailed()).toBe(5);
  });

  it('sent again count as well', async () => {
    const email = `again${prefix}@example.org`;
    const { body } = await invite(world.owner, world.acme.slug, email);
    const { key } = body as { key: string };
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1)
      statuses.push((await world.owner.send('POST', `/api/invitations/${key}/resend`)).status);
    expect(statuses).toEqual([204, 204, 204, 204, 429]);
  });

  it('are not counted where none is sent: people with an account join at once', async () => {
    for (let i = 0; i < 7; i += 1) {
      const { email } = await app.register();
      const answer = await invite(world.otherOwner, world.globex.slug, email);
      expect(answer.status).toBe(201);
    }
    expect(await mailed()).toBe(0);
  });
});

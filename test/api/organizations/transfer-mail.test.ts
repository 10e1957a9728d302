import { beforeEach, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { linkOf, subjectOf, useMailbox } from '../../support/mailbox.js';
import { createVisitor } from '../../support/visitor.js';
import { createWorld, type World } from '../../support/world.js';

/** Whoever an organization is offered to is told by mail, and answers on the page behind its link. */

let world: World;
let round = 0;
const mailbox = useMailbox();
const app = useTestApp(() => ({ env: { ...mailbox.env, UI_URL: 'https://ui.example.org' } }));
beforeEach(async () => {
  await mailbox.collect(app);
  world = await createWorld(app, `m${(round += 1)}`);
});

const path = (more = '') => `/api/organizations/${world.acme.id}/transfer${more}`;
const offer = (user: number) => world.owner.send('POST', path(), { user });

/** @returns the member to whom the organization is offered, with an address and a session */
async function member() {
  const { email, username, password } = await app.register();
  const account = (await world.admin.get(`/api/users?username=${username}`)).body as {
    results: readonly { id: number }[];
  };
  const { key } = (
    await world.owner.send('POST', `/api/invitations?org=${world.acme.slug}`, { email, role: 'worker' })
  ).body as { key: string };
  const visitor = createVisitor(app);
  await visitor.signIn(username, password);
  await visitor.browser.send(`/api/invitations/${key}/accept`, { method: 'POST' });
  await mailbox.collect(app);
  return { id: account.results[0]?.id ?? 0, email, username, visitor };
}

describe('the mail about an offered organization', () => {
  it('leads to the page where the member becomes the owner', async () => {
    const { id, email, username, visitor } = await member();
    expect((await offer(id)).status).toBe(201);
    const mail = await mailbox.receive(app, email);
    expect(subjectOf(mail)).toBe(`The organization ${world.acme.slug} is offered to you`);
    expect(mail.parsed.text).toContain(`Hello ${username},`);
    expect(mail.parsed.text).toContain(`${world.owner.username} wants to make you the owner`);
    expect(mail.parsed.text).toContain('valid for 7 days');
    const page = await visitor.open(linkOf(mail));
    expect([page.status, page.words]).toEqual([200, expect.stringContaining('is offered to you')]);
    expect((await visitor.press('take-over')).words).toContain('You are the owner now.');
  });

  it('leads to the page where they decline, after which nothing has changed', async () => {
    const { id, email, visitor } = await member();
    await offer(id);
    await visitor.open(linkOf(await mailbox.receive(app, email)));
    const page = await visitor.press('decline-offer');
    expect(page.words).toContain('You declined the offer.');
    expect(page.root.querySelectorAll('button[value=take-over]')).toEqual([]);
    expect((await world.owner.get(path())).status).toBe(404);
    const organization = await world.owner.get(`/api/organizations/${world.acme.id}`);
    expect(organization.body).toMatchObject({ owner: { id: world.owner.id } });
  });

  it('is in the language of the member', async () => {
    const { id, email, visitor } = await member();
    await visitor.browser.send('/api/auth/preferences', { method: 'PATCH', body: { language: 'de' } });
    await offer(id);
    expect(subjectOf(await mailbox.receive(app, email))).toBe(
      `Die Organisation ${world.acme.slug} wird dir angeboten`,
    );
  });

  it('counts as one of an invitation: beyond the limit of a recipient, the offer is refused and not made', async () => {
    const { id } = await member();
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      await world.owner.send('DELETE', path());
      statuses.push((await offer(id)).status);
    }
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429]);
    expect((await world.owner.get(path())).status).toBe(404);
    expect(await mailbox.collect(app)).toHaveLength(5);
  });

  it('is not sent for an offer that is refused', async () => {
    expect((await offer(world.stranger.id)).status).toBe(400);
    expect(await mailbox.collect(app)).toEqual([]);
  });
});

describe('POST /api/organizations/{id}/transfer/decline', () => {
  it('is for the one whom the owner named last, and once', async () => {
    await offer(world.worker.id);
    await offer(world.supervisor.id);
    for (const client of [world.worker, world.owner, world.admin, world.stranger, world.invited])
      expect((await client.send('POST', path('/decline'))).status).toBe(404);
    expect((await world.supervisor.send('POST', path('/decline'))).status).toBe(204);
    expect((await world.supervisor.send('POST', path('/decline'))).status).toBe(404);
    expect((await world.supervisor.send('POST', path('/confirm'))).status).toBe(404);
  });
});

describe('a server without pages', () => {
  const bare = useTestApp(() => ({ env: { ...mailbox.env, ACCOUNT_PAGES: 'false' } }));

  it('sends no mail about an offer, because no page answers it', async () => {
    const { owner, worker, acme } = await createWorld(bare, 'bare');
    const answer = await owner.send('POST', `/api/organizations/${acme.id}/transfer`, { user: worker.id });
    expect(answer.status).toBe(201);
    expect(await mailbox.collect(bare)).toEqual([]);
  });
});

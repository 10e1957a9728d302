import { beforeEach, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { subjectOf, useMailbox } from '../../support/mailbox.js';
import { insertMembership } from '../../support/organization-rows.js';
import { createVisitor } from '../../support/visitor.js';

/** The pages of organizations, without scripts. */

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    ORG_INVITATION_CONFIRM: 'true',
    MAIL_REQUESTS_PER_CLIENT: '1000/hour',
    MAIL_REQUESTS_PER_ORGANIZATION: '5/day',
  },
}));
const LIST = '/account/organizations';
const pageOf = (slug: string) => `${LIST}/${slug}`;

async function person(username?: string) {
  const account = await app.register(username);
  const visitor = createVisitor(app);
  await visitor.signIn(account.username, account.password);
  return { ...visitor, account, username: account.username };
}
type Person = Awaited<ReturnType<typeof person>>;

let counter = 0;
async function organization(owner: Person, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  counter += 1;
  const slug = `org-${counter}`;
  await owner.open(LIST);
  await owner.press('create', { slug, ...fields });
  return slug;
}

/** Makes a person a member by invitation. */
async function member(owner: Person, slug: string, role: string): Promise<Person> {
  const guest = await person();
  await owner.open(pageOf(slug));
  await owner.press('invite', { emails: guest.account.email, role });
  await guest.open(LIST);
  await guest.press('accept', {}, { near: slug });
  return guest;
}

/** @returns what the API says of an organization's members to one of them: names, roles, and who is only invited */
async function membersOf(one: Person, slug: string): Promise<readonly string[]> {
  const answer = await one.browser.send(`/api/memberships?org=${slug}&sort=user&page_size=100`);
  const { results } = answer.json() as {
    results: { user: { username: string }; role: string; is_active: boolean }[];
  };
  return results.map(
    ({ user, role, is_active }) => `${user.username} ${role}${is_active ? '' : ' (invited)'}`,
  );
}

async function readOrganization(one: Person, slug: string): Promise<{ readonly id: number }> {
  const answer = await one.browser.send(`/api/organizations?slug=${slug}`);
  const { results } = answer.json() as { results: { id: number }[] };
  return results[0] ?? expect.fail(`There is no ${slug}.`);
}

/** Sends a form as it is on the page, twice at once. @returns the two statuses */
async function pressTwice(one: Person, value: string, fields = {}, near?: string): Promise<number[]> {
  const { to, body } = one.fill(value, fields, near);
  const request = {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: String(body),
  };
  const answers = await Promise.all([one.browser.send(to, request), one.browser.send(to, request)]);
  return answers.map(({ status }) => status).sort();
}

/** Sends a form that the page does not have. @returns the status and what the page says */
async function forge(one: Person, slug: string, fields: Readonly<Record<string, string>>) {
  await one.open(pageOf(slug));
  const token = one.page().root.querySelector('[name=csrfmiddlewaretoken]')?.getAttribute('value') ?? '';
  const page = await one.open(pageOf(slug), {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: String(new URLSearchParams({ csrfmiddlewaretoken: token, ...fields })),
  });
  return { status: page.status, words: page.words };
}

const buttonsOf = ({ page }: Person): string[] =>
  page()
    .root.querySelectorAll('main button[name=do]')
    .map((button) => button.getAttribute('value') ?? '');

describe('a person with an organization', () => {
  it('learns what one is for, creates it, invites two people, and sees who joined', async () => {
    const [owner, guest] = [await person(), await person()];
    const empty = await owner.open(LIST);
    expect(empty.words).toContain('You are in no organization yet');
    const created = await owner.press('create', {
      slug: 'acme',
      name: 'Acme & Söhne',
      description: 'Cars',
      contact_email: 'hello@acme.example',
    });
    expect([created.address, created.title]).toEqual([`${pageOf('acme')}?done=created`, 'Acme & Söhne']);
    await mailbox.collect(app);
    const invited = await owner.press('invite', {
      emails: `Guest <${guest.account.email}>,\n newcomer@example.org `,
      role: 'supervisor',
    });
    expect(invited.words).toContain('2 invitations are sent.');
    const mails = await mailbox.collect(app);
    expect(mails.map(({ recipients }) => recipients.join())).toEqual(
      ['newcomer@example.org', guest.account.email].sort(),
    );
    expect(subjectOf(mails[0] ?? expect.fail())).toContain('acme');
    expect((await guest.open(LIST)).words).toContain(`${owner.username} invited you.`);
    const joined = await guest.press('accept');
    expect([joined.address, joined.words]).toEqual([
      `${pageOf('acme')}?done=joined`,
      expect.stringContaining('You are a member of this organization now.'),
    ]);
    expect(joined.words).toContain('hello@acme.example');
    expect((await guest.open(LIST)).words).toMatch(/Acme & Söhne supervisor ?acme · Cars/);
    expect(await membersOf(owner, 'acme')).toEqual(
      [
        'newcomer@example.org supervisor (invited)',
        `${owner.username} owner`,
        `${guest.username} supervisor`,
      ].sort(),
    );
    expect(await readOrganization(owner, 'acme')).toMatchObject({ contact: { email: 'hello@acme.example' } });
  });

  it('changes the role of a member, and removes them', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const guest = await member(owner, slug, 'worker');
    await owner.open(pageOf(slug));
    const changed = await owner.press('change-role', { role: 'maintainer' }, { near: guest.username });
    expect(changed.words).toContain('The role is changed.');
    expect(await membersOf(owner, slug)).toContain(`${guest.username} maintainer`);
    const removed = await owner.press('remove', {}, { near: guest.username });
    expect(removed.words).toContain('This person is no longer in the organization.');
    expect((await guest.open(pageOf(slug))).status).toBe(404);
  });

  it('finds members by their names, and turns the pages of the list', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const people = await Promise.all(Array.from({ length: 21 }, () => app.register()));
    const organizationId = (await readOrganization(owner, slug)).id;
    for (const { id: userId } of people)
      await insertMembership(app.db, { organizationId, userId, role: 'worker' });
    const first = await owner.open(pageOf(slug));
    expect(first.words).toContain('Page 1 of 2');
    expect((await owner.open(`${pageOf(slug)}?page=2`)).words).toContain('Page 2 of 2');
    const [one] = people;
    const found = await owner.open(`${pageOf(slug)}?search=${one?.username}`);
    expect(found.root.querySelectorAll('ul.rows li')).toHaveLength(1);
    const changed = await owner.press('change-role', { role: 'supervisor' });
    expect(changed.address).toBe(`${pageOf(slug)}?search=${one?.username}&done=role-changed`);
    const none = await owner.open(`${pageOf(slug)}?search=nobody-is-called-so`);
    expect(none.words).toContain('No member is found.');
  });

  it('changes its settings, and keeps what else the contact says', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const contact = { fax: [1], email: 'old@example.org', location: 7 };
    const path = `/api/organizations/${(await readOrganization(owner, slug)).id}`;
    await owner.browser.send(path, { method: 'PATCH', body: { contact } });
    await owner.open(pageOf(slug));
    const saved = await owner.press('save', {
      name: 'New name',
      description: 'One\r\ntwo',
      contact_email: 'new@example.org',
    });
    expect([saved.title, saved.words]).toEqual([
      'New name',
      expect.stringContaining('The settings are saved.'),
    ]);
    expect((await owner.browser.send(path)).json()).toMatchObject({
      name: 'New name',
      description: 'One\ntwo',
      contact: { ...contact, email: 'new@example.org' },
    });
  });

  it('offers it to a member, who accepts: both see the offer', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const [heir, other] = [await member(owner, slug, 'worker'), await member(owner, slug, 'worker')];
    await owner.open(pageOf(slug));
    const wrong = await owner.press('offer', { successor: 'not-a-member' });
    expect([wrong.status, wrong.words]).toEqual([400, expect.stringContaining('Choose another member')]);
    const self = await owner.press('offer', { successor: owner.username });
    expect([self.status, self.words]).toEqual([400, expect.stringContaining('Choose another member')]);
    const offered = await owner.press('offer', { successor: heir.username });
    expect(offered.words).toContain(`It is offered to ${heir.username}`);
    expect((await owner.press('withdraw-offer')).words).toContain('The offer is withdrawn.');
    expect((await heir.open(pageOf(slug))).words).not.toContain('is offered to you');
    await owner.press('offer', { successor: heir.username });
    expect((await other.open(pageOf(slug))).words).not.toContain('is offered');
    expect((await forge(other, slug, { do: 'take-over' })).status).toBe(404);
    expect((await heir.open(pageOf(slug))).words).toContain(`${owner.username} wants to make you the owner.`);
    const taken = await heir.press('take-over');
    expect([taken.words, buttonsOf(heir)]).toEqual([
      expect.stringContaining('You are the owner now.'),
      expect.arrayContaining(['offer', 'delete']),
    ]);
    expect(await membersOf(heir, slug)).toContain(`${heir.username} owner`);
  });

  it('deletes it after typing its short name', async () => {
    const owner = await person();
    const slug = await organization(owner);
    await owner.open(pageOf(slug));
    const wrong = await owner.press('delete', { confirm: 'something' });
    expect([wrong.status, wrong.words]).toEqual([
      400,
      expect.stringContaining('This is not the short name.'),
    ]);
    const deleted = await owner.press('delete', { confirm: slug });
    expect([deleted.address, deleted.words]).toEqual([
      `${LIST}?done=deleted`,
      expect.stringContaining('The organization is deleted.'),
    ]);
    expect((await owner.open(pageOf(slug))).status).toBe(404);
  });

  it('is told what is wrong with a new one, beside its fields, in the language of the page', async () => {
    const owner = await person();
    const slug = await organization(owner);
    await owner.open(LIST);
    const wrong = () => owner.page().root.querySelector('#create-slug-wrong')?.text;
    await owner.press('create', { slug, name: 'Kept' });
    expect([owner.page().status, wrong()]).toEqual([400, 'This short name is taken.']);
    expect(owner.page().root.querySelector('#create-name')?.getAttribute('value')).toBe('Kept');
    await owner.press('de');
    await owner.press('create', { slug: 'not a slug' });
    expect(wrong()).toBe('In einem Kurznamen können nur Buchstaben, Ziffern, - und _ stehen.');
  });
});

describe('invitations on the pages', () => {
  it('have a result for each address, and keep those that were refused', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const guest = await member(owner, slug, 'worker');
    await owner.open(pageOf(slug));
    const page = await owner.press('invite', {
      emails: `fresh@example.org\nnothing\n${guest.account.email}\nFRESH@example.org`,
    });
    expect(page.status).toBe(200);
    expect(page.words).toContain('Invited: FRESH@example.org.');
    expect(page.words).toContain('nothing: This is not an e-mail address.');
    expect(page.words).toContain(`${guest.account.email}: This person is a member already, or is invited.`);
    expect(page.root.querySelector('#invite-emails')?.text).toBe(`nothing\n${guest.account.email}`);
    const again = await owner.press('invite');
    expect([again.status, again.words]).toEqual([400, expect.stringContaining('nothing: This is not')]);
    const empty = await owner.press('invite', { emails: ' ,\n' });
    expect([empty.status, empty.words]).toEqual([400, expect.stringContaining('Fill in this field.')]);
    const many = Array.from({ length: 51 }, (_, index) => `p${index}@example.org`).join('\n');
    const full = await owner.press('invite', { emails: many });
    expect([full.status, full.words]).toEqual([400, expect.stringContaining('At most 50 addresses')]);
  });

  it('stop at the limit of mails, and say so for each address', async () => {
    const owner = await person();
    const slug = await organization(owner);
    await owner.open(pageOf(slug));
    const emails = Array.from({ length: 7 }, (_, index) => `limit${index}@example.org`).join(',');
    const page = await owner.press('invite', { emails });
    expect(page.words).toContain('limit5@example.org: Too many attempts. Try again in');
    expect(page.words).toContain('limit6@example.org: Too many attempts. Try again in');
    expect(await membersOf(owner, slug)).toHaveLength(6);
  });

  it('are sent again and withdrawn, so that the person can be invited anew', async () => {
    const [owner, guest] = [await person(), await person()];
    const slug = await organization(owner);
    await owner.open(pageOf(slug));
    await owner.press('invite', { emails: guest.account.email });
    app.clock.advance(8 * 86_400_000);
    const old = await guest.open(LIST);
    expect([old.words, buttonsOf(guest).includes('accept')]).toEqual([
      expect.stringContaining('This invitation has expired.'),
      false,
    ]);
    await mailbox.collect(app);
    await owner.open(pageOf(slug));
    expect((await owner.press('resend')).words).toContain('The invitation is sent again.');
    expect(await mailbox.collect(app)).toHaveLength(1);
    expect((await owner.press('withdraw')).words).toContain('The invitation is withdrawn.');
    expect((await guest.open(LIST)).words).not.toContain(slug);
    expect((await owner.press('invite', { emails: guest.account.email })).words).toContain('is sent.');
    await guest.open(LIST);
    expect((await guest.press('decline')).words).toContain('You declined the invitation.');
    expect(await membersOf(owner, slug)).toEqual([`${owner.username} owner`]);
  });

  it('are not withdrawn when they were accepted meanwhile', async () => {
    const [owner, guest] = [await person(), await person()];
    const slug = await organization(owner);
    await owner.open(pageOf(slug));
    await owner.press('invite', { emails: guest.account.email });
    await guest.open(LIST);
    await guest.press('accept');
    const late = await owner.press('withdraw');
    expect([late.status, late.words]).toEqual([400, expect.stringContaining('is accepted already')]);
    expect(await membersOf(owner, slug)).toContain(`${guest.username} worker`);
  });
});

describe('a member without rights', () => {
  it('sees members and the way out, and no form that they may not use', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const worker = await member(owner, slug, 'worker');
    const page = await worker.open(pageOf(slug));
    expect(buttonsOf(worker)).toEqual(['leave']);
    expect(page.words).toContain(owner.username);
    const left = await worker.press('leave');
    expect([left.address, left.words]).toEqual([
      `${LIST}?done=left`,
      expect.stringContaining('You are no longer a member'),
    ]);
    expect(await membersOf(owner, slug)).toEqual([`${owner.username} owner`]);
  });

  it('is refused what they forge, with the status of the API', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const [worker, other] = [await member(owner, slug, 'worker'), await member(owner, slug, 'worker')];
    const { results } = (
      await owner.browser.send(`/api/memberships?org=${slug}&user=${other.username}`)
    ).json() as {
      results: { id: number }[];
    };
    const id = String(results[0]?.id);
    const forms = [
      { do: 'change-role', member: id, role: 'worker' },
      { do: 'remove', member: id },
      { do: 'invite', emails: 'a@example.org,b@example.org', role: 'worker' },
      { do: 'save', name: 'Mine' },
      { do: 'offer', successor: worker.username },
      { do: 'withdraw-offer' },
      { do: 'delete', confirm: slug },
    ];
    for (const form of forms) {
      const { status, words } = await forge(worker, slug, form);
      expect([form.do, status]).toEqual([form.do, 403]);
      expect([form.do, words]).toEqual([form.do, expect.stringContaining('You may not')]);
    }
    expect((await forge(worker, slug, { do: 'take-over' })).status).toBe(404);
    expect((await forge(worker, slug, { do: 'nothing' })).status).toBe(404);
    expect(await membersOf(owner, slug)).toHaveLength(3);
  });

  it('gives no role that is as high as their own', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const maintainer = await member(owner, slug, 'maintainer');
    const page = await maintainer.open(pageOf(slug));
    const options = page.root
      .querySelectorAll('#invite-role option')
      .map((option) => option.getAttribute('value'));
    expect(options).toEqual(['worker', 'supervisor']);
    expect(buttonsOf(maintainer)).toEqual(['invite', 'save', 'leave']);
    const forged = await maintainer.press('invite', { emails: 'x@example.org', role: 'maintainer' });
    expect([forged.status, forged.words]).toEqual([403, expect.stringContaining('You may not do this.')]);
  });
});

describe('an organization of others', () => {
  it('is a 404 page, for what does not exist too, and its forms are refused', async () => {
    const [owner, stranger] = [await person(), await person()];
    const slug = await organization(owner);
    for (const address of [pageOf(slug), pageOf('nothing'), pageOf('a%2Fb'), pageOf(`%20${slug}`)])
      expect([address, (await stranger.open(address)).status]).toEqual([address, 404]);
    await stranger.open(LIST);
    const { body } = stranger.fill('create', {});
    body.set('do', 'save');
    const forged = await stranger.open(pageOf(slug), {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(body),
    });
    expect([forged.status, forged.title]).toEqual([404, 'There is no such page']);
  });

  it('is open to an administrator of the server, who is no member', async () => {
    const owner = await person();
    const slug = await organization(owner);
    const admin = createVisitor(app);
    await admin.signIn(app.admin.username, app.admin.password);
    expect((await admin.open(LIST)).words).not.toContain(slug);
    const page = await admin.open(pageOf(slug));
    expect(page.status).toBe(200);
    const saved = await admin.press('save', { name: 'By the administrator' });
    expect(saved.title).toBe('By the administrator');
  });
});

describe('the forms of organizations', () => {
  let owner: Person;
  beforeEach(async () => {
    owner = await person();
  });

  it('show markup in names as text', async () => {
    const markup = '<img src=x onerror=alert(1)>';
    const slug = await organization(owner, { name: markup, description: `"'>${markup}` });
    for (const address of [LIST, pageOf(slug)]) {
      const page = await owner.open(address);
      expect(page.root.querySelectorAll('img[src=x]')).toEqual([]);
      expect(page.answer.text).toContain('&lt;img src=x');
    }
    const page = await owner.press('invite', { emails: '<b>bold</b>@example.org' });
    expect(page.root.querySelectorAll('main b')).toEqual([]);
  });

  it('make one thing when they are sent twice at once', async () => {
    const guest = await person();
    await owner.open(LIST);
    expect(await pressTwice(owner, 'create', { slug: 'twice' })).toEqual([303, 400]);
    await mailbox.collect(app);
    await owner.open(pageOf('twice'));
    expect(await pressTwice(owner, 'invite', { emails: guest.account.email })).toEqual([303, 400]);
    expect(await mailbox.collect(app)).toHaveLength(1);
    await guest.open(LIST);
    expect(await pressTwice(guest, 'accept')).toEqual([303, 400]);
    expect(await membersOf(owner, 'twice')).toHaveLength(2);
    await owner.open(pageOf('twice'));
    expect(await pressTwice(owner, 'remove', {}, guest.username)).toEqual([303, 404]);
    expect(await membersOf(owner, 'twice')).toEqual([`${owner.username} owner`]);
  });

  it('say that something is gone on the page where it was', async () => {
    const slug = await organization(owner);
    const guest = await member(owner, slug, 'worker');
    await owner.open(pageOf(slug));
    const { to, body } = owner.fill('remove', {}, guest.username);
    await owner.press('remove', {}, { near: guest.username });
    const again = await owner.open(to, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(body),
    });
    expect([again.status, again.title, again.words]).toEqual([
      404,
      slug,
      expect.stringContaining('This is not there any more.'),
    ]);
  });
});

describe('without confirmation of invitations', () => {
  const plain = useTestApp({ env: { EMAIL_BACKEND: 'none' } });

  it('people with an account are members at once, and others cannot be invited without mail', async () => {
    const [account, guest] = [await plain.register(), await plain.register()];
    const owner = createVisitor(plain);
    await owner.signIn(account.username, account.password);
    await owner.open(LIST);
    await owner.press('create', { slug: 'direct' });
    const joined = await owner.press('invite', { emails: guest.email });
    expect(joined.words).toContain('One person is a member now.');
    const noMail = await owner.press('invite', { emails: 'unknown@example.org' });
    expect([noMail.status, noMail.words]).toEqual([
      400,
      expect.stringContaining('unknown@example.org: This server sends no mails: ask an administrator.'),
    ]);
  });
});

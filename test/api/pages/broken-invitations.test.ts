import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { breakAccountsOf } from '../../support/rows.js';
import { createVisitor } from '../../support/visitor.js';

/** Each address of a form is a call of its own: if one fails, the person has to know what became of the others. */

const app = useTestApp({ env: { EMAIL_BACKEND: 'console', ORG_INVITATION_CONFIRM: 'true' } });
const PAGE = '/account/organizations/lab';

async function owner() {
  const { username, password } = await app.register();
  const visitor = createVisitor(app);
  await visitor.signIn(username, password);
  return visitor;
}

describe('several invitations at once', () => {
  it('say which people are invited and which not, when the server fails in the middle', async () => {
    const visitor = await owner();
    await visitor.browser.send('/api/organizations', { method: 'POST', body: { slug: 'lab' } });
    await visitor.open(PAGE);
    const first = ['one@example.org', 'nothing', 'two@example.org'];
    const rest = ['broken@example.org', 'three@example.org'];
    const repair = await breakAccountsOf(app.db, 'broken@example.org');
    const page = await visitor.press('invite', { emails: [...first, ...rest].join('\n') });
    expect(page.status).toBe(503);
    expect(page.words).toContain('Invited: one@example.org, two@example.org.');
    expect(page.words).toContain('nothing: This is not an e-mail address.');
    expect(page.words).toMatch(
      /Not invited, because something went wrong on the server: broken@example.org, three@example.org\./,
    );
    expect(page.words).not.toContain('Nothing was changed');
    expect(page.root.querySelector('#invite-emails')?.text).toBe(['nothing', ...rest].join('\n'));
    expect(app.logs.join('')).toContain('broken');

    await repair();
    const again = await visitor.press('invite', { emails: rest.join('\n') });
    expect([again.status, again.words]).toEqual([200, expect.stringContaining('2 invitations are sent.')]);
  });

  it('are reported as any other failure if the first one fails', async () => {
    const visitor = await owner();
    await visitor.browser.send('/api/organizations', { method: 'POST', body: { slug: 'yard' } });
    await visitor.open('/account/organizations/yard');
    const repair = await breakAccountsOf(app.db, 'early@example.org');
    const page = await visitor.press('invite', { emails: 'early@example.org, later@example.org' });
    await repair();
    expect([page.status, page.title]).toEqual([503, 'Please try again soon']);
    const members = await visitor.browser.send('/api/memberships?org=yard');
    expect((members.json() as { count: number }).count).toBe(1);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { attemptsOf, changes, createAsk, GRAB, SECRETS } from './attempts.js';
import { type Gate, NAMES, openGate, VISITORS, type VisitorName } from './people.js';

/**
 * Since CVAT 2.65, an organization or an invitation is no longer searched among those that a list shows: the rules alone
 * decide. People without a role there are refused all that they were refused before, some of it with 403.
 */

let gate: Gate;
const app = useTestApp({ env: { EMAIL_BACKEND: 'console', CVAT_VERSION: '2.69.0' } });
beforeAll(async () => {
  gate = await openGate(app);
});
const { perform, digest } = createAsk(app, () => gate);

const hasNoRole = (name: VisitorName): boolean => {
  const { person } = VISITORS[name];
  return (
    person.group !== 'admin' && person.acme?.isActive !== true && name !== 'invited and has not accepted'
  );
};

describe.each(NAMES.filter(hasNoRole))('a visitor who is %s', (visitorName) => {
  it('is refused the same without the search, learns nothing from it and changes nothing', async () => {
    const before = await digest();
    for (const attempt of attemptsOf(visitorName).filter((each) => !changes(each) && each.status !== 200)) {
      const label = `${attempt.method} ${attempt.name}, ?org=${attempt.named}`;
      const bodies = attempt.method === 'PATCH' ? [undefined, GRAB] : [undefined];
      for (const body of bodies) {
        const { status, text } = await perform(visitorName, attempt, body ?? attempt.thing.body);
        const wanted = attempt.status === 404 ? [403, 404] : [attempt.status];
        expect(wanted, `${label}: ${status}`).toContain(status);
        for (const secret of SECRETS) expect([label, text.includes(secret)]).toEqual([label, false]);
      }
    }
    expect(await digest()).toEqual(before);
  });
});

it('most visitors of the sweep have no role', () => {
  expect(NAMES.filter(hasNoRole).length).toBeGreaterThan(8);
});

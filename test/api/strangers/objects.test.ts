import { beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { attemptsOf, changes, createAsk, GRAB, SECRETS } from './attempts.js';
import { isElsewhere, THINGS } from './contract.js';
import { type Gate, NAMES, openGate, VISITORS, type Visitor, type VisitorName } from './people.js';

/** Every object, every method and every context, asked by everybody: the status is the one of the contract. */

let gate: Gate;
const app = useTestApp({ env: { EMAIL_BACKEND: 'console' } });
beforeAll(async () => {
  gate = await openGate(app);
});

const { ask, perform, digest } = createAsk(app, () => gate);

describe.each(NAMES)('a visitor who is %s', (visitorName) => {
  const attempts = attemptsOf(visitorName);

  it('is refused what the contract refuses, learns nothing from it and changes nothing', async () => {
    const before = await digest();
    for (const attempt of attempts.filter((each) => !changes(each) && each.status !== 200)) {
      const label = `${attempt.method} ${attempt.name}, ?org=${attempt.named}`;
      const answers = [await perform(visitorName, attempt)];
      if (attempt.method === 'PATCH' && attempt.status !== 400)
        answers.push(await perform(visitorName, attempt, GRAB));
      for (const { status, text } of answers) {
        expect([label, status]).toEqual([label, attempt.status]);
        for (const secret of SECRETS) expect([label, text.includes(secret)]).toEqual([label, false]);
      }
    }
    expect(await digest()).toEqual(before);
  });

  it('reads what the contract shows', async () => {
    for (const attempt of attempts.filter((each) => !changes(each) && each.status === 200)) {
      const { status, text } = await perform(visitorName, attempt);
      const label = `${attempt.method} ${attempt.name}, ?org=${attempt.named}`;
      expect([label, status]).toEqual([label, 200]);
      expect([label, text === '']).toEqual([label, attempt.method === 'HEAD']);
      for (const secret of ['sha512$$', 'bcrypt_sha256$$']) expect(text).not.toContain(secret);
    }
  });

  it('changes what the contract lets them change', async () => {
    for (const attempt of attempts.filter(changes)) {
      const { status } = await perform(visitorName, attempt);
      await gate.restore();
      const label = `${attempt.method} ${attempt.name}, ?org=${attempt.named}`;
      expect([label, status]).toEqual([label, attempt.status]);
    }
  });

  it('finds nothing where nothing is, and a hidden object looks the same', async () => {
    const visitor: Visitor = VISITORS[visitorName];
    const usual = visitor.token?.boundTo ?? null;
    for (const attempt of attempts.filter(({ method, named }) => named === usual && method !== 'OPTIONS')) {
      const { thing, method, status } = attempt;
      const missing = await ask(visitorName, thing.missing, attempt, thing.body);
      expect([attempt.name, method, missing.status]).toEqual([
        attempt.name,
        method,
        [401, 405].includes(status) ? status : isElsewhere(visitor, { method, named: usual }) ? 403 : 404,
      ]);
      // What everybody but the successor gets says that there is no transfer, not that there is no organization; and
      // people who may end sessions or unlink identities learn that there is none, not that there is no account.
      const isToldMore =
        /\/(sessions|linked_accounts)\/\d+$/.test(thing.missing) ||
        (/transfer.(confirm|decline)$/.test(thing.missing) && isInside(visitorName));
      if (status !== 404 || isToldMore) continue;
      expect([attempt.name, (await perform(visitorName, attempt)).text]).toEqual([
        attempt.name,
        missing.text,
      ]);
    }
  });
});

const isInside = (visitorName: VisitorName): boolean => {
  const { person } = VISITORS[visitorName];
  return person.group === 'admin' || person.acme?.isActive === true;
};

it('the sweep reaches every object route', () => {
  const reached = new Set(
    Object.values(THINGS).flatMap(({ path, operations }) =>
      Object.keys(operations).map(
        (method) => `${method} ${path(() => 1).replace(/\/(\d+|k{64})(?=\/|$)/g, '/:')}`,
      ),
    ),
  );
  const tags = /^\/api\/(users|organizations|memberships|invitations|auth\/access_tokens)\/:/;
  const routes = app.container.routes.filter(({ path }) => tags.test(path));
  const known = routes.map(({ method, path }) => `${method.toUpperCase()} ${path.replace(/:\w+/g, ':')}`);
  expect([...reached].toSorted()).toEqual([...new Set(known)].toSorted());
});

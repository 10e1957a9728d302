import { expect, inject, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { tallyOf } from '../support/http.js';
import { createDatabaseOn } from '../support/real-database.js';
import { holdNames } from '../support/rows.js';

/** Names are claimed one after the other, on all replicas: who waits keeps no connection from others. */

it('requests that wait for a name leave the connections to others, and succeed once it is their turn', async () => {
  const database = await createDatabaseOn(inject('services')?.database ?? '');
  const app = await createTestApp({ env: { DATABASE_URL: database.url, DATABASE_POOL_SIZE: '4' } });
  try {
    const person = await app.register();
    const letGo = await holdNames(database.url);
    const waiting = Array.from({ length: 12 }, (_, i) =>
      app.send('/api/auth/register', {
        method: 'POST',
        body: {
          username: `latecomer${i}`,
          email: `latecomer${i}@example.org`,
          password1: 'Wiesel-42-quarks',
          password2: 'Wiesel-42-quarks',
        },
      }),
    );
    const started = performance.now();
    const answers = [];
    for (let i = 0; i < 40; i += 1)
      answers.push(await app.send('/api/users/self', { headers: person.authorization }));
    expect(tallyOf(answers)).toEqual({ 200: 40 });
    // With all four connections waiting, each would take as long as the lock is held.
    expect(performance.now() - started).toBeLessThan(3500);
    await letGo();
    expect(tallyOf(await Promise.all(waiting))).toEqual({ 201: 12 });
  } finally {
    await app.close();
    await database.drop();
  }
});

it('a name that nobody lets go is 503 after a while', async () => {
  const database = await createDatabaseOn(inject('services')?.database ?? '');
  const app = await createTestApp({ env: { DATABASE_URL: database.url } });
  const letGo = await holdNames(database.url);
  try {
    const answer = await app.send('/api/auth/register', {
      method: 'POST',
      body: { username: 'latecomer', password1: 'Wiesel-42-quarks', password2: 'Wiesel-42-quarks' },
    });
    expect([answer.status, answer.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'database_conflict' }),
    ]);
  } finally {
    await letGo();
    await app.close();
    await database.drop();
  }
});

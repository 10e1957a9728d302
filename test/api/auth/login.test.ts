import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.close());

describe('POST /api/auth/login', () => {
  it('gives the API token and the three cookies', async () => {
    const { username, password } = app.admin;
    const answer = await app.send('/api/auth/login', { method: 'POST', body: { username, password } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ key: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(answer.setCookies.map((line) => line.split('=')[0])).toEqual(['csrftoken', 'sessionid', 'sessionfresh']);
  });
});

import { describe, expect, expectTypeOf, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { createApiClient } from '../../support/client.js';

const app = useTestApp();

describe('a TypeScript client made of the document', () => {
  it('registers, signs in, and works with an organization', async () => {
    const anonymous = createApiClient(app.url);
    const password = 'Wiesel-42-quarks';
    const registered = await anonymous.POST('/api/auth/register', {
      body: { username: 'frida', email: 'frida@example.org', password1: password, password2: password },
    });
    expect(registered.data?.username).toBe('frida');
    const login = await anonymous.POST('/api/auth/login', { body: { username: 'frida', password } });
    const key = login.data?.key;
    expectTypeOf(key).toEqualTypeOf<string | undefined>();

    const frida = createApiClient(app.url, { Authorization: `Token ${key}` });
    const created = await frida.POST('/api/organizations', { body: { slug: 'louvre' } });
    const id = created.data?.id ?? 0;
    const renamed = await frida.PATCH('/api/organizations/{id}', {
      params: { path: { id } },
      body: { name: 'Louvre' },
    });
    expect(renamed.data).toMatchObject({ id, slug: 'louvre', name: 'Louvre', owner: { username: 'frida' } });

    const listed = await frida.GET('/api/organizations', {
      params: { query: { search: 'LOUV', page_size: 5 } },
    });
    expect(listed.data?.results.map(({ slug }) => slug)).toEqual(['louvre']);
    const removed = await frida.DELETE('/api/organizations/{id}', { params: { path: { id } } });
    expect(removed.response.status).toBe(204);
  });

  it('gets errors in their types', async () => {
    const { error, response } = await createApiClient(app.url).GET('/api/users/self');
    expectTypeOf(error).toMatchTypeOf<
      { detail: string } | { [field: string]: readonly string[] } | string | readonly string[] | undefined
    >();
    expect([response.status, error]).toEqual([
      401,
      { detail: 'Authentication credentials were not provided.' },
    ]);
  });

  it('does not compile against what the API does not have', async () => {
    const client = createApiClient(app.url);
    // @ts-expect-error there is no such path
    const unknown = await client.GET('/api/tasks');
    expect(unknown.response.status).toBe(404);
    // @ts-expect-error the password is missing
    const incomplete = await client.POST('/api/auth/login', { body: { username: 'frida' } });
    expect(incomplete.response.status).toBe(400);
  });
});

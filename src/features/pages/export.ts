import { z } from 'zod';
import type { Page, Visit } from './page.js';
import { PATHS } from './paths.js';
import { selfOf } from './person.js';

const Any = z.record(z.string(), z.unknown());
const AnyPage = z.object({ count: z.number(), results: z.array(Any) });
const PAGE_SIZE = 500;

/** Everything that the API tells a person about their own account, as a file. */
export const exportPage: Page = {
  path: PATHS.export,
  show: async (visit) => {
    const { id, username } = await selfOf(visit);
    const data = {
      account: await visit.call('users_retrieve_self', Any),
      sessions: await all(visit, 'auth_list_sessions'),
      linked_accounts: await all(visit, 'auth_list_linked_accounts'),
      factors: await visit.call('auth_retrieve_factors', Any),
      api_token: await visit.call('auth_retrieve_api_token', Any),
      access_tokens: await all(visit, 'auth_list_access_tokens', { include: 'last_used_ip' }),
      memberships: await all(visit, 'memberships_list', { user: username }),
      organizations: await all(visit, 'organizations_list', { owner: username }),
      invitations: await all(visit, 'invitations_list', {
        filter: JSON.stringify({ '==': [{ var: 'user_id' }, id] }),
      }),
    };
    return { kind: 'file', name: `${PREFIX}-${id}.json`, content: `${JSON.stringify(data, null, 2)}\n` };
  },
};

const PREFIX = 'account';

async function all(visit: Visit, operation: string, query: Readonly<Record<string, string>> = {}) {
  const rows: unknown[] = [];
  for (let page = 1; ; page += 1) {
    const { count, results } = await visit.call(operation, AnyPage, {
      query: { ...query, page: String(page), page_size: String(PAGE_SIZE) },
    });
    rows.push(...results);
    if (results.length === 0 || rows.length >= count) return rows;
  }
}

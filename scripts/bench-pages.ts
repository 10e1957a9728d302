import { Agent, request } from 'node:http';
import { createBrowser } from '../test/support/http.js';
import type { Bench } from './bench-context.js';
import { ADMIN, median } from './bench-server.js';

/** A page, and the requests with which a client of the API gets the same data. */
interface Compared {
  readonly page: string;
  readonly routes: readonly string[];
}

const SELF = '/api/users/self';
const SLUG = 'bench-pages';
const IN_ORGANIZATION = `org=${SLUG}`;
/** A page may take this many times as long as its data. */
const LIMIT = 2;
const WARM_UP = 20;

/** @param ids of the administrator and of the organization */
const pagesOf = (ids: { readonly user: number; readonly organization: number }): readonly Compared[] => [
  { page: '/account', routes: [SELF, `/api/organizations?owner=${ADMIN.username}&page_size=100`] },
  {
    page: '/account/security',
    routes: [SELF, '/api/auth/sessions', '/api/auth/api_token', '/api/auth/factors'],
  },
  {
    page: '/account/tokens',
    routes: [SELF, '/api/auth/access_tokens', '/api/organizations?page_size=100'],
  },
  {
    page: '/account/organizations',
    routes: [
      SELF,
      `/api/memberships?user=${ADMIN.username}&page_size=20`,
      '/api/organizations?page_size=20',
      '/api/invitations?page_size=20',
    ],
  },
  {
    page: `/account/organizations/${SLUG}`,
    routes: [
      SELF,
      `/api/organizations?slug=${SLUG}`,
      `/api/memberships?${IN_ORGANIZATION}&user=${ADMIN.username}`,
      `/api/memberships?${IN_ORGANIZATION}&page_size=20`,
      `/api/invitations?${IN_ORGANIZATION}&page_size=20`,
      `/api/organizations/${ids.organization}/transfer`,
    ],
  },
  { page: '/account/admin/people', routes: [SELF, '/api/users?page_size=25&include=waits_for_approval'] },
  {
    page: `/account/admin/people/${ids.user}`,
    routes: [
      SELF,
      `/api/users/${ids.user}?include=waits_for_approval`,
      `/api/users/${ids.user}/sessions`,
      `/api/users/${ids.user}/api_token`,
    ],
  },
  { page: '/account/admin/organizations', routes: [SELF, '/api/organizations?page_size=25'] },
  { page: '/account/admin/invitations', routes: [SELF, '/api/invitations?page_size=25'] },
  { page: '/account/admin/server', routes: [SELF, '/api/server/status'] },
];

/**
 * The first byte of each page beside that of its data over REST: the requests of a client, one after the other, in the
 * same session. What is compared alternates on one kept connection.
 *
 * @throws Error if a page takes more than twice as long
 */
export async function benchPages(bench: Bench): Promise<string> {
  const url = await bench.start(bench.services);
  const browser = createBrowser(url);
  await browser.send('/api/auth/login', { method: 'POST', body: ADMIN });
  const made = await browser.send('/api/organizations', { method: 'POST', body: { slug: SLUG } });
  const user = (await browser.send(SELF)).json() as { id: number };
  const organization = made.json() as { id: number };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (path: string): Promise<number> => firstByte(agent, `${url}${path}`, browser.cookieHeader());
  const rows: string[] = [];
  const slow: string[] = [];
  for (const compared of pagesOf({ user: user.id, organization: organization.id })) {
    const { page, rest } = await measure(compared, ask, bench.isQuick ? 60 : 200);
    const name = compared.page.replace(/\/\d+$/, '/{id}').replace(SLUG, '{slug}');
    const ratio = page / rest;
    rows.push(
      `| \`${name}\` | ${compared.routes.length} | ${page.toFixed(1)} | ${rest.toFixed(1)} | ${ratio.toFixed(2)} |`,
    );
    if (ratio > LIMIT) slow.push(`${name}: ${ratio.toFixed(2)}`);
  }
  agent.destroy();
  if (slow.length > 0) throw new Error(`Pages take more than ${LIMIT} times their data: ${slow.join(', ')}`);
  return [
    '## Pages',
    '',
    'Time to the first byte of a page, and of the requests with which a client of the API gets the same data, one after the',
    'other, in one session and on one connection. The benchmark fails if a page takes more than twice as long:',
    '',
    '| page | requests | ms | ms by REST | ratio |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** @returns medians in milliseconds */
async function measure(
  { page, routes }: Compared,
  ask: (path: string) => Promise<number>,
  rounds: number,
): Promise<{ readonly page: number; readonly rest: number }> {
  const times = { page: [] as number[], rest: [] as number[] };
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const byPage = await ask(page);
    let byRest = 0;
    for (const route of routes) byRest += await ask(route);
    if (round < 0) continue;
    times.page.push(byPage);
    times.rest.push(byRest);
  }
  return { page: median(times.page), rest: median(times.rest) };
}

/** @returns milliseconds until the answer begins. @throws Error for a refusal, unless there just is no such thing */
function firstByte(agent: Agent, url: string, cookie: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const asked = request(url, { agent, headers: { Cookie: cookie } }, (answer) => {
      const time = performance.now() - start;
      const { statusCode = 0 } = answer;
      answer.resume();
      answer.on('error', reject);
      answer.on('end', () => {
        // An organization that is offered to nobody has no transfer.
        if (statusCode < 300 || (statusCode === 404 && url.endsWith('/transfer'))) resolve(time);
        else reject(new Error(`${url}: ${statusCode}`));
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

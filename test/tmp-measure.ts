import { createExternalDatabase } from '../src/platform/db/external.js';
import { planList } from '../src/platform/http/lists/list-query.js';
import { listUsers, USERS } from '../src/features/users/repository.js';
import { listOrganizations, ORGANIZATIONS } from '../src/features/organizations/repository.js';
import { listMemberships, MEMBERSHIPS } from '../src/features/memberships/repository.js';
import { listInvitations, INVITATIONS } from '../src/features/invitations/repository.js';
const url = process.argv[2]!;
const db = createExternalDatabase({ url, poolSize: 3, timeout: 120000, applicationName: 't', guardNesting: false });
const P = (q: string) => new URLSearchParams(q);
const everything = { kind: 'everything' } as const;
const org = { kind: 'organization', id: 5 } as const;
const recorded: {text:string, values:unknown[], ms:number}[] = [];
const rec = { query: async (c: any) => { const t=performance.now(); const r = await db.query<any>(c); recorded.push({text:c.text, values:c.values, ms: performance.now()-t}); return r; } } as any;
const F = (o: unknown) => `filter=${encodeURIComponent(JSON.stringify(o))}`;
const cases: [string, () => Promise<unknown>][] = [
 ['users admin default', () => listUsers(rec, {plan: planList(USERS, P('')), visible: {}, scope: everything})],
 ['users admin sort username', () => listUsers(rec, {plan: planList(USERS, P('sort=username')), visible: {}, scope: everything})],
 ['users admin sort -first_name filter active', () => listUsers(rec, {plan: planList(USERS, P('sort=-first_name&is_active=true')), visible: {}, scope: everything})],
 ['users admin search', () => listUsers(rec, {plan: planList(USERS, P('search=abc')), visible: {}, scope: everything})],
 ['users admin page 5000', () => listUsers(rec, {plan: planList(USERS, P('page=5000&sort=id')), visible: {}, scope: everything})],
 ['users org member', () => listUsers(rec, {plan: planList(USERS, P('sort=username')), visible: {memberships__organization: 5}, scope: org})],
 ['users self', () => listUsers(rec, {plan: planList(USERS, P('')), visible: {id: 77}, scope: everything})],
 ['users json', () => listUsers(rec, {plan: planList(USERS, P(F({in:['f00',{var:'username'}]})+'&sort=username')), visible: {}, scope: everything})],
 ['users sandbox admin', () => listUsers(rec, {plan: planList(USERS, P('')), visible: {}, scope: {kind:'sandbox'}})],
 ['orgs admin sort owner', () => listOrganizations(rec, planList(ORGANIZATIONS, P('sort=owner')), {})],
 ['orgs admin search', () => listOrganizations(rec, planList(ORGANIZATIONS, P('search=ab')), {})],
 ['orgs mine', () => listOrganizations(rec, planList(ORGANIZATIONS, P('sort=name')), ['|',{members__user_id: 77, members__is_active: true},{owner_id:77}])],
 ['memb admin default', () => listMemberships(rec, {plan: planList(MEMBERSHIPS, P('')), visible: {}, scope: everything})],
 ['memb admin sort user', () => listMemberships(rec, {plan: planList(MEMBERSHIPS, P('sort=user')), visible: {}, scope: everything})],
 ['memb admin role sort user', () => listMemberships(rec, {plan: planList(MEMBERSHIPS, P('sort=user&role=maintainer')), visible: {}, scope: everything})],
 ['memb admin search', () => listMemberships(rec, {plan: planList(MEMBERSHIPS, P('search=abc')), visible: {}, scope: everything})],
 ['memb org', () => listMemberships(rec, {plan: planList(MEMBERSHIPS, P('sort=user&role=worker')), visible: {organization: 5, is_active: true}, scope: org})],
 ['memb mine', () => listMemberships(rec, {plan: planList(MEMBERSHIPS, P('')), visible: {user: 77, is_active: true}, scope: everything})],
 ['inv admin default', () => listInvitations(rec, {plan: planList(INVITATIONS, P('')), visible: {}, scope: everything})],
 ['inv org', () => listInvitations(rec, {plan: planList(INVITATIONS, P('sort=owner')), visible: {membership__organization: 5}, scope: org})],
 ['inv mine', () => listInvitations(rec, {plan: planList(INVITATIONS, P(F({and:[{'==':[{var:'user_id'},'77']},{'==':[{var:'accepted'},false]}]}))), visible: ['|',{owner:77},{membership__user:77}], scope: everything})],
];
const only = process.argv[3];
for (const [name, run] of cases) {
  if (only && !name.includes(only)) continue;
  const counts: number[] = [], pages: number[] = [];
  for (let i=0;i<7;i++) { recorded.length=0; await run(); counts.push(recorded[0]!.ms); pages.push(recorded[1]?.ms ?? 0); }
  const med=(a:number[])=>a.sort((x,y)=>x-y)[3]!.toFixed(1);
  console.log(name.padEnd(44), 'count', med(counts).padStart(7), 'page', med(pages).padStart(7));
  if (only) for (const r of recorded) { console.log(r.text, r.values); const e = await db.query<any>({text:'explain (analyze, buffers off) '+r.text, values: r.values}); console.log(e.rows.map((x:any)=>x['QUERY PLAN']).join('\n')); }
}
await db.close();

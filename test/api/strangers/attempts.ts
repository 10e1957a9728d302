import { MINUTE } from '../../../src/kernel/clock.js';
import type { TestApp } from '../../support/app.js';
import type { Answer } from '../../support/http.js';
import { digestsOf } from '../../support/tables.js';
import { CONTEXTS, type Named, THINGS, type Thing } from './contract.js';
import { type Gate, VISITORS, type VisitorName } from './people.js';

/** What somebody may try with every object, and what comes of it. */

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const SAFE = ['GET', 'HEAD', 'OPTIONS'];
/** What somebody would like to become. */
export const GRAB = {
  is_superuser: true,
  groups: ['admin'],
  role: 'owner',
  owner: 1,
  user: 1,
  is_active: true,
};

export interface Attempt {
  readonly name: string;
  readonly thing: Thing;
  readonly method: string;
  readonly named: Named;
  readonly status: number;
}

/** @returns what each attempt comes to; contexts make no difference where there is no operation */
export const attemptsOf = (visitorName: VisitorName): readonly Attempt[] =>
  Object.entries(THINGS)
    .flatMap(([name, thing]) =>
      METHODS.flatMap((method) =>
        CONTEXTS.map((named) => ({
          name,
          thing,
          method,
          named,
          status: statusOf(visitorName, thing, method, named),
        })),
      ),
    )
    .filter(isWorthAsking);

function statusOf(visitorName: VisitorName, thing: Thing, method: string, named: Named): number {
  const visitor = VISITORS[visitorName];
  if ('isUnknown' in visitor) return 401;
  if (method === 'OPTIONS') return 200;
  const operation = thing.operations[method === 'HEAD' ? 'GET' : method];
  return operation === undefined ? 405 : operation(visitor, { method, named });
}

const isWorthAsking = ({ status, method, named }: Attempt): boolean =>
  named === null || !([405, 401].includes(status) || method === 'OPTIONS' || method === 'HEAD');

export const changes = ({ method, status }: Attempt): boolean => !SAFE.includes(method) && status < 300;

/** @param gate where everybody is; it is opened later */
export function createAsk(app: TestApp, gate: () => Gate) {
  const ask = async (
    visitorName: VisitorName,
    path: string,
    { method, named }: Pick<Attempt, 'method' | 'named'>,
    body?: unknown,
  ): Promise<Answer> => {
    // Sending again is limited to five an hour.
    if (path.endsWith('/resend')) app.clock.advance(13 * MINUTE);
    const client = gate().clients.get(visitorName);
    return app.send(path + (named === null ? '' : `?org=${named}`), {
      method,
      headers: client?.headers ?? {},
      ...(SAFE.includes(method) ? {} : { body: body ?? {} }),
    });
  };
  return {
    ask,
    perform: (visitorName: VisitorName, attempt: Attempt, body = attempt.thing.body) =>
      ask(visitorName, attempt.thing.path(gate().idOf), attempt, body),
    /** Of all that an attempt could change. */
    digest: () => digestsOf(app.db, TABLES),
  };
}

const TABLES = [
  'auth_user',
  'auth_user_groups',
  'account_emailaddress',
  'organizations_organization',
  'organizations_membership',
  'organizations_invitation',
  'auth_server_organization_transfers',
  'auth_server_factor_requirements',
  'auth_server_outbox',
];

/** What no refusal may contain. */
export const SECRETS = ['Sesame', '@example.org', 'tessa', 'olivia', 'pablo', 'samson', 'secret-name'];

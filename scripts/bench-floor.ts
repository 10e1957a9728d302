/**
 * The floor of the benchmark: what any server must pay for the same work. Bare `node:http`, the same SQL statement,
 * the same question to OPA, and the answer as JSON. No routing, no checks, no headers.
 */
import { createServer } from 'node:http';
import { Pool as HttpPool } from 'undici';
import { policyInput } from '../src/authorization/authorizer.js';
import { createIdentityStore } from '../src/features/users/index.js';
import { createDatabase } from '../src/platform/db/database.js';

const [port = '0', databaseUrl, opaUrl = '', token = ''] = process.argv.slice(2);

const db = await createDatabase({
  url: databaseUrl,
  dataDir: '',
  poolSize: 10,
  timeout: 5000,
  applicationName: 'floor',
});
const identities = createIdentityStore(db);
const opa = new HttpPool(opaUrl, { connections: 32 });

createServer(async (_req, res) => {
  const identity = await identities.byToken(token, { kind: 'absent' });
  if (identity === undefined) throw new Error('The benchmark account is gone.');
  const caller = { account: identity.account, organization: null, credential: { kind: 'token' as const } };
  const resource = { id: identity.account.id, membership: { role: null } };
  const input = policyInput(caller, null, { scope: 'view', resource });
  const answer = await opa.request({
    method: 'POST',
    path: '/v1/data/users/allow',
    body: JSON.stringify({ input }),
  });
  const { result } = (await answer.body.json()) as { result: boolean };
  const text = JSON.stringify(identity.account);
  res.writeHead(result ? 200 : 403, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  res.end(text);
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));

import { createContainer } from '../container.js';
import { createBuiltDocument } from '../features/api-docs/index.js';
import { systemClock } from '../kernel/clock.js';
import { systemRandom } from '../kernel/random.js';
import { loadConfig } from '../platform/config/load.js';
import { createLog } from '../platform/telemetry/log.js';
import type { ContainerOptions } from './options.js';
import { describedBy } from './web.js';

/** A port without a listener: the routes are composed, but no service is contacted. */
const NOWHERE = '127.0.0.1:1';

type Environment = Readonly<Record<string, string>>;

/** The settings that add or remove routes. */
const ROUTES: readonly Environment[] = [
  {},
  { REGISTRATION_MODE: 'closed' },
  { MFA_TOTP: 'false' },
  { MFA_WEBAUTHN: 'false' },
  { MFA_TOTP: 'false', MFA_WEBAUTHN: 'false' },
  {
    IAM_TYPE: 'LDAP',
    AUTH_LDAP_SERVER_URI: `ldaps://${NOWHERE}`,
    AUTH_LDAP_USER_SEARCH_BASE: 'dc=example,dc=org',
  },
];

/** Writes the OpenAPI documents that servers of this build serve, for `scripts/build.mjs`. */
export async function writeDocuments(): Promise<void> {
  for (const env of ROUTES)
    for (const isPublic of [true, false]) await writeDocument({ ...env, API_DOCS_PUBLIC: String(isPublic) });
}

async function writeDocument(env: Environment): Promise<void> {
  const config = loadConfig({
    DATABASE_URL: `postgres://${NOWHERE}/cvat`,
    OPA_URL: `http://${NOWHERE}`,
    LOG_LEVEL: 'silent',
    ...env,
  });
  const options: ContainerOptions = {
    config,
    clock: systemClock,
    random: systemRandom,
    log: createLog(config.LOG_LEVEL),
    strict: false,
  };
  const container = await createContainer(options);
  try {
    await createBuiltDocument(describedBy(options, container.routes), container.document).write();
  } finally {
    await container.close();
  }
}

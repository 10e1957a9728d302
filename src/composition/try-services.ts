import { createOpaHttpEngine } from '../authorization/engines/opa-http.js';
import { trySharedSessions } from '../features/sessions/index.js';
import { callbackUrl } from '../features/sign-on/index.js';
import type { Clock } from '../kernel/clock.js';
import { describeNetworkFailure } from '../kernel/network-failure.js';
import type { ServiceTrial } from '../kernel/service-trial.js';
import { readSignOnSettings } from '../platform/config/auth-config.js';
import type { Config } from '../platform/config/settings.js';
import { tryDatabase } from '../platform/db/probe.js';
import { type ProbeResult, probeServers } from '../platform/ldap/probe.js';
import { createMailTransport } from '../platform/mail/transport.js';
import { tryRedis } from '../platform/redis/probe.js';
import { openCommandDatabase } from './command-database.js';
import { directorySettingsOf } from './directory.js';
import { mailSettingsOf } from './mail.js';
import { readRules } from './rules.js';
import { opaAddressOf, redisSettingsOf } from './services.js';
import { openProviders } from './sign-on.js';

type Part = 'database' | 'sessions' | 'redis' | 'policy' | 'directory' | 'sign-on' | 'mail';

/** What became of a part; skipped if it is built in, or not used. */
export interface PartTrial {
  readonly part: Part;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
}

/**
 * Connects to every service that the settings name, as the server would: DNS, TLS, login, version, rights. It changes
 * nothing but a key in Redis that lives a second, and sends no mail.
 *
 * @returns one result for each part, in order
 * @throws StartError for settings that `checkSettings` refuses
 */
export async function tryServices(config: Config, clock: Clock): Promise<readonly PartTrial[]> {
  return Promise.all([
    report('database', onDatabase(config), 'built in'),
    report('sessions', onSessions(config), SESSIONS[config.SESSION_STORE]),
    report('redis', onRedis(config), 'not used: each process counts for its own limits'),
    report('policy', onPolicy(config), 'built in'),
    report('directory', onDirectory(config, clock), 'not used'),
    report('sign-on', onProviders(config, clock), 'no identity provider is set'),
    report('mail', onMail(config), 'no mail server is set'),
  ]);
}

async function report(part: Part, trial: Promise<ServiceTrial | null>, unused: string): Promise<PartTrial> {
  const result = await trial;
  if (result === null) return { part, result: 'skipped', detail: unused };
  return { part, result: result.ok ? 'passed' : 'failed', detail: result.detail };
}

async function onDatabase(config: Config): Promise<ServiceTrial | null> {
  if (config.DATABASE_URL === undefined) return null;
  const db = await openCommandDatabase(config);
  try {
    return await tryDatabase(db);
  } finally {
    await db.close();
  }
}

/** Where they are when there is nothing of them to try. */
const SESSIONS = { redis: 'in Redis', database: 'in a table of this server', django: 'shared with CVAT' };

async function onSessions(config: Config): Promise<ServiceTrial | null> {
  if (config.SESSION_STORE !== 'django') return null;
  const db = await openCommandDatabase(config);
  try {
    return await trySharedSessions(db, config.SECRET_KEY ?? '');
  } finally {
    await db.close();
  }
}

async function onRedis(config: Config): Promise<ServiceTrial | null> {
  const settings = redisSettingsOf(config);
  return settings === null ? null : tryRedis(settings, `${config.REDIS_KEY_PREFIX}check`);
}

async function onPolicy(config: Config): Promise<ServiceTrial | null> {
  const address = opaAddressOf(config);
  if (address === null) return null;
  const { revision } = await readRules(config);
  const engine = createOpaHttpEngine({
    ...address,
    timeoutMs: config.OPA_TIMEOUT_MS,
    isOurs: (loaded) => loaded === revision,
  });
  try {
    const state = await engine.ready();
    if (state.ready)
      return { ok: true, detail: `Open Policy Agent has these rules (${revision.slice(0, 12)}).` };
    if (PULLS_LATER.has(state.problem))
      return { ok: true, detail: `${state.detail} It pulls them when this server runs.` };
    const reason = state.cause === undefined ? state.detail : `${describeNetworkFailure(state.cause)}.`;
    return { ok: false, detail: `OPA_URL can't be used: ${reason}` };
  } finally {
    await engine.close();
  }
}

/** Open Policy Agent answers, and waits for a bundle of this server. */
const PULLS_LATER: ReadonlySet<string> = new Set(['opa_no_bundle', 'opa_other_bundle', 'opa_undefined']);

async function onDirectory(config: Config, clock: Clock): Promise<ServiceTrial | null> {
  const settings = await directorySettingsOf(config);
  if (settings === null) return null;
  const steps: ProbeResult[] = [];
  const ok = await probeServers(settings, clock, (step) => steps.push(step));
  const failed = steps.filter(({ outcome }) => outcome === 'failed').map(({ detail }) => detail);
  const servers = settings.servers.map(({ url }) => url).join(', ');
  return { ok, detail: failed.length === 0 ? `${servers}: connected.` : failed.join(' ') };
}

/** Reads what each provider says about itself, and shows the callback URL to register there. */
async function onProviders(config: Config, clock: Clock): Promise<ServiceTrial | null> {
  const settings = readSignOnSettings(config);
  const providers = await openProviders(settings, config, { clock });
  if (providers.length === 0) return null;
  const failures: string[] = [];
  for (const provider of providers)
    await provider.probe().catch((error: unknown) => {
      failures.push(`${provider.settings.id}: ${error instanceof Error ? error.message : String(error)}`);
    });
  const callbacks = providers.map(({ settings: one }) => `${one.id}: ${callbackUrl(config.PUBLIC_URL, one)}`);
  const detail = `Callback URLs to register: ${callbacks.join(', ')}`;
  return failures.length === 0
    ? { ok: true, detail: `${detail}.` }
    : { ok: false, detail: `${failures.join(' ')} ${detail}.` };
}

async function onMail(config: Config): Promise<ServiceTrial | null> {
  const settings = mailSettingsOf(config);
  if (settings.kind !== 'smtp') return null;
  const transport = await createMailTransport(settings, () => undefined);
  try {
    const { ok, sentence } = await transport.verify();
    return { ok, detail: sentence };
  } finally {
    transport.close();
  }
}

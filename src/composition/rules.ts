import { setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { type Bundle, createBundle } from '../authorization/bundle/bundle.js';
import { createLiveRules, type LiveRules } from '../authorization/bundle/live-rules.js';
import type { OpaRules } from '../authorization/engines/opa-rules.js';
import { SECOND } from '../kernel/clock.js';
import { ServiceUnavailable } from '../kernel/errors.js';
import { StartError } from '../kernel/start-error.js';
import type { Config } from '../platform/config/settings.js';
import type { ContainerOptions } from './options.js';
import { opaAddressOf } from './services.js';

const SHIPPED = [fileURLToPath(new URL('../../rules', import.meta.url))];

export interface Rules extends Pick<LiveRules, 'bundle' | 'isOurs' | 'state'> {
  readonly close: () => Promise<void>;
}

/** @throws StartError for rules that cannot be read, and for RULES_DIR without an Open Policy Agent */
export async function readRules({ RULES_DIR, OPA_URL }: Config): Promise<Bundle> {
  if (RULES_DIR.length > 0 && OPA_URL === undefined) {
    throw new StartError(
      'RULES_DIR is set, but custom rules require Open Policy Agent: the embedded engine only has the shipped rules. Set OPA_URL, or remove RULES_DIR.',
    );
  }
  return createBundle(SHIPPED, RULES_DIR);
}

/**
 * The shipped rules, and those of RULES_DIR, which are followed while the server runs.
 *
 * @throws StartError for rules that cannot be served, and for RULES_DIR without an Open Policy Agent
 */
export async function openRules({ config, clock, log }: ContainerOptions): Promise<Rules> {
  const { RULES_DIR } = config;
  const address = opaAddressOf(config);
  const read = (): Promise<Bundle> => readRules(config);
  const first = await read();
  if (address === null || RULES_DIR.length === 0) return fixedRules(first);

  const { createOpaRules } = await import('../authorization/engines/opa-rules.js');
  const opa = createOpaRules({ ...address, timeoutMs: config.OPA_TIMEOUT_MS });
  await checkAtStart(first, opa);
  log.info({ files: first.custom.map(({ name }) => name) }, 'Rules from RULES_DIR are in the bundle.');
  const live = createLiveRules({
    first,
    read,
    opa,
    clock,
    onPublished: ({ revision, custom }) => {
      log.info({ revision, files: custom.map(({ name }) => name) }, 'OPA gets other rules from now on.');
    },
    onProblem: (problem) => {
      if (problem === null) log.info({}, 'The rules in RULES_DIR are valid again.');
      else log.error({ problem }, 'The rules in RULES_DIR are not in use.');
    },
  });
  const failed = (error: unknown): void => log.error({ error }, 'RULES_DIR could not be checked.');
  const timer = setInterval(
    () => void live.refresh().catch(failed),
    config.RULES_RELOAD_SECONDS * SECOND,
  ).unref();
  return {
    ...live,
    close: async () => {
      clearInterval(timer);
      await opa.close();
    },
  };
}

const fixedRules = (bundle: Bundle): Rules => ({
  bundle: () => bundle,
  isOurs: (revision) => revision === bundle.revision,
  state: () => 'ok',
  close: async () => undefined,
});

/** If OPA is already running, as at a restart of this server, it can find errors that our own checks cannot. */
async function checkAtStart({ custom }: Bundle, opa: OpaRules): Promise<void> {
  try {
    for (const file of custom) {
      const problem = await opa.problemOf(file);
      if (problem !== null) throw new StartError(`${problem}. Correct the file in RULES_DIR.`);
    }
  } catch (error) {
    if (error instanceof ServiceUnavailable) return;
    await opa.close();
    throw error;
  }
}

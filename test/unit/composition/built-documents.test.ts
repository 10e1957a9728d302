import { describe, expect, it } from 'vitest';
import type { ContainerOptions } from '../../../src/composition/options.js';
import { describedBy } from '../../../src/composition/web.js';
import { createContainer } from '../../../src/container.js';
import { createBuiltDocument } from '../../../src/features/api-docs/index.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { systemRandom } from '../../../src/kernel/random.js';
import { StartError } from '../../../src/kernel/start-error.js';
import { loadConfig } from '../../../src/platform/config/load.js';
import { Settings } from '../../../src/platform/config/settings.js';
import { createLog } from '../../../src/platform/telemetry/log.js';
import { useSetUp } from '../../support/hooks.js';

type Environment = Readonly<Record<string, string>>;

/** Nothing is contacted; a directory is configured where IAM_TYPE asks for one. */
const BASE: Environment = {
  DATABASE_URL: 'postgres://127.0.0.1:1/cvat',
  OPA_URL: 'http://127.0.0.1:1',
  AUTH_LDAP_SERVER_URI: 'ldaps://127.0.0.1:1',
  AUTH_LDAP_USER_SEARCH_BASE: 'dc=example,dc=org',
  EMAIL_BACKEND: 'console',
  LOG_LEVEL: 'silent',
};
/** One of them is another value of nearly every setting. Those with a choice of words have theirs. */
const VALUES = ['true', 'false', '7', '8', '100', '9/day', 'https://other.example.org', '2.80.0', 'other'];

interface Definition {
  readonly innerType?: { readonly def: Definition };
  readonly in?: { readonly def: Definition };
  readonly entries?: Readonly<Record<string, string>>;
}
const wordsOf = ({ innerType, in: from, entries }: Definition): readonly string[] =>
  Object.values(entries ?? {}).concat(innerType ? wordsOf(innerType.def) : from ? wordsOf(from.def) : []);

/** @returns whether it is a value of the setting, and another one than before */
function isOther(setting: string, value: string): boolean {
  const read = (env: Environment): unknown =>
    JSON.stringify(Object.entries(loadConfig(env)).find(([name]) => name === setting));
  try {
    return read({ ...BASE, [setting]: value }) !== read(BASE);
  } catch (error) {
    if (error instanceof StartError) return false;
    throw error;
  }
}

const othersOf = (setting: string, definition: Definition): readonly string[] => {
  const words = wordsOf(definition);
  return words.length > 0
    ? words.filter((word) => isOther(setting, word))
    : VALUES.filter((value) => isOther(setting, value)).slice(0, 1);
};

/** @returns undefined for settings that stop the start */
async function documentOf(env: Environment) {
  try {
    const config = loadConfig({ ...BASE, ...env });
    const options: ContainerOptions = {
      config,
      clock: systemClock,
      random: systemRandom,
      log: createLog('silent'),
      strict: false,
    };
    const { routes, document, close } = await createContainer(options);
    const text = JSON.stringify(document());
    await close();
    return { text, name: createBuiltDocument(describedBy(options, routes), document).name };
  } catch (error) {
    if (error instanceof StartError) return undefined;
    throw error;
  }
}

describe('a document of the build', () => {
  const base = useSetUp(() => documentOf({}));
  const tried = new Set<string>();
  const changes = new Set<string>();

  it.each(Object.entries(Settings.shape))(
    'has another name with another %s exactly if that changes the document',
    async (setting, { def }) => {
      for (const value of othersOf(setting, def as Definition)) {
        const changed = await documentOf({ [setting]: value });
        if (changed === undefined) continue;
        tried.add(setting);
        const isChanged = changed.text !== base()?.text;
        if (isChanged) changes.add(setting);
        expect([value, changed.name !== base()?.name]).toEqual([value, isChanged]);
      }
    },
  );

  it('changes with these settings, and with no other', () => {
    expect(tried.size).toBeGreaterThan(90);
    expect([...changes].sort()).toEqual([
      'ACCOUNT_USERNAME_MIN_LENGTH',
      'API_DOCS_PUBLIC',
      'CVAT_VERSION',
      'IAM_TYPE',
      'MFA_TOTP',
      'MFA_WEBAUTHN',
      'REGISTRATION_MODE',
    ]);
  });
});

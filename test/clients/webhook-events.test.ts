import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SECURITY_EVENTS } from '../../src/kernel/security-events.js';
import { type ClientRelease, installClients, runPython } from '../support/python.js';

/** docs/with-cvat.md names the events of CVAT that a change at this server does not cause: those that its client knows. */

const OURS = ['organization', 'membership', 'invitation', 'user'];
const EVENTS = `
import json
from cvat_sdk.api_client.model.events_enum import EventsEnum
print(json.dumps(sorted(EventsEnum.allowed_values[('value',)].values())))
`;

const page = readFileSync(new URL('../../docs/with-cvat.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `(\w+:\w+)` \| ([^|]+) \| \w+ \| (.+) \|$/gm)].map(
  ([, event = '', webhook = '', here = '']) => ({ event, webhook, here }),
);

const webhooksOf = async (release: ClientRelease): Promise<readonly string[]> => {
  const events = (await runPython(installClients(release) ?? '', EVENTS, [])) as readonly string[];
  return events.filter((event) => OURS.includes(event.split(':')[1] ?? ''));
};

describe.skipIf(installClients('2.62.0') === undefined)('the events of CVAT that the page names', () => {
  it.each([
    ['2.62.0', ['yes']],
    ['2.80.0', ['yes', 'since 2.76']],
  ] as const)(
    'are the webhooks about accounts and organizations that cvat-sdk %s knows',
    async (release, words) => {
      const named = rows
        .filter(({ webhook }) => words.some((word) => word === webhook))
        .map(({ event }) => event);
      expect([...named].sort()).toEqual(await webhooksOf(release));
    },
  );

  it('have a counterpart in the log of this server', () => {
    const named = rows.flatMap(({ here }) => [...here.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name));
    expect(named.length).toBeGreaterThan(14);
    expect(named.filter((name) => !Object.hasOwn(SECURITY_EVENTS, name))).toEqual([]);
  });
});

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBundle } from '../../../src/authorization/bundle/bundle.js';
import { createLiveRules, type LiveRules } from '../../../src/authorization/bundle/live-rules.js';
import { noDecision } from '../../../src/authorization/engines/problems.js';
import { SECOND } from '../../../src/kernel/clock.js';

const RULES = fileURLToPath(new URL('../../../rules', import.meta.url));
const PATIENCE = 180 * SECOND;

/** An OPA that has loaded, and can parse, what a test says. */
interface Opa {
  isUp: boolean;
  loaded: string | null;
  unparsable: string | null;
}

describe('rules that are followed', () => {
  let folder: string;
  let live: LiveRules;
  let opa: Opa;
  let time: number;
  let problems: (string | null)[];
  const answer = async <T>(value: T): Promise<T> => {
    if (!opa.isUp) throw noDecision('opa_unreachable');
    return value;
  };
  const put = (text: string) => writeFile(join(folder, 'limits.rego'), `package limits\n\n${text}\n`);
  const revision = () => live.bundle().revision;
  const look = async (times = 1) => {
    for (let time = 0; time < times; time += 1) await live.refresh();
  };
  /** Lets OPA pull what is served. */
  const pull = async () => {
    opa.loaded = revision();
    await look();
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'live-'));
    [opa, time, problems] = [{ isUp: true, loaded: null, unparsable: null }, 0, []];
    await put('x := 1');
    const read = () => createBundle([RULES], [folder]);
    live = createLiveRules({
      first: await read(),
      read,
      opa: {
        loadedRevision: () => answer(opa.loaded),
        problemOf: ({ name, text }) =>
          answer(opa.unparsable !== null && text.includes(opa.unparsable) ? `${name}:3: nonsense` : null),
      },
      clock: { now: () => time },
      onPublished: () => undefined,
      onProblem: (problem) => problems.push(problem),
    });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are not in use before OPA has loaded them', async () => {
    expect(live.state()).toContain('not loaded');
    expect(live.isOurs(null)).toBe(false);
    await pull();
    expect(live.state()).toBe('ok');
    expect(live.isOurs(revision())).toBe(true);
  });

  it('are served when two looks in a row have found the same', async () => {
    const before = revision();
    await put('x := 2');
    await look();
    expect(revision()).toBe(before);
    await put('x := 3');
    await look();
    expect(revision()).toBe(before);
    await look();
    expect(revision()).not.toBe(before);
    expect(live.bundle().custom[0]?.text).toContain('x := 3');
  });

  it('are looked at once, however often that is asked for meanwhile', async () => {
    const before = revision();
    await put('x := 2');
    await Promise.all([live.refresh(), live.refresh(), live.refresh()]);
    expect(revision()).toBe(before);
  });

  it('leave OPA ready by the ones before, for a while', async () => {
    await pull();
    const before = revision();
    await put('x := 2');
    await look(3);
    expect(live.isOurs(before)).toBe(true);
    expect(live.isOurs(revision())).toBe(true);
    expect(live.isOurs('another')).toBe(false);
    await pull();
    opa.loaded = before;
    await look();
    expect(live.isOurs(before)).toBe(true);
    time += PATIENCE;
    await look();
    expect(live.isOurs(before)).toBe(false);
    expect(revision()).not.toBe(before);
  });

  it('wait for an OPA that does not answer, and say so once', async () => {
    await pull();
    const before = revision();
    opa.isUp = false;
    await put('x := 2');
    await look(4);
    expect(revision()).toBe(before);
    expect(live.state()).toMatch(/OPA cannot check/);
    opa.isUp = true;
    await look();
    expect(revision()).not.toBe(before);
    expect(problems).toEqual([expect.stringMatching(/OPA cannot check/), null]);
  });

  it('that OPA cannot parse are not served until they change', async () => {
    const before = revision();
    opa.unparsable = '(';
    await put('x := (');
    await look(3);
    expect(live.state()).toContain('limits.rego, line 3');
    await put('# (');
    await look(3);
    expect(live.state()).toContain('limits.rego:3: nonsense');
    expect(revision()).toBe(before);
    await put('x := 2');
    await look(2);
    expect(revision()).not.toBe(before);
    expect(problems).toHaveLength(3);
  });

  it('go back to the last good ones when OPA does not load them in time, until they change', async () => {
    await pull();
    const before = revision();
    await put('x := 2');
    await look(2);
    const refused = revision();
    await look();
    time += PATIENCE - 1;
    await look();
    expect(revision()).toBe(refused);
    time += 1;
    await look();
    expect(revision()).toBe(before);
    expect(live.isOurs(refused)).toBe(false);
    expect(live.state()).toMatch(/did not load.*last good/);
    await look(3);
    expect(revision()).toBe(before);
    await put('x := 3');
    await look(2);
    expect([before, refused]).not.toContain(revision());
    await pull();
    expect(live.state()).toBe('ok');
  });

  it('go back in time although the clock was set back meanwhile', async () => {
    await pull();
    const before = revision();
    await put('x := 2');
    await look(3);
    time -= 7200 * SECOND;
    await look();
    time += PATIENCE;
    await look();
    expect(revision()).toBe(before);
  });

  it('do not go back for the time in which OPA does not answer', async () => {
    await pull();
    await put('x := 2');
    await look(3);
    const served = revision();
    opa.isUp = false;
    time += 10 * PATIENCE;
    await look();
    opa.isUp = true;
    await look();
    time += PATIENCE - 1;
    await look();
    expect(revision()).toBe(served);
    await pull();
    expect(live.state()).toBe('ok');
  });

  it('stay when there were none before that OPA had loaded', async () => {
    const first = revision();
    await look();
    time += 10 * PATIENCE;
    await look();
    expect(revision()).toBe(first);
    await put('x := 2');
    await look(3);
    time += 10 * PATIENCE;
    await look();
    expect(revision()).not.toBe(first);
  });

  it('are good again when a broken file is taken back', async () => {
    await pull();
    await writeFile(join(folder, 'users_more.rego'), 'package users\n');
    await look();
    expect(live.state()).toContain('users_more.rego');
    await rm(join(folder, 'users_more.rego'));
    await look();
    expect(live.state()).toBe('ok');
  });

  it('stay when their folder cannot be read', async () => {
    await pull();
    await rename(folder, `${folder}-away`);
    await look();
    expect(live.state()).toContain(folder);
    await rename(`${folder}-away`, folder);
    await look();
    expect(live.state()).toBe('ok');
  });
});

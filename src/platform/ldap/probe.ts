import type { Clock } from '../../kernel/clock.js';
import { type Connection, createConnection } from './connection.js';
import { createDeadline, type Deadline } from './deadline.js';
import { type DirectoryServer, dial } from './dial.js';
import { bindService, type Member } from './directory.js';
import { DirectoryFailure, type DirectoryStep } from './failure.js';
import { readGroups } from './groups.js';
import { type Found, findByName, type Person, readOwnEntry } from './person.js';
import type { DirectorySettings } from './settings.js';

/** How one step of a trial login went. */
export interface ProbeResult {
  readonly server: string;
  readonly step: DirectoryStep;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly milliseconds: number;
  /** What was found, or what to correct. */
  readonly detail: string;
}

export interface ProbeLogin {
  readonly name: string;
  /** Null to leave out the step that needs it. */
  readonly password: string | null;
}

/** Why a step could not pass although the directory answered. */
class Stop extends Error {
  override readonly name = 'Stop';
}

/**
 * Walks through a login step by step, with the code that logins use, on the first server that can be used.
 *
 * @param report told of each step as it ends
 * @returns the person with their groups, when every step that was not skipped passed
 */
export async function probeDirectory(
  settings: DirectorySettings,
  clock: Clock,
  login: ProbeLogin,
  report: (result: ProbeResult) => void,
): Promise<Member | undefined> {
  for (const server of settings.servers) {
    const probe = createProbe(settings, clock, server, report);
    const connection = await probe.connect();
    if (connection === undefined) continue;
    try {
      return await probe.signIn(connection, login);
    } finally {
      connection.close();
    }
  }
  return undefined;
}

function createProbe(
  settings: DirectorySettings,
  clock: Clock,
  server: DirectoryServer,
  report: (result: ProbeResult) => void,
) {
  const say = (
    step: DirectoryStep,
    outcome: ProbeResult['outcome'],
    detail: string,
    milliseconds = 0,
  ): void => report({ server: server.url, step, outcome, milliseconds, detail });

  /** @returns undefined when the step failed, which has been reported */
  const attempt = async <T>(
    step: DirectoryStep,
    work: (deadline: Deadline) => Promise<T>,
    describe: (result: T) => string,
  ): Promise<T | undefined> => {
    const start = clock.now();
    try {
      const result = await work(createDeadline(clock, settings.timeoutMs));
      say(step, 'passed', describe(result), clock.now() - start);
      return result;
    } catch (error) {
      if (!(error instanceof DirectoryFailure || error instanceof Stop)) throw error;
      const detail = error instanceof DirectoryFailure ? error.sentence : error.message;
      say(step, 'failed', detail, clock.now() - start);
      return undefined;
    }
  };

  const open = async (deadline: Deadline, onStep?: Parameters<typeof dial>[3]): Promise<Connection> =>
    createConnection(server, await dial(server, settings.dial, deadline, onStep));

  const connect = async (): Promise<Connection | undefined> => {
    const deadline = createDeadline(clock, settings.timeoutMs);
    let start = clock.now();
    let connection: Connection;
    try {
      connection = await open(deadline, (step) => {
        say(step, 'passed', '', clock.now() - start);
        start = clock.now();
      });
    } catch (error) {
      if (!(error instanceof DirectoryFailure)) throw error;
      say(error.step, 'failed', error.sentence, clock.now() - start);
      return undefined;
    }
    if (!server.secure && !settings.dial.startTls) say('tls', 'skipped', 'passwords go in plain text');
    if (settings.service === null) {
      say('bind', 'skipped', 'AUTH_LDAP_BIND_DN is not set: searches go without a name');
      return connection;
    }
    const { dn } = settings.service;
    return attempt(
      'bind',
      (time) => bindService(connection, settings, time),
      () => `as ${dn}`,
    );
  };

  const signIn = async (
    connection: Connection,
    { name, password }: ProbeLogin,
  ): Promise<Member | undefined> => {
    const { lookup, service } = settings;
    const readsAsPerson = lookup.kind === 'template' && service === null;
    if (readsAsPerson) say('search', 'skipped', 'people read their own entry after their password was right');
    const found = readsAsPerson
      ? null
      : await attempt(
          'search',
          async (time) => personOf(await findByName(connection, settings, name, time)),
          ({ dn }) => dn,
        );
    if (found === undefined) return undefined;
    const dn = found?.dn ?? (lookup.kind === 'template' ? lookup.template.forName(name) : '');
    const own = await tryPassword(dn, password);
    if (own === undefined) return undefined;
    try {
      const reader = readsAsPerson ? own : connection;
      if (reader === null) return undefined;
      const person =
        found ??
        (await attempt(
          'search',
          async (time) => personOf(await readOwnEntry(reader, settings, dn, time)),
          () => dn,
        ));
      return person && (await listGroups(reader, person));
    } finally {
      own?.close();
    }
  };

  /** @returns null when there is no password to try, undefined when it failed */
  const tryPassword = async (dn: string, password: string | null): Promise<Connection | null | undefined> => {
    if (password !== null)
      return attempt(
        'login',
        (time) => bindPerson(dn, password, time),
        () => `as ${dn}`,
      );
    say('login', 'skipped', 'no password was given');
    return null;
  };

  const bindPerson = async (dn: string, password: string, deadline: Deadline): Promise<Connection> => {
    const connection = await open(deadline);
    const outcome = await connection.bind(dn, password, 'login', deadline);
    if (outcome.accepted) return connection;
    connection.close();
    throw new Stop(outcome.reason);
  };

  const listGroups = async (connection: Connection, person: Person): Promise<Member | undefined> => {
    if (settings.groups.kind === 'none') {
      say('groups', 'skipped', 'no setting names a group');
      return { person, groups: new Set() };
    }
    const groups = await attempt(
      'groups',
      (time) => readGroups(connection, settings.groups, person, time),
      (found) => (found.size === 0 ? 'none' : [...found].join('; ')),
    );
    return groups && { person, groups };
  };

  return { connect, signIn };
}

function personOf(found: Found): Person {
  if (found.kind === 'person') return found.person;
  throw new Stop(found.reason);
}

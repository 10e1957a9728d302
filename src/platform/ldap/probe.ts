import type { Clock } from '../../kernel/clock.js';
import { type Connection, createConnection } from './connection.js';
import { createDeadline, type Deadline } from './deadline.js';
import { type DirectoryServer, dial } from './dial.js';
import { bindService, type Member } from './directory.js';
import { DirectoryFailure } from './failure.js';
import { readGroups } from './groups.js';
import { type Found, findByName, type Person, readOwnEntry } from './person.js';
import { createSteps, type StepResult, type Steps, Stop } from './probe-steps.js';
import type { DirectorySettings } from './settings.js';

/** The result of one step of a trial login, and the server it ran on. */
export interface ProbeResult extends StepResult {
  readonly server: string;
}

export interface ProbeLogin {
  readonly name: string;
  /** Null to skip the step that needs it. */
  readonly password: string | null;
}

/** A trial on one server. */
interface Trial {
  readonly settings: DirectorySettings;
  readonly clock: Clock;
  readonly server: DirectoryServer;
  readonly steps: Steps;
}

/**
 * Walks through a login step by step, with the code that real logins use, on the first server that can be reached.
 *
 * @param report called after each step
 * @returns the person with their groups, if every step that was not skipped succeeded
 */
export async function probeDirectory(
  settings: DirectorySettings,
  clock: Clock,
  login: ProbeLogin,
  report: (result: ProbeResult) => void,
): Promise<Member | undefined> {
  for (const server of settings.servers) {
    const steps = createSteps({
      clock,
      timeoutMs: settings.timeoutMs,
      report: (result) => report({ server: server.url, ...result }),
    });
    const trial = { settings, clock, server, steps };
    const connection = await connect(trial);
    if (connection === undefined) continue;
    try {
      return await signIn(trial, connection, login);
    } finally {
      connection.close();
    }
  }
  return undefined;
}

/**
 * Connects to every server and logs in with the account for searches, if there is one.
 *
 * @param report called after each step
 * @returns whether at least one server can be used
 */
export async function probeServers(
  settings: DirectorySettings,
  clock: Clock,
  report: (result: ProbeResult) => void,
): Promise<boolean> {
  let isUsable = false;
  for (const server of settings.servers) {
    const steps = createSteps({
      clock,
      timeoutMs: settings.timeoutMs,
      report: (result) => report({ server: server.url, ...result }),
    });
    const connection = await connect({ settings, clock, server, steps });
    connection?.close();
    if (connection !== undefined) isUsable = true;
  }
  return isUsable;
}

/** @returns a connection for searches; undefined if a step failed */
async function connect(trial: Trial): Promise<Connection | undefined> {
  const { settings, server, steps } = trial;
  const connection = await reach(trial);
  if (connection === undefined) return undefined;
  if (!server.secure && !settings.dial.startTls)
    steps.say('tls', 'skipped', 'passwords are sent in plain text');
  if (settings.service === null) {
    steps.say('bind', 'skipped', 'AUTH_LDAP_BIND_DN is not set: searches are anonymous');
    return connection;
  }
  const { dn } = settings.service;
  return steps.attempt(
    'bind',
    (time) => bindService(connection, settings, time),
    () => `as ${dn}`,
  );
}

/** Name, connection and TLS are one attempt with one deadline; each is reported separately. */
async function reach(trial: Trial): Promise<Connection | undefined> {
  const { settings, clock, steps } = trial;
  const deadline = createDeadline(clock, settings.timeoutMs);
  let start = clock.now();
  try {
    return await open(trial, deadline, (step) => {
      steps.say(step, 'passed', '', clock.now() - start);
      start = clock.now();
    });
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    steps.say(error.step, 'failed', error.sentence, clock.now() - start);
    return undefined;
  }
}

async function open(
  { settings, server }: Trial,
  deadline: Deadline,
  onStep?: Parameters<typeof dial>[3],
): Promise<Connection> {
  return createConnection(server, await dial(server, settings.dial, deadline, onStep));
}

async function signIn(
  trial: Trial,
  connection: Connection,
  { name, password }: ProbeLogin,
): Promise<Member | undefined> {
  const { settings, steps } = trial;
  const { lookup, service } = settings;
  const readsAsPerson = lookup.kind === 'template' && service === null;
  if (readsAsPerson)
    steps.say('search', 'skipped', 'people read their own entry once their password is verified');
  const found = readsAsPerson
    ? null
    : await search(
        steps,
        (time) => findByName(connection, settings, name, time),
        (person) => person.dn,
      );
  if (found === undefined) return undefined;
  const dn = found?.dn ?? (lookup.kind === 'template' ? lookup.template.forName(name) : '');
  const own = await tryPassword(trial, dn, password);
  if (own === undefined) return undefined;
  try {
    const reader = readsAsPerson ? own : connection;
    if (reader === null) return undefined;
    const person =
      found ??
      (await search(
        steps,
        (time) => readOwnEntry(reader, settings, dn, time),
        () => dn,
      ));
    return person && (await listGroups(trial, reader, person));
  } finally {
    own?.close();
  }
}

const search = (
  steps: Steps,
  find: (deadline: Deadline) => Promise<Found>,
  describe: (person: Person) => string,
): Promise<Person | undefined> =>
  steps.attempt('search', async (time) => personOf(await find(time)), describe);

function personOf(found: Found): Person {
  if (found.kind === 'person') return found.person;
  throw new Stop(found.reason);
}

/** @returns null if there is no password to test, undefined if it failed */
async function tryPassword(
  trial: Trial,
  dn: string,
  password: string | null,
): Promise<Connection | null | undefined> {
  if (password !== null)
    return trial.steps.attempt(
      'login',
      (time) => bindPerson(trial, dn, password, time),
      () => `as ${dn}`,
    );
  trial.steps.say('login', 'skipped', 'no password was given');
  return null;
}

async function bindPerson(
  trial: Trial,
  dn: string,
  password: string,
  deadline: Deadline,
): Promise<Connection> {
  const connection = await open(trial, deadline);
  const outcome = await connection.bind(dn, password, 'login', deadline);
  if (outcome.accepted) return connection;
  connection.close();
  throw new Stop(outcome.reason);
}

async function listGroups(
  { settings, steps }: Trial,
  connection: Connection,
  person: Person,
): Promise<Member | undefined> {
  if (settings.groups.kind === 'none') {
    steps.say('groups', 'skipped', 'no setting names a group');
    return { person, groups: new Set() };
  }
  const groups = await steps.attempt(
    'groups',
    (time) => readGroups(connection, settings.groups, person, time),
    (found) => (found.size === 0 ? 'none' : [...found].join('; ')),
  );
  return groups && { person, groups };
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Attribute, Change, Client } from 'ldapts';
import { useSetUp } from './hooks.js';
import { freePort } from './services.js';

/** OpenLDAP's server with a small tree of people and groups, encrypted and not, on free ports of this machine. */

const SCHEMAS = '/etc/ldap/schema';
const MODULES = '/usr/lib/ldap';
export const BASE = 'dc=example,dc=org';
export const PEOPLE = `ou=people,${BASE}`;
export const GROUPS = `ou=groups,${BASE}`;
export const PASSWORD = 'Wiesel-42-quarks';
export const READER = { dn: `cn=reader,${BASE}`, password: 'reader-secret-17' };
const MANAGER = { dn: `cn=manager,${BASE}`, password: 'manager-secret-29' };

export const findSlapd = (): string | undefined =>
  ['/usr/sbin/slapd', '/usr/local/libexec/slapd', '/usr/lib/openldap/slapd'].find((file) => existsSync(file));

let names = 0;
/** @returns a name that nobody had before, also when a test is tried once more */
export const uniqueName = (stem: string): string => {
  names += 1;
  return `${stem}${names}`;
};

type Value = string | string[] | Buffer;
type PersonFields = Readonly<Record<string, Value>>;

export interface TestDirectory {
  readonly ldap: string;
  readonly ldaps: string;
  readonly caFile: string;
  /** Of an authority that signed nothing here. */
  readonly otherCaFile: string;
  /** @returns the distinguished name */
  readonly addPerson: (uid: string, fields?: PersonFields) => Promise<string>;
  /** Replaces values; an empty list removes the attribute. */
  readonly change: (dn: string, attributes: Readonly<Record<string, string | string[]>>) => Promise<void>;
  readonly rename: (dn: string, newRdn: string) => Promise<void>;
  readonly removeEntry: (dn: string) => Promise<void>;
  readonly add: (dn: string, attributes: Record<string, string | string[]>) => Promise<void>;
  /** Gives a group exactly these members. @returns its distinguished name */
  readonly setGroup: (
    cn: string,
    members: readonly string[],
    kind?: 'groupOfNames' | 'groupOfUniqueNames',
  ) => Promise<string>;
  /** How many binds the server has answered since it started. */
  readonly binds: () => Promise<number>;
  /** Ends the process; ports and entries stay for the next start. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** SIGSTOP and SIGCONT: alive, and silent. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly remove: () => Promise<void>;
}

/** Settings for a server that uses this directory over TLS. */
export const directoryEnv = ({
  ldaps,
  caFile,
}: Pick<TestDirectory, 'ldaps' | 'caFile'>): Record<string, string> => ({
  IAM_TYPE: 'LDAP',
  AUTH_LDAP_SERVER_URI: ldaps,
  AUTH_LDAP_CA_FILE: caFile,
  AUTH_LDAP_BIND_DN: READER.dn,
  AUTH_LDAP_BIND_PASSWORD: READER.password,
  AUTH_LDAP_USER_SEARCH_BASE: PEOPLE,
  AUTH_LDAP_GROUP_SEARCH_BASE: GROUPS,
});

export interface DirectoryOptions {
  /** How many more people there are, `u0` and on. */
  readonly crowd?: number;
  /** Where the server sends whoever asks for what it does not have. */
  readonly referral?: string;
}

async function startDirectory({ crowd = 0, referral }: DirectoryOptions = {}): Promise<TestDirectory> {
  const binary = findSlapd();
  if (binary === undefined) throw new Error('slapd is not installed.');
  const folder = mkdtempSync(path.join(tmpdir(), 'slapd-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const certificates = makeCertificates(folder);
  const config = path.join(folder, 'slapd.conf');
  mkdirSync(path.join(folder, 'db'));
  writeFileSync(config, configuration(folder, referral));
  writeFileSync(path.join(folder, 'start.ldif'), startEntries(crowd));
  execFileSync(binary, ['-T', 'add', '-q', '-f', config, '-l', path.join(folder, 'start.ldif')], {
    stdio: 'pipe',
  });

  const ldap = `ldap://127.0.0.1:${port}`;
  const ldaps = `ldaps://localhost:${tlsPort}`;
  let child: ChildProcess | undefined;
  const isRunning = (): boolean =>
    child !== undefined && child.exitCode === null && child.signalCode === null;
  const start = async (): Promise<void> => {
    if (isRunning()) return;
    child = spawn(binary, ['-d', '0', '-f', config, '-h', `${ldap}/ ldaps://127.0.0.1:${tlsPort}/`], {
      stdio: 'ignore',
    });
    await waitForPort(tlsPort, isRunning);
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || !isRunning()) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await exited;
  };
  await start();

  return {
    ldap,
    ldaps,
    ...certificates,
    start,
    stop,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
    binds: () => countBinds(ldap),
    ...entries(ldap),
  };
}

/** A directory for all tests of a file or suite, which later hooks may fill. */
export function useDirectory(options: DirectoryOptions | (() => DirectoryOptions) = {}): TestDirectory {
  const directory = useSetUp(
    () => startDirectory(typeof options === 'function' ? options() : options),
    ({ remove }) => remove(),
  );
  return {
    get ldap() {
      return directory().ldap;
    },
    get ldaps() {
      return directory().ldaps;
    },
    get caFile() {
      return directory().caFile;
    },
    get otherCaFile() {
      return directory().otherCaFile;
    },
    addPerson: (uid, fields) => directory().addPerson(uid, fields),
    change: (dn, attributes) => directory().change(dn, attributes),
    rename: (dn, newRdn) => directory().rename(dn, newRdn),
    removeEntry: (dn) => directory().removeEntry(dn),
    add: (dn, attributes) => directory().add(dn, attributes),
    setGroup: (cn, members, kind) => directory().setGroup(cn, members, kind),
    binds: () => directory().binds(),
    stop: () => directory().stop(),
    start: () => directory().start(),
    pause: () => directory().pause(),
    resume: () => directory().resume(),
    remove: () => directory().remove(),
  };
}

/** Asks without a bind, so that asking is not counted. */
async function countBinds(url: string): Promise<number> {
  const client = new Client({ url, timeout: 10_000 });
  try {
    const { searchEntries } = await client.search('cn=Bind,cn=Operations,cn=Monitor', {
      scope: 'base',
      attributes: ['monitorOpCompleted'],
    });
    return Number(searchEntries[0]?.['monitorOpCompleted']);
  } finally {
    await client.unbind();
  }
}

function entries(url: string) {
  const asManager = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ url, timeout: 10_000 });
    try {
      await client.bind(MANAGER.dn, MANAGER.password);
      return await work(client);
    } finally {
      await client.unbind();
    }
  };
  const attribute = (type: string, value: Value): Attribute =>
    new Attribute({ type, values: Buffer.isBuffer(value) ? [value] : [value].flat() });
  const replace = (type: string, value: Value): Change =>
    new Change({ operation: 'replace', modification: attribute(type, value) });

  return {
    add: (dn: string, attributes: Record<string, string | string[]>) =>
      asManager((client) => client.add(dn, attributes)),
    addPerson: async (uid: string, fields: PersonFields = {}): Promise<string> => {
      const dn = `uid=${escapeRdn(uid)},${PEOPLE}`;
      const attributes: PersonFields = {
        objectClass: ['inetOrgPerson', 'posixAccount'],
        uid,
        cn: uid,
        sn: 'Person',
        givenName: 'Test',
        uidNumber: '1000',
        gidNumber: '1000',
        homeDirectory: '/nowhere',
        mail: `${uid.replace(/\W/g, '')}@example.org`,
        userPassword: PASSWORD,
      };
      const list = Object.entries({ ...attributes, ...fields }).map(([type, value]) =>
        attribute(type, value),
      );
      await asManager((client) => client.add(dn, list));
      return dn;
    },
    change: (dn: string, attributes: Readonly<Record<string, string | string[]>>) =>
      asManager((client) =>
        client.modify(
          dn,
          Object.entries(attributes).map(([type, values]) => replace(type, values)),
        ),
      ),
    rename: (dn: string, newRdn: string) => asManager((client) => client.modifyDN(dn, newRdn)),
    removeEntry: (dn: string) => asManager((client) => client.del(dn)),
    setGroup: async (
      cn: string,
      members: readonly string[],
      kind: 'groupOfNames' | 'groupOfUniqueNames' = 'groupOfNames',
    ) => {
      const dn = `cn=${cn},${GROUPS}`;
      const attribute = kind === 'groupOfNames' ? 'member' : 'uniqueMember';
      // The schema wants one member at least.
      const values = members.length === 0 ? [MANAGER.dn] : [...members];
      await asManager(async (client) => {
        await client.del(dn).catch(() => undefined);
        await client.add(dn, { objectClass: kind, cn, [attribute]: values });
      });
      return dn;
    },
  };
}

const escapeRdn = (value: string): string =>
  [...Buffer.from(value)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');

const configuration = (folder: string, referral: string | undefined): string => `
${['core', 'cosine', 'nis', 'inetorgperson'].map((name) => `include ${SCHEMAS}/${name}.schema`).join('\n')}
# What Active Directory has: the schema that comes with slapd gives these attributes no matching rules.
attributetype (1.3.6.1.4.1.99999.1 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE)
attributetype (1.3.6.1.4.1.99999.2 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE)
attributetype (1.3.6.1.4.1.99999.3 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE)
objectclass (1.3.6.1.4.1.99999.4 NAME 'windowsPerson' SUP top AUXILIARY MAY (objectGUID $ sAMAccountName $ userAccountControl))
modulepath ${MODULES}
moduleload back_mdb
moduleload memberof
TLSCACertificateFile ${folder}/ca.pem
TLSCertificateFile ${folder}/server.pem
TLSCertificateKeyFile ${folder}/server.key
TLSVerifyClient never
${referral === undefined ? '' : `referral ${referral}`}
database mdb
suffix "${BASE}"
rootdn "${MANAGER.dn}"
rootpw ${MANAGER.password}
directory ${folder}/db
maxsize 1073741824
dbnosync
index objectClass,uid,mail,entryUUID,member,uniqueMember,memberUid,sAMAccountName eq
overlay memberof
limits dn.exact="${READER.dn}" size.soft=250 size.hard=250 size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.base="${READER.dn}" read by self read by * auth
database monitor
access to * by * read
`;

function startEntries(crowd: number): string {
  const people = Array.from({ length: crowd }, (_, index) => {
    const uid = `u${index}`;
    return `dn: uid=${uid},${PEOPLE}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\nmail: ${uid}@example.org\nuserPassword: ${PASSWORD}\n`;
  });
  const organization = (ou: string): string =>
    `dn: ou=${ou},${BASE}\nobjectClass: organizationalUnit\nou: ${ou}\n`;
  return [
    `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
    `dn: ${READER.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${READER.password}\n`,
    organization('people'),
    organization('groups'),
    ...people,
  ].join('\n');
}

/** An authority, the server's certificate, and an authority that signed nothing. */
function makeCertificates(folder: string): { readonly caFile: string; readonly otherCaFile: string } {
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['ca', 'other']) {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      '2',
      '-subj',
      `/CN=Authority ${name}`,
    );
  }
  writeFileSync(path.join(folder, 'names.txt'), 'subjectAltName=DNS:localhost\n');
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    '2',
    '-extfile',
    'names.txt',
  );
  return { caFile: path.join(folder, 'ca.pem'), otherCaFile: path.join(folder, 'other.pem') };
}

async function waitForPort(port: number, isRunning: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    if (!isRunning()) throw new Error('slapd ended as soon as it started.');
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
    });
    if (isOpen) return;
    await delay(25);
  }
  throw new Error('slapd did not come up.');
}

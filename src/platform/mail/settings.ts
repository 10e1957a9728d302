import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { StartError } from '../../kernel/start-error.js';
import { parseSender, type Sender } from './message.js';

/**
 * `implicit`: TLS from the first byte (port 465). `starttls`: nothing is sent before STARTTLS has succeeded and the
 * certificate has been verified. `opportunistic`: STARTTLS if offered, unverified, since plain text would be
 * acceptable too.
 */
export type TlsMode = 'implicit' | 'starttls' | 'opportunistic';

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** PEM file of the authority that signed the server's certificate, instead of Node.js's own list. */
  readonly caFile: string | null;
  /** The name by which this server greets the mail server (RFC 5321, 4.1.1.1). */
  readonly ehloName: string;
  /** Seconds allowed for connecting, for the greeting and for each answer. */
  readonly timeoutSeconds: number;
}

export type MailSettings =
  | { readonly kind: 'smtp'; readonly from: Sender; readonly smtp: SmtpSettings }
  | { readonly kind: 'console'; readonly from: Sender }
  | { readonly kind: 'file'; readonly from: Sender; readonly folder: string }
  | { readonly kind: 'none' };

/** The part of the configuration that concerns mail; the names are CVAT's and Django's. */
export interface MailConfig {
  readonly EMAIL_BACKEND?: MailSettings['kind'] | undefined;
  readonly EMAIL_URL?: string | undefined;
  readonly EMAIL_HOST?: string | undefined;
  readonly EMAIL_PORT?: number | undefined;
  readonly EMAIL_USE_TLS?: boolean | undefined;
  readonly EMAIL_USE_SSL?: boolean | undefined;
  readonly EMAIL_HOST_USER?: string | undefined;
  readonly EMAIL_HOST_PASSWORD?: string | undefined;
  readonly EMAIL_ALLOW_PLAINTEXT?: boolean | undefined;
  readonly EMAIL_EHLO_NAME?: string | undefined;
  readonly EMAIL_CA_FILE?: string | undefined;
  readonly EMAIL_TIMEOUT?: number | undefined;
  readonly EMAIL_FILE_PATH?: string | undefined;
  readonly DEFAULT_FROM_EMAIL?: string | undefined;
  readonly PUBLIC_URL: string;
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const SUBMISSION_PORT = 587;
const IMPLICIT_TLS_PORT = 465;
/** Django's defaults. */
const LOCAL_SENDER = 'webmaster@localhost';
const DEFAULT_PORT = 25;

/** Settings that mean the same as parts of `EMAIL_URL`. */
const SERVER_NAMES = [
  'EMAIL_HOST',
  'EMAIL_PORT',
  'EMAIL_USE_TLS',
  'EMAIL_USE_SSL',
  'EMAIL_ALLOW_PLAINTEXT',
  'EMAIL_HOST_USER',
  'EMAIL_HOST_PASSWORD',
  'EMAIL_CA_FILE',
  'EMAIL_TIMEOUT',
] as const;
const OPTIONS = new Set(['tls', 'ca', 'timeout']);

/**
 * @param fallback the backend if neither a backend nor a server is configured
 * @returns how mails are sent. A configured server means `smtp`, unless `EMAIL_BACKEND` differs
 * @throws StartError for settings that contradict each other or cannot be read; it never repeats `EMAIL_URL`
 */
export function resolveMailSettings(config: MailConfig, fallback: 'console' | 'none'): MailSettings {
  const named = config.EMAIL_URL !== undefined || config.EMAIL_HOST !== undefined;
  const kind = config.EMAIL_BACKEND ?? (named ? 'smtp' : fallback);
  if (kind === 'none') return { kind };
  const from = requireSender(config.DEFAULT_FROM_EMAIL ?? defaultSender(config));
  if (kind === 'console') return { kind, from };
  if (kind === 'file') return { kind, from, folder: requireFolder(config.EMAIL_FILE_PATH) };
  return {
    kind,
    from,
    smtp: {
      ...(config.EMAIL_URL === undefined ? readNames(config) : readUrl(config.EMAIL_URL, config)),
      ehloName: requireEhloName(config.EMAIL_EHLO_NAME) ?? defaultEhloName(config),
    },
  };
}

/** What both spellings of the server say of it. */
type ServerSettings = Omit<SmtpSettings, 'ehloName'>;

/** @returns the host of PUBLIC_URL if other machines may know it; undefined for an address or a name without a dot */
function publicHost({ PUBLIC_URL }: MailConfig): string | undefined {
  const host = new URL(PUBLIC_URL).hostname;
  const isName = host.includes('.') && isIP(host) === 0 && !host.endsWith('.localhost');
  return isName ? host : undefined;
}

function defaultSender(config: MailConfig): string {
  const host = publicHost(config);
  return host === undefined ? LOCAL_SENDER : `noreply@${host}`;
}

/** nodemailer would say `[127.0.0.1]` on a machine whose name has no dot, which many servers refuse. */
const defaultEhloName = (config: MailConfig): string => publicHost(config) ?? hostname();

function requireEhloName(name: string | undefined): string | undefined {
  if (name === undefined || /^([\w-]+(\.[\w-]+)*|\[[\w.:]+\])$/.test(name)) return name;
  throw new StartError(
    `EMAIL_EHLO_NAME is "${name}": it must be a name such as cvat.example.org, or an address in brackets.`,
  );
}

function requireSender(text: string): Sender {
  const sender = parseSender(text);
  if (sender !== undefined) return sender;
  throw new StartError(
    `DEFAULT_FROM_EMAIL is "${text}": it must be an address such as noreply@example.org or CVAT <noreply@example.org>.`,
  );
}

function requireFolder(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new StartError('EMAIL_BACKEND is file: set EMAIL_FILE_PATH to the folder that receives the mails.');
}

function readUrl(url: string, config: MailConfig): ServerSettings {
  const other = SERVER_NAMES.find((name) => config[name] !== undefined && config[name] !== false);
  if (other === undefined) return parseEmailUrl(url);
  throw new StartError(
    `EMAIL_URL and ${other} are both set: keep only EMAIL_URL, or only the separate settings.`,
  );
}

function readNames(config: MailConfig): ServerSettings {
  if (config.EMAIL_USE_TLS && config.EMAIL_USE_SSL) {
    throw new StartError(
      'EMAIL_USE_TLS and EMAIL_USE_SSL are both true: keep the first for STARTTLS, the second for TLS from the start.',
    );
  }
  const port = config.EMAIL_PORT ?? (config.EMAIL_USE_SSL ? IMPLICIT_TLS_PORT : DEFAULT_PORT);
  const caFile = config.EMAIL_CA_FILE ?? null;
  const host = config.EMAIL_HOST ?? 'localhost';
  const credentials = requirePair(
    'EMAIL_HOST_USER and EMAIL_HOST_PASSWORD',
    config.EMAIL_HOST_USER,
    config.EMAIL_HOST_PASSWORD,
  );
  const isSecret = credentials !== null && !isLoopback(host) && config.EMAIL_ALLOW_PLAINTEXT !== true;
  return {
    host,
    port,
    tls: chooseTls({
      implicit:
        config.EMAIL_USE_SSL === true || (port === IMPLICIT_TLS_PORT && config.EMAIL_USE_TLS !== true),
      demanded: config.EMAIL_USE_TLS === true || caFile !== null || isSecret,
    }),
    credentials,
    caFile,
    timeoutSeconds: config.EMAIL_TIMEOUT ?? DEFAULT_TIMEOUT_SECONDS,
  };
}

interface TlsNeeds {
  readonly implicit: boolean;
  readonly demanded: boolean;
}

const chooseTls = ({ implicit, demanded }: TlsNeeds): TlsMode =>
  implicit ? 'implicit' : demanded ? 'starttls' : 'opportunistic';

/**
 * Reads `smtp://user:password@host:587?tls=starttls&ca=/etc/ca.pem&timeout=30` or `smtps://...` (TLS from the start).
 * User and password are percent-encoded. Without `tls`: `implicit` for smtps and port 465; `starttls` if a password
 * would otherwise leave this machine in plain text, or if an authority is given; `opportunistic` otherwise.
 *
 * @throws StartError that explains the problem and quotes nothing: any part of a misread URL may belong to the
 *   password
 */
export function parseEmailUrl(text: string): ServerSettings {
  const url = requireUrl(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secure = url.protocol === 'smtps:';
  const port = url.port === '' ? (secure ? IMPLICIT_TLS_PORT : SUBMISSION_PORT) : Number(url.port);
  const credentials = requirePair(
    'The user and the password of EMAIL_URL',
    decode(url.username),
    decode(url.password),
  );
  const caFile = url.searchParams.get('ca');
  const chosen = readTls(url.searchParams.get('tls'));
  if (secure && chosen !== undefined && chosen !== 'implicit') {
    throw wrongUrl('smtps:// is TLS from the start; write smtp:// to use the option tls');
  }
  const tls = chooseTls({
    implicit: secure || port === IMPLICIT_TLS_PORT,
    demanded: caFile !== null || (credentials !== null && !isLoopback(host)),
  });
  const timeoutSeconds = readTimeout(url.searchParams.get('timeout'));
  return { host, port, tls: chosen ?? tls, credentials, caFile, timeoutSeconds };
}

function requireUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || !/^[\w.:[\]-]+$/.test(url.hostname)) {
    throw wrongUrl('it must look like smtp://user:password@host:587');
  }
  if (
    !/^\/?$/.test(url.pathname) ||
    url.hash !== '' ||
    [...url.searchParams.keys()].some((name) => !OPTIONS.has(name))
  ) {
    throw wrongUrl(
      'after the host it may have the options tls, ca and timeout only; percent-encode / ? # and @ in user and password',
    );
  }
  return url;
}

const wrongUrl = (what: string): StartError => new StartError(`EMAIL_URL is wrong: ${what}.`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrongUrl('its user or password holds a % that is not percent-encoded as %25');
  }
}

function requirePair(names: string, user = '', password = ''): SmtpSettings['credentials'] {
  if (user === '' && password === '') return null;
  if (user !== '' && password !== '') return { user, password };
  throw new StartError(`${names} belong together: set both or neither.`);
}

function readTls(text: string | null): TlsMode | undefined {
  if (text === null) return undefined;
  if (text === 'implicit' || text === 'starttls' || text === 'opportunistic') return text;
  throw wrongUrl('its option tls must be implicit, starttls or opportunistic');
}

function readTimeout(text: string | null): number {
  if (text === null) return DEFAULT_TIMEOUT_SECONDS;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw wrongUrl('its option timeout must be a number of seconds from 1 to 999');
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

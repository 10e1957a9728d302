import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { StartError } from '../../kernel/start-error.js';
import { readAuthorityFile } from '../config/authority-file.js';
import type { DirectoryServer } from './dial.js';
import type { DirectoryConfig, PersonAttributes } from './settings.js';

const DEFAULT_PORT = { plain: 389, tls: 636 };

/**
 * @returns the servers in the order in which they are tried
 * @throws StartError, also if passwords would leave this machine in plain text
 */
export function readServers(config: DirectoryConfig): readonly DirectoryServer[] {
  const { AUTH_LDAP_SERVER_URI: text, AUTH_LDAP_START_TLS: startTls } = config;
  const uris = (text ?? '').split(/[\s,;]+/).filter((uri) => uri !== '');
  if (uris.length === 0) {
    throw new StartError(
      'AUTH_LDAP_SERVER_URI is not set: IAM_TYPE=LDAP needs it, such as ldaps://ldap.example.org.',
    );
  }
  return uris.map((uri) => {
    const server = readServer(uri);
    if (server.secure && startTls) {
      throw new StartError(
        `AUTH_LDAP_START_TLS is true and AUTH_LDAP_SERVER_URI has ${uri}, which is TLS from the start: keep one of them.`,
      );
    }
    if (!server.secure && !startTls && !isLoopback(server.host) && !config.AUTH_LDAP_ALLOW_PLAINTEXT) {
      throw new StartError(
        `AUTH_LDAP_SERVER_URI has ${uri}, to which passwords would go in plain text: write ldaps://, or set AUTH_LDAP_START_TLS to true (or AUTH_LDAP_ALLOW_PLAINTEXT, where nobody can listen).`,
      );
    }
    return server;
  });
}

function readServer(uri: string): DirectoryServer {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const secure = url?.protocol === 'ldaps:';
  const isPlainUrl = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (
    !isPlainUrl ||
    !(secure || url.protocol === 'ldap:') ||
    url.hostname === '' ||
    !/^\/?$/.test(url.pathname)
  ) {
    throw new StartError(
      'AUTH_LDAP_SERVER_URI is wrong: it must be ldaps://host:636 or ldap://host:389, several separated by spaces.',
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (secure ? DEFAULT_PORT.tls : DEFAULT_PORT.plain) : Number(url.port);
  return { url: `${url.protocol}//${url.hostname}:${port}`, host, port, secure };
}

const isLoopback = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** @throws StartError if the file can't be read or contains no certificate */
export function readSecureContext(file: string | undefined): SecureContext {
  const ca = readAuthorityFile(file, 'AUTH_LDAP_CA_FILE');
  return createSecureContext({ ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' });
}

const FIELDS = ['username', 'first_name', 'last_name', 'email'] as const;
/** An attribute with options (`;lang-de`) or given as an OID would be returned under another name. */
const ATTRIBUTE = /^[a-z][a-z0-9-]*$/i;

/**
 * Reads `first_name=givenName;last_name=sn;email=mail`.
 *
 * @param login the attribute that is compared with the login name: used for the user name, unless the map names
 *   another one
 * @throws StartError for unknown fields and impossible attributes
 */
export function readAttributes(config: DirectoryConfig, login: string): PersonAttributes {
  const map = new Map<string, string>();
  for (const item of config.AUTH_LDAP_USER_ATTR_MAP.split(';')) {
    const [left = '', attribute = '', ...more] = item.split('=').map((part) => part.trim());
    if (item.trim() === '') continue;
    // CVAT's documentation uses user_name.
    const field = left === 'user_name' ? 'username' : left;
    if (
      !FIELDS.some((known) => known === field) ||
      !ATTRIBUTE.test(attribute) ||
      more.length > 0 ||
      map.has(field)
    ) {
      throw new StartError(
        `AUTH_LDAP_USER_ATTR_MAP is "${config.AUTH_LDAP_USER_ATTR_MAP}": it must be a list such as first_name=givenName;last_name=sn;email=mail, with ${FIELDS.join(', ')} once each at most.`,
      );
    }
    map.set(field, attribute);
  }
  return {
    username: map.get('username') ?? login,
    firstName: map.get('first_name') ?? null,
    lastName: map.get('last_name') ?? null,
    email: map.get('email') ?? null,
    identity: readIdentityAttribute(config.AUTH_LDAP_IDENTITY_ATTRIBUTE),
  };
}

function readIdentityAttribute(name: string): string {
  if (ATTRIBUTE.test(name)) return name.toLowerCase() === 'objectguid' ? 'objectGUID' : name;
  throw new StartError(
    `AUTH_LDAP_IDENTITY_ATTRIBUTE is "${name}": it must be an attribute such as entryUUID, objectGUID or uid.`,
  );
}

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { StartError } from '../../kernel/start-error.js';

/**
 * Reads the certificates of authorities that a setting names.
 *
 * @param file path of a PEM file; undefined for the authorities of Node.js
 * @param setting name of the setting, for errors
 * @returns one PEM text per certificate; undefined without a file
 * @throws StartError if the file can't be read, or has no certificate or a broken one
 */
export function readAuthorityFile(file: string | undefined, setting: string): string[] | undefined {
  if (file === undefined) return undefined;
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartError(
      `${setting} is "${file}", which can't be read: correct the path or its permissions.`,
      { cause },
    );
  }
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0 || !certificates.every(isCertificate)) {
    throw new StartError(
      `${setting} is "${file}": it must be a PEM file with the certificates of authorities.`,
    );
  }
  return certificates;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

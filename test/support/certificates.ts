import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

export interface Certificates {
  /** PEM file of the authority. */
  readonly caFile: string;
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly key: Buffer;
  readonly cert: Buffer;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Makes an authority that nobody knows, and a certificate that it signed for `names`. */
export function makeCertificates(names = 'DNS:localhost,IP:127.0.0.1', validDays = 2): Certificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'tls-'));
  folders.push(folder);
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Test authority',
    '-days',
    '2',
  );
  run('req', ...ec, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server');
  writeFileSync(path.join(folder, 'names'), `subjectAltName=${names}\n`);
  const signing = [
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'names',
    '-days',
    String(validDays),
  ];
  run('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signing);
  const read = (name: string) => readFileSync(path.join(folder, name));
  return {
    caFile: path.join(folder, 'ca.pem'),
    keyFile: path.join(folder, 'server.key'),
    certificateFile: path.join(folder, 'server.pem'),
    key: read('server.key'),
    cert: read('server.pem'),
  };
}

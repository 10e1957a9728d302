import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { putIn } from '../process/compose.js';
import { findProxy } from './proxies.js';

/** deploy/cvat without Docker: its variables put in as Compose does, its labels as Traefik reads them. */

const FILE = path.resolve(import.meta.dirname, '../../deploy/cvat/docker-compose.auth.yml');
const Override = z.object({
  services: z.object({
    cvat_auth: z.object({
      image: z.string(),
      environment: z.record(z.string(), z.string()),
      labels: z.record(z.string(), z.string()),
      networks: z.array(z.string()),
    }),
  }),
});

/** @returns the service of the override. @throws Error with the sentence of the file for a variable that must be set */
export const readOverride = (variables: Readonly<Record<string, string>>) =>
  Override.parse(parse(putIn(readFileSync(FILE, 'utf8'), variables).replaceAll('$$', '$'))).services
    .cvat_auth;

/** Turns `traefik.http.routers.x.rule` into the tree of Traefik's file provider. Labels have no types. */
function treeOf(labels: Readonly<Record<string, string>>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [label, value] of Object.entries(labels)) {
    const [, ...names] = label.split('.');
    let branch = tree;
    for (const name of names.slice(0, -1)) {
      branch[name] ??= {};
      branch = branch[name] as Record<string, unknown>;
    }
    branch[names.at(-1) ?? ''] = value;
  }
  return tree;
}

const Tree = z.object({
  http: z.object({
    routers: z.object({
      'cvat-auth': z.object({
        rule: z.string(),
        entrypoints: z.string(),
        priority: z.coerce.number(),
        tls: z.enum(['true', 'false']),
      }),
    }),
    services: z.object({
      'cvat-auth': z.object({ loadbalancer: z.object({ server: z.object({ port: z.string() }) }) }),
    }),
  }),
});

interface Front {
  readonly labels: Readonly<Record<string, string>>;
  readonly port: number;
  readonly identity: string;
  readonly cvat: string;
}

/** Starts Traefik with the router of the override beside one of CVAT for everything of the host. */
export async function startFront({ labels, port, identity, cvat }: Front) {
  const folder = mkdtempSync(path.join(tmpdir(), 'front-'));
  const router = Tree.parse(treeOf(labels)).http.routers['cvat-auth'];
  const dynamic = {
    http: {
      routers: {
        'cvat-auth': {
          rule: router.rule,
          entryPoints: [router.entrypoints],
          priority: router.priority,
          service: 'cvat-auth',
        },
        cvat: { rule: 'Host(`localhost`)', entryPoints: ['web'], service: 'cvat' },
      },
      services: {
        'cvat-auth': { loadBalancer: { servers: [{ url: identity }] } },
        cvat: { loadBalancer: { servers: [{ url: cvat }] } },
      },
    },
  };
  const [file, rules] = [path.join(folder, 'traefik.yml'), path.join(folder, 'rules.yml')];
  writeFileSync(rules, stringify(dynamic));
  writeFileSync(
    file,
    stringify({
      entryPoints: { web: { address: `127.0.0.1:${port}` } },
      providers: { file: { filename: rules } },
      global: { checkNewVersion: false, sendAnonymousUsage: false },
    }),
  );
  const child = spawn(findProxy('traefik'), [`--configFile=${file}`], { stdio: 'pipe' });
  const exited = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answer = await fetch(`http://localhost:${port}/account/sign-in`).catch(() => undefined);
    if (answer?.status === 200) return { stop };
    if (child.exitCode !== null) break;
    await delay(100);
  }
  await stop();
  throw new Error(`Traefik does not answer: ${output}`);
}

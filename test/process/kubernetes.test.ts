import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/platform/config/load.js';
import { Settings } from '../../src/platform/config/settings.js';
import { readCompose } from './compose.js';
import { instructions } from './image.js';
import { ROOT } from './server.js';

const FOLDER = path.join(ROOT, 'deploy/kubernetes');
const read = (file: string): unknown => parse(readFileSync(path.join(FOLDER, file), 'utf8'));

const Probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const Container = z.object({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
      }),
    )
    .default([]),
  livenessProbe: Probe,
  readinessProbe: Probe,
  securityContext: z.object({
    runAsUser: z.int().positive(),
    runAsGroup: z.int().positive(),
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
  resources: z.object({ limits: z.object({ memory: z.string() }) }),
});
const Deployment = z.object({
  spec: z.object({
    replicas: z.literal(3),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.object({ runAsNonRoot: z.literal(true), fsGroup: z.number() }),
        volumes: z.array(z.object({ name: z.string(), emptyDir: z.object({ medium: z.literal('Memory') }) })),
        containers: z.tuple([Container, Container]),
      }),
    }),
  }),
});
const Selecting = z.object({ spec: z.object({ selector: z.record(z.string(), z.unknown()) }) });

const SECRETS = { POSTGRES_PASSWORD: 'p', REDIS_PASSWORD: 'r', SECRET_KEY: 's', ADMIN_PASSWORD: 'a' };

describe('deploy/kubernetes', () => {
  const { spec } = Deployment.parse(read('deployment.yaml'));
  const [server, opa] = spec.template.spec.containers;
  const configuration = z
    .object({ data: z.record(z.string(), z.string()) })
    .parse(read('configuration.yaml')).data;

  it('applies every file of the folder', () => {
    const { resources } = z.object({ resources: z.array(z.string()) }).parse(read('kustomization.yaml'));
    const files = readdirSync(FOLDER).filter((file) => file !== 'kustomization.yaml');
    expect([...resources].sort()).toEqual(files.sort());
  });

  it('selects the same pods everywhere, and keeps two of the three while nodes are drained', () => {
    const labels = spec.template.metadata.labels;
    expect(spec.selector.matchLabels).toEqual(labels);
    expect(Selecting.parse(read('service.yaml')).spec.selector).toEqual(labels);
    expect(read('disruption-budget.yaml')).toMatchObject({
      spec: { minAvailable: 2, selector: { matchLabels: labels } },
    });
  });

  it('gives the server settings that it accepts, every secret by reference', () => {
    const names = [...Object.keys(configuration), ...server.env.map(({ name }) => name)];
    expect(names.filter((name) => !(name in Settings.shape))).toEqual([]);
    const references = server.env.filter(({ valueFrom }) => valueFrom !== undefined).map(({ name }) => name);
    expect(references).toEqual(['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'ADMIN_PASSWORD']);
    expect(loadConfig(configuration)).toMatchObject({
      PUBLIC_URL: 'https://cvat.example.org',
      SESSION_COOKIE_SECURE: true,
    });
  });

  it('asks the probes that fit: a dependency that is down takes a pod out of service and restarts nothing', () => {
    expect(server.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(server.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(opa.readinessProbe.httpGet).toEqual({ path: '/health?bundles', port: 'diagnostics' });
    const { SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT } = loadConfig({ DATABASE_URL: 'postgres://db/cvat' });
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
      SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT,
    );
  });

  it('runs the same image and the same OPA as Compose, beside each server and for it alone', () => {
    const compose = readCompose(SECRETS);
    expect([server.image, opa.image]).toEqual([compose['cvat-server']?.image, compose['opa']?.image]);
    const local = compose['opa']?.command.map((argument) =>
      argument
        .replace('--diagnostic-addr=127.0.0.1:8282', '--diagnostic-addr=:8282')
        .replace('cvat-server', '127.0.0.1'),
    );
    expect(opa.args).toEqual(local);
    expect(server.env.find(({ name }) => name === 'OPA_URL')?.value).toBe(
      compose['cvat-server']?.environment['OPA_URL'],
    );
    expect(`${server.securityContext.runAsUser}:${server.securityContext.runAsGroup}`).toBe(
      instructions('USER')[0],
    );
  });

  it('shares the socket of OPA with the server, in a folder of the group of the server', () => {
    const { securityContext, volumes } = spec.template.spec;
    expect(securityContext.fsGroup).toBe(server.securityContext.runAsGroup);
    expect(volumes.map(({ name }) => name)).toEqual(['opa-socket']);
    for (const { volumeMounts } of [server, opa])
      expect(volumeMounts).toEqual([{ name: 'opa-socket', mountPath: '/run/opa' }]);
  });
});

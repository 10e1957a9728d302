import path from 'node:path';
import { checkMachine, isWorking } from '../features/operations/health.js';
import type { ReadinessCheck } from '../features/operations/readiness.js';
import type { StatusDeps } from '../features/server-info/status-route.js';
import { shownSettings } from '../platform/config/shown-settings.js';
import { summarizeOutbox } from '../platform/mail/outbox.js';
import { SERVER_VERSION } from '../version.js';
import type { Engines } from './engines.js';
import type { ContainerOptions } from './options.js';

/** Connects the page of the server's state to the probes, the outbox and the settings. */
export const composeStatus = (
  { config }: Pick<ContainerOptions, 'config'>,
  { db }: Pick<Engines, 'db'>,
  readiness: ReadinessCheck,
): StatusDeps => ({
  serverVersion: SERVER_VERSION,
  version: config.CVAT_VERSION,
  parts: async () => {
    const [{ parts, rules }, machine] = await Promise.all([
      readiness.check(),
      checkMachine(path.resolve(config.DATA_DIR), config.CVAT_HEALTH_DISK_USAGE_MAX),
    ]);
    const asked = Object.entries(parts).map(([name, state]) => ({
      name,
      ok: state?.isReady ?? true,
      sentence: state?.text ?? 'not used',
    }));
    return [
      ...asked,
      { name: 'rules', ok: rules === 'ok', sentence: rules },
      ...Object.entries(machine).map(([name, status]) => ({
        name,
        ok: isWorking(status),
        sentence: isWorking(status) ? 'ok' : status,
      })),
    ];
  },
  mails: async () => {
    const { waiting, parked } = await summarizeOutbox(db);
    return { waiting, failed: parked };
  },
  settings: shownSettings(config),
});

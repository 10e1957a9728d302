import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { freemem, hostname } from 'node:os';
import path from 'node:path';
import type { Readiness } from '../../authorization/engines/engine.js';
import { ServiceUnavailable } from '../../kernel/errors.js';

const MEGABYTE = 1024 * 1024;
/** django-health-check's default. */
const MINIMUM_MEMORY_MB = 100;

export interface HealthDeps {
  readonly pingDatabase: () => Promise<void>;
  /** Null if Redis is not used. */
  readonly pingRedis: (() => Promise<void>) | null;
  readonly policyReadiness: () => Promise<Readiness>;
  /** Absolute path of the folder whose disk usage is checked. */
  readonly folder: string;
  readonly maximumDiskPercent: number;
}

/** Status of each part by its name in django-health-check 3.20 with CVAT's plugins; `working` means healthy. */
export type HealthReport = Readonly<Record<string, string>>;

export const isHealthy = (report: HealthReport): boolean => Object.values(report).every(isWorking);

/** @returns whether a part is well, by its status */
export const isWorking = (status: string): boolean => status === 'working';

/** @returns the status of the disk of a folder, and of the memory of the machine */
export async function checkMachine(folder: string, maximumDiskPercent: number) {
  const [disk, memory] = await Promise.all([diskStatus(folder, maximumDiskPercent), memoryStatus()]);
  return { disk, memory };
}

/** @returns the state of every part, sorted by name; never throws */
export async function checkHealth(deps: HealthDeps): Promise<HealthReport> {
  const database = status(async () => deps.pingDatabase(), 'unavailable: Database error');
  const cache = status(
    deps.pingRedis ?? (async () => deps.pingDatabase()),
    'unexpected result: Connection Error',
  );
  const [db, redis, { disk, memory }, opa] = await Promise.all([
    database,
    cache,
    checkMachine(deps.folder, deps.maximumDiskPercent),
    policyStatus(deps.policyReadiness),
  ]);
  return {
    'Cache backend: default': redis,
    'Cache backend: media': redis,
    DatabaseBackend: db,
    'DatabaseBackend[default]': db,
    DiskUsage: disk,
    MemoryUsage: memory,
    OPAHealthCheck: opa,
  };
}

async function status(probe: () => Promise<void>, failure: string): Promise<string> {
  try {
    await probe();
    return 'working';
  } catch (error) {
    if (error instanceof ServiceUnavailable || error instanceof Error) return failure;
    throw error;
  }
}

async function policyStatus(readiness: HealthDeps['policyReadiness']): Promise<string> {
  const state = await readiness();
  return state.ready ? 'working' : `unknown error: ${state.detail}`;
}

/** @returns the folder, or the nearest one above it that is there */
const existing = (folder: string): string =>
  existsSync(folder) || path.dirname(folder) === folder ? folder : existing(path.dirname(folder));

async function diskStatus(folder: string, maximumPercent: number): Promise<string> {
  const { blocks, bfree, bavail } = await statfs(existing(folder));
  const used = blocks - bfree;
  const percent = (100 * used) / (used + bavail);
  return percent < maximumPercent
    ? 'working'
    : `warning: ${hostname()} ${percent.toFixed(1)}% disk usage exceeds ${maximumPercent}%`;
}

async function memoryStatus(): Promise<string> {
  const available = Math.floor((await availableBytes()) / MEGABYTE);
  return available >= MINIMUM_MEMORY_MB
    ? 'working'
    : `warning: ${hostname()} ${available} MB available RAM below ${MINIMUM_MEMORY_MB} MB`;
}

/** Linux's estimate of the memory available without swapping; on other systems the free memory. */
async function availableBytes(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kilobytes = text.match(/^MemAvailable:\s+(\d+) kB/m)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

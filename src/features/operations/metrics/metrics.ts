import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { countDependencies } from './dependencies.js';
import { createGauges } from './gauges.js';
import { countRequests } from './requests.js';
import { countSignIns } from './sign-ins.js';

/** Gauges of prom-client whose names end as only those of counters may; each is the sum of another one. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/**
 * Prometheus metrics of one process. Counting only touches memory. Labels are routes and words of this server: their
 * number is limited, unlike that of paths, names and addresses.
 *
 * @param version the release of this server
 */
export function createMetrics(version: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  new Gauge({
    name: 'cvat_auth_server_info',
    help: 'Always 1; the label names the release of this server.',
    labelNames: ['version'] as const,
    registers: [registry],
  }).set({ version }, 1);
  const { partReady, ...dependencies } = countDependencies(registry);
  const gauges = createGauges(registry, partReady);
  return {
    contentType: registry.contentType,
    /** @returns the answer to a scrape, after a second at most. A part that does not answer is missing in it */
    render: async (): Promise<string> => {
      await gauges.read();
      return registry.metrics();
    },
    /** Names the parts to read at each scrape. */
    watch: gauges.watch,
    ...countRequests(registry),
    ...countSignIns(registry),
    ...dependencies,
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

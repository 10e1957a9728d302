import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { SECURITY_EVENTS, type SecurityEventName } from '../../kernel/security-events.js';

/** Prometheus metrics of one process. Labels are routes, never paths, whose number is unlimited. */
export function createMetrics(version: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'cvat_auth_server_info',
    help: 'Always 1; the label names the release of this server.',
    labelNames: ['version'] as const,
    registers: [registry],
  }).set({ version }, 1);
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests, by method, route and status; aborted if the client disconnected before the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the head of a request to the last byte of its answer, by route.',
    labelNames: ['route'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const events = new Counter({
    name: 'security_events_total',
    help: 'Events that concern identities and rights, by name.',
    labelNames: ['event'] as const,
    registers: [registry],
  });
  // Initialized at start, so that the first event of a kind shows as an increase.
  for (const event of Object.keys(SECURITY_EVENTS)) events.inc({ event }, 0);
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    countEvent: (event: SecurityEventName): void => events.inc({ event }),
    observe: (request: { method: string; route: string; status: string }, seconds: number): void => {
      requests.inc(request);
      durations.observe({ route: request.route }, seconds);
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

import type { Metrics } from '../features/operations/metrics/metrics.js';
import { SECURITY_EVENTS } from '../kernel/security-events.js';
import type { EventSink } from '../platform/http/exchange.js';
import type { ContainerOptions } from './options.js';

/** @returns the sink for events: one log line each, and counts by name and by limit */
export const createEventSink =
  ({ log }: Pick<ContainerOptions, 'log'>, metrics: Pick<Metrics, 'countEvent'>): EventSink =>
  ({ id, userId, origin }, name, details) => {
    metrics.countEvent(name, details);
    log.info(
      { event: name, request: id, user: userId, client: origin.clientAddress, ...details },
      SECURITY_EVENTS[name],
    );
  };

import type { IncomingMessage } from 'node:http';

/** The target of a request, if it is not a plain path (RFC 9112, 3.2). */
export interface UnusualTarget {
  /** The target exactly as sent. */
  readonly text: string;
  /** Host and port of an absolute form, which override `Host`; null for an invalid target. */
  readonly authority: string | null;
}

const ORIGIN_FORM = /^\/[^\s#]*$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#\s]*)([/?][^\s#]*)?$/i;
/** Matches no route, and the router can parse it. */
const NO_PATH = '*';

const unusual = new WeakMap<IncomingMessage, UnusualTarget>();

/**
 * Gives a request a URL in origin form before the router reads it, so that routes, links and redirects all use the
 * same URL. Fragments, spaces and other schemes are invalid targets, because the router would interpret them in its
 * own way.
 */
export function settleTarget(req: IncomingMessage): void {
  const text = req.url ?? '';
  if (ORIGIN_FORM.test(text) || text === NO_PATH) return;
  const [whole, authority = '', rest = '/'] = ABSOLUTE_FORM.exec(text) ?? [];
  unusual.set(req, { text, authority: whole === undefined ? null : authority });
  if (whole === undefined) req.url = NO_PATH;
  else req.url = rest.startsWith('/') ? rest : `/${rest}`;
}

/** @returns undefined for most requests, whose target is a path */
export const unusualTargetOf = (req: IncomingMessage): UnusualTarget | undefined => unusual.get(req);

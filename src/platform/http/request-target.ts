import type { IncomingMessage } from 'node:http';

/** What a request asks for, where that is no plain path (RFC 9112, 3.2). */
export interface UnusualTarget {
  /** As it was sent. */
  readonly text: string;
  /** Host and port of an absolute form, which make `Host` void; null for what is no target. */
  readonly authority: string | null;
}

const ORIGIN_FORM = /^\/[^\s#]*$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#\s]*)([/?][^\s#]*)?$/i;
/** Leads nowhere, and the router can read it. */
const NO_PATH = '*';

const unusual = new WeakMap<IncomingMessage, UnusualTarget>();

/**
 * Gives a request a URL in origin form before the router reads it: what is routed, linked and redirected to is then the
 * same. Fragments, blanks and other schemes are no target, for the router would read them in a way of its own.
 */
export function settleTarget(req: IncomingMessage): void {
  const text = req.url ?? '';
  if (ORIGIN_FORM.test(text) || text === NO_PATH) return;
  const [whole, authority = '', rest = '/'] = ABSOLUTE_FORM.exec(text) ?? [];
  unusual.set(req, { text, authority: whole === undefined ? null : authority });
  if (whole === undefined) req.url = NO_PATH;
  else req.url = rest.startsWith('/') ? rest : `/${rest}`;
}

/** @returns undefined for the target of most requests: a path */
export const unusualTargetOf = (req: IncomingMessage): UnusualTarget | undefined => unusual.get(req);

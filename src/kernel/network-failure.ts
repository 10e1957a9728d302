/** Errors of Node.js that stand for a cause which the reader can remove. @see NodeJS `errno` and `dns` codes */
const SENTENCES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'DNS does not know the host name',
  EAI_AGAIN: 'DNS does not answer',
  ECONNREFUSED: 'nothing listens on this port',
  ECONNRESET: 'the connection was closed from there',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ENOENT: 'there is no such socket',
  EACCES: 'this process may not use the socket',
  EPROTO: 'one side speaks TLS and the other does not',
};

/**
 * @param error of a connection, or one whose cause is one
 * @returns why it could not be opened, in words, with the message of Node.js
 */
export function describeNetworkFailure(error: unknown): string {
  const root = rootOf(error);
  if (!(root instanceof Error)) return String(root);
  const code = 'code' in root && typeof root.code === 'string' ? root.code : '';
  const words = SENTENCES[code];
  return words === undefined ? root.message : `${words} (${root.message || code})`;
}

/** The innermost cause; of several addresses of a host, the error of the first. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error) return rootOf(error.cause);
  return error;
}

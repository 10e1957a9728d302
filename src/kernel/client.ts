/** The sender of a request, as known from the connection. */
export interface Client {
  readonly address: string;
  /** Aborted when the client disconnects before its answer: the remaining work for it is pointless. */
  readonly signal: AbortSignal;
}

/** Who sent a request, as far as the connection says. */
export interface Client {
  readonly address: string;
  /** Aborted when the client is gone before its answer: whatever is still to be done for it is for nobody. */
  readonly signal: AbortSignal;
}

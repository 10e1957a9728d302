/** The parts that a request uses. */
export const PROCESSES = ['server', 'postgres', 'opa', 'redis'] as const;
export type ProcessName = (typeof PROCESSES)[number];

export const KINDS = ['token', 'session', 'list', 'write', 'login'] as const;
export type KindName = (typeof KINDS)[number];

/** Microseconds of CPU by kind of request and part. */
export type Costs = Readonly<Record<KindName, Readonly<Record<ProcessName, number>>>>;
